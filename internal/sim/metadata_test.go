package sim

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// deviations are where the simulator leaves metadata on purpose, and why.
func deviations() map[string]string {
	return map[string]string{
		"identityAccounts.accounts[]: account.provider is unknown": "half of the identities spell the provider as Microsoft's samples do",
	}
}

// TestMetadata calls everything that the simulator's Graph has and holds every
// answer against Microsoft's metadata: the types of values, the members of
// enumerations, what may be null, and what each cloud has at all.
func TestMetadata(t *testing.T) {
	t.Parallel()
	const asked = "include-unknown-enum-members, return=representation"
	for _, tt := range []struct{ cloud, file, licence, prefer string }{
		{"global", "v1.0-Prod", "p2", asked},
		{"global", "v1.0-Prod", "p1", "return=representation"}, // with what is masked
		{"us_gov_l4", "v1.0-Fairfax", "p2", asked},
		{"china", "v1.0-Mooncake", "p2", asked},
	} {
		t.Run(tt.cloud+" "+tt.licence, func(t *testing.T) {
			t.Parallel()
			read := &reading{schema: readSchema(t, tt.file), wrong: map[string]bool{}}
			tour := &tour{rig: newRig(t, Options{Scenario: full(t, tt.licence), Cloud: tt.cloud, Tenants: 3, Calm: true}), read: read, prefer: tt.prefer, ids: map[string][]string{}}
			tour.write()
			for _, route := range graphRoutes() {
				if route.method == http.MethodGet {
					tour.visit(route.path)
				}
			}
			tour.choose()
			for _, complaint := range slices.Sorted(maps.Keys(read.wrong)) {
				if deviations()[complaint] == "" {
					t.Error(complaint)
				}
			}
			t.Logf("%d values were held against %s", read.values, tt.file)
		})
	}
}

// full is the scenario of the stolen token with everything else that a tenant can have.
func full(t *testing.T, licence string) string {
	t.Helper()
	text, err := shipped.ReadFile("scenarios/token-theft.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "full.yaml")
	more := strings.NewReplacer("crowd: 300", "crowd: 24", "fleet: 40", "fleet: 8", "licence: p2", "licence: "+licence, "\ntenant:\n", "\ntenant:\n  partner: true\n  entra_actions: true\n"+
		"  groups: [{key: staff, name: Staff, members: [victim, admins]}, {key: admins, name: Administrators, members: [ruth, glass1], roles: [Security Reader]}]\n").Replace(string(text))
	if err := os.WriteFile(path, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A tour is a walk through the routes of one cloud.
type tour struct {
	*rig

	read   *reading
	prefer string
	ids    map[string][]string // of what a list has, by its path
}

// most is how many objects of one list are visited one by one.
const most = 12

// call makes a request and holds the answer against metadata. The path is that
// of a route, with {id} filled in by address. What the cloud does not have must
// be refused, and nothing else.
func (c *tour) call(method, path, address, body string) got {
	c.t.Helper()
	kind := c.read.schema.at(path)
	g := c.do(method, address, body, "Authorization", "Bearer "+c.token[serviceGraph], "Prefer", c.prefer, "ConsistencyLevel", "eventual")
	unlicensed := g.status == http.StatusForbidden && strings.Contains(g.body, "not licensed")
	absent := g.status == http.StatusBadRequest && strings.Contains(g.body, "Resource not found for the segment")
	switch {
	case absent != (kind == ""):
		c.read.complain("%s %s: metadata says %q, the answer is %d", method, path, kind, g.status)
	case g.status >= http.StatusBadRequest:
		if kind != "" && !unlicensed {
			c.read.complain("%s %s: %d %s", method, path, g.status, g.body)
		}
	case g.status != http.StatusNoContent && kind != "Edm.Int32":
		c.read.answer(path[strings.LastIndexByte(path, '/')+1:], result(method, path, kind), []byte(g.body))
	}
	return g
}

// result is what an answer holds: a POST to a collection answers with one.
func result(method, path, kind string) string {
	if element, ok := strings.CutPrefix(kind, "Collection("); ok && method == http.MethodPost && !strings.HasSuffix(path, "comments") && !strings.Contains(path, "check") {
		return strings.TrimSuffix(element, ")")
	}
	return kind
}

// visit reads a list to its end, or some objects one by one.
func (c *tour) visit(path string) {
	c.t.Helper()
	for _, real := range c.filled(path) {
		address := c.cloud.Info().GraphURL + "/v1.0/" + real
		for address != "" {
			g := c.call(http.MethodGet, path, address, "")
			var page struct {
				Value []struct {
					ID             string `json:"id"`
					AppID          string `json:"appId"`
					RoleTemplateID string `json:"roleTemplateId"`
				}
				Next string `json:"@odata.nextLink"`
			}
			if json.Unmarshal([]byte(g.body), &page) != nil || g.status != http.StatusOK {
				break
			}
			for _, v := range page.Value {
				c.ids[real] = append(c.ids[real], v.ID)
				c.ids[real+"(appId)"] = append(c.ids[real+"(appId)"], v.AppID)
				c.ids[real+"(roleTemplateId)"] = append(c.ids[real+"(roleTemplateId)"], v.RoleTemplateID)
			}
			address = page.Next
		}
	}
}

// filled are the paths that a route's path stands for, by the ids that the
// lists above it have.
func (c *tour) filled(path string) []string {
	before, after, more := strings.Cut(path, "{id}")
	if !more {
		return []string{path}
	}
	list := strings.TrimSuffix(before, "/")
	if _, seen := c.ids[list]; !seen && list == resGroups { // of which there is no list here
		c.ids[list] = []string{c.cloud.tenants[0].guid("group", "staff")}
	} else if !seen && !strings.Contains(list, "(") {
		c.ids[list] = nil
		c.visit(list)
	}
	var out []string
	for _, id := range c.ids[list][:min(most, len(c.ids[list]))] {
		out = append(out, c.filled(list+"/"+id+after)...)
	}
	return out
}

// write makes every change that is answered with something, and those that
// leave traces elsewhere.
func (c *tour) write() {
	t0, receiver := c.cloud.tenants[0], newReceiver(c.t)
	victim, app := t0.guid("user", "victim"), t0.guid("principal", "Build Agent")
	type change struct{ method, path, id, body string }
	for _, w := range []change{
		{"POST", "users/{id}/revokeSignInSessions", victim, ""},
		{"PATCH", "users/{id}", victim, `{"accountEnabled":false}`},
		{"PATCH", "users/{id}", victim, `{"passwordProfile":{"password":"Canary-1"}}`},
		{"POST", "users/{id}/checkMemberGroups", victim, `{"groupIds":["` + t0.guid("group", "staff") + `"]}`},
		{"POST", "users/{id}/authentication/temporaryAccessPassMethods", victim, `{"lifetimeInMinutes":60,"isUsableOnce":true}`},
		{"POST", resRiskyUsers + "/confirmCompromised", "", `{"userIds":["` + victim + `"]}`},
		{"POST", resRiskyPrincipals + "/confirmCompromised", "", `{"servicePrincipalIds":["` + app + `"]}`},
		{"POST", resSubscriptions, "", subscription(receiver, "users", "updated,deleted", fixed().Add(24*time.Hour))},
	} {
		c.call(w.method, w.path, c.cloud.Info().GraphURL+"/v1.0/"+strings.ReplaceAll(w.path, "{id}", w.id), w.body)
	}
	c.cloud.Advance(time.Minute)
	for path, body := range map[string]string{
		resControls + "/{id}":           `{"state":"Reviewed",` + vendor + `}`,
		resAlerts + "/{id}":             `{"status":"inProgress","classification":"truePositive","determination":"maliciousUserActivity"}`,
		resAlerts + "/{id}/comments":    `{"@odata.type":"microsoft.graph.security.alertComment","comment":"x"}`,
		resIncidents + "/{id}":          `{"status":"inProgress","classification":"truePositive"}`,
		resIncidents + "/{id}/comments": `{"@odata.type":"microsoft.graph.security.alertComment","comment":"x"}`,
	} {
		method := http.MethodPatch
		if strings.HasSuffix(path, "comments") {
			method = http.MethodPost
		}
		if all := c.filled(path); len(all) > 0 {
			c.call(method, path, c.cloud.Info().GraphURL+"/v1.0/"+all[0], body)
		}
	}
	for table := range huntingTables() {
		c.call(http.MethodPost, huntPath, c.cloud.Info().GraphURL+"/v1.0/"+huntPath, `{"Query":"`+table+` | take 3"}`)
	}
	c.ids = map[string][]string{}
}

// choose holds what $select and $filter may name against metadata, and reads
// lists with what $expand adds.
func (c *tour) choose() {
	for _, route := range graphRoutes() {
		kind := c.read.schema.at(route.path)
		if kind == "" || strings.HasPrefix(kind, "Edm.") {
			continue
		}
		element := strings.TrimSuffix(strings.TrimPrefix(kind, "Collection("), ")")
		names := strings.Fields(route.view.members)
		for name := range route.view.fields {
			name, _, _ = strings.Cut(name, "/")
			names = append(names, name)
		}
		for _, name := range names {
			if _, ok := c.read.schema.property(element, name); !ok {
				c.read.complain("%s has no property %s, which the query of %s may name", element, name, route.path)
			}
		}
	}
	for path, expand := range map[string]string{resIncidents: "alerts", resAssignments: "roleDefinition,principal"} {
		if c.read.schema.at(path) != "" {
			c.call(http.MethodGet, path, c.cloud.Info().GraphURL+"/v1.0/"+path+"?$expand="+expand, "")
		}
	}
}
