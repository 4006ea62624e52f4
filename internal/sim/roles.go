package sim

import (
	"slices"
	"strings"
)

// A role is a built-in directory role.
type role struct{ name, template string }

// builtinRoles are the directory roles that the cloud knows.
func builtinRoles() []role {
	return []role{
		{"Global Administrator", "62e90394-69f5-4237-9190-012177145e10"},
		{"Privileged Role Administrator", "e8611ab8-c189-46e8-94e1-60213ab1f814"},
		{"Privileged Authentication Administrator", "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"},
		{"Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d"},
		{"Conditional Access Administrator", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"},
		{"User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1"},
		{"Authentication Administrator", "c4e39bd9-1100-46d3-8c65-fb160da0071f"},
		{"Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8"},
		{"Password Administrator", "966707d0-3269-4727-9be2-8c3a10f19b9d"},
		{"Application Administrator", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"},
		{"Cloud Application Administrator", "158c047a-c907-4556-b7ef-446551a6b5f7"},
		{"Exchange Administrator", "29232cdf-9323-42fd-ade2-1d097af3e4de"},
		{"SharePoint Administrator", "f28a1f50-f6e7-4571-818b-6a12f2af6b6c"},
		{"Hybrid Identity Administrator", "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"},
		{"Security Operator", "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"},
		{"Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509"},
		{"Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"},
		{"Directory Readers", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"},
		{"Guest Inviter", "95e79109-95c0-4d8e-aee3-d01accf2d47b"},
		{"Message Center Reader", "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"},
		{"Reports Reader", "4a5d8f65-41da-4de4-8968-e035b65339cf"},
		{"Usage Summary Reports Reader", "75934031-6c7e-415a-99d7-48dbd49e875e"},
		{"Groups Administrator", "fdd7a751-b60b-444a-984c-02652fe8fa1c"},
	}
}

func roleNamed(name string) (role, bool) {
	for _, r := range builtinRoles() {
		if r.name == name || strings.EqualFold(r.template, name) {
			return r, true
		}
	}
	return role{}, false
}

// populateAssignments gives users, groups and the app their roles, tenant-wide.
func (t *tenant) populateAssignments(c *collection) {
	for _, u := range t.spec().Users {
		roles := u.Roles
		if u.BreakGlass {
			roles = append([]string{"Global Administrator"}, roles...)
		}
		for _, name := range roles {
			c.put(t.assignment(t.guid("user", u.Key), name))
		}
	}
	for _, g := range t.spec().Groups {
		for _, name := range g.Roles {
			c.put(t.assignment(t.guid("group", g.Key), name))
		}
	}
	for _, name := range t.spec().DirectoryRoles {
		c.put(t.assignment(t.principal, name))
	}
}

// assignment gives a role, named by name or template, to a principal.
func (t *tenant) assignment(principal, name string) *object {
	r, _ := roleNamed(name)
	return newObject("id", t.guid("assignment", principal, r.template), "principalId", principal,
		"roleDefinitionId", r.template, "directoryScopeId", "/", "appScopeId", nil)
}

// rolesOf lists the roles that a principal holds, directly or through groups,
// each once. Callers hold the lock.
func (t *tenant) rolesOf(principal string) []role {
	holders := map[string]bool{strings.ToLower(principal): true}
	for _, g := range t.groupsOf(principal) {
		holders[strings.ToLower(idOf(g))] = true
	}
	var out []role
	for _, it := range t.collection(resAssignments).items {
		if !holders[strings.ToLower(it.object.text("principalId"))] {
			continue
		}
		if r, ok := roleNamed(it.object.text("roleDefinitionId")); ok && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// mayChange reports whether the app's service principal may change sensitive
// properties of a user, beyond its permissions: administrators, and whoever is
// in a role-assignable group, need a role of its own. Callers hold the lock.
func (t *tenant) mayChange(user string) bool {
	own := t.rolesOf(t.principal)
	if slices.ContainsFunc(own, supreme) {
		return true
	}
	if slices.ContainsFunc(t.groupsOf(user), func(g *object) bool { return g.isTrue("isAssignableToRole") }) {
		return false
	}
	for _, target := range t.rolesOf(user) {
		allowed := false
		for _, r := range own {
			allowed = allowed || outranks(r.name, target.name)
		}
		if !allowed && !ordinary(target.name) {
			return false
		}
	}
	return true
}

// ordinary reports whether a role leaves its holder an ordinary target.
func ordinary(name string) bool {
	switch name {
	case "Directory Readers", "Guest Inviter", "Message Center Reader", "Reports Reader", "Usage Summary Reports Reader", "Password Administrator":
		return true
	}
	return false
}

// supreme reports whether the holder of a role may change sensitive properties
// of everybody.
func supreme(r role) bool {
	return r.name == "Global Administrator" || r.name == "Privileged Authentication Administrator"
}

// outranks reports whether the holder of one role, which is not supreme, may
// change sensitive properties of the holder of another.
func outranks(own, target string) bool {
	switch own {
	case "User Administrator":
		return target == "Helpdesk Administrator" || target == "Groups Administrator" || target == "User Administrator"
	case "Authentication Administrator":
		return target == "Authentication Administrator"
	}
	return false
}

// roleObject is an activated directory role of the tenant.
func (t *tenant) roleObject(r role) *object {
	return newObject("id", t.guid("role", r.template), "deletedDateTime", nil,
		"description", r.name+" role.", "displayName", r.name, "roleTemplateId", r.template)
}

// definitionObject is a role definition, which every tenant has alike.
func definitionObject(r role) *object {
	return newObject("id", r.template, "description", r.name+" role.", "displayName", r.name, "isBuiltIn", true,
		"isEnabled", true, "templateId", r.template, "version", "1")
}

// activeRoles lists the roles that somebody holds. Callers hold the lock.
func (t *tenant) activeRoles() []role {
	var out []role
	for _, r := range builtinRoles() {
		for _, it := range t.collection(resAssignments).items {
			if strings.EqualFold(it.object.text("roleDefinitionId"), r.template) {
				out = append(out, r)
				break
			}
		}
	}
	return out
}
