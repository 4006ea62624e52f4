package correlate

import (
	"time"

	"github.com/cordonhq/cordon"
)

// An Act is an action of ours that may have left.
type Act struct {
	Action   cordon.ActionName
	TargetID string
	At       time.Time
}

// clockSkew is how far a feed's clock may be behind ours.
const clockSkew = 10 * time.Minute

// WithoutEchoes returns the signals about an entity without what our own
// actions on it caused: no state that Cordon brought about is evidence. After
// our confirm_compromised Entra ID Protection says of the user that an
// administrator confirmed it, in a detection of its own and in new versions of
// those that it had. The former is discounted; the latter stay what they were
// before, and an administrator who confirmed earlier than we did still counts.
func WithoutEchoes(e cordon.Entity, signals []cordon.Signal, acts []Act) []cordon.Signal {
	since, ok := firstConfirmation(e, acts)
	if !ok {
		return signals
	}
	earlier := map[key]bool{}
	for _, s := range signals {
		earlier[keyOf(s)] = earlier[keyOf(s)] || s.Confirmed && s.UpdatedAt.Before(since)
	}
	out := make([]cordon.Signal, len(signals))
	for i, s := range signals {
		if s.Confirmed && !earlier[keyOf(s)] {
			s.Confirmed = false
			if s.Kind == cordon.KindAdminConfirmed {
				s.Discounted = "it repeats Cordon's own confirm_compromised"
			}
		}
		out[i] = s
	}
	return out
}

// firstConfirmation returns from when on a confirmation of the entity may be
// our own.
func firstConfirmation(e cordon.Entity, acts []Act) (first time.Time, ok bool) {
	for _, a := range acts {
		at := a.At.Add(-clockSkew)
		if a.Action == cordon.ActionConfirmCompromised && e.Called(a.TargetID) && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}
