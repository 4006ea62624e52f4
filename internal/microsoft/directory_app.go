package microsoft

import (
	"context"
	"fmt"
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
	q, roles, err := c.assigned(ctx, principalID)
	if err != nil {
		return nil, fmt.Errorf("roles of app %s: %w", principalID, err)
	}
	return c.unite(q, roles)
}
