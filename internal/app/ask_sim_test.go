package app_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// Who is to sign in is told where, by the name of the configuration.
func TestAskNamesTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	b, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	w.write(w.file, strings.Replace(string(b), "secret: file:secret", "sign_in: device_code", 1))
	c := w.enlisted()
	picked, err := c.Select(app.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	tenants, done, err := c.Enter(t.Context(), picked, app.Options{Ask: func(_ context.Context, code microsoft.DeviceCode) error {
		asked = append(asked, code.Tenant)
		return w.cloud.CompleteDevice(code.UserCode, "", false)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := tenants[0].Client.TokenInfo(t.Context(), microsoft.ResourceGraph); err != nil || len(asked) != 1 || asked[0] != "contoso" {
		t.Errorf("asked for %q, error %v", asked, err)
	}
}
