package microsoft

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// RoleGlobalAdministrator is the template id of that role in every tenant.
const RoleGlobalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

const (
	pathAssignments  = "/v1.0/roleManagement/directory/roleAssignments"
	pathGlobalAdmins = "/v1.0/directoryRoles(roleTemplateId='" + RoleGlobalAdministrator + "')/members"
)

// A Role is an active directory role.
type Role struct {
	TemplateID string // the same in every tenant, in lower case
	Name       string
}

// RolesOf returns the directory roles that a user holds now, directly or
// through groups, ordered by template id. Roles that the user may activate
// but has not are not among them.
//
// It reads all memberships and picks the roles out: asking for roles alone is
// answered from an index that may be behind.
//
// Wire:  GET /users/{id}/transitiveMemberOf
// Wire:  GET /roleManagement/directory/roleAssignments
// Needs: User.Read.All, RoleManagement.Read.Directory
func (s *DirectoryService) RolesOf(ctx context.Context, userID string) ([]Role, error) {
	c := (*core)(s)
	held, err := (*UsersService)(c).Memberships(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("roles of %s: %w", userID, err)
	}
	q, roles, err := c.assigned(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("roles of %s: %w", userID, err)
	}
	for _, m := range held {
		if m.isRole() {
			roles = append(roles, Role{TemplateID: strings.ToLower(m.RoleTemplateID), Name: m.DisplayName})
		}
	}
	return c.unite(q, roles)
}

// assigned returns the roles that are assigned to a user or an app itself, and
// the request that told.
func (c *core) assigned(ctx context.Context, principalID string) (*request, []Role, error) {
	q := get(graph, FamilyDirectory, 2, pathAssignments, "$filter=principalId%20eq%20'"+segment(principalID)+"'&$expand=roleDefinition")
	if !cordon.IsGUID(principalID) {
		return q, nil, c.bad(q, "not an object id")
	}
	found, err := collect[roleAssignment](ctx, c, q)
	var roles []Role
	for _, a := range found {
		roles = append(roles, a.role())
	}
	return q, roles, err
}

// unite orders roles and drops those that are named twice. A role without its
// template could be any. That is how the service shows roles to an app that
// may not read them.
//
// Source: microsoft-graph-docs includes/limited-info.
func (c *core) unite(q *request, roles []Role) ([]Role, error) {
	slices.SortFunc(roles, func(a, b Role) int {
		return cmp.Or(cmp.Compare(a.TemplateID, b.TemplateID), -cmp.Compare(a.Name, b.Name))
	})
	roles = slices.CompactFunc(roles, func(a, b Role) bool { return a.TemplateID == b.TemplateID })
	if len(roles) > 0 && roles[0].TemplateID == "" {
		return nil, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrDenied,
			Message: "roles are shown without saying which: grant RoleManagement.Read.Directory"})
	}
	return roles, nil
}

type roleAssignment struct {
	PrincipalID      string `json:"principalId"`
	RoleDefinitionID string `json:"roleDefinitionId"`
	RoleDefinition   struct {
		ID          string `json:"id"`
		TemplateID  string `json:"templateId"`
		DisplayName string `json:"displayName"`
	} `json:"roleDefinition"`
}

// role returns the role assigned. The definition of a built-in role has the
// id of its template.
func (a roleAssignment) role() Role {
	d := a.RoleDefinition
	return Role{TemplateID: strings.ToLower(cmp.Or(d.TemplateID, d.ID, a.RoleDefinitionID)), Name: d.DisplayName}
}
