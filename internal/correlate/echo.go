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

// WithoutEchoes returns the signals about an entity without what our own
// actions on it caused: no state that Cordon brought about is evidence. After
// our confirm_compromised Entra ID Protection says of the user that an
// administrator confirmed it, in a detection of its own and in new versions of
// those that it had. The former is left out; the latter count as not confirmed.
// An administrator who confirmed earlier than we did still counts.
func WithoutEchoes(e cordon.Entity, signals []cordon.Signal, acts []Act) []cordon.Signal {
	since, ok := firstConfirmation(e, acts)
	if !ok {
		return signals
	}
	earlier := map[key]bool{}
	for _, s := range signals {
		earlier[keyOf(s)] = earlier[keyOf(s)] || s.Confirmed && s.UpdatedAt.Before(since)
	}
	out := make([]cordon.Signal, 0, len(signals))
	for _, s := range signals {
		echo := s.Confirmed && !earlier[keyOf(s)]
		if echo && s.Kind == cordon.KindAdminConfirmed {
			continue
		}
		s.Confirmed = s.Confirmed && !echo
		out = append(out, s)
	}
	return out
}

// firstConfirmation returns from when on a confirmation of the entity may be
// our own.
func firstConfirmation(e cordon.Entity, acts []Act) (first time.Time, ok bool) {
	for _, a := range acts {
		at := a.At.Add(-cordon.ClockSkew)
		if a.Action == cordon.ActionConfirmCompromised && e.Called(a.TargetID) && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}
