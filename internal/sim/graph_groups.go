package sim

import (
	"encoding/json"
	"net/http"
)

// groupRoutes answer who is in a group, and which of some groups a user is in.
func groupRoutes() []route {
	const read = "GroupMember.Read.All Group.Read.All Directory.Read.All Group.ReadWrite.All Directory.ReadWrite.All"
	routes := []route{
		{method: http.MethodGet, path: resGroups + "/{id}/transitiveMembers", cost: 5, needs: need(read),
			view: view{options: "$select $top $skiptoken", page: 100, top: 999}, do: transitiveMembers},
		{method: http.MethodPost, path: "users/{id}/checkMemberGroups", cost: 4,
			needs: need("Application.Read.All GroupMember.Read.All " + readUsers), do: checkMemberGroups},
	}
	return each(routes, func(r *route) { r.family, r.denied = familyDirectory, deniedDirectory })
}

// transitiveMembers lists who is in a group, directly or through others; the
// groups inside are on the list as well.
func transitiveMembers(x *exchange, c *call) (answer, error) {
	group := c.tenant.collection(resGroups).get(c.id)
	if group == nil {
		return answer{}, noUser(c.id)
	}
	found := &collection{}
	for _, id := range c.tenant.everybodyIn(idOf(group)) {
		if o := c.tenant.principalObject(id, c.query.choose == nil); o != nil {
			found.put(o)
		}
	}
	return x.page(c, "directoryObjects", found)
}

func checkMemberGroups(x *exchange, c *call) (answer, error) {
	user := c.tenant.findUser(c.id)
	if user == nil {
		return answer{}, noUser(c.id)
	}
	var in struct {
		GroupIDs []string `json:"groupIds"`
	}
	if json.Unmarshal(x.body, &in) != nil || len(in.GroupIDs) == 0 || len(in.GroupIDs) > 20 {
		return answer{}, badDirectory("The request body must hold 'groupIds', a list of 1 to 20 ids.")
	}
	held, found := &collection{}, &collection{}
	for _, g := range c.tenant.groupsOf(idOf(user)) {
		held.put(g)
	}
	ids := []string{}
	for _, asked := range in.GroupIDs {
		if g := held.get(asked); g != nil && found.get(asked) == nil {
			found.put(g)
			ids = append(ids, idOf(g))
		}
	}
	return answer{body: encode(newObject("@odata.context", x.context("Collection(Edm.String)"), "value", ids))}, nil
}
