package microsoft

import (
	"context"
	"net/http"
	"strings"
)

const pathControls = "/v1.0/security/secureScoreControlProfiles"

// ControlProfiles returns the improvement actions of the tenant, those whose
// risk was accepted among them.
//
// Wire:  GET /security/secureScoreControlProfiles
// Needs: SecurityEvents.Read.All
func (s *ScoresService) ControlProfiles(ctx context.Context) ([]ControlProfile, error) {
	return collect[ControlProfile](ctx, (*core)(s), get(graph, FamilySecureScore, 1, pathControls, ""))
}

// ControlProfile returns one improvement action.
//
// Wire:  GET /security/secureScoreControlProfiles/{id}
// Needs: SecurityEvents.Read.All
func (s *ScoresService) ControlProfile(ctx context.Context, id string) (ControlProfile, error) {
	c := (*core)(s)
	q := get(graph, FamilySecureScore, 1, pathControls+"/"+segment(id), "")
	if !isOpaque(id) {
		return ControlProfile{}, c.bad(q, "not the id of an improvement action")
	}
	return readIf(ctx, c, q, func(p ControlProfile) bool { return strings.EqualFold(p.ID, id) })
}

// UpdateControlProfile sets the state of an improvement action, one of those
// that are Writable. The change is appended to the history of the action.
// What the service itself measures it does not take.
//
// Wire:  PATCH /security/secureScoreControlProfiles/{id}
// Needs: SecurityEvents.ReadWrite.All
func (s *ScoresService) UpdateControlProfile(ctx context.Context, id string, state ControlState, comment, assignedTo, requestID string) error {
	c := (*core)(s)
	q := edit(http.MethodPatch, graph, FamilySecureScore, pathControls+"/"+segment(id), requestID)
	state = ReadControlState(string(state))
	if !isOpaque(id) || !state.Writable() {
		return c.bad(q, "needs the id of an improvement action and a state that can be set")
	}
	_, err := c.send(ctx, q, controlUpdate{AssignedTo: assignedTo, Comment: comment, State: state,
		Vendor: vendorInformation{Provider: "SecureScore", Vendor: "Microsoft"}})
	return err
}

// A controlUpdate always carries the vendor: without it the call is refused.
//
// Source: microsoft-graph-docs securescorecontrolprofile-update.
type controlUpdate struct {
	AssignedTo string            `json:"assignedTo"`
	Comment    string            `json:"comment"`
	State      ControlState      `json:"state"`
	Vendor     vendorInformation `json:"vendorInformation"`
}

type vendorInformation struct {
	Provider        string  `json:"provider"`
	ProviderVersion *string `json:"providerVersion"`
	SubProvider     *string `json:"subProvider"`
	Vendor          string  `json:"vendor"`
}
