package guard

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/cordonhq/cordon"
)

// TestShadowVerdict: what is only observed, or in shadow, is told what guard
// would say in mode enforce, in every mode. What is judged for good is not.
func TestShadowVerdict(t *testing.T) {
	t.Parallel()
	observe, off := mode(cordon.ModeObserve), func(s *Situation) { s.PlaybookOn = false }
	glass := func(s *Situation) { s.Target.BreakGlass = true }
	tests := []struct {
		name   string
		change func(*Situation)
		want   string // verdict, then the shadow verdict
	}{
		{"enforce", func(*Situation) {}, "within_guardrails, "},
		{"enforce, person", person, "within_guardrails, "},
		{"approve", mode(cordon.ModeApprove), "mode_approve, "},
		{"observe", observe, "mode_observe, allow"},
		{"observe, break-glass", all(observe, glass), "mode_observe, refuse break_glass"},
		{"observe, person", all(observe, person), "mode_observe, allow"},
		{"observe, person, break-glass", all(observe, person, glass), "mode_observe, refuse break_glass"},
		{"observe, playbook off", all(observe, off), "mode_observe, allow"},
		{"observe, one detector", all(observe, func(s *Situation) { s.Detectors = s.Detectors[:1] }), "mode_observe, hold corroboration"},
		{"observe, something unreadable", all(observe, func(s *Situation) { s.Unreadable = []string{"roles: 403"} }), "mode_observe, refuse situation_unreadable"},
		{"observe, nothing known", func(s *Situation) { *s = Situation{Mode: cordon.ModeObserve} }, "mode_observe, refuse situation_unreadable"},
		{"observe, no account", all(observe, glass, func(s *Situation) { s.NoAccount = "no account at Okta" }), "mode_observe, allow no_account"},
		{"shadow, enforce", off, "playbook_shadow, allow"},
		{"shadow, approve", all(off, mode(cordon.ModeApprove)), "mode_approve, allow"},
		{"shadow, protect", all(off, mode(cordon.ModeProtect)), "mode_protect, allow"},
		{"shadow, break-glass", all(off, glass), "break_glass, refuse break_glass"},
		{"shadow, a person is never in it", all(off, person), "within_guardrails, "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := base()
			tt.change(&s)
			v := Check(Defaults(), s)
			if got := string(v.Reason) + ", " + v.WouldBe(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestShadowVerdictSaysAlready: where nothing would be changed, it says so.
func TestShadowVerdictSaysAlready(t *testing.T) {
	t.Parallel()
	s := base()
	s.Mode, s.Already = cordon.ModeObserve, true
	want := cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonWithin, Detail: "already in the desired state: nothing would be changed"}
	if v := Check(Defaults(), s); v.Would == nil || *v.Would != want {
		t.Errorf("got %+v", v)
	}
}

// TestShadowVerdictAllowsNothing: in observe and in shadow nothing is ever
// allowed, whatever the shadow verdict says; that is the verdict of mode
// enforce with the playbook on, and everything else has none.
func TestShadowVerdictAllowsNothing(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		v := Check(Defaults(), s)
		shown := s.Mode == cordon.ModeObserve || s.Requester.Person == "" && !s.PlaybookOn
		if !shown {
			if v.Would != nil {
				t.Fatalf("a verdict for good has a shadow: %+v", v)
			}
			return
		}
		if v.Decision == cordon.Allow || v.Would == nil || v.Would.Would != nil {
			t.Fatalf("got %+v", v)
		}
		s.Mode, s.PlaybookOn = cordon.ModeEnforce, true
		if real := Check(Defaults(), s); real != *v.Would {
			t.Fatalf("shadow verdict %+v, in enforce %+v", *v.Would, real)
		}
	})
}
