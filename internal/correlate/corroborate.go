package correlate

import (
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// Corroborated returns the largest set of different origins that have an open
// signal of medium severity or more, all of which happened within that time
// of each other, or all of which were noticed within that time of each other;
// exactly that time is within it. Of sets of equal size the first in
// alphabetical order is returned, in that order. Cordon's own word and an
// origin without a name do not count.
func Corroborated(signals []cordon.Signal, within time.Duration) []cordon.Origin {
	strong := slices.DeleteFunc(openSignals(signals), func(s cordon.Signal) bool {
		return s.Severity.Rank() < cordon.SeverityMedium.Rank() || s.Origin == cordon.OriginCordon || s.Origin == ""
	})
	within = max(0, within)
	happened := largest(strong, within, func(s cordon.Signal) time.Time { return s.OccurredAt })
	noticed := largest(strong, within, func(s cordon.Signal) time.Time { return s.DetectedAt })
	return better(happened, noticed)
}

// largest returns the largest set of origins whose signals lie within that
// time of each other on one time line. Signals without that time are left out.
func largest(signals []cordon.Signal, within time.Duration, at func(cordon.Signal) time.Time) []cordon.Origin {
	line := slices.DeleteFunc(slices.Clone(signals), func(s cordon.Signal) bool { return at(s).IsZero() })
	slices.SortFunc(line, func(a, b cordon.Signal) int { return at(a).Compare(at(b)) })
	count := map[cordon.Origin]int{} // of the signals between first and the current one
	var best []cordon.Origin
	first := 0
	for _, s := range line {
		count[s.Origin]++
		for at(s).Sub(at(line[first])) > within {
			if count[line[first].Origin]--; count[line[first].Origin] == 0 {
				delete(count, line[first].Origin)
			}
			first++
		}
		if len(count) >= len(best) {
			best = better(best, sorted(keys(count)))
		}
	}
	return best
}

// better returns the larger set, or the first in alphabetical order.
func better(a, b []cordon.Origin) []cordon.Origin {
	if len(b) > len(a) || len(b) == len(a) && slices.Compare(b, a) < 0 {
		return b
	}
	return a
}
