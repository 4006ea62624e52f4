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
		{"by a clock that is a little ahead", of(cordon.CoverageWhole, ""), -cordon.ClockSkew, of(cordon.CoverageWhole, ""), false},
		{"from the future", of(cordon.CoverageWhole, ""), -time.Hour, of(cordon.CoverageStale, "last read 2026-03-01T11:00:00Z, which is in the future: the clock of this machine was set back"), true},
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

// A source is stale after three of its rhythms, and not before 15 minutes.
func TestRhythms(t *testing.T) {
	t.Parallel()
	slow := cordon.Rhythms{Threats: 6 * time.Minute, Posture: time.Hour}
	tests := []struct {
		name   string
		r      cordon.Rhythms
		source cordon.Source
		every  time.Duration
		stale  time.Duration
	}{
		{"threats by default", cordon.Rhythms{}, cordon.SourceAlerts, 30 * time.Second, 15 * time.Minute},
		{"posture by default", cordon.Rhythms{}, cordon.SourceConditionalAccess, 5 * time.Minute, 15 * time.Minute},
		{"slow threats", slow, cordon.SourceRiskDetections, 6 * time.Minute, 18 * time.Minute},
		{"slow posture", slow, cordon.SourceSecurityDefaults, time.Hour, 3 * time.Hour},
	}
	for _, tt := range tests {
		if every, stale := tt.r.Of(tt.source), tt.r.StaleAfter(tt.source); every != tt.every || stale != tt.stale {
			t.Errorf("%s: every %s, stale after %s; want %s, %s", tt.name, every, stale, tt.every, tt.stale)
		}
		checked := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		c := tt.r.Rate([]cordon.Coverage{{Source: tt.source, State: cordon.CoverageWhole, CheckedAt: checked}})[0]
		if good, old := c.At(checked.Add(tt.stale)), c.At(checked.Add(tt.stale+1)); good.State != cordon.CoverageWhole || old.State != cordon.CoverageStale {
			t.Errorf("%s: %s and then %s", tt.name, good.State, old.State)
		}
	}
}

// A product that the tenant lost makes answers incomplete for a week; one that
// it never had does not.
func TestCoverageLost(t *testing.T) {
	t.Parallel()
	read := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const week = 7 * 24 * time.Hour
	tests := []struct {
		name             string
		c                cordon.Coverage
		after            time.Duration
		lost, incomplete bool
	}{
		{"complete", cordon.Coverage{State: cordon.CoverageWhole, ReadUntil: read}, 0, false, false},
		{"denied", cordon.Coverage{State: cordon.CoverageDenied, ReadUntil: read}, 2 * week, false, true},
		{"never had", cordon.Coverage{State: cordon.CoverageUnlicensed}, 0, false, false},
		{"lost", cordon.Coverage{State: cordon.CoverageUnlicensed, ReadUntil: read}, week - 1, true, true},
		{"lost a week ago", cordon.Coverage{State: cordon.CoverageUnlicensed, ReadUntil: read}, week, true, false},
	}
	for _, tt := range tests {
		if lost, incomplete := tt.c.Lost(), tt.c.Incomplete(read.Add(tt.after)); lost != tt.lost || incomplete != tt.incomplete {
			t.Errorf("%s: lost %v, incomplete %v", tt.name, lost, incomplete)
		}
	}
}
