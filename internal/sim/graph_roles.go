package sim

import (
	"net/http"
	"strings"
)

func roleRoutes() []route {
	read := need("RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory RoleManagement.Read.All Directory.Read.All Directory.ReadWrite.All")
	assignments := view{options: "$filter $expand $top $skiptoken", page: 100, top: 999, fields: fieldsOf("folded:principalId roleDefinitionId", "text:directoryScopeId")}
	definitions := view{options: "$filter $select", fields: fieldsOf("folded:id templateId", "text:displayName", "bool:isBuiltIn")}
	members := view{options: "$select"}
	const base = "roleManagement/directory/"
	routes := []route{
		{path: "directoryRoles", view: view{options: "$filter $select", fields: fieldsOf("folded:roleTemplateId", "text:displayName")}, do: listRoles},
		{path: "directoryRoles/{id}", view: members, do: getRole},
		{path: "directoryRoles/{id}/members", view: members, do: roleMembersOf},
		{path: "directoryRoles(roleTemplateId)/{id}", view: members, do: getRole},
		{path: "directoryRoles(roleTemplateId)/{id}/members", view: members, do: roleMembersOf},
		{path: base + "roleAssignments", view: assignments, do: listAssignments},
		{path: base + "roleDefinitions", view: definitions, do: listDefinitions},
		{path: base + "roleDefinitions/{id}", view: members, do: getDefinition},
	}
	return each(routes, func(r *route) {
		r.method, r.needs, r.cost = http.MethodGet, read, 1
		r.family, r.denied = familyDirectory, deniedDirectory
	})
}

// listRoles lists the roles that are active in the tenant, all at once.
func listRoles(x *exchange, c *call) (answer, error) {
	found := &collection{}
	for _, r := range c.tenant.activeRoles() {
		found.put(c.tenant.roleObject(r))
	}
	return x.page(c, "directoryRoles", found)
}

// activeRole finds the role that the path names, by its id or its template.
func (c *call) activeRole() (role, error) {
	byTemplate := strings.Contains(c.route.path, "roleTemplateId")
	for _, r := range c.tenant.activeRoles() {
		if byTemplate && strings.EqualFold(r.template, c.id) || !byTemplate && strings.EqualFold(c.tenant.guid("role", r.template), c.id) {
			return r, nil
		}
	}
	return role{}, noUser(c.id)
}

func getRole(x *exchange, c *call) (answer, error) {
	r, err := c.activeRole()
	if err != nil {
		return answer{}, err
	}
	return entity(x.context("directoryRoles/$entity"), c.query.shape(c.tenant.roleObject(r))), nil
}

// roleMembersOf lists who holds a role, all at once.
func roleMembersOf(x *exchange, c *call) (answer, error) {
	r, err := c.activeRole()
	if err != nil {
		return answer{}, err
	}
	found := &collection{}
	for _, it := range c.tenant.collection(resAssignments).items {
		if !strings.EqualFold(it.object.text("roleDefinitionId"), r.template) {
			continue
		}
		if o := c.tenant.principalObject(it.object.text("principalId"), c.query.choose == nil); o != nil {
			found.put(o)
		}
	}
	return x.page(c, "directoryObjects", found)
}

// principalObject is a user, a group or the app's service principal, as lists
// of principals show them: a user's default properties, or all to choose from.
func (t *tenant) principalObject(id string, standard bool) *object {
	kind, o := "user", t.collection(resUsers).get(id)
	if g := t.collection(resGroups).get(id); g != nil {
		kind, o = "group", g
	}
	if id == t.principal {
		kind = "servicePrincipal"
		o = newObject("id", t.principal, "appId", t.clientID, "displayName", "Cordon", "servicePrincipalType", "Application")
	}
	if o == nil {
		return nil
	}
	out := newObject("@odata.type", "#microsoft.graph."+kind)
	if standard && kind == "user" {
		o = o.pick(strings.Fields(userStandard))
	}
	out.members = append(out.members, o.members...)
	return out
}

// listAssignments lists who holds which role, with what $expand asks for.
func listAssignments(x *exchange, c *call) (answer, error) {
	expand := strings.Split(c.query.values.Get("$expand"), ",")
	for _, name := range expand {
		if name != "" && name != "roleDefinition" && name != "principal" {
			return answer{}, notModelled("$expand=%s on role assignments", name)
		}
	}
	c.query.dress = func(o *object) *object {
		out := o.clone()
		for _, name := range expand {
			if r, ok := roleNamed(o.text("roleDefinitionId")); ok && name == "roleDefinition" {
				out.set(name, definitionObject(r))
			}
			if p := c.tenant.principalObject(o.text("principalId"), true); p != nil && name == "principal" {
				out.set(name, p)
			}
		}
		return out
	}
	return x.page(c, "roleManagement/directory/roleAssignments", c.tenant.collection(resAssignments))
}

func listDefinitions(x *exchange, c *call) (answer, error) {
	found := &collection{}
	for _, r := range builtinRoles() {
		found.put(definitionObject(r))
	}
	return x.page(c, "roleManagement/directory/roleDefinitions", found)
}

func getDefinition(x *exchange, c *call) (answer, error) {
	for _, r := range builtinRoles() {
		if strings.EqualFold(r.template, c.id) {
			return entity(x.context("roleManagement/directory/roleDefinitions/$entity"), c.query.shape(definitionObject(r))), nil
		}
	}
	return answer{}, noUser(c.id)
}
