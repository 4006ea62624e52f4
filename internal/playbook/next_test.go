package playbook

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cordonhq/cordon"
)

// step returns a step with a verdict and an outcome.
func step(d cordon.Decision, o cordon.Outcome) cordon.Step {
	return cordon.Step{Verdict: cordon.Verdict{Decision: d}, Outcome: o}
}

func proved(s cordon.Step, p cordon.Proof) cordon.Step { s.Proof = p; return s }

func doing(a cordon.ActionName, s cordon.Step) cordon.Step { s.Action = a; return s }

// passedOver returns a step that found no account to act on.
func passedOver(a cordon.ActionName) cordon.Step {
	return cordon.Step{Action: a, Outcome: cordon.OutcomeSkipped, Verdict: cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonNoAccount}}
}

func TestNext(t *testing.T) {
	t.Parallel()
	fresh, done := step("", cordon.OutcomePlanned), step(cordon.Allow, cordon.OutcomeDone)
	refused, skipped := step(cordon.Refuse, cordon.OutcomeSkipped), step("", cordon.OutcomeSkipped)
	tests := []struct {
		name   string
		shadow bool
		steps  []cordon.Step
		step   int
		state  cordon.RunState
	}{
		{"new", false, []cordon.Step{fresh, fresh}, 0, cordon.RunRunning},
		{"not written yet", false, []cordon.Step{{}}, 0, cordon.RunRunning},
		{"allowed", false, []cordon.Step{step(cordon.Allow, cordon.OutcomePlanned), fresh}, 0, cordon.RunRunning},
		{"held", false, []cordon.Step{step(cordon.Hold, cordon.OutcomePlanned), fresh}, -1, cordon.RunHeld},
		{"held, marked as skipped", false, []cordon.Step{step(cordon.Hold, cordon.OutcomeSkipped), fresh}, -1, cordon.RunHeld},
		{"refused", false, []cordon.Step{refused, fresh}, -1, cordon.RunRefused},
		{"refused, not yet marked", false, []cordon.Step{step(cordon.Refuse, cordon.OutcomePlanned), fresh}, -1, cordon.RunRefused},
		{"the rest skipped", false, []cordon.Step{refused, skipped}, -1, cordon.RunRefused},
		{"skipped for no reason", false, []cordon.Step{skipped, fresh}, -1, cordon.RunFailed},
		{"skipped though allowed", false, []cordon.Step{step(cordon.Allow, cordon.OutcomeSkipped)}, -1, cordon.RunFailed},
		{"a verdict from another version", false, []cordon.Step{step("perhaps", cordon.OutcomePlanned)}, -1, cordon.RunFailed},
		{"an outcome from another version", false, []cordon.Step{step(cordon.Allow, "half")}, -1, cordon.RunFailed},
		{"on its way", false, []cordon.Step{step(cordon.Allow, cordon.OutcomeIntent), fresh}, 0, cordon.RunRunning},
		{"no answer", false, []cordon.Step{done, step(cordon.Allow, cordon.OutcomeUnknown)}, 1, cordon.RunRunning},
		{"no answer, and not as wished", false, []cordon.Step{done, proved(step(cordon.Allow, cordon.OutcomeUnknown), cordon.ProofContradicted)}, 1, cordon.RunRunning},
		{"no answer, but as wished", false, []cordon.Step{proved(step(cordon.Allow, cordon.OutcomeUnknown), cordon.ProofConfirmed), fresh}, 1, cordon.RunRunning},
		{"failed", false, []cordon.Step{step(cordon.Allow, cordon.OutcomeFailed), fresh}, -1, cordon.RunFailed},
		{"first done", false, []cordon.Step{done, fresh}, 1, cordon.RunRunning},
		{"second held", false, []cordon.Step{done, step(cordon.Hold, cordon.OutcomePlanned)}, -1, cordon.RunHeld},
		{"all done", false, []cordon.Step{done, step(cordon.Allow, cordon.OutcomeAlready)}, -1, cordon.RunDone},
		{"done, proof pending", false, []cordon.Step{proved(done, cordon.ProofPending), proved(done, cordon.ProofUnknown)}, -1, cordon.RunDone},
		{"done, then contradicted", false, []cordon.Step{proved(done, cordon.ProofContradicted), fresh}, -1, cordon.RunFailed},
		{"last one contradicted", false, []cordon.Step{done, proved(done, cordon.ProofContradicted)}, -1, cordon.RunFailed},
		{"no steps", false, nil, -1, cordon.RunFailed},
		{"passed over, the run goes on", false, []cordon.Step{passedOver("disable_user"), doing("disable_on_premises", fresh)}, 1, cordon.RunRunning},
		{"one of two ways was there", false, []cordon.Step{passedOver("disable_user"), doing("disable_on_premises", done)}, -1, cordon.RunDone},
		{"one of two ways was there, the other way round", false, []cordon.Step{doing("disable_user", done), passedOver("disable_okta")}, -1, cordon.RunDone},
		{"no way was there", false, []cordon.Step{passedOver("disable_user"), passedOver("disable_on_premises")}, -1, cordon.RunFailed},
		{"no way to one of two things", false, []cordon.Step{doing("revoke_sessions", done), passedOver("disable_user")}, -1, cordon.RunFailed},
		{"no way to what has no word", false, []cordon.Step{passedOver("force_password_change")}, -1, cordon.RunFailed},
		{"shadow, passed over", true, []cordon.Step{passedOver("disable_user")}, -1, cordon.RunShadow},
		{"shadow, new", true, []cordon.Step{fresh, fresh}, 0, cordon.RunRunning},
		{"shadow, first refused: the second is judged too", true, []cordon.Step{refused, fresh}, 1, cordon.RunRunning},
		{"shadow, all judged", true, []cordon.Step{refused, step(cordon.Hold, cordon.OutcomePlanned), step(cordon.Allow, cordon.OutcomePlanned)}, -1, cordon.RunShadow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, state := Next(cordon.Run{Shadow: tt.shadow, Steps: tt.steps})
			if i != tt.step || state != tt.state {
				t.Errorf("got step %d, state %s; want step %d, state %s", i, state, tt.step, tt.state)
			}
		})
	}
}

// Whatever became of the steps: a step is named if and only if the run is
// running, nothing before it is unsettled, and done means that all is.
func TestNextIsStrict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOf(rapid.Custom(func(t *rapid.T) cordon.Step {
			s := step(rapid.SampledFrom([]cordon.Decision{"", cordon.Allow, cordon.Hold, cordon.Refuse}).Draw(t, "decision"),
				rapid.SampledFrom([]cordon.Outcome{"", cordon.OutcomePlanned, cordon.OutcomeIntent, cordon.OutcomeDone, cordon.OutcomeAlready,
					cordon.OutcomeUnknown, cordon.OutcomeFailed, cordon.OutcomeSkipped}).Draw(t, "outcome"))
			s.Action = rapid.SampledFrom([]cordon.ActionName{"disable_user", "disable_okta", "revoke_sessions"}).Draw(t, "action")
			s.Verdict.Reason = rapid.SampledFrom([]cordon.Reason{"", cordon.ReasonNoAccount}).Draw(t, "reason")
			s.Proof = rapid.SampledFrom([]cordon.Proof{"", cordon.ProofConfirmed, cordon.ProofPending, cordon.ProofContradicted}).Draw(t, "proof")
			return s
		})).Draw(t, "steps")
		i, state := Next(cordon.Run{Steps: steps})
		if (i >= 0) != (state == cordon.RunRunning) {
			t.Fatalf("step %d in state %s", i, state)
		}
		settled := steps
		if i >= 0 {
			settled = steps[:i]
		}
		if i < 0 && state != cordon.RunDone {
			return
		}
		for _, s := range settled {
			if !s.Settled() && !s.PassedOver() {
				t.Fatalf("step %d, state %s over the unsettled %+v", i, state, s)
			}
			same := func(o cordon.Step) bool { return o.Settled() && (o.Action.Word() == s.Action.Word()) }
			if state == cordon.RunDone && !slices.ContainsFunc(steps, same) {
				t.Fatalf("done without %s on any account", s.Action)
			}
		}
	})
}
