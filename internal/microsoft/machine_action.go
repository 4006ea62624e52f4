package microsoft

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const pathMachineActions = "/api/machineactions"

// MachineActions yields the actions on devices that were begun since then, or
// all that are kept.
//
// Wire:  GET /api/machineactions
// Needs: Machine.Read.All (of WindowsDefenderATP)
func (s *EndpointService) MachineActions(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := join(changedSince("creationDateTimeUtc", since), "$top="+strconv.Itoa(endpointPage))
	return (*core)(s).walk(ctx, get(defender, FamilyEndpoint, 1, pathMachineActions, query), endpointPage)
}

// MachineAction returns one action, to see how far it is.
//
// Wire:  GET /api/machineactions/{id}
// Needs: Machine.Read.All (of WindowsDefenderATP)
func (s *EndpointService) MachineAction(ctx context.Context, id string) (MachineAction, error) {
	c := (*core)(s)
	q := get(defender, FamilyEndpoint, 1, pathMachineActions+"/"+segment(id), "")
	if !isOpaque(id) {
		return MachineAction{}, c.bad(q, "not the id of an action")
	}
	return readIf(ctx, c, q, func(a MachineAction) bool { return strings.EqualFold(a.ID, id) })
}

// CancelMachineAction stops an action that has not ended.
//
// Wire:  POST /api/machineactions/{id}/cancel
// Needs: the permission of the action (of WindowsDefenderATP)
func (s *EndpointService) CancelMachineAction(ctx context.Context, id, comment, requestID string) (MachineAction, error) {
	c := (*core)(s)
	q := edit(http.MethodPost, defender, FamilyEndpoint, pathMachineActions+"/"+segment(id)+"/cancel", requestID)
	if !isOpaque(id) || comment == "" {
		return MachineAction{}, c.bad(q, "needs the id of an action and a comment")
	}
	return c.startedAction(ctx, q, machineCommand{Comment: comment})
}

// A MachineAction is something that a device was told to do.
//
// Source: defender-docs machineaction; its list spells a time in another way.
type MachineAction struct {
	ID                    string `json:"id"`
	Type                  string `json:"type"` // such as "Isolate"
	Scope                 string `json:"scope"`
	Status                string `json:"status"` // Pending, InProgress, Succeeded, Failed, TimeOut, Cancelled
	Requestor             string `json:"requestor"`
	RequestorComment      string `json:"requestorComment"`
	RequestSource         string `json:"requestSource"`
	ExternalID            string `json:"externalID"`
	Title                 string `json:"title"`
	MachineID             string `json:"machineId"`
	ComputerDNSName       string `json:"computerDnsName"`
	CreationDateTimeUTC   string `json:"creationDateTimeUtc"`
	LastUpdateDateTimeUTC string `json:"lastUpdateDateTimeUtc"` // see Updated
	LastUpdateTimeUTC     string `json:"lastUpdateTimeUtc"`
	CancellationRequestor string `json:"cancellationRequestor"`
	CancellationComment   string `json:"cancellationComment"`
	CancellationDateTime  string `json:"cancellationDateTimeUtc"`
}

// Updated returns when the action last changed, by either name of the field.
func (a MachineAction) Updated() string {
	return cmp.Or(a.LastUpdateDateTimeUTC, a.LastUpdateTimeUTC)
}

// Ended reports whether the action is over, and whether it was done. A status
// that we do not know is not an end.
func (a MachineAction) Ended() (ended, done bool) {
	switch strings.ToLower(a.Status) {
	case "succeeded":
		return true, true
	case "failed", "timeout", "cancelled", "canceled":
		return true, false
	}
	return false, false
}
