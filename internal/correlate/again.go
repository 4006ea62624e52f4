package correlate

import (
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// SpeaksAgain reports whether the evidence against e holds an open signal that
// it did not hold before and that was noticed after our last action on e: the
// containment has not ended the attack. What was noticed earlier and comes late
// is no news.
func SpeaksAgain(e cordon.Entity, before, now []cordon.Signal, acts []Act) bool {
	last, known := lastAct(e, acts), map[key]bool{}
	for _, s := range openSignals(before) {
		known[keyOf(s)] = true
	}
	return slices.ContainsFunc(openSignals(now), func(s cordon.Signal) bool {
		return !known[keyOf(s)] && s.DetectedAt.After(last)
	})
}

// lastAct returns when an action of ours on e last left.
func lastAct(e cordon.Entity, acts []Act) (last time.Time) {
	for _, a := range acts {
		if e.Called(a.TargetID) {
			last = later(last, a.At)
		}
	}
	return last
}

// Newest returns when the newest open signal was noticed; the zero time when
// there is none.
func Newest(signals []cordon.Signal) (newest time.Time) {
	for _, s := range openSignals(signals) {
		newest = later(newest, s.DetectedAt)
	}
	return newest
}

// AccusedSince returns when e was accused anew after our last action on it; the
// zero time when it was not, or when there was none.
func AccusedSince(e cordon.Entity, evidence []cordon.Signal, acts []Act) time.Time {
	last, newest := lastAct(e, acts), Newest(evidence)
	if last.IsZero() || !newest.After(last) {
		return time.Time{}
	}
	return newest
}
