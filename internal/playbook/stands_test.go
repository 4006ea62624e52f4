package playbook

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func TestStands(t *testing.T) {
	t.Parallel()
	stopped := func(state cordon.RunState, reason cordon.Reason, attempts int) cordon.Run {
		return cordon.Run{State: state, Steps: []cordon.Step{{Verdict: cordon.Verdict{Decision: cordon.Refuse, Reason: reason}, Attempts: attempts}}}
	}
	shadow := cordon.Run{State: cordon.RunShadow, Shadow: true}
	watched := stopped(cordon.RunShadow, cordon.ReasonObserve, 0)
	watched.Shadow = true
	unseen := stopped(cordon.RunRefused, cordon.ReasonObserve, 0)
	unseen.Steps[0].Verdict.Would = &cordon.Verdict{Decision: cordon.Refuse, Reason: cordon.ReasonUnreadable}
	var never time.Time
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	done := cordon.Run{State: cordon.RunDone, StartedAt: at}
	lost := cordon.Run{State: cordon.RunFailed, Steps: []cordon.Step{{Outcome: cordon.OutcomeDone, Proof: cordon.ProofContradicted}}}
	tests := []struct {
		name         string
		earlier, now cordon.Run
		mode         cordon.Mode
		want         bool
		accused      time.Time
	}{
		{"done", cordon.Run{State: cordon.RunDone}, cordon.Run{}, cordon.ModeEnforce, true, never},
		{"held", cordon.Run{State: cordon.RunHeld}, cordon.Run{}, cordon.ModeEnforce, true, never},
		{"a protected account", stopped(cordon.RunRefused, cordon.ReasonBreakGlass, 0), cordon.Run{}, cordon.ModeEnforce, true, never},
		{"shadow again", shadow, cordon.Run{Shadow: true}, cordon.ModeEnforce, true, never},
		{"shadow of an observed tenant again", watched, cordon.Run{Shadow: true}, cordon.ModeObserve, true, never},
		{"shadow of an observed tenant, now with a raised mode", watched, cordon.Run{Shadow: true}, cordon.ModeProtect, false, never},
		{"shadow, now on", shadow, cordon.Run{}, cordon.ModeEnforce, false, never},
		{"observed again", stopped(cordon.RunRefused, cordon.ReasonObserve, 0), cordon.Run{}, cordon.ModeObserve, true, never},
		{"observed again, and could not be read before", unseen, cordon.Run{}, cordon.ModeObserve, false, never},
		{"observed, now enforced", stopped(cordon.RunRefused, cordon.ReasonObserve, 0), cordon.Run{}, cordon.ModeEnforce, false, never},
		{"observed, now in shadow", stopped(cordon.RunRefused, cordon.ReasonObserve, 0), cordon.Run{Shadow: true}, cordon.ModeEnforce, true, never},
		{"unreadable", stopped(cordon.RunRefused, cordon.ReasonUnreadable, 0), cordon.Run{}, cordon.ModeEnforce, false, never},
		{"unreadable after an attempt", stopped(cordon.RunRefused, cordon.ReasonUnreadable, 1), cordon.Run{}, cordon.ModeEnforce, true, never},
		{"accused anew", done, cordon.Run{}, cordon.ModeEnforce, false, at.Add(time.Hour)},
		{"accused anew, now in shadow", done, cordon.Run{Shadow: true}, cordon.ModeEnforce, true, at.Add(time.Hour)},
		{"accused anew before it began", done, cordon.Run{}, cordon.ModeEnforce, true, at},
		{"accused anew while it goes on", cordon.Run{State: cordon.RunRunning, StartedAt: at}, cordon.Run{}, cordon.ModeEnforce, true, at.Add(time.Hour)},
		{"lost its effect", lost, cordon.Run{}, cordon.ModeEnforce, false, never},
		{"lost its effect, still going on", cordon.Run{State: cordon.RunRunning, Steps: lost.Steps}, cordon.Run{}, cordon.ModeEnforce, true, never},
	}
	for _, tt := range tests {
		if got := Stands(tt.earlier, tt.now, tt.mode, tt.accused); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
