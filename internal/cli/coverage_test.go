package cli

import (
	"testing"

	"github.com/cordonhq/cordon"
)

// What is not read of a configured tenant makes the answer partial; what was
// not read of one that is gone does not, for ever.
func TestUnreadOf(t *testing.T) {
	t.Parallel()
	whole := cordon.Coverage{TenantID: "a", Source: cordon.SourceAlerts, State: cordon.CoverageWhole}
	denied := cordon.Coverage{TenantID: "a", Source: cordon.SourceAlerts, State: cordon.CoverageDenied}
	gone := cordon.Coverage{TenantID: "gone", Source: cordon.SourceAlerts, State: cordon.CoverageDenied}
	tests := []struct {
		name  string
		found []cordon.Coverage
		about subject
		want  error
	}{
		{"all read", []cordon.Coverage{whole}, subject{names: map[string]string{"a": "contoso"}}, nil},
		{"one denied", []cordon.Coverage{denied}, subject{names: map[string]string{"a": "contoso"}}, &findings{code: exitPartial, text: "1 of 1 sources could not be read whole"}},
		{"one that is gone", []cordon.Coverage{whole, gone}, subject{names: map[string]string{"a": "contoso"}}, nil},
		{"one never read", []cordon.Coverage{whole}, subject{names: map[string]string{"a": "contoso", "b": "fabrikam"}},
			&findings{code: exitPartial, text: "this is not the whole answer\nfabrikam: was never read"}},
		{"never read, and not asked for", []cordon.Coverage{whole}, subject{names: map[string]string{"a": "contoso", "b": "fabrikam"}, tenants: []string{"a"}}, nil},
	}
	for _, tt := range tests {
		got, want := unreadOf(tt.found, tt.about), tt.want
		if (got == nil) != (want == nil) || got != nil && (exitCode(got) != exitCode(want) || got.Error() != want.Error()) {
			t.Errorf("%s: got %v, want %v", tt.name, got, want)
		}
	}
}
