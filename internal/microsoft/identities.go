package microsoft

import (
	"context"
	"net/http"
	"strings"

	"github.com/cordonhq/cordon"
)

const pathIdentities = "/v1.0/security/identities/identityAccounts"

// An IdentityFilter says which identities are asked for. The zero value asks
// for all; with both SIDs set, both must match.
type IdentityFilter struct {
	OnPremisesSID string // of Active Directory, such as S-1-5-21-…
	CloudSID      string // S-1-12-1-…; cordon.SIDFromObjectID makes it of an Entra object id
}

func (f IdentityFilter) query() (query string, ok bool) {
	var onPremises, cloud string
	if f.OnPremisesSID != "" {
		onPremises = equals("onPremisesSecurityIdentifier", f.OnPremisesSID)
	}
	if f.CloudSID != "" {
		cloud = equals("cloudSecurityIdentifier", f.CloudSID)
	}
	return filter(onPremises, cloud), isSID(f.OnPremisesSID) && isSID(f.CloudSID)
}

// isSID reports whether s is empty or looks like a SID.
func isSID(s string) bool {
	return s == "" || len(s) <= 184 && strings.HasPrefix(s, "S-1-") && strings.Trim(s[4:], "0123456789-") == ""
}

// Accounts returns the identities that Defender for Identity knows, each with
// its accounts. Only the filter by on-premises SID is shown in the pages; what
// does not match is left out here, too, in case the service overlooks the
// other.
//
// Wire:  GET /security/identities/identityAccounts
// Needs: SecurityIdentitiesAccount.Read.All
// Licence: Defender for Identity
func (s *IdentitiesService) Accounts(ctx context.Context, f IdentityFilter) ([]Identity, error) {
	c := (*core)(s)
	query, ok := f.query()
	q := get(graph, FamilySecurity, 1, pathIdentities, query)
	if !ok {
		return nil, c.bad(q, "not a SID")
	}
	all, err := collect[Identity](ctx, c, q)
	if err != nil {
		return nil, err
	}
	var found []Identity
	for _, i := range all {
		if f.matches(i) {
			found = append(found, i)
		}
	}
	return found, nil
}

func (f IdentityFilter) matches(i Identity) bool {
	return (f.OnPremisesSID == "" || strings.EqualFold(f.OnPremisesSID, i.OnPremisesSecurityIdentifier)) &&
		(f.CloudSID == "" || strings.EqualFold(f.CloudSID, i.CloudSecurityIdentifier))
}

// Account returns one identity.
//
// Wire:  GET /security/identities/identityAccounts/{id}
// Needs: SecurityIdentitiesAccount.Read.All
// Licence: Defender for Identity
func (s *IdentitiesService) Account(ctx context.Context, id string) (Identity, error) {
	c := (*core)(s)
	q := get(graph, FamilySecurity, 1, pathIdentities+"/"+segment(id), "")
	if !isOpaque(id) {
		return Identity{}, c.bad(q, "not the id of an identity")
	}
	return readIf(ctx, c, q, func(i Identity) bool { return strings.EqualFold(i.ID, id) })
}

// An IdentityCommand is an action on one account of an identity.
type IdentityCommand struct {
	AccountID string           `json:"accountId"` // ProviderAccount.Identifier, not the identity's id
	Action    IdentityAction   `json:"action"`
	Provider  IdentityProvider `json:"identityProvider"`
}

// InvokeAction starts an action on one account of an identity. It is not done
// when the call returns, and no call tells when it is: read the account, or
// the user, to see. The correlation id is what Microsoft support asks for.
//
// Wire:  POST /security/identities/identityAccounts/{id}/invokeAction
// Needs: SecurityIdentitiesActions.ReadWrite.All
// Licence: Defender for Identity
func (s *IdentitiesService) InvokeAction(ctx context.Context, identityID string, do IdentityCommand, requestID string) (StartedAction, error) {
	c := (*core)(s)
	q := edit(http.MethodPost, graph, FamilySecurity, pathIdentities+"/"+segment(identityID)+"/invokeAction", requestID)
	if !isOpaque(identityID) || do.AccountID == "" || do.Action == "" || do.Provider == "" {
		return StartedAction{}, c.bad(q, "needs the id of an identity, an account, an action and a provider")
	}
	started, err := answered[StartedAction](ctx, c, q, do)
	if err != nil {
		return StartedAction{}, err
	}
	if started.AccountID != "" && !strings.EqualFold(started.AccountID, do.AccountID) {
		return StartedAction{}, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrUnknownOutcome, Message: "the answer is about another account"})
	}
	return started, nil
}
