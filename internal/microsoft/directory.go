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
	q := get(graph, FamilyDirectory, 2, pathUsers+"/"+segment(userID)+"/transitiveMemberOf", "")
	if !cordon.IsGUID(userID) {
		return nil, c.fail(q, &Error{kind: cordon.ErrBadRequest, Message: "not an object id"})
	}
	held, err := collect[membership](ctx, c, q)
	if err != nil {
		return nil, fmt.Errorf("roles of %s: %w", userID, err)
	}
	filter := "$filter=principalId%20eq%20'" + userID + "'&$expand=roleDefinition"
	assigned, err := collect[roleAssignment](ctx, c, get(graph, FamilyDirectory, 2, pathAssignments, filter))
	if err != nil {
		return nil, fmt.Errorf("roles of %s: %w", userID, err)
	}
	var roles []Role
	for _, m := range held {
		if m.isRole() {
			roles = append(roles, Role{TemplateID: strings.ToLower(m.RoleTemplateID), Name: m.DisplayName})
		}
	}
	for _, a := range assigned {
		roles = append(roles, a.role())
	}
	return c.unite(q, roles)
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

// A membership is a group, an administrative unit or a role.
type membership struct {
	Type           string `json:"@odata.type"`
	DisplayName    string `json:"displayName"`
	RoleTemplateID string `json:"roleTemplateId"`
}

// isRole counts what does not say what it is as a role, to be on the safe side.
func (m membership) isRole() bool {
	return m.Type == "#microsoft.graph.directoryRole" || m.Type == "" || m.RoleTemplateID != ""
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
