package playbook

import (
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// Stands reports whether an earlier run of the playbook on the incident makes
// another one needless. A run that only judged, in shadow or because the
// tenant was merely observed, does not stand in the way of the first that may
// act, nor one of an observed tenant in the way of the first judgement that
// shows what would have been done; nor does one that was refused, or would have
// been, because something could not be read. One that acted stands until its
// target is accused anew after that (accused, zero for never), or until a
// reading shows that it has lost its effect.
func Stands(earlier, now cordon.Run, mode cordon.Mode, accused time.Time) bool {
	observed := slices.ContainsFunc(earlier.Steps, func(s cordon.Step) bool { return s.Verdict.Reason == cordon.ReasonObserve })
	switch {
	case unread(earlier):
		return false
	case earlier.Shadow:
		return now.Shadow && (!observed || mode == cordon.ModeObserve)
	case observed:
		return now.Shadow || mode == cordon.ModeObserve
	case earlier.State.Ended() && (contradicted(earlier) || accused.After(earlier.StartedAt)):
		return now.Shadow
	}
	return true
}

// contradicted reports whether a reading showed that a step has no effect.
func contradicted(r cordon.Run) bool {
	return slices.ContainsFunc(r.Steps, func(s cordon.Step) bool { return s.Proof == cordon.ProofContradicted })
}

// unread reports whether a run did nothing because something could not be
// read, or could not show for that reason what it would have done.
func unread(r cordon.Run) bool {
	left := slices.ContainsFunc(r.Steps, func(s cordon.Step) bool { return s.Attempts > 0 })
	return !left && slices.ContainsFunc(r.Steps, func(s cordon.Step) bool {
		would := s.Verdict.Would
		return r.State == cordon.RunRefused && s.Verdict.Reason == cordon.ReasonUnreadable || would != nil && would.Reason == cordon.ReasonUnreadable
	})
}
