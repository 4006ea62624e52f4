package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const readUsers = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"

func userRoutes() []route {
	fields := fieldsOf("folded:id userPrincipalName mail displayName userType onPremisesSecurityIdentifier onPremisesUserPrincipalName "+advancedFields,
		"bool:accountEnabled onPremisesSyncEnabled", "list:proxyAddresses otherMails", "refused:onPremisesDomainName securityIdentifier")
	people := view{options: "$filter $select $top $count $skiptoken", page: 100, top: 999, members: userMembers, standard: userStandard, fields: fields}
	one := view{options: "$select", members: userMembers, standard: userStandard}
	memberships := view{options: "$select $top $skiptoken", page: 100, top: 999}
	routes := []route{
		{method: http.MethodGet, path: "users", needs: need(readUsers), cost: 2, view: people, do: listUsers},
		{method: http.MethodGet, path: "users/$count", needs: need(readUsers), cost: 1, view: view{options: "$filter", fields: fields}, do: countUsers},
		{method: http.MethodGet, path: "users/{id}", needs: need("User.ReadBasic.All " + readUsers), cost: 1, view: one, do: getUser},
		{method: http.MethodPatch, path: "users/{id}", cost: 1, do: patchUser},
		{method: http.MethodPost, path: "users/{id}/revokeSignInSessions", cost: 1, do: revokeSessions,
			needs: need("User.RevokeSessions.All User.ReadWrite.All Directory.ReadWrite.All")},
		{method: http.MethodGet, path: "users/{id}/transitiveMemberOf", needs: need(readUsers), cost: 2, view: memberships, do: memberOf("")},
		{method: http.MethodGet, path: "users/{id}/transitiveMemberOf/microsoft.graph.directoryRole", needs: need(readUsers), cost: 2,
			view: memberships, do: memberOf("directoryRole")},
		{method: http.MethodGet, path: "users/{id}/transitiveMemberOf/microsoft.graph.group", cost: 2, view: memberships,
			needs: need(readUsers + " GroupMember.ReadBasic.All GroupMember.Read.All"), do: memberOf("group")},
		{method: http.MethodGet, path: "organization", needs: need("Organization.Read.All Directory.Read.All"), cost: 1,
			view: view{options: "$select"}, do: list(resOrganization, "organization")},
		{method: http.MethodGet, path: "organization/{id}", needs: need("Organization.Read.All Directory.Read.All"), cost: 1,
			view: view{options: "$select"}, do: get(resOrganization, "organization/$entity")},
	}
	return each(routes, func(r *route) {
		r.family, r.denied = familyDirectory, deniedDirectory
		if r.method != http.MethodGet {
			r.family = familyWrites
		}
	})
}

// advancedFields are the properties of users that the directory filters by only
// when it is asked with eventual consistency.
const advancedFields = "onPremisesSamAccountName"

// listUsers refuses what the directory answers only with eventual consistency.
// A count without it is left out, without a word.
func listUsers(x *exchange, c *call) (answer, error) {
	if c.query.count && x.eventual() {
		return x.page(c, "users", c.tenant.collection(resUsers))
	}
	if err := advanced(c.query.values.Get("$filter")); err != nil {
		return answer{}, err
	}
	c.query.count = false
	return x.page(c, "users", c.tenant.collection(resUsers))
}

// advanced refuses a filter, known to be in order, for what needs eventual consistency.
func advanced(filter string) error {
	tokens, _ := lexFilter(filter)
	for _, t := range tokens {
		switch {
		case t.kind != tokenWord:
		case t.word == "ne" || t.word == "not":
			return unsupportedQuery("Operator '" + t.word + "' is not supported because the required parameters might be missing. Try adding $count=true query parameter " +
				"and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information")
		case slices.Contains(strings.Fields(advancedFields), t.word):
			return unsupportedQuery(unsupportedClause{t.word}.Error())
		}
	}
	return nil
}

func (x *exchange) eventual() bool {
	return strings.EqualFold(x.request.Header.Get("ConsistencyLevel"), "eventual")
}

func countUsers(x *exchange, c *call) (answer, error) {
	if !x.eventual() {
		return answer{}, badDirectory("$count is not currently supported.")
	}
	n := len(c.query.matching(c.tenant.collection(resUsers)))
	return answer{kind: "text/plain", body: []byte(strconv.Itoa(n))}, nil
}

func getUser(x *exchange, c *call) (answer, error) {
	if !x.has(strings.Fields(readUsers)...) && !c.query.selected(userStandard) {
		return answer{}, deniedDirectory.refusal(nil, nil)
	}
	user := c.tenant.findUser(c.id)
	if user == nil {
		return answer{}, noUser(c.id)
	}
	return entity(x.context("users/$entity"), c.query.shape(user)), nil
}

func noUser(id string) error {
	return refuse(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

// patchUser changes whether an account is enabled, and its password.
func patchUser(x *exchange, c *call) (answer, error) {
	o, err := parseObject(x.body)
	if err != nil || len(o.members) == 0 {
		return answer{}, badDirectory("The request body is not a JSON object with properties.")
	}
	if err := x.mayPatch(o); err != nil {
		return answer{}, err
	}
	user := c.tenant.findUser(c.id)
	switch {
	case user == nil:
		return answer{}, noUser(c.id)
	case !c.tenant.mayChange(idOf(user)):
		return answer{}, deniedDirectory.refusal(nil, nil)
	case user.isTrue("onPremisesSyncEnabled"):
		return answer{}, badDirectory("Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.")
	}
	if raw := o.raw("accountEnabled"); raw != nil {
		user.set("accountEnabled", raw)
	}
	if o.raw("passwordProfile") != nil {
		user.set("lastPasswordChangeDateTime", writeSeconds(x.now))
		c.tenant.passwordReset(user, x.claims.Object, x.now)
	}
	return noContent(), nil
}

// mayPatch checks the properties of a change one by one: each has its permission.
func (x *exchange) mayPatch(o *object) error {
	for _, m := range o.members {
		switch m.name {
		case "accountEnabled":
			if !x.has("User.EnableDisableAccount.All", "User.ReadWrite.All", "Directory.ReadWrite.All") {
				return deniedDirectory.refusal(nil, nil)
			}
			if v := string(m.value); v != "true" && v != "false" {
				return badDirectory("Cannot convert a value to target type 'Edm.Boolean' because of conversion error.")
			}
		case "passwordProfile":
			if !x.has("User-PasswordProfile.ReadWrite.All") {
				return deniedDirectory.refusal(nil, nil)
			}
			if _, err := parseObject(m.value); err != nil {
				return badDirectory("Property passwordProfile is not an object.")
			}
		case "@odata.type", "@odata.context":
		default:
			return notModelled("a change of the user property '%s'", m.name)
		}
	}
	return nil
}

// revokeSessions makes every session older than now invalid.
func revokeSessions(x *exchange, c *call) (answer, error) {
	user := c.tenant.findUser(c.id)
	if user == nil {
		return answer{}, noUser(c.id)
	}
	user.set("signInSessionsValidFromDateTime", writeSeconds(x.now))
	return answer{body: encode(newObject("@odata.context", x.context("Edm.Boolean"), "value", true))}, nil
}

// memberOf lists what a user belongs to, of one kind or of all.
func memberOf(kind string) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		user := c.tenant.findUser(c.id)
		if user == nil {
			return answer{}, noUser(c.id)
		}
		found := &collection{}
		put := func(of string, o *object) {
			if kind == "" {
				o = &object{members: slices.Insert(slices.Clone(o.members), 0, member{"@odata.type", encode("#microsoft.graph." + of)})}
			}
			if kind == "" || kind == of {
				found.put(o)
			}
		}
		for _, r := range c.tenant.rolesOf(idOf(user)) {
			put("directoryRole", c.tenant.roleObject(r))
		}
		for _, g := range c.tenant.groupsOf(idOf(user)) {
			put("group", g)
		}
		context := "directoryObjects"
		if kind != "" {
			context += "/microsoft.graph." + kind
		}
		return x.page(c, context, found)
	}
}
