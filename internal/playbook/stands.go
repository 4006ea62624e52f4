package playbook

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// Stands reports whether an earlier run of the playbook on the incident makes
// another one needless. A run that only judged, in shadow or because the
// tenant was merely observed, does not stand in the way of the first that may
// act, nor one of an observed tenant in the way of the first judgement that
// shows what would have been done; nor does one that was refused because
// something could not be read.
func Stands(earlier, now cordon.Run, mode cordon.Mode) bool {
	unread := earlier.State == cordon.RunRefused && slices.ContainsFunc(earlier.Steps, func(s cordon.Step) bool { return s.Verdict.Reason == cordon.ReasonUnreadable }) &&
		!slices.ContainsFunc(earlier.Steps, func(s cordon.Step) bool { return s.Attempts > 0 })
	observed := slices.ContainsFunc(earlier.Steps, func(s cordon.Step) bool { return s.Verdict.Reason == cordon.ReasonObserve })
	switch {
	case unread:
		return false
	case earlier.Shadow:
		return now.Shadow && (!observed || mode == cordon.ModeObserve)
	case observed:
		return now.Shadow || mode == cordon.ModeObserve
	}
	return true
}
