package correlate

import (
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// Corroborated returns the largest set of different detectors that have an open
// signal of medium severity or more, all of which happened within that time
// of each other, or all of which were noticed within that time of each other;
// exactly that time is within it. Of sets of equal size the first in
// alphabetical order is returned, in that order. Cordon's own word and an
// detector without a name do not count.
func Corroborated(signals []cordon.Signal, within time.Duration) []cordon.Detector {
	strong := slices.DeleteFunc(openSignals(signals), func(s cordon.Signal) bool {
		return s.Severity.Rank() < cordon.SeverityMedium.Rank() || s.Detector == cordon.DetectorCordon || s.Detector == ""
	})
	within = max(0, within)
	happened := largest(strong, within, func(s cordon.Signal) time.Time { return s.OccurredAt })
	noticed := largest(strong, within, func(s cordon.Signal) time.Time { return s.DetectedAt })
	return better(happened, noticed)
}

// largest returns the largest set of detectors whose signals lie within that
// time of each other on one time line. Signals without that time are left out.
func largest(signals []cordon.Signal, within time.Duration, at func(cordon.Signal) time.Time) []cordon.Detector {
	line := slices.DeleteFunc(slices.Clone(signals), func(s cordon.Signal) bool { return at(s).IsZero() })
	slices.SortFunc(line, func(a, b cordon.Signal) int { return at(a).Compare(at(b)) })
	count := map[cordon.Detector]int{} // of the signals between first and the current one
	var best []cordon.Detector
	first := 0
	for _, s := range line {
		count[s.Detector]++
		for at(s).Sub(at(line[first])) > within {
			if count[line[first].Detector]--; count[line[first].Detector] == 0 {
				delete(count, line[first].Detector)
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
func better(a, b []cordon.Detector) []cordon.Detector {
	if len(b) > len(a) || len(b) == len(a) && slices.Compare(b, a) < 0 {
		return b
	}
	return a
}
