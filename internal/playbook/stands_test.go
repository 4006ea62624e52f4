package playbook

import (
	"testing"

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
	tests := []struct {
		name         string
		earlier, now cordon.Run
		mode         cordon.Mode
		want         bool
	}{
		{"done", cordon.Run{State: cordon.RunDone}, cordon.Run{}, cordon.ModeEnforce, true},
		{"held", cordon.Run{State: cordon.RunHeld}, cordon.Run{}, cordon.ModeEnforce, true},
		{"a protected account", stopped(cordon.RunRefused, cordon.ReasonBreakGlass, 0), cordon.Run{}, cordon.ModeEnforce, true},
		{"shadow again", shadow, cordon.Run{Shadow: true}, cordon.ModeEnforce, true},
		{"shadow of an observed tenant again", watched, cordon.Run{Shadow: true}, cordon.ModeObserve, true},
		{"shadow of an observed tenant, now with a raised mode", watched, cordon.Run{Shadow: true}, cordon.ModeProtect, false},
		{"shadow, now on", shadow, cordon.Run{}, cordon.ModeEnforce, false},
		{"observed again", stopped(cordon.RunRefused, cordon.ReasonObserve, 0), cordon.Run{}, cordon.ModeObserve, true},
		{"observed again, and could not be read before", unseen, cordon.Run{}, cordon.ModeObserve, false},
		{"observed, now enforced", stopped(cordon.RunRefused, cordon.ReasonObserve, 0), cordon.Run{}, cordon.ModeEnforce, false},
		{"observed, now in shadow", stopped(cordon.RunRefused, cordon.ReasonObserve, 0), cordon.Run{Shadow: true}, cordon.ModeEnforce, true},
		{"unreadable", stopped(cordon.RunRefused, cordon.ReasonUnreadable, 0), cordon.Run{}, cordon.ModeEnforce, false},
		{"unreadable after an attempt", stopped(cordon.RunRefused, cordon.ReasonUnreadable, 1), cordon.Run{}, cordon.ModeEnforce, true},
	}
	for _, tt := range tests {
		if got := Stands(tt.earlier, tt.now, tt.mode); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
