package collect

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
)

// times sets when something happened, was noticed and was last changed. One
// that is missing or cannot be read is taken from its neighbours. When none can
// be read nothing says what the signal coincides with: it corroborates nothing.
func times(s *cordon.Signal, occurred, detected, updated string) {
	o, errO := cordon.ParseTime(occurred)
	d, errD := cordon.ParseTime(detected)
	u, errU := cordon.ParseTime(updated)
	s.OccurredAt = firstSet(o, d, u)
	s.DetectedAt = firstSet(d, s.OccurredAt)
	s.UpdatedAt = firstSet(u, s.DetectedAt)
	if !o.IsZero() || !d.IsZero() {
		return
	}
	if err := cmp.Or(errO, errD, errU); err != nil {
		timesUnreadable(s, err)
	} else if u.IsZero() {
		timesUnreadable(s, errors.New("the item has none"))
	}
}

// checkFuture discounts a signal of the future: it would never grow too old to
// be acted on, and no later version would take its place.
func checkFuture(s *cordon.Signal, now time.Time) {
	for _, t := range []time.Time{s.OccurredAt, s.DetectedAt, s.UpdatedAt} {
		if t.Sub(now) > cordon.ClockSkew {
			timesUnreadable(s, fmt.Errorf("%s is in the future; check the clock of this machine", t.Format(time.RFC3339)))
			return
		}
	}
}

// unreadableTimes begins the reason of a signal that lost its times.
const unreadableTimes = "its times cannot be read: "

func timesUnreadable(s *cordon.Signal, why error) {
	s.Discounted = unreadableTimes + cordon.Plain(why.Error(), 100)
}

func firstSet(ts ...time.Time) time.Time {
	for _, t := range ts {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
