package sim

import (
	"encoding/json"
	"net/http"
)

// groupRoutes answer which of some groups a user is in. There are no groups.
func groupRoutes() []route {
	return []route{{method: http.MethodPost, path: "users/{id}/checkMemberGroups", cost: 4, family: familyDirectory, denied: deniedDirectory,
		needs: need("Application.Read.All GroupMember.Read.All " + readUsers), do: checkMemberGroups}}
}

func checkMemberGroups(x *exchange, c *call) (answer, error) {
	if c.tenant.findUser(c.id) == nil {
		return answer{}, noUser(c.id)
	}
	var in struct {
		GroupIDs []string `json:"groupIds"`
	}
	if json.Unmarshal(x.body, &in) != nil || len(in.GroupIDs) == 0 || len(in.GroupIDs) > 20 {
		return answer{}, badDirectory("The request body must hold 'groupIds', a list of 1 to 20 ids.")
	}
	return answer{body: encode(newObject("@odata.context", x.context("Collection(Edm.String)"), "value", []string{}))}, nil
}
