package cordon

import "time"

// A NoticeKind says what a notice tells.
type NoticeKind string

// The kinds of notice.
const (
	NoticeIncident  NoticeKind = "incident"  // an incident was opened or grew
	NoticeContained NoticeKind = "contained" // a containing step was accepted; the reason says how far it is proved
	NoticeChanged   NoticeKind = "changed"   // a step that contains nobody took effect
	NoticeHeld      NoticeKind = "held"      // a step waits for a person
	NoticeRefused   NoticeKind = "refused"   // guard refused a step
	NoticeFailed    NoticeKind = "failed"    // a step failed, or its outcome is unknown
	NoticeCoverage  NoticeKind = "coverage"  // a source became unreadable, or readable again
	NoticeSecurity  NoticeKind = "security"  // somebody tampers with what we read
	NoticePosture   NoticeKind = "posture"   // a setting of the tenant was changed, and not through Cordon
)

// A Notice tells people and systems what happened. It is rather sent twice
// than never.
type Notice struct {
	ID         string     `json:"id"`
	TenantID   string     `json:"tenant_id"`
	Tenant     string     `json:"tenant"`
	Kind       NoticeKind `json:"kind"`
	Severity   Severity   `json:"severity"`
	Title      string     `json:"title"`
	IncidentID string     `json:"incident_id,omitempty"`
	RunID      string     `json:"run_id,omitempty"`
	Action     ActionName `json:"action,omitempty"`
	Target     string     `json:"target,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	At         time.Time  `json:"at"`
}
