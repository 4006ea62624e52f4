package correlate

import (
	"math"
	"time"

	"github.com/cordonhq/cordon"
)

// sure is the chance of a compromise that an administrator confirmed.
const sure = 0.95

// chance is how likely a signal of that severity alone means a compromise.
// The steps are set so that two detectors of medium severity (58) come close to
// one of high severity (60), and high with medium (74) stands above either.
func chance(s cordon.Signal) float64 {
	if s.Confirmed {
		return sure
	}
	switch s.Severity {
	case cordon.SeverityHigh:
		return 0.6
	case cordon.SeverityMedium:
		return 0.35
	case cordon.SeverityLow:
		return 0.1
	default:
		return 0
	}
}

// Score says how strongly the open signals speak against an entity: of each
// detector the strongest counts, and detectors err independently of each other,
// so that the value is 100 times one minus the product of their doubts. Many
// signals of one detector are therefore not more than its strongest, and
// neither are those that may repeat its word. What merely names the entity does
// not count, and what is held against a tenant does not add up: the strongest
// signal counts alone.
//
// Spoke, Silent and Unread sort the sources that tell of threats. A source
// spoke when a signal of it, open or closed, is there. A source that cannot
// be read completely at now is unread, also if it spoke: the value is a lower
// bound. A product that the tenant does not have is neither silent nor unread.
func Score(e cordon.Entity, signals []cordon.Signal, coverage []cordon.Coverage, now time.Time) cordon.Score {
	var spoken words
	for _, s := range openSignals(signals) {
		if s.Accuses(e) {
			spoken = spoken.with(s)
		}
	}
	doubt := spoken.doubt()
	if e.Kind == cordon.KindTenant {
		doubt = spoken.leastDoubt()
	}
	score := cordon.Score{Value: int(math.Round(100 * (1 - doubt)))}
	for _, src := range cordon.Sources() {
		if src.TellsOfThreats() {
			place(&score, src, signals, coverage, now)
		}
	}
	return score
}

// place adds a source to the lists of the score that it belongs to.
func place(score *cordon.Score, src cordon.Source, signals []cordon.Signal, coverage []cordon.Coverage, now time.Time) {
	spoke, known, missing, unlicensed := false, false, false, false
	for _, s := range signals {
		spoke = spoke || s.Source == src
	}
	for _, c := range coverage {
		if c.Source == src {
			known, missing = true, missing || c.At(now).Missing()
			unlicensed = unlicensed || c.State == cordon.CoverageUnlicensed
		}
	}
	if spoke {
		score.Spoke = append(score.Spoke, src)
	} else if known && !missing && !unlicensed {
		score.Silent = append(score.Silent, src)
	}
	if !known || missing {
		score.Unread = append(score.Unread, src)
	}
}

// Confirmed reports whether an administrator confirmed an open signal that
// accuses the entity.
func Confirmed(e cordon.Entity, signals []cordon.Signal) bool {
	for _, s := range openSignals(signals) {
		if s.Confirmed && s.Accuses(e) {
			return true
		}
	}
	return false
}
