package microsoft

import (
	"errors"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// Only one organization, and the one that was meant, is an answer.
func TestOrganization(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		err  error
	}{
		"ours":    {`{"value":[{"id":"` + strings.ToUpper(tenantID) + `","displayName":"Contoso","verifiedDomains":[{"name":"contoso.com","isDefault":true,"isInitial":false}]}]}`, nil},
		"another": {`{"value":[{"id":"` + clientID + `"}]}`, cordon.ErrMalformed},
		"none":    {`{"value":[]}`, cordon.ErrMalformed},
		"two":     {`{"value":[{"id":"` + tenantID + `"},{"id":"` + tenantID + `"}]}`, cordon.ErrMalformed},
		"no id":   {`{"value":[{"id":"x"}]}`, cordon.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, say(200, tt.body))
			org, err := f.client(t, Options{}).Organization(t.Context())
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %+v, %v", org, err)
			}
			if tt.err == nil && (org.ID != tenantID || org.DisplayName != "Contoso" || len(org.VerifiedDomains) != 1 || !org.VerifiedDomains[0].IsDefault) {
				t.Errorf("got %+v", org)
			}
			if call := f.calls[0]; call.URL.Path != "/v1.0/organization" || call.Header.Get("Authorization") == "" {
				t.Errorf("asked %s", call.URL)
			}
		})
	}
}
