package playbook

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// Next returns which step of a run is to be taken next, or -1, and in what
// state the run is, from what became of its steps.
//
// Steps are taken in order. One whose intent is written down, or from which
// no answer came, is the next one again: the engine reads the state before it
// repeats anything. Those put off are passed over for now. What keeps one
// account of a user from being changed does not keep the others from it: the
// run goes on, and ends failed or refused. What else is held, refused or
// failed, or was contradicted, stops the run there, but for later steps that
// left before an earlier one was judged: what became of them is still to be
// known. A shadow run is only judged, to its last step, and so is one of a
// tenant that is only observed.
func Next(r cordon.Run, putOff ...int) (int, cordon.RunState) {
	if len(r.Steps) == 0 {
		return -1, cordon.RunFailed // nothing was done, and nothing is done
	}
	var states []cordon.RunState // in which steps leave the run, save those that are settled
	stopped := false
	for i, s := range r.Steps {
		if stopped && s.Outcome != cordon.OutcomeIntent && s.Outcome != cordon.OutcomeUnknown {
			continue
		}
		state := after(s, r.Shadow)
		if state == cordon.RunRunning && !slices.Contains(putOff, i) {
			return i, state
		}
		states = append(states, state)
		stopped = stopped || state != "" && !alone(s, state)
	}
	for _, state := range []cordon.RunState{cordon.RunRunning, cordon.RunHeld, cordon.RunFailed, cordon.RunRefused} {
		if slices.Contains(states, state) {
			return -1, state
		}
	}
	if r.Shadow {
		return -1, cordon.RunShadow
	}
	if len(r.Barren()) > 0 {
		return -1, cordon.RunFailed
	}
	return -1, cordon.RunDone
}

// alone reports whether what became of a step concerns no other one: each
// changes an account of its own, or another side of it. Not so what guard
// says of the user or of the playbook. What is only observed is judged to its
// end.
func alone(s cordon.Step, state cordon.RunState) bool {
	switch {
	case !s.Action.ForUsers() || state == cordon.RunHeld:
		return false
	case state == cordon.RunRefused:
		return slices.Contains([]cordon.Reason{cordon.ReasonUnreadable, cordon.ReasonNotOffered, cordon.ReasonCoolDown, cordon.ReasonFlipFlop, cordon.ReasonObserve}, s.Verdict.Reason)
	}
	return true
}

// after returns the state in which a step leaves its run, or "" when the next
// step is to be looked at.
func after(s cordon.Step, shadow bool) cordon.RunState {
	switch {
	case shadow && s.Verdict.Decision == "":
		return cordon.RunRunning
	case shadow:
		return ""
	case s.Proof == cordon.ProofContradicted && (s.Outcome == cordon.OutcomeDone || s.Outcome == cordon.OutcomeAlready):
		return cordon.RunFailed
	case s.Settled(), s.PassedOver():
		return ""
	}
	switch s.Outcome {
	case cordon.OutcomeIntent:
		return cordon.RunRunning
	case cordon.OutcomeUnknown: // taken up again, unless guard forbids it by now
		if d := s.Verdict.Decision; d == cordon.Refuse || d == cordon.Hold {
			return judged(s)
		}
		return cordon.RunRunning
	case cordon.OutcomePlanned, cordon.OutcomeSkipped, "":
		return judged(s)
	default: // failed, and words from a later version
		return cordon.RunFailed
	}
}

// judged returns the state in which the verdict on a step that has not left
// leaves its run.
func judged(s cordon.Step) cordon.RunState {
	switch d := s.Verdict.Decision; {
	case d == cordon.Refuse:
		return cordon.RunRefused
	case d == cordon.Hold:
		return cordon.RunHeld
	case (d == "" || d == cordon.Allow) && s.Outcome != cordon.OutcomeSkipped:
		return cordon.RunRunning
	default: // skipped without a reason
		return cordon.RunFailed
	}
}
