package microsoft

import (
	"context"
	"slices"

	"github.com/cordonhq/cordon"
)

// groupsChunk is how many groups one call checks.
//
// Source: microsoft-graph-docs directoryobject-checkmembergroups.
const groupsChunk = 20

// Memberships returns the groups, administrative units and roles that a user
// belongs to, directly or through others.
//
// Wire:  GET /users/{id}/transitiveMemberOf
// Needs: User.Read.All
func (s *UsersService) Memberships(ctx context.Context, userID string) ([]Membership, error) {
	c := (*core)(s)
	q := get(graph, FamilyDirectory, 2, pathUsers+"/"+segment(userID)+"/transitiveMemberOf", "")
	if !cordon.IsGUID(userID) {
		return nil, c.bad(q, "not an object id")
	}
	return collect[Membership](ctx, c, q)
}

// A Membership is a group, an administrative unit or a role that somebody
// belongs to. To an app that may not read it, it has an id and no more.
type Membership struct {
	Type           string `json:"@odata.type"` // such as "#microsoft.graph.group"
	ID             string `json:"id"`
	DisplayName    string `json:"displayName"`
	RoleTemplateID string `json:"roleTemplateId"` // of a role
	RoleAssignable *bool  `json:"isAssignableToRole"`
}

// isRole counts what does not say what it is as a role, to be on the safe side.
func (m Membership) isRole() bool {
	return m.Type == "#microsoft.graph.directoryRole" || m.Type == "" || m.RoleTemplateID != ""
}

// CheckMemberGroups returns those of the groups that a user belongs to,
// directly or through others. More than 20 groups take several calls.
//
// Wire:  POST /users/{id}/checkMemberGroups
// Needs: User.Read.All
func (s *UsersService) CheckMemberGroups(ctx context.Context, userID string, groupIDs []string) ([]string, error) {
	c := (*core)(s)
	q := ask(FamilyDirectory, 4, pathUsers+"/"+segment(userID)+"/checkMemberGroups")
	strange := func(id string) bool { return !cordon.IsGUID(id) }
	if len(groupIDs) == 0 || strange(userID) || slices.ContainsFunc(groupIDs, strange) {
		return nil, c.bad(q, "needs the object ids of a user and of groups")
	}
	var found []string
	for ids := range slices.Chunk(groupIDs, groupsChunk) {
		answer, err := answered[struct {
			Value *[]string `json:"value"`
		}](ctx, c, q, map[string][]string{"groupIds": ids})
		if err != nil {
			return nil, err
		}
		if answer.Value == nil {
			return nil, c.odd(q, "the answer names no groups")
		}
		found = append(found, *answer.Value...)
	}
	return found, nil
}
