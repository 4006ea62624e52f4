package microsoft

import (
	"context"
	"net/http"
	"slices"
)

// An EndpointAlertUpdate is what people decided about an alert of Defender
// for Endpoint. What is empty stays as it is.
//
// Source: defender-docs update-alert; the letters of the keys matter.
type EndpointAlertUpdate struct {
	Status         string `json:"status,omitempty"` // New, InProgress, Resolved
	AssignedTo     string `json:"assignedTo,omitempty"`
	Classification string `json:"classification,omitempty"`
	Determination  string `json:"determination,omitempty"`
	Comment        string `json:"comment,omitempty"`
}

// UpdateAlert changes an alert and returns it as it is then.
//
// Wire:  PATCH /api/alerts/{id}
// Needs: Alert.ReadWrite.All (of WindowsDefenderATP)
func (s *EndpointService) UpdateAlert(ctx context.Context, id string, u EndpointAlertUpdate, requestID string) (EndpointAlert, error) {
	c := (*core)(s)
	q := edit(http.MethodPatch, defender, FamilyEndpoint, pathEndpointAlerts+"/"+segment(id), requestID)
	if !isOpaque(id) || u == (EndpointAlertUpdate{}) {
		return EndpointAlert{}, c.bad(q, "needs the id of an alert and something to change")
	}
	return answered[EndpointAlert](ctx, c, q, u)
}

// UpdateAlerts changes several alerts in the same way: one request, one
// outcome. It has a smaller budget than UpdateAlert.
//
// Wire:  POST /api/alerts/batchUpdate
// Needs: Alert.ReadWrite.All (of WindowsDefenderATP)
func (s *EndpointService) UpdateAlerts(ctx context.Context, ids []string, u EndpointAlertUpdate, requestID string) error {
	c := (*core)(s)
	q := edit(http.MethodPost, defender, FamilyEndpointBatch, pathEndpointAlerts+"/batchUpdate", requestID)
	strange := func(id string) bool { return !isOpaque(id) }
	if len(ids) == 0 || slices.ContainsFunc(ids, strange) || u == (EndpointAlertUpdate{}) {
		return c.bad(q, "needs ids of alerts and something to change")
	}
	_, err := c.send(ctx, q, struct {
		AlertIDs []string `json:"alertIds"`
		EndpointAlertUpdate
	}{ids, u})
	return err
}
