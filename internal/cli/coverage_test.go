package cli

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// What is not read of a configured tenant makes the answer partial, and so does
// for a week a product that the tenant has lost; what was not read of one that
// is gone does not, for ever.
func TestUnreadOf(t *testing.T) {
	t.Parallel()
	whole := cordon.Coverage{TenantID: "a", Source: cordon.SourceAlerts, State: cordon.CoverageWhole}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	lost := func(ago time.Duration) cordon.Coverage {
		return cordon.Coverage{TenantID: "a", Source: cordon.SourceAlerts, State: cordon.CoverageUnlicensed, ReadUntil: now.Add(-ago)}
	}
	denied := cordon.Coverage{TenantID: "a", Source: cordon.SourceAlerts, State: cordon.CoverageDenied}
	gone := cordon.Coverage{TenantID: "gone", Source: cordon.SourceAlerts, State: cordon.CoverageDenied}
	stale := cordon.Coverage{TenantID: "a", Source: cordon.SourceAlerts, State: cordon.CoverageStale, CheckedAt: now.Add(-23 * time.Minute)}
	const next = "; the reason is in the row of each, and cordon doctor says what is missing"
	tests := []struct {
		name  string
		found []cordon.Coverage
		about subject
		want  error
	}{
		{"all read", []cordon.Coverage{whole}, subject{names: map[string]string{"a": "contoso"}}, nil},
		{"one denied", []cordon.Coverage{denied}, subject{names: map[string]string{"a": "contoso"}}, &findings{code: exitPartial, text: "1 of 1 sources could not be read whole: 1 denied" + next}},
		{"two stale, one denied", []cordon.Coverage{stale, denied, stale}, subject{names: map[string]string{"a": "contoso"}}, &findings{code: exitPartial, text: "1 of 3 sources could not be read whole: 1 denied" + next +
			"\n2 of 3 sources are stale, the oldest was read 23 minutes ago: start cordon serve or run cordon sync"}},
		{"one that is gone", []cordon.Coverage{whole, gone}, subject{names: map[string]string{"a": "contoso"}}, nil},
		{"one lost", []cordon.Coverage{lost(time.Hour)}, subject{names: map[string]string{"a": "contoso"}}, &findings{code: exitPartial, text: "1 of 1 sources could not be read whole: 1 unlicensed" + next}},
		{"one lost long ago", []cordon.Coverage{lost(8 * 24 * time.Hour)}, subject{names: map[string]string{"a": "contoso"}}, nil},
		{"one never licensed", []cordon.Coverage{{TenantID: "a", Source: cordon.SourceAlerts, State: cordon.CoverageUnlicensed}}, subject{names: map[string]string{"a": "contoso"}}, nil},
		{"one never read", []cordon.Coverage{whole}, subject{names: map[string]string{"a": "contoso", "b": "fabrikam"}},
			&findings{code: exitPartial, text: "this is not the whole answer\nfabrikam: was never read"}},
		{"never read, and not asked for", []cordon.Coverage{whole}, subject{names: map[string]string{"a": "contoso", "b": "fabrikam"}, tenants: []string{"a"}}, nil},
	}
	for _, tt := range tests {
		got, want := unreadOf(tt.found, tt.about, now), tt.want
		if (got == nil) != (want == nil) || got != nil && (exitCode(got) != exitCode(want) || got.Error() != want.Error()) {
			t.Errorf("%s: got %v, want %v", tt.name, got, want)
		}
	}
}
