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

func because(s cordon.Step, r cordon.Reason) cordon.Step { s.Verdict.Reason = r; return s }

// passedOver returns a step that found no account to act on.
func passedOver(a cordon.ActionName) cordon.Step {
	return cordon.Step{Action: a, Outcome: cordon.OutcomeSkipped, Verdict: cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonNoAccount}}
}

func TestNext(t *testing.T) {
	t.Parallel()
	fresh, done := step("", cordon.OutcomePlanned), step(cordon.Allow, cordon.OutcomeDone)
	failed := step(cordon.Allow, cordon.OutcomeFailed)
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
		{"failed, the other account is not kept from it", false, []cordon.Step{doing("disable_on_premises", failed), doing("disable_okta", fresh)}, 1, cordon.RunRunning},
		{"contradicted, the other account is not kept from it", false, []cordon.Step{doing("disable_user", proved(done, cordon.ProofContradicted)), doing("disable_okta", fresh)}, 1, cordon.RunRunning},
		{"not offered, the other account is not kept from it", false, []cordon.Step{doing("disable_on_premises", because(refused, cordon.ReasonNotOffered)), doing("disable_okta", fresh)}, 1, cordon.RunRunning},
		{"a protected user is so everywhere", false, []cordon.Step{doing("disable_user", because(refused, cordon.ReasonBreakGlass)), doing("disable_okta", fresh)}, -1, cordon.RunRefused},
		{"held, and so is the rest", false, []cordon.Step{doing("disable_user", step(cordon.Hold, cordon.OutcomePlanned)), doing("disable_okta", fresh)}, -1, cordon.RunHeld},
		{"held, but a later one is on its way", false, []cordon.Step{doing("disable_user", step(cordon.Hold, cordon.OutcomePlanned)), doing("disable_okta", fresh), doing("revoke_sessions", step(cordon.Allow, cordon.OutcomeIntent))}, 2, cordon.RunRunning},
		{"refused, but of a later one no answer came", false, []cordon.Step{doing("disable_user", because(refused, cordon.ReasonTooOld)), doing("disable_okta", step(cordon.Allow, cordon.OutcomeUnknown))}, 1, cordon.RunRunning},
		{"failed, then held", false, []cordon.Step{doing("revoke_sessions", failed), doing("disable_okta", step(cordon.Hold, cordon.OutcomePlanned))}, -1, cordon.RunHeld},
		{"failed, the other one done", false, []cordon.Step{doing("disable_on_premises", failed), doing("disable_okta", done)}, -1, cordon.RunFailed},
		{"not offered, the other one failed", false, []cordon.Step{doing("disable_on_premises", because(refused, cordon.ReasonNotOffered)), doing("disable_okta", failed)}, -1, cordon.RunFailed},
		{"not offered, the other one done", false, []cordon.Step{doing("disable_on_premises", because(refused, cordon.ReasonNotOffered)), doing("disable_okta", done)}, -1, cordon.RunRefused},
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

// What is put off is passed over, and the run neither ends nor is held
// without it.
func TestNextPutsOff(t *testing.T) {
	t.Parallel()
	fresh, lost := step("", cordon.OutcomePlanned), step(cordon.Allow, cordon.OutcomeUnknown)
	tests := []struct {
		name   string
		steps  []cordon.Step
		putOff []int
		step   int
		state  cordon.RunState
	}{
		{"the other account is not kept from it", []cordon.Step{doing("disable_on_premises", lost), doing("disable_okta", fresh)}, []int{0}, 1, cordon.RunRunning},
		{"nothing else is left", []cordon.Step{doing("disable_user", lost), doing("disable_okta", step(cordon.Allow, cordon.OutcomeDone))}, []int{0}, -1, cordon.RunRunning},
		{"the rest failed", []cordon.Step{doing("disable_user", lost), doing("disable_okta", step(cordon.Allow, cordon.OutcomeFailed))}, []int{0}, -1, cordon.RunRunning},
		{"the rest is held", []cordon.Step{doing("revoke_sessions", lost), doing("disable_okta", step(cordon.Hold, cordon.OutcomePlanned))}, []int{0}, -1, cordon.RunRunning},
		{"a setting waits", []cordon.Step{doing("enable_security_defaults", lost), doing("disable_okta", fresh)}, []int{0}, -1, cordon.RunRunning},
		{"held, and a later one waits", []cordon.Step{doing("disable_user", step(cordon.Hold, cordon.OutcomePlanned)), doing("disable_okta", lost)}, []int{1}, -1, cordon.RunRunning},
		{"all", []cordon.Step{doing("disable_user", lost), doing("disable_okta", fresh)}, []int{0, 1}, -1, cordon.RunRunning},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if i, state := Next(cordon.Run{Steps: tt.steps}, tt.putOff...); i != tt.step || state != tt.state {
				t.Errorf("got step %d, state %s; want step %d, state %s", i, state, tt.step, tt.state)
			}
		})
	}
}

// drawStep draws what may have become of a step.
func drawStep(t *rapid.T) cordon.Step {
	s := step(rapid.SampledFrom([]cordon.Decision{"", cordon.Allow, cordon.Hold, cordon.Refuse}).Draw(t, "decision"),
		rapid.SampledFrom([]cordon.Outcome{"", cordon.OutcomePlanned, cordon.OutcomeIntent, cordon.OutcomeDone, cordon.OutcomeAlready,
			cordon.OutcomeUnknown, cordon.OutcomeFailed, cordon.OutcomeSkipped}).Draw(t, "outcome"))
	s.Action = rapid.SampledFrom([]cordon.ActionName{"disable_user", "disable_okta", "revoke_sessions", "enable_security_defaults"}).Draw(t, "action")
	s.Verdict.Reason = rapid.SampledFrom([]cordon.Reason{"", cordon.ReasonNoAccount, cordon.ReasonBreakGlass, cordon.ReasonCoolDown}).Draw(t, "reason")
	s.Proof = rapid.SampledFrom([]cordon.Proof{"", cordon.ProofConfirmed, cordon.ProofPending, cordon.ProofContradicted}).Draw(t, "proof")
	return s
}

// Whatever became of the steps: what is named is to be taken and not put off,
// nothing that concerns it stopped the run before it, and done means that all
// is, each word on some account.
func TestNextNeverGoesTooFar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOf(rapid.Custom(drawStep)).Draw(t, "steps")
		putOff := rapid.SliceOfDistinct(rapid.IntRange(0, 4), rapid.ID[int]).Draw(t, "put off")
		i, state := Next(cordon.Run{Steps: steps}, putOff...)
		if i >= 0 && (state != cordon.RunRunning || slices.Contains(putOff, i) || steps[i].Settled()) {
			t.Fatalf("step %d in state %s", i, state)
		}
		before := func(s cordon.Step) bool { // may stand before a step that is taken
			settled := s.Settled() || s.PassedOver()
			return settled || s.Action.ForUsers() && (s.Verdict.Decision != cordon.Hold || s.Outcome == cordon.OutcomeIntent || s.Proof == cordon.ProofContradicted || s.Outcome == cordon.OutcomeFailed)
		}
		left := i >= 0 && (steps[i].Outcome == cordon.OutcomeIntent || steps[i].Outcome == cordon.OutcomeUnknown) // it is asked what became of it, whatever came before
		for _, s := range steps[:max(0, i)] {
			if !left && (!before(s) || s.Verdict.Reason == cordon.ReasonBreakGlass && s.Verdict.Decision == cordon.Refuse && s.Outcome == cordon.OutcomePlanned) {
				t.Fatalf("step %d after %+v", i, s)
			}
		}
		for _, s := range steps {
			same := func(o cordon.Step) bool { return o.Settled() && o.Action.Word() == s.Action.Word() }
			if state == cordon.RunDone && (!s.Settled() && !s.PassedOver() || !slices.ContainsFunc(steps, same)) {
				t.Fatalf("done with %+v", s)
			}
		}
	})
}
