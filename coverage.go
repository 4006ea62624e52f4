package cordon

import (
	"cmp"
	"encoding/json"
	"time"
)

// A CoverageState says how much of a source has been read.
type CoverageState string

// The coverage states.
const (
	CoverageWhole      CoverageState = "whole"      // everything up to ReadUntil
	CoveragePartial    CoverageState = "partial"    // some pages or items are missing
	CoverageUnreadable CoverageState = "unreadable" // the answer was no answer
	CoverageUnlicensed CoverageState = "unlicensed" // the tenant lacks the licence or the product, or its cloud the API
	CoverageDenied     CoverageState = "denied"     // we lack the permission
	CoverageStale      CoverageState = "stale"      // was whole, too long ago
)

// Coverage says which window of one source has been read, when, and why not
// if not.
type Coverage struct {
	TenantID  string
	Source    Source
	State     CoverageState
	ReadFrom  time.Time // start of the window that is whole; zero: all that is kept
	ReadUntil time.Time // end of the window that is whole; zero: never read
	CheckedAt time.Time // when we last tried
	Reason    string    // why the state is not whole

	GoodFor time.Duration // how long a complete reading stays good; not stored, see Rhythms
}

// Missing reports whether something that the source could tell may not have
// been seen. A product that the tenant does not have has nothing to tell.
func (c Coverage) Missing() bool {
	return c.State != CoverageWhole && c.State != CoverageUnlicensed
}

// Lost reports whether the source was read completely once and cannot be read
// any more because the tenant has lost the licence or the product. A product
// that the tenant never had is not lost.
func (c Coverage) Lost() bool {
	return c.State == CoverageUnlicensed && !c.ReadUntil.IsZero()
}

// lossIsNews is how long a source that was lost makes an answer incomplete.
// After that the tenant is one without the product, as if it had never had it.
const lossIsNews = 7 * 24 * time.Hour

// Incomplete reports whether an answer out of the source may lack something:
// it is missing, or was lost lately.
func (c Coverage) Incomplete(now time.Time) bool {
	return c.Missing() || c.Lost() && now.Sub(c.ReadUntil) < lossIsNews
}

// StaleAfter is how long a complete reading of a source stays good at least.
const StaleAfter = 15 * time.Minute

// Rhythms say how often sources are read. The zero value is the default.
type Rhythms struct {
	Threats time.Duration // default 30s
	Posture time.Duration // default 5m
}

const (
	defaultThreats = 30 * time.Second
	defaultPosture = 5 * time.Minute
)

// Of is how often a source is read.
func (r Rhythms) Of(s Source) time.Duration {
	if s.TellsOfThreats() {
		return cmp.Or(r.Threats, defaultThreats)
	}
	return cmp.Or(r.Posture, defaultPosture)
}

// StaleAfter is how long a complete reading of a source stays good: for three
// of its rhythms, and for 15 minutes at least.
func (r Rhythms) StaleAfter(s Source) time.Duration { return max(3*r.Of(s), StaleAfter) }

// Rate says of each coverage how long it stays good.
func (r Rhythms) Rate(coverage []Coverage) []Coverage {
	for i, c := range coverage {
		coverage[i].GoodFor = r.StaleAfter(c.Source)
	}
	return coverage
}

// At returns the coverage as it stands at now: a complete reading that is too
// old is stale, and so is one of the future, for the clock was set back since.
func (c Coverage) At(now time.Time) Coverage {
	age := now.Sub(c.CheckedAt)
	if c.State == CoverageWhole && (age > max(c.GoodFor, StaleAfter) || age < -ClockSkew) {
		c.State, c.Reason = CoverageStale, "last read "+c.CheckedAt.UTC().Format(time.RFC3339)
		if age < 0 {
			c.Reason += ", which is in the future: the clock of this machine was set back"
		}
	}
	return c
}

// An ObservationState says what reading a posture value gave. An error is
// never an absence.
type ObservationState string

// The observation states.
const (
	ObservedValue      ObservationState = "value"
	ObservedAbsent     ObservationState = "absent"
	ObservedUnreadable ObservationState = "unreadable"
)

// An Observation is a posture value as read.
type Observation struct {
	TenantID   string
	Source     Source
	State      ObservationState
	Value      json.RawMessage // the last one known; it holds now when State is ObservedValue
	Reason     string          // why it is not a value
	ObservedAt time.Time
}
