package microsoft

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	pathRiskyPrincipals     = "/v1.0/identityProtection/riskyServicePrincipals"
	pathPrincipalDetections = "/v1.0/identityProtection/servicePrincipalRiskDetections"
)

// ServicePrincipals yields the service principals whose risk changed since
// then, or all. Their limit is not published; they pay like users.
//
// Wire:  GET /identityProtection/riskyServicePrincipals
// Needs: IdentityRiskyServicePrincipal.Read.All
// Licence: Workload Identities Premium (without it details read "hidden")
func (s *RiskService) ServicePrincipals(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := changedSince("riskLastUpdatedDateTime", since)
	return (*core)(s).pages(ctx, get(graph, FamilyIdentityProtection, 1, pathRiskyPrincipals, query))
}

// ServicePrincipal returns one service principal with the risk held against
// it, by object id.
//
// Wire:  GET /identityProtection/riskyServicePrincipals/{id}
// Needs: IdentityRiskyServicePrincipal.Read.All
// Licence: Workload Identities Premium
func (s *RiskService) ServicePrincipal(ctx context.Context, id string) (RiskyServicePrincipal, error) {
	c := (*core)(s)
	q := get(graph, FamilyIdentityProtection, 1, pathRiskyPrincipals+"/"+segment(id), "")
	if !cordon.IsGUID(id) {
		return RiskyServicePrincipal{}, c.bad(q, "not an object id")
	}
	return readIf(ctx, c, q, func(p RiskyServicePrincipal) bool { return strings.EqualFold(p.ID, id) })
}

// ServicePrincipalHistory returns what changed the risk of a service
// principal, and who did.
//
// Wire:  GET /identityProtection/riskyServicePrincipals/{id}/history
// Needs: IdentityRiskyServicePrincipal.Read.All
// Licence: Workload Identities Premium
func (s *RiskService) ServicePrincipalHistory(ctx context.Context, id string) ([]RiskHistory, error) {
	return (*core)(s).riskHistory(ctx, pathRiskyPrincipals, id)
}

// ServicePrincipalDetections yields the detections on service principals that
// changed since then, or all that are kept.
//
// Wire:  GET /identityProtection/servicePrincipalRiskDetections
// Needs: IdentityRiskEvent.Read.All
// Licence: Workload Identities Premium (without it details read "hidden")
func (s *RiskService) ServicePrincipalDetections(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := changedSince("lastUpdatedDateTime", since)
	return (*core)(s).pages(ctx, get(graph, FamilyIdentityProtection, 1, pathPrincipalDetections, query))
}

// ConfirmServicePrincipalsCompromised tells Entra that these service
// principals are compromised. It takes object ids and at most RiskChunk of
// them. There is no call to confirm that they are safe.
//
// Wire:  POST /identityProtection/riskyServicePrincipals/confirmCompromised
// Needs: IdentityRiskyServicePrincipal.ReadWrite.All
// Licence: Workload Identities Premium
func (s *RiskService) ConfirmServicePrincipalsCompromised(ctx context.Context, ids []string, requestID string) error {
	path := pathRiskyPrincipals + "/confirmCompromised"
	return (*core)(s).judgeRisk(ctx, path, "servicePrincipalIds", ids, requestID)
}

// DismissServicePrincipals tells Entra that these service principals are at no
// risk. It takes object ids and at most RiskChunk of them.
//
// Wire:  POST /identityProtection/riskyServicePrincipals/dismiss
// Needs: IdentityRiskyServicePrincipal.ReadWrite.All
// Licence: Workload Identities Premium
func (s *RiskService) DismissServicePrincipals(ctx context.Context, ids []string, requestID string) error {
	path := pathRiskyPrincipals + "/dismiss"
	return (*core)(s).judgeRisk(ctx, path, "servicePrincipalIds", ids, requestID)
}

// A RiskyServicePrincipal is a service principal with the risk that Entra
// holds against it.
//
// Source: v1.0 metadata, riskyServicePrincipal.
type RiskyServicePrincipal struct {
	ID                      string `json:"id"`
	AppID                   string `json:"appId"`
	DisplayName             string `json:"displayName"`
	ServicePrincipalType    string `json:"servicePrincipalType"`
	RiskLevel               string `json:"riskLevel"`
	RiskState               string `json:"riskState"`
	RiskDetail              string `json:"riskDetail"`
	RiskLastUpdatedDateTime string `json:"riskLastUpdatedDateTime"`
	IsEnabled               *bool  `json:"isEnabled"`
	IsProcessing            *bool  `json:"isProcessing"`
}

// A ServicePrincipalDetection is a finding of Entra ID Protection on a
// service principal: a RiskDetection with an app instead of a user.
//
// Source: v1.0 metadata, servicePrincipalRiskDetection.
type ServicePrincipalDetection struct {
	RiskDetection
	ServicePrincipalID          string   `json:"servicePrincipalId"`
	ServicePrincipalDisplayName string   `json:"servicePrincipalDisplayName"`
	AppID                       string   `json:"appId"`
	KeyIDs                      []string `json:"keyIds"` // of the credentials that were used
}

// A RiskHistory is one change of the risk of a user or a service principal.
//
// Source: v1.0 metadata, riskyUserHistoryItem and riskyServicePrincipalHistoryItem.
type RiskHistory struct {
	ID                      string `json:"id"`
	UserID                  string `json:"userId"`
	ServicePrincipalID      string `json:"servicePrincipalId"`
	RiskLevel               string `json:"riskLevel"`
	RiskState               string `json:"riskState"`
	RiskDetail              string `json:"riskDetail"`
	RiskLastUpdatedDateTime string `json:"riskLastUpdatedDateTime"`
	InitiatedBy             string `json:"initiatedBy"` // object id of whoever did; empty for Entra itself
	Activity                struct {
		Detail         string   `json:"detail"`
		RiskEventTypes []string `json:"riskEventTypes"`
	} `json:"activity"`
}
