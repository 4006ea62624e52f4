package correlate

import (
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// Corroborated returns the largest set of detectors that hold something
// against an entity independently of each other: each with an open signal of
// medium severity or more that accuses the entity, no two of which may be one
// detector's word, all of which happened within that time of each other, or
// were noticed within that time of each other; exactly that time is within it.
// Of sets of equal size the first in alphabetical order is returned, in that
// order. Cordon's own word and discounted signals do not count. What is held
// against a tenant does not add up: signals that name nobody may be about
// different users, so that one detector at most is returned.
func Corroborated(e cordon.Entity, signals []cordon.Signal, within time.Duration) []cordon.Detector {
	strong := slices.DeleteFunc(openSignals(signals), func(s cordon.Signal) bool { return !counts(s, e) })
	within = max(0, within)
	happened := largest(strong, within, func(s cordon.Signal) time.Time { return s.OccurredAt })
	noticed := largest(strong, within, func(s cordon.Signal) time.Time { return s.DetectedAt })
	return addingUp(e, better(happened, noticed))
}

// addingUp returns those of the detectors whose signals about e add up.
func addingUp(e cordon.Entity, detectors []cordon.Detector) []cordon.Detector {
	if e.Kind == cordon.KindTenant {
		return detectors[:min(len(detectors), 1)]
	}
	return detectors
}

// counts reports whether an open signal can corroborate others about e.
func counts(s cordon.Signal, e cordon.Entity) bool {
	return s.Severity.Rank() >= cordon.SeverityMedium.Rank() && s.Discounted == "" && isProduct(s.Detector) && s.Accuses(e)
}

// Evidence returns the newest versions of the signals that hold something
// against e and are not discounted: what a playbook looks at.
func Evidence(e cordon.Entity, signals []cordon.Signal) []cordon.Signal {
	return slices.DeleteFunc(Latest(signals), func(s cordon.Signal) bool { return s.Discounted != "" || !s.Accuses(e) })
}

// isProduct reports whether a detector is somebody's that can be independent
// of others.
func isProduct(d cordon.Detector) bool {
	return d != "" && d != cordon.DetectorUnknown && d != cordon.DetectorCordon
}

// Independent returns the largest set of detectors that hold something against
// e independently of each other, whenever it was and whatever it is worth.
func Independent(e cordon.Entity, signals []cordon.Signal) []cordon.Detector {
	var w words
	for _, s := range Latest(signals) {
		if isProduct(s.Detector) && s.Accuses(e) {
			w = w.with(s)
		}
	}
	return addingUp(e, w.most())
}

// largest returns the largest set of detectors whose signals lie within that
// time of each other on one time line. Signals without that time are left out.
func largest(signals []cordon.Signal, within time.Duration, at func(cordon.Signal) time.Time) []cordon.Detector {
	line := slices.DeleteFunc(slices.Clone(signals), func(s cordon.Signal) bool { return at(s).IsZero() })
	slices.SortFunc(line, func(a, b cordon.Signal) int { return at(a).Compare(at(b)) })
	var between words // of the signals between first and the current one
	var best []cordon.Detector
	first := 0
	for _, s := range line {
		for at(s).Sub(at(line[first])) > within {
			between = between.without(line[first])
			first++
		}
		known := len(between)
		if between = between.with(s); len(between) > known && len(between) >= len(best) {
			best = better(best, between.most())
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
