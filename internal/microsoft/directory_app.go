package microsoft

import (
	"context"
	"fmt"

	"github.com/cordonhq/cordon"
)

// RolePrivilegedAuthenticationAdministrator is the template id of the least
// role that lets an app act on every administrator.
//
// Source: microsoft-graph-docs resources/users, who may change whom.
const RolePrivilegedAuthenticationAdministrator = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"

// RolesOfApp returns the directory roles that an app holds in the tenant, by
// the object id of its service principal: the "oid" of its tokens.
//
// Wire:  GET /roleManagement/directory/roleAssignments
// Needs: RoleManagement.Read.Directory
func (s *DirectoryService) RolesOfApp(ctx context.Context, principalID string) ([]Role, error) {
	c := (*core)(s)
	q := get(graph, FamilyDirectory, 2, pathAssignments, "$filter=principalId%20eq%20'"+segment(principalID)+"'&$expand=roleDefinition")
	if !cordon.IsGUID(principalID) {
		return nil, c.bad(q, "not an object id")
	}
	assigned, err := collect[roleAssignment](ctx, c, q)
	if err != nil {
		return nil, fmt.Errorf("roles of app %s: %w", principalID, err)
	}
	var roles []Role
	for _, a := range assigned {
		roles = append(roles, a.role())
	}
	return c.unite(q, roles)
}
