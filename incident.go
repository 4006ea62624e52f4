package cordon

import "time"

// An IncidentState says where an incident stands.
type IncidentState string

// The incident states.
const (
	IncidentOpen      IncidentState = "open"
	IncidentContained IncidentState = "contained" // a run did all its steps
	IncidentMerged    IncidentState = "merged"    // its entity turned out to be that of an older incident
)

// An Incident is what signals within a window say about one entity.
type Incident struct {
	ID        string
	TenantID  string
	Entity    Entity
	Signals   []string   // signal ids, oldest first
	Sources   []Source   // that spoke
	Detectors []Detector // that noticed
	Score     Score
	State     IncidentState
	MergedTo  string    // the incident it went into, for IncidentMerged
	FirstAt   time.Time // when its earliest signal happened
	LastAt    time.Time // when its newest signal was noticed
	OpenedAt  time.Time
	UpdatedAt time.Time
	Revision  int64 // how often it was stored: who changes it changes what it read
}

// A Score says how strongly the sources speak, and which of them did not.
type Score struct {
	Value  int      // 0 to 100
	Spoke  []Source // said something
	Silent []Source // were read whole and said nothing
	Unread []Source // could not be read: the value is a floor
}

// Floor reports whether the true value may be higher, because a source could
// not be read.
func (s Score) Floor() bool { return len(s.Unread) > 0 }
