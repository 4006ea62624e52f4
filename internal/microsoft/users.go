package microsoft

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/cordonhq/cordon"
)

// A User is what must be known of a user before anything is done to them. A
// nil pointer means that the answer did not tell.
//
// Source: microsoft-graph-docs user; v1.0 metadata.
type User struct {
	ID                              string `json:"id"`
	UserPrincipalName               string `json:"userPrincipalName"`
	DisplayName                     string `json:"displayName"`
	AccountEnabled                  *bool  `json:"accountEnabled"`
	UserType                        string `json:"userType"` // "Member" or "Guest"
	OnPremisesSyncEnabled           *bool  `json:"onPremisesSyncEnabled"`
	SignInSessionsValidFromDateTime string `json:"signInSessionsValidFromDateTime"`
	LastPasswordChangeDateTime      string `json:"lastPasswordChangeDateTime"`
	SecurityIdentifier              string `json:"securityIdentifier"`
	OnPremisesSecurityIdentifier    string `json:"onPremisesSecurityIdentifier"`
}

const (
	pathUsers  = "/v1.0/users"
	selectUser = "$select=id,userPrincipalName,displayName,accountEnabled,userType,onPremisesSyncEnabled," +
		"signInSessionsValidFromDateTime,lastPasswordChangeDateTime,securityIdentifier,onPremisesSecurityIdentifier"
)

// Get returns a user by object id or user principal name.
//
// Wire:  GET /users/{id or UPN}
// Needs: User.Read.All
func (s *UsersService) Get(ctx context.Context, idOrUPN string) (User, error) {
	c := (*core)(s)
	path, ok := userPath(idOrUPN)
	q := get(graph, FamilyDirectory, 1, path, selectUser)
	if !ok {
		return User{}, c.fail(q, &Error{kind: cordon.ErrBadRequest, Message: "neither an object id nor a user principal name"})
	}
	u, err := read[User](ctx, c, q)
	if err != nil {
		return User{}, err
	}
	if !cordon.IsGUID(u.ID) || cordon.IsGUID(idOrUPN) && !strings.EqualFold(u.ID, idOrUPN) {
		return User{}, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "the answer is not that user"})
	}
	return u, nil
}

// SetEnabled lets a user sign in, or not. Of an administrator it needs a
// directory role besides.
//
// Wire:  PATCH /users/{id}
// Needs: User.EnableDisableAccount.All, User.Read.All
// Role:  Privileged Authentication Administrator, for a user who is an administrator
func (s *UsersService) SetEnabled(ctx context.Context, id string, enabled bool, requestID string) error {
	body := map[string]bool{"accountEnabled": enabled}
	return s.change(ctx, http.MethodPatch, id, "", body, requestID)
}

// RevokeSessions makes a user sign in again everywhere. It takes effect within
// minutes; access tokens live on for up to an hour.
//
// Wire:  POST /users/{id}/revokeSignInSessions
// Needs: User.RevokeSessions.All
func (s *UsersService) RevokeSessions(ctx context.Context, id string, requestID string) error {
	return s.change(ctx, http.MethodPost, id, "/revokeSignInSessions", nil, requestID)
}

// change writes to a user, named by object id: a user principal name may have
// been given to somebody else since it was read.
func (s *UsersService) change(ctx context.Context, method, id, verb string, body any, requestID string) error {
	c := (*core)(s)
	path := pathUsers + "/" + segment(id) + verb
	if !cordon.IsGUID(id) {
		return c.fail(&request{method: method, path: path, requestID: requestID}, &Error{kind: cordon.ErrBadRequest, Message: "a write names its user by object id"})
	}
	return c.write(ctx, method, FamilyDirectoryWrites, path, body, requestID)
}

// Count returns how many users the tenant has. The service may be some minutes
// behind.
//
// Wire:  GET /users/$count
// Needs: User.Read.All
func (s *UsersService) Count(ctx context.Context) (int, error) {
	c := (*core)(s)
	q := get(graph, FamilyDirectory, 2, pathUsers+"/$count", "")
	q.eventual, q.text = true, true
	body, err := c.do(ctx, q)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(body[:min(len(body), 32)])))
	if err != nil || n < 0 {
		return 0, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "the answer is no number"})
	}
	return n, nil
}

// userPath returns the escaped path of a user. A name that begins with $ or
// holds # is addressed in quotes, which are doubled inside.
//
// Source: microsoft-graph-docs user-get.
func userPath(idOrUPN string) (string, bool) {
	strange := func(r rune) bool {
		return unicode.IsControl(r) || r == '/' || r == '\\' || r == unicode.ReplacementChar
	}
	ok := idOrUPN != "" && len(idOrUPN) <= 512 && strings.Trim(idOrUPN, ".") != "" && !strings.ContainsFunc(idOrUPN, strange)
	if strings.HasPrefix(idOrUPN, "$") || strings.Contains(idOrUPN, "#") {
		return pathUsers + "('" + segment(strings.ReplaceAll(idOrUPN, "'", "''")) + "')", ok
	}
	return pathUsers + "/" + segment(idOrUPN), ok
}
