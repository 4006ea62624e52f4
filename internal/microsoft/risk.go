package microsoft

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	pathDetections = "/v1.0/identityProtection/riskDetections"
	pathRiskyUsers = "/v1.0/identityProtection/riskyUsers"
)

// riskChunk is how many users one call confirms or dismisses. The pages name
// no maximum; 60 is what others stay within.
const riskChunk = 60

// Detections yields the detections of Entra ID Protection that changed since
// then, or all that are kept.
//
// Wire:  GET /identityProtection/riskDetections
// Needs: IdentityRiskEvent.Read.All, Entra ID P1 (details: P2)
func (s *RiskService) Detections(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := join(changedSince("lastUpdatedDateTime", since), "$top=500") // 500 is the most it gives
	return (*core)(s).pages(ctx, get(graph, FamilyIdentityProtection, 1, pathDetections, query))
}

// RiskyUsers yields the users whose risk changed since then, or all.
//
// Wire:  GET /identityProtection/riskyUsers
// Needs: IdentityRiskyUser.Read.All, Entra ID P2
func (s *RiskService) RiskyUsers(ctx context.Context, since time.Time) iter.Seq2[Page, error] {
	query := join(changedSince("riskLastUpdatedDateTime", since), "$top=500")
	return (*core)(s).pages(ctx, get(graph, FamilyIdentityProtection, 1, pathRiskyUsers, query))
}

// ConfirmCompromised tells Entra that these users are compromised. It takes
// object ids and at most 60 of them: one request, one outcome.
//
// Wire:  POST /identityProtection/riskyUsers/confirmCompromised
// Needs: IdentityRiskyUser.ReadWrite.All, Entra ID P2
func (s *RiskService) ConfirmCompromised(ctx context.Context, ids []string, requestID string) error {
	return s.judge(ctx, "/confirmCompromised", ids, requestID)
}

// Dismiss tells Entra that these users are at no risk. It takes object ids and
// at most 60 of them.
//
// Wire:  POST /identityProtection/riskyUsers/dismiss
// Needs: IdentityRiskyUser.ReadWrite.All, Entra ID P2
func (s *RiskService) Dismiss(ctx context.Context, ids []string, requestID string) error {
	return s.judge(ctx, "/dismiss", ids, requestID)
}

func (s *RiskService) judge(ctx context.Context, verb string, ids []string, requestID string) error {
	c := (*core)(s)
	strange := func(id string) bool { return !cordon.IsGUID(id) }
	if len(ids) == 0 || len(ids) > riskChunk || slices.ContainsFunc(ids, strange) {
		q := &request{method: http.MethodPost, path: pathRiskyUsers + verb, requestID: requestID}
		return c.fail(q, &Error{kind: cordon.ErrBadRequest, Message: "needs 1 to 60 object ids"})
	}
	body := map[string][]string{"userIds": ids}
	return c.write(ctx, http.MethodPost, FamilyIdentityProtection, pathRiskyUsers+verb, body, requestID)
}
