package microsoft

import (
	"context"
	"iter"
	"net/http"
	"time"
)

const pathAlerts = "/v1.0/security/alerts_v2"

// List yields the alerts of all Defender products that changed since then, or
// all that are kept. The page size is the service's: no maximum is published.
//
// Wire:  GET /security/alerts_v2
// Needs: SecurityAlert.Read.All
func (s *AlertsService) List(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	return (*core)(s).pages(ctx, get(graph, FamilySecurity, 1, pathAlerts, changedSince("lastUpdateDateTime", since)))
}

// Get returns one alert.
//
// Wire:  GET /security/alerts_v2/{id}
// Needs: SecurityAlert.Read.All
func (s *AlertsService) Get(ctx context.Context, id string) (Alert, error) {
	c := (*core)(s)
	q := get(graph, FamilySecurity, 1, pathAlerts+"/"+segment(id), "")
	if !isOpaque(id) {
		return Alert{}, c.bad(q, "not the id of an alert")
	}
	return readIf(ctx, c, q, func(a Alert) bool { return a.ID == id })
}

// An AlertUpdate is what people decided about an alert. What is empty stays as
// it is.
type AlertUpdate struct {
	Status         string `json:"status,omitempty"` // new, inProgress, resolved
	Classification string `json:"classification,omitempty"`
	Determination  string `json:"determination,omitempty"`
	AssignedTo     string `json:"assignedTo,omitempty"`
}

// Update changes an alert and returns it as it is then.
//
// Wire:  PATCH /security/alerts_v2/{id}
// Needs: SecurityAlert.ReadWrite.All
func (s *AlertsService) Update(ctx context.Context, id string, u AlertUpdate, requestID string) (Alert, error) {
	c := (*core)(s)
	q := edit(http.MethodPatch, graph, FamilySecurity, pathAlerts+"/"+segment(id), requestID)
	if !isOpaque(id) || u == (AlertUpdate{}) {
		return Alert{}, c.bad(q, "needs the id of an alert and something to change")
	}
	return answered[Alert](ctx, c, q, u)
}

// Comment adds a comment to an alert.
//
// Wire:  POST /security/alerts_v2/{id}/comments
// Needs: SecurityAlert.ReadWrite.All
func (s *AlertsService) Comment(ctx context.Context, id, text, requestID string) error {
	return (*core)(s).comment(ctx, pathAlerts, id, text, requestID)
}

// comment adds a comment to an alert or an incident.
func (c *core) comment(ctx context.Context, collection, id, text, requestID string) error {
	path := collection + "/" + segment(id) + "/comments"
	if !isOpaque(id) || text == "" {
		return c.bad(edit(http.MethodPost, graph, FamilySecurity, path, requestID), "needs an id and a comment")
	}
	body := map[string]string{"@odata.type": "microsoft.graph.security.alertComment", "comment": text}
	return c.write(ctx, http.MethodPost, FamilySecurity, path, body, requestID)
}
