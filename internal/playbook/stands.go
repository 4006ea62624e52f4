package playbook

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// Stands reports whether an earlier run of the playbook on the incident makes
// another one needless. A run that only judged, in shadow or because the
// tenant was merely observed, does not stand in the way of the first that may
// act, nor one of an observed tenant in the way of the first judgement that
// shows what would have been done; nor does one that was refused, or would have
// been, because something could not be read.
func Stands(earlier, now cordon.Run, mode cordon.Mode) bool {
	observed := slices.ContainsFunc(earlier.Steps, func(s cordon.Step) bool { return s.Verdict.Reason == cordon.ReasonObserve })
	switch {
	case unread(earlier):
		return false
	case earlier.Shadow:
		return now.Shadow && (!observed || mode == cordon.ModeObserve)
	case observed:
		return now.Shadow || mode == cordon.ModeObserve
	}
	return true
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
