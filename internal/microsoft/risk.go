package microsoft

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	pathDetections = "/v1.0/identityProtection/riskDetections"
	pathRiskyUsers = "/v1.0/identityProtection/riskyUsers"
)

// RiskChunk is how many users, service principals or sign-ins one call
// confirms or dismisses. The pages name no maximum; 60 is what others stay
// within.
const RiskChunk = 60

// Detections yields the detections of Entra ID Protection that changed since
// then, or all that are kept.
//
// Wire:  GET /identityProtection/riskDetections
// Needs: IdentityRiskEvent.Read.All
// Licence: Entra ID P1 (details: P2)
func (s *RiskService) Detections(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := join(changedSince("lastUpdatedDateTime", since), "$top=500") // 500 is the most it gives
	return (*core)(s).pages(ctx, get(graph, FamilyIdentityProtection, 1, pathDetections, query))
}

// RiskyUsers yields the users whose risk changed since then, or all.
//
// Wire:  GET /identityProtection/riskyUsers
// Needs: IdentityRiskyUser.Read.All
// Licence: Entra ID P2
func (s *RiskService) RiskyUsers(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := join(changedSince("riskLastUpdatedDateTime", since), "$top=500")
	return (*core)(s).pages(ctx, get(graph, FamilyIdentityProtection, 1, pathRiskyUsers, query))
}

// RiskyUser returns one user with the risk held against them, by object id. A
// user who never was at risk answers ErrNotFound.
//
// Wire:  GET /identityProtection/riskyUsers/{id}
// Needs: IdentityRiskyUser.Read.All
// Licence: Entra ID P2
func (s *RiskService) RiskyUser(ctx context.Context, id string) (RiskyUser, error) {
	c := (*core)(s)
	q := get(graph, FamilyIdentityProtection, 1, pathRiskyUsers+"/"+segment(id), "")
	if !cordon.IsGUID(id) {
		return RiskyUser{}, c.bad(q, "not an object id")
	}
	return readIf(ctx, c, q, func(u RiskyUser) bool { return strings.EqualFold(u.ID, id) })
}

// History returns what changed the risk of a user, and who did.
//
// Wire:  GET /identityProtection/riskyUsers/{id}/history
// Needs: IdentityRiskyUser.Read.All
// Licence: Entra ID P2
func (s *RiskService) History(ctx context.Context, userID string) ([]RiskHistory, error) {
	return (*core)(s).riskHistory(ctx, pathRiskyUsers, userID)
}

func (c *core) riskHistory(ctx context.Context, collection, id string) ([]RiskHistory, error) {
	q := get(graph, FamilyIdentityProtection, 1, collection+"/"+segment(id)+"/history", "")
	if !cordon.IsGUID(id) {
		return nil, c.bad(q, "not an object id")
	}
	return collect[RiskHistory](ctx, c, q)
}

// ConfirmCompromised tells Entra that these users are compromised. It takes
// object ids and at most RiskChunk of them: one request, one outcome.
//
// Wire:  POST /identityProtection/riskyUsers/confirmCompromised
// Needs: IdentityRiskyUser.ReadWrite.All
// Licence: Entra ID P2
func (s *RiskService) ConfirmCompromised(ctx context.Context, ids []string, requestID string) error {
	return (*core)(s).judgeRisk(ctx, pathRiskyUsers+"/confirmCompromised", "userIds", ids, requestID)
}

// ConfirmSafe tells Entra that these users are safe, and so teaches it. It
// takes object ids and at most RiskChunk of them.
//
// Wire:  POST /identityProtection/riskyUsers/confirmSafe
// Needs: IdentityRiskyUser.ReadWrite.All
// Licence: Entra ID P2
func (s *RiskService) ConfirmSafe(ctx context.Context, ids []string, requestID string) error {
	return (*core)(s).judgeRisk(ctx, pathRiskyUsers+"/confirmSafe", "userIds", ids, requestID)
}

// Dismiss tells Entra that these users are at no risk. It takes object ids and
// at most RiskChunk of them.
//
// Wire:  POST /identityProtection/riskyUsers/dismiss
// Needs: IdentityRiskyUser.ReadWrite.All
// Licence: Entra ID P2
func (s *RiskService) Dismiss(ctx context.Context, ids []string, requestID string) error {
	return (*core)(s).judgeRisk(ctx, pathRiskyUsers+"/dismiss", "userIds", ids, requestID)
}

// judgeRisk says something of up to RiskChunk objects in one request.
func (c *core) judgeRisk(ctx context.Context, path, field string, ids []string, requestID string) error {
	strange := func(id string) bool { return !cordon.IsGUID(id) }
	if len(ids) == 0 || len(ids) > RiskChunk || slices.ContainsFunc(ids, strange) {
		return c.bad(edit(http.MethodPost, graph, FamilyIdentityProtection, path, requestID), "needs 1 to 60 object ids")
	}
	return c.write(ctx, http.MethodPost, FamilyIdentityProtection, path, map[string][]string{field: ids}, requestID)
}

// RiskyUsersInvokeAction asks for an action, such as "forcePasswordReset", on
// a risky user by a route that circulates. Microsoft documents no such call:
// its metadata does not have it, and the expected answer is ErrBadRequest or
// ErrNotFound. What is documented is IdentitiesService.InvokeAction for
// accounts in Active Directory and Okta, and for accounts of Entra itself
// UsersService.ForcePasswordChange, RevokeSessions and SetEnabled, and
// RiskService.ConfirmCompromised.
//
// Wire:  POST /identityProtection/riskyUsers/{id}/invokeAction
// Needs: IdentityRiskyUser.ReadWrite.All
func (s *RiskService) RiskyUsersInvokeAction(ctx context.Context, userID, action, requestID string) error {
	c, path := (*core)(s), pathRiskyUsers+"/"+segment(userID)+"/invokeAction"
	if !cordon.IsGUID(userID) || action == "" {
		return c.bad(edit(http.MethodPost, graph, FamilyIdentityProtection, path, requestID), "needs an object id and an action")
	}
	return c.write(ctx, http.MethodPost, FamilyIdentityProtection, path, map[string]string{"action": action}, requestID)
}
