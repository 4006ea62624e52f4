package sim

import (
	"slices"
	"strings"
	"testing"
)

// nestedGroups is a tenant whose groups are in each other: Ruth is a Global
// Administrator twice, Gus through a group, and Ian is in a group that is in
// one that may hold roles.
const nestedGroups = `  users:
    - {key: ruth, name: Ruth Amsel, roles: [Global Administrator]}
    - {key: gus, name: Gus Brandt}
    - {key: ian, name: Ian Castell}
  groups:
    - {key: admins, name: Administrators, members: [ruth, gus], roles: [Global Administrator]}
    - {key: outer, name: Outer, members: [inner]}
    - {key: inner, name: Inner, members: [gus, outer]}
    - {key: readers, name: Readers, members: [ian], roles: [Directory Readers]}
  policies: [{name: Staff, groups: [outer], exclude_groups: [admins]}]
`

// TestGroups meets groups on every road that the reference names.
func TestGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, nestedGroups)})
	t0 := r.cloud.tenants[0]
	user := func(key string) string { return t0.guid("user", key) }
	group := func(key string) string { return t0.guid("group", key) }
	const global, assignments = "62e90394-69f5-4237-9190-012177145e10", "roleManagement/directory/roleAssignments"
	role := t0.guid("role", global)
	tests := []struct {
		path string
		want []string
	}{
		{"groups/" + group("admins") + "/transitiveMembers", []string{user("ruth"), user("gus")}},
		{"groups/" + strings.ToUpper(group("outer")) + "/transitiveMembers" + ask("$select", "id"), []string{group("inner"), user("gus"), group("outer")}},
		{"users/" + user("gus") + "/transitiveMemberOf", []string{role, group("admins"), group("inner"), group("outer")}},
		{"users/" + user("gus") + "/transitiveMemberOf/microsoft.graph.group", []string{group("admins"), group("inner"), group("outer")}},
		{"users/" + user("ruth") + "/transitiveMemberOf/microsoft.graph.directoryRole", []string{role}},
		{"directoryRoles(roleTemplateId='" + global + "')/members", []string{user("ruth"), group("admins")}},
		{assignments + ask("$filter", "principalId eq '"+group("admins")+"'"), []string{t0.guid("assignment", group("admins"), global)}},
		{assignments + ask("$filter", "principalId eq '"+user("gus")+"'"), []string{}},
	}
	for _, tt := range tests {
		if got, _ := r.graph("GET", tt.path, "").ids(t); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.path, got, tt.want)
		}
	}
	for path, says := range map[string]string{
		"directoryRoles/" + role + "/members":           `{"@odata.type":"#microsoft.graph.group","id":"` + group("admins") + `"`,
		assignments + ask("$expand", "principal"):       `"principal":{"@odata.type":"#microsoft.graph.group","id":"` + group("admins") + `"`,
		"users/" + user("gus") + "/transitiveMemberOf":  `{"@odata.type":"#microsoft.graph.group","id":"` + group("inner") + `"`,
		"users/" + user("ruth") + "/transitiveMemberOf": `"displayName":"Administrators","groupTypes":[],"isAssignableToRole":true`,
		resPolicies: `"includeUsers":[],"excludeUsers":[],"includeGroups":["` + group("outer") + `"],"excludeGroups":["` + group("admins") + `"]`,
	} {
		if g := r.graph("GET", path, ""); !strings.Contains(g.body, says) {
			t.Errorf("%s: got %s, want %s", path, g.body, says)
		}
	}
}

// TestGroupMembers pages through a group, asks for groups by name, and lets
// somebody in.
func TestGroupMembers(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, nestedGroups)})
	t0 := r.cloud.tenants[0]
	gus, outer, admins := t0.guid("user", "gus"), t0.guid("group", "outer"), t0.guid("group", "admins")
	path := "groups/" + outer + "/transitiveMembers"
	first := r.graph("GET", path, "")
	if cost := first.header.Get("x-ms-resource-unit"); cost != "5" {
		t.Errorf("it costs %s", cost)
	}
	ids, next := r.graph("GET", path+ask("$top", "2"), "").ids(t)
	_, link, _ := strings.Cut(next, "/v1.0/")
	rest, end := r.graph("GET", link, "").ids(t)
	if all, _ := first.ids(t); !slices.Equal(slices.Concat(ids, rest), all) || len(rest) != 1 || end != "" {
		t.Errorf("got %v, then %v and %q; at once %v", ids, rest, end, all)
	}
	body := `{"groupIds":["` + strings.ToUpper(outer) + `","x","` + admins + `","` + outer + `"]}`
	if g := r.graph("POST", "users/"+gus+"/checkMemberGroups", body); !strings.HasSuffix(g.body, `"value":["`+outer+`","`+admins+`"]}`) {
		t.Errorf("of %s: %s", body, g.body)
	}
	r.inject("groups", `{"id":"pilot","displayName":"Pilot"}`)
	r.inject("groups/Pilot/members", `{"id":"`+admins+`"}`)
	if got, _ := r.graph("GET", "groups/pilot/transitiveMembers", "").ids(t); !slices.Equal(got, []string{admins, t0.guid("user", "ruth"), gus}) {
		t.Errorf("injected: %v", got)
	}
	if code, _ := r.graph("GET", "groups/none/transitiveMembers", "").problem(t); code != "Request_ResourceNotFound" {
		t.Errorf("no such group: %s", code)
	}
}

// TestGroupProtects: an app with a lesser role changes neither who holds a
// role through a group, nor who is in a group that may be given one.
func TestGroupProtects(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]map[string]int{
		"User Administrator":                      {"gus": 403, "ian": 403, "tom": 204},
		"Privileged Authentication Administrator": {"gus": 204, "ian": 204, "tom": 204},
	} {
		r := newRig(t, Options{Scenario: custom(t, nestedGroups+"  directory_roles: ["+own+"]\n")})
		r.inject(resUsers, `{"id":"tom"}`)
		for key, status := range want {
			id := r.cloud.tenants[0].guid("user", key)
			if key == "tom" {
				id = key
			}
			if g := r.graph("PATCH", "users/"+id, `{"accountEnabled":false}`); g.status != status {
				t.Errorf("%s changes %s: %d %s", own, key, g.status, g.body)
			}
		}
	}
}
