package cordon_test

import (
	"testing"

	"github.com/cordonhq/cordon"
)

func TestNear(t *testing.T) {
	t.Parallel()
	words := []string{"list", "show", "mode", "name", "tenants", "break_glass", "credential"}
	for written, want := range map[string]string{
		"lst": "list", "lsit": "list", "List": "list", "mod": "mode", "tennants": "tenants", "tenant": "tenants", "cred": "credential", "breakglass": "break_glass",
		"colour": "", "x": "", "": "", "frobnicate": "", "sho": "show", "hsow": "show",
	} {
		if got := cordon.Near(written, words); got != want {
			t.Errorf("%q: got %q, want %q", written, got, want)
		}
	}
}
