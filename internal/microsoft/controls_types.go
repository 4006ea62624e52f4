package microsoft

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// A ControlProfile is an improvement action: what to do, what it is worth,
// and what people decided about it.
//
// Source: v1.0 metadata, secureScoreControlProfile, an open type.
type ControlProfile struct {
	ID                   string               `json:"id"` // such as "AdminMFAV2"
	AzureTenantID        string               `json:"azureTenantId"`
	Title                string               `json:"title"`
	ControlCategory      string               `json:"controlCategory"` // Identity, Data, Device, Apps, Infrastructure
	Service              string               `json:"service"`
	ActionType           string               `json:"actionType"` // Config, Review, Behavior
	ActionURL            string               `json:"actionUrl"`
	MaxScore             *float64             `json:"maxScore"`
	Rank                 *float64             `json:"rank"`
	Tier                 string               `json:"tier"`
	ImplementationCost   string               `json:"implementationCost"`
	UserImpact           string               `json:"userImpact"`
	Remediation          string               `json:"remediation"` // HTML
	RemediationImpact    string               `json:"remediationImpact"`
	Threats              []string             `json:"threats"`
	Deprecated           *bool                `json:"deprecated"`
	LastModifiedDateTime string               `json:"lastModifiedDateTime"`
	StateUpdates         []ControlStateUpdate `json:"controlStateUpdates"`
}

// A ControlStateUpdate is a decision about an improvement action.
type ControlStateUpdate struct {
	State           ControlState `json:"state"` // as it came; ReadControlState reads it
	Comment         string       `json:"comment"`
	AssignedTo      string       `json:"assignedTo"`
	UpdatedBy       string       `json:"updatedBy"`
	UpdatedDateTime string       `json:"updatedDateTime"`
}

// State returns the decision in force: the newest by its time, and of equal
// or unreadable times the last. Nobody has decided anything when there is
// none: the state is the default.
func (p ControlProfile) State() ControlStateUpdate {
	newest := ControlStateUpdate{State: StateDefault}
	for i, u := range p.StateUpdates {
		if i == 0 || !u.before(newest) {
			newest = u
		}
	}
	newest.State = ReadControlState(string(newest.State))
	return newest
}

// before reports whether u was certainly decided before other.
func (u ControlStateUpdate) before(other ControlStateUpdate) bool {
	a, err := cordon.ParseTime(u.UpdatedDateTime)
	b, otherErr := cordon.ParseTime(other.UpdatedDateTime)
	return otherErr == nil && (err != nil || a.Before(b))
}

// A ControlState is what people decided about an improvement action.
type ControlState string

// The states that can be set.
const (
	StateDefault    ControlState = "Default"
	StateIgnored    ControlState = "Ignored"
	StateThirdParty ControlState = "ThirdParty"
	StateReviewed   ControlState = "Reviewed"
)

// ControlStates returns the states that can be set.
func ControlStates() []ControlState {
	return []ControlState{StateDefault, StateIgnored, StateThirdParty, StateReviewed}
}

// ReadControlState returns the state that s names in any letters; nothing is
// the default. A word that we do not know, such as "Planned", stays as it is.
func ReadControlState(s string) ControlState {
	if s == "" {
		return StateDefault
	}
	return known(ControlState(s), ControlStates()...)
}

// Writable reports whether an improvement action can be set to the state.
func (s ControlState) Writable() bool { return slices.Contains(ControlStates(), s) }

// Portal returns the word that the Defender portal shows for the state, or
// the state itself when none is known.
//
// Source: defender-docs microsoft-secure-score-improvement-actions.
func (s ControlState) Portal() string {
	switch s {
	case StateDefault:
		return "To address"
	case StateIgnored:
		return "Risk accepted"
	case StateThirdParty:
		return "Resolved through third party"
	case StateReviewed:
		return "Resolved through alternate mitigation"
	}
	return string(s)
}
