package microsoft

import (
	"context"
	"iter"
	"net/http"
	"time"
)

const pathIncidents = "/v1.0/security/incidents"

// List yields the incidents that changed since then, or all that are kept,
// each with its alerts if asked.
//
// Wire:  GET /security/incidents
// Needs: SecurityIncident.Read.All
func (s *IncidentsService) List(ctx context.Context, since time.Time, alerts bool) iter.Seq2[Page, error] {
	query := join(changedSince("lastUpdateDateTime", since), withAlerts(alerts))
	return (*core)(s).pages(ctx, get(graph, FamilySecurity, 1, pathIncidents, query))
}

func withAlerts(alerts bool) string {
	if alerts {
		return "$expand=alerts"
	}
	return ""
}

// Get returns one incident, with its alerts if asked. One that was merged into
// another is redirected.
//
// Wire:  GET /security/incidents/{id}
// Needs: SecurityIncident.Read.All
func (s *IncidentsService) Get(ctx context.Context, id string, alerts bool) (Incident, error) {
	c := (*core)(s)
	q := get(graph, FamilySecurity, 1, pathIncidents+"/"+segment(id), withAlerts(alerts))
	if !isOpaque(id) {
		return Incident{}, c.bad(q, "not the id of an incident")
	}
	return readIf(ctx, c, q, func(i Incident) bool { return string(i.ID) == id })
}

// An IncidentUpdate is what people decided about an incident. What is empty
// stays as it is.
type IncidentUpdate struct {
	Status         string   `json:"status,omitempty"` // active, inProgress, resolved
	Classification string   `json:"classification,omitempty"`
	Determination  string   `json:"determination,omitempty"`
	AssignedTo     string   `json:"assignedTo,omitempty"`
	CustomTags     []string `json:"customTags,omitempty"` // all of them, not one more
}

func (u IncidentUpdate) empty() bool {
	return u.Status == "" && u.Classification == "" && u.Determination == "" && u.AssignedTo == "" && len(u.CustomTags) == 0
}

// Update changes an incident and returns it as it is then.
//
// Wire:  PATCH /security/incidents/{id}
// Needs: SecurityIncident.ReadWrite.All
func (s *IncidentsService) Update(ctx context.Context, id string, u IncidentUpdate, requestID string) (Incident, error) {
	c := (*core)(s)
	q := edit(http.MethodPatch, graph, FamilySecurity, pathIncidents+"/"+segment(id), requestID)
	if !isOpaque(id) || u.empty() {
		return Incident{}, c.bad(q, "needs the id of an incident and something to change")
	}
	return answered[Incident](ctx, c, q, u)
}

// Comment adds a comment to an incident.
//
// Wire:  POST /security/incidents/{id}/comments
// Needs: SecurityIncident.ReadWrite.All
func (s *IncidentsService) Comment(ctx context.Context, id, text, requestID string) error {
	return (*core)(s).comment(ctx, pathIncidents, id, text, requestID)
}

// An Incident is a group of alerts that Defender holds to be one attack.
//
// Source: v1.0 metadata, security.incident.
type Incident struct {
	ID                 Text      `json:"id"`
	DisplayName        string    `json:"displayName"`
	Description        string    `json:"description"`
	Summary            string    `json:"summary"`
	IncidentWebURL     string    `json:"incidentWebUrl"`
	RedirectIncidentID Text      `json:"redirectIncidentId"` // of the one that it was merged into
	TenantID           string    `json:"tenantId"`
	Status             string    `json:"status"`
	Severity           string    `json:"severity"`
	Classification     string    `json:"classification"`
	Determination      string    `json:"determination"`
	AssignedTo         string    `json:"assignedTo"`
	ResolvingComment   string    `json:"resolvingComment"`
	CustomTags         []string  `json:"customTags"`
	SystemTags         []string  `json:"systemTags"`
	Comments           []Comment `json:"comments"`
	CreatedDateTime    string    `json:"createdDateTime"`
	LastUpdateDateTime string    `json:"lastUpdateDateTime"`
	Alerts             []Alert   `json:"alerts"` // when asked for
}
