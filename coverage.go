package cordon

import (
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
}

// Missing reports whether something that the source could tell may not have
// been seen. A product that the tenant does not have has nothing to tell.
func (c Coverage) Missing() bool {
	return c.State != CoverageWhole && c.State != CoverageUnlicensed
}

// StaleAfter is how long a whole reading of a source stays good.
const StaleAfter = 15 * time.Minute

// At returns the coverage as it stands at now: a whole reading that is too
// old is stale.
func (c Coverage) At(now time.Time) Coverage {
	if c.State == CoverageWhole && now.Sub(c.CheckedAt) > StaleAfter {
		c.State, c.Reason = CoverageStale, "last read "+c.CheckedAt.UTC().Format(time.RFC3339)
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
