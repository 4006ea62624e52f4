package guard

import (
	"slices"
	"testing"

	"github.com/cordonhq/cordon"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		template         string
		privileged, sync bool
	}{
		{"62e90394-69f5-4237-9190-012177145e10", true, false}, // Global Administrator
		{"966707d0-3269-4727-9be2-8c3a10f19b9d", true, false}, // Password Administrator
		{"11111111-2222-4333-8444-555555555555", true, false}, // a role of tomorrow
		{"", true, false},
		{"88D8E3E3-8F55-4A1E-953A-9B9898B8876B", false, false}, // Directory Readers
		{"D29B2B05-8046-44BA-8758-1E26182FCF32", false, true},
		{"A92AED5D-D78A-4D16-B381-09ADB37EB3B0", false, true},
	}
	for _, tt := range tests {
		if p, s := IsPrivileged(tt.template), IsSyncRole(tt.template); p != tt.privileged || s != tt.sync {
			t.Errorf("%q: privileged %v, sync %v; want %v, %v", tt.template, p, s, tt.privileged, tt.sync)
		}
	}
}

// TestOutgrown holds the list against the rules: a reason is outgrown in just
// the modes in which guard no longer gives it.
func TestOutgrown(t *testing.T) {
	t.Parallel()
	want := map[cordon.Mode][]cordon.Reason{
		cordon.ModeProtect: {cordon.ReasonModeApprove},
		cordon.ModeEnforce: {cordon.ReasonModeApprove, cordon.ReasonModeProtect},
	}
	for _, m := range cordon.Modes() {
		if got := Outgrown(m); !slices.Equal(got, want[m]) {
			t.Errorf("%s: got %q, want %q", m, got, want[m])
		}
	}
}
