package microsoft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// selectMember asks for what GlobalAdmins must know of each.
const selectMember = "$select=id,userPrincipalName,displayName,accountEnabled"

// A member is a holder of a role: a user, a group or an app.
type member struct {
	Type string `json:"@odata.type"`
	User
}

// GlobalAdmins returns the users who are Global Administrators now, directly
// or through groups, ordered by id, each with AccountEnabled, except those of
// whom Microsoft does not say it. It returns all of them or an error: whoever
// counts the last administrators must not be given a part.
//
// Wire:  GET /directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')/members
// Wire:  GET /groups/{id}/transitiveMembers
// Needs: RoleManagement.Read.Directory, User.Read.All, GroupMember.Read.All
func (s *DirectoryService) GlobalAdmins(ctx context.Context) ([]User, error) {
	c := (*core)(s)
	q := get(graph, FamilyDirectory, 1, pathGlobalAdmins, selectMember)
	holders, err := collect[member](ctx, c, q)
	if err != nil {
		return nil, fmt.Errorf("global administrators: %w", err)
	}
	admins, err := c.usersAmong(ctx, holders)
	if err != nil {
		return nil, fmt.Errorf("global administrators: %w", err)
	}
	slices.SortFunc(admins, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	admins = slices.CompactFunc(admins, func(a, b User) bool { return a.ID == b.ID })
	if len(admins) == 0 {
		return nil, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "a tenant has a global administrator, and none was named"})
	}
	return admins, nil
}

// usersAmong returns the users that the holders are or, for groups, contain.
func (c *core) usersAmong(ctx context.Context, holders []member) ([]User, error) {
	var all []User
	for _, h := range holders {
		users, err := c.usersBehind(ctx, h)
		if err != nil {
			return nil, err
		}
		all = append(all, users...)
	}
	return all, nil
}

// usersBehind returns the users that a holder stands for.
func (c *core) usersBehind(ctx context.Context, h member) ([]User, error) {
	switch strings.TrimPrefix(h.Type, "#microsoft.graph.") {
	case "servicePrincipal", "device", "orgContact":
		return nil, nil
	case "group":
		return c.usersIn(ctx, h.ID)
	case "user":
		return c.complete(ctx, h.User)
	}
	users, err := c.complete(ctx, User{ID: h.ID}) // the answer does not say what it is
	if errors.Is(err, cordon.ErrNotFound) {
		q := get(graph, FamilyDirectory, 1, pathGlobalAdmins, "")
		return nil, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "a holder that is neither user, group nor app"})
	}
	return users, err
}

// usersIn returns the users of a group that holds the role. The answer has the
// members of the groups inside already.
func (c *core) usersIn(ctx context.Context, group string) ([]User, error) {
	q := get(graph, FamilyDirectory, 5, "/v1.0/groups/"+segment(group)+"/transitiveMembers", selectMember)
	if !cordon.IsGUID(group) {
		return nil, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "a group without an id"})
	}
	members, err := collect[member](ctx, c, q)
	if err != nil {
		return nil, err
	}
	inside := func(m member) bool { return m.Type == "#microsoft.graph.group" }
	return c.usersAmong(ctx, slices.DeleteFunc(members, inside))
}

// complete reads a user again of whom it is not known whether they are
// enabled.
func (c *core) complete(ctx context.Context, u User) ([]User, error) {
	if cordon.IsGUID(u.ID) && u.AccountEnabled != nil {
		return []User{u}, nil
	}
	full, err := (*UsersService)(c).Get(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	return []User{full}, nil
}
