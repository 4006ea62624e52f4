package cordon_test

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func TestCoverageAt(t *testing.T) {
	t.Parallel()
	checked := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	of := func(s cordon.CoverageState, reason string) cordon.Coverage {
		return cordon.Coverage{TenantID: "t", Source: cordon.SourceAlerts, State: s, CheckedAt: checked, ReadUntil: checked, Reason: reason}
	}
	tests := []struct {
		name      string
		c         cordon.Coverage
		after     time.Duration
		want      cordon.Coverage
		isMissing bool
	}{
		{"fresh", of(cordon.CoverageWhole, ""), 0, of(cordon.CoverageWhole, ""), false},
		{"just good", of(cordon.CoverageWhole, ""), cordon.StaleAfter, of(cordon.CoverageWhole, ""), false},
		{"too old", of(cordon.CoverageWhole, ""), cordon.StaleAfter + 1, of(cordon.CoverageStale, "last read 2026-03-01T11:00:00Z"), true},
		{"from the future", of(cordon.CoverageWhole, ""), -time.Hour, of(cordon.CoverageWhole, ""), false},
		{"partial", of(cordon.CoveragePartial, "r"), 24 * time.Hour, of(cordon.CoveragePartial, "r"), true},
		{"unreadable", of(cordon.CoverageUnreadable, "r"), 24 * time.Hour, of(cordon.CoverageUnreadable, "r"), true},
		{"denied", of(cordon.CoverageDenied, "r"), 24 * time.Hour, of(cordon.CoverageDenied, "r"), true},
		{"unlicensed", of(cordon.CoverageUnlicensed, "r"), 24 * time.Hour, of(cordon.CoverageUnlicensed, "r"), false},
		{"stale", of(cordon.CoverageStale, "r"), 24 * time.Hour, of(cordon.CoverageStale, "r"), true},
		{"never read", cordon.Coverage{}, 0, cordon.Coverage{}, true},
	}
	for _, tt := range tests {
		now := tt.c.CheckedAt.Add(tt.after)
		if got := tt.c.At(now); got != tt.want || got.Missing() != tt.isMissing {
			t.Errorf("%s: got %+v, missing %v; want %+v, missing %v", tt.name, got, got.Missing(), tt.want, tt.isMissing)
		}
	}
}
