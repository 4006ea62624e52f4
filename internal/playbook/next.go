package playbook

import "github.com/cordonhq/cordon"

// Next returns which step of a run is to be taken next, or -1, and in what
// state the run is, from what became of its steps.
//
// Steps are taken strictly in order. One that is held, refused or failed, or
// whose effect was contradicted, stops the run there. One whose intent is
// written down, or from which no answer came, is the next one again: the
// engine reads the state before it repeats anything. A shadow run is only
// judged, to its last step.
func Next(r cordon.Run) (int, cordon.RunState) {
	if len(r.Steps) == 0 {
		return -1, cordon.RunFailed // nothing was done, and nothing is done
	}
	for i, s := range r.Steps {
		if state := after(s, r.Shadow); state != "" {
			if state == cordon.RunRunning {
				return i, state
			}
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
