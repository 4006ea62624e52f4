package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// walk follows next links to the end and returns the size of every page and all ids.
func (r *rig) walk(path string) (sizes []int, ids []string) {
	r.t.Helper()
	for address := r.cloud.Info().GraphURL + "/v1.0/" + path; address != ""; {
		r.cloud.Advance(2 * time.Second)
		page, next := r.do("GET", address, "", "Authorization", "Bearer "+r.token[serviceGraph]).ids(r.t)
		sizes, ids = append(sizes, len(page)), append(ids, page...)
		address = next
	}
	return sizes, ids
}

// TestPaging walks collections of known size, and one that grows on the way.
func TestPaging(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for i := range 45 {
		r.inject(resDetections, fmt.Sprintf(`{"id":"d%02d","riskLevel":"high","detectedDateTime":"2026-02-%02dT8:00:00.1234567Z"}`, i, 1+i%28))
		r.inject(resAlerts, fmt.Sprintf(`{"id":"a%02d","createdDateTime":"2026-02-01T00:00:%02d.1Z"}`, i, i))
		r.inject(resUsers, fmt.Sprintf(`{"id":"u%02d"}`, i))
	}
	tests := []struct {
		path  string
		sizes []int
		first string
	}{
		{resDetections, []int{20, 20, 5}, "d44"},
		{resDetections + ask("$top", "30"), []int{30, 15}, "d44"},
		{resDetections + ask("$filter", "detectedDateTime ge 2026-02-15T08:00:00.1234567Z"), []int{17}, "d44"},
		{resAlerts, []int{10, 10, 10, 10, 5}, "a44"},
		{resAlerts + ask("$top", "40"), []int{40, 5}, "a44"},
		{resAlerts + ask("$skip", "44"), []int{1}, "a00"},
		{"users" + ask("$top", "25"), []int{25, 23}, r.cloud.tenants[0].guid("user", "admin")},
	}
	for _, tt := range tests {
		sizes, ids := r.walk(tt.path)
		if !slices.Equal(sizes, tt.sizes) || ids[0] != tt.first {
			t.Errorf("%s: got pages %v beginning with %s; want %v, %s", tt.path, sizes, ids[0], tt.sizes, tt.first)
		}
		if unique := slices.Compact(slices.Sorted(slices.Values(ids))); len(unique) != len(ids) {
			t.Errorf("%s: %d of %d ids came twice", tt.path, len(ids)-len(unique), len(ids))
		}
	}
	first, next := r.graph("GET", resDetections, "").ids(t)
	r.inject(resDetections, `{"id":"late"}`)
	r.cloud.Advance(2 * time.Second)
	second, _ := r.do("GET", next, "", "Authorization", "Bearer "+r.token[serviceGraph]).ids(t)
	if first[19] != "d25" || second[0] != "d24" {
		t.Errorf("a page went on with %s after %s", second[0], first[19])
	}
}

// TestFaithful injects an object as a real feed writes it and wants it back
// byte for byte.
func TestFaithful(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	const object = `{"id":"x","n":123456789012345678901234567890.10,"url":"https:\/\/a\u002fb","evidence":[{"@odata.type":"#a","userAccount":null}],"lastUpdateDateTime":"2023-10-20T9:54:07.5033333Z","text":"<&>é"}`
	r.inject(resAlerts, strings.ReplaceAll(object, `,"`, ",\n  \""))
	path := resAlerts + ask("$filter", "lastUpdateDateTime gt 2023-10-20T09:54:07.5033332Z and lastUpdateDateTime lt 2023-10-20T09:54:07.5033334Z")
	if g := r.graph("GET", path, ""); !strings.Contains(g.body, `"value":[`+object+`]}`) {
		t.Errorf("got %s", g.body)
	}
	if state, err := r.cloud.State("", resAlerts+"/x"); err != nil || string(state) != object {
		t.Errorf("state is %s, error %v", state, err)
	}
}

// TestPrefer looks at gated enum values with and without asking for them.
func TestPrefer(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	const object = `{"id":"x","serviceSource":"microsoftSentinel","evidence":[{"remediationStatus":"active"}]}`
	const masked = `{"id":"x","serviceSource":"unknownFutureValue","evidence":[{"remediationStatus":"unknownFutureValue"}]}`
	r.inject(resAlerts, object)
	if g := r.graph("GET", resAlerts, ""); !strings.Contains(g.body, masked) {
		t.Errorf("without Prefer: %s", g.body)
	}
	if g := r.graph("GET", resAlerts, "", "Prefer", "include-unknown-enum-members"); !strings.Contains(g.body, object) {
		t.Errorf("with Prefer: %s", g.body)
	}
}

// TestContain disables a user and ends the sessions, and reads both back.
func TestContain(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	const path = "users/mira.castell@contoso.onmicrosoft.com"
	chosen := path + ask("$select", "accountEnabled,signInSessionsValidFromDateTime")
	if g := r.graph("PATCH", path, `{"accountEnabled":false}`); g.status != http.StatusNoContent || g.body != "" {
		t.Fatalf("PATCH: %d %s", g.status, g.body)
	}
	g := r.graph("POST", path+"/revokeSignInSessions", "")
	if want := `/v1.0/$metadata#Edm.Boolean","value":true}`; g.status != http.StatusOK || !strings.HasSuffix(g.body, want) {
		t.Fatalf("revoke: %d %s", g.status, g.body)
	}
	at := writeSeconds(r.cloud.clock.now())
	if g := r.graph("GET", chosen, ""); !strings.HasSuffix(g.body, `"accountEnabled":false,"signInSessionsValidFromDateTime":"`+at+`"}`) {
		t.Errorf("read back: %s", g.body)
	}
	if g := r.graph("GET", strings.Replace(path, "/", "('", 1)+"')", ""); strings.Contains(g.body, "accountEnabled") || !strings.Contains(g.body, `"jobTitle":"Head of Purchasing"`) {
		t.Errorf("default properties: %s", g.body)
	}
}

// TestRoleForAdministrators gives the app the role that lets it disable one.
func TestRoleForAdministrators(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  directory_roles: [User Administrator]\n  users: [{key: a, name: Ada One, roles: [Helpdesk Administrator]}, {key: b, name: Ben Two, roles: [Global Administrator]}]\n")})
	id := func(key string) string { return "users/" + r.cloud.tenants[0].guid("user", key) }
	for path, want := range map[string]int{id("a"): 204, id("b"): 403} {
		if g := r.graph("PATCH", path, `{"accountEnabled":false}`); g.status != want {
			t.Errorf("%s: got %d %s, want %d", path, g.status, g.body, want)
		}
	}
	r.inject("directoryRoles/Privileged Authentication Administrator/members", `{"id":"`+r.cloud.tenants[0].principal+`"}`)
	if g := r.graph("PATCH", id("b"), `{"accountEnabled":false}`); g.status != 204 {
		t.Errorf("with the role: got %d %s", g.status, g.body)
	}
}

// TestJudgeRisk confirms one user as compromised, dismisses another, and waits.
func TestJudgeRisk(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	victim, ruth := t0.guid("user", "victim"), t0.guid("user", "ruth")
	state := func(id string) string {
		raw, err := r.cloud.State("", resRiskyUsers+"/"+id)
		var u struct {
			IsProcessing                     bool
			RiskLevel, RiskState, RiskDetail string
		}
		if err != nil || json.Unmarshal(raw, &u) != nil {
			t.Fatalf("state of %s: %s %v", id, raw, err)
		}
		return fmt.Sprint(u.IsProcessing, " ", u.RiskLevel, " ", u.RiskState, " ", u.RiskDetail)
	}
	for path, id := range map[string]string{"/dismiss": victim, "/confirmCompromised": ruth} {
		if g := r.graph("POST", resRiskyUsers+path, `{"userIds":["`+id+`"]}`); g.status != 204 {
			t.Fatalf("%s: %d %s", path, g.status, g.body)
		}
		if got := state(id); !strings.HasPrefix(got, "true ") {
			t.Errorf("%s at once: %s", path, got)
		}
	}
	r.cloud.Advance(riskDelay)
	if got, want := state(victim), "false none dismissed adminDismissedAllRiskForUser"; got != want {
		t.Errorf("dismissed: got %s, want %s", got, want)
	}
	if got, want := state(ruth), "false high confirmedCompromised adminConfirmedUserCompromised"; got != want {
		t.Errorf("confirmed: got %s, want %s", got, want)
	}
	path := resDetections + ask("$filter", "riskEventType eq 'adminConfirmedUserCompromised' and userId eq '"+ruth+"'")
	if ids, _ := r.graph("GET", path, "").ids(t); len(ids) != 1 {
		t.Errorf("the confirmation left %d detections", len(ids))
	}
}

// TestRoles finds administrators on every road that the reference names.
func TestRoles(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	t0 := r.cloud.tenants[0]
	const global = "62e90394-69f5-4237-9190-012177145e10"
	admin := t0.guid("user", "admin")
	all := []string{admin, t0.guid("user", "glass1"), t0.guid("user", "glass2")}
	ruth := []string{t0.guid("assignment", admin, global)}
	role := []string{t0.guid("role", global)}
	tests := []struct {
		path string
		want []string
	}{
		{"directoryRoles", role},
		{"directoryRoles/" + role[0] + "/members", all},
		{"directoryRoles(roleTemplateId='" + global + "')/members" + ask("$select", "id"), all},
		{"roleManagement/directory/roleAssignments" + ask("$filter", "principalId eq '"+admin+"'", "$expand", "roleDefinition,principal"), ruth},
		{"roleManagement/directory/roleAssignments" + ask("$filter", "principalId eq '"+admin+"' and roleDefinitionId eq '"+global+"'"), ruth},
		{"users/" + admin + "/transitiveMemberOf", role},
		{"users/" + admin + "/transitiveMemberOf/microsoft.graph.directoryRole", role},
		{"users/" + admin + "/transitiveMemberOf/microsoft.graph.group", []string{}},
		{"users" + ask("$filter", "accountEnabled eq true"), all},
		{"users" + ask("$filter", "userPrincipalName eq 'RUTH.amsel@contoso.onmicrosoft.com'"), all[:1]},
		{"organization", []string{t0.id}},
	}
	for _, tt := range tests {
		if got, _ := r.graph("GET", tt.path, "").ids(t); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.path, got, tt.want)
		}
	}
	if g := r.graph("GET", "users"+ask("$filter", "accountEnabled ne false"), ""); g.status != 400 {
		t.Errorf("ne without ConsistencyLevel: %d", g.status)
	}
	counted := ask("$filter", "accountEnabled ne false", "$count", "true")
	if g := r.graph("GET", "users"+counted, "", "ConsistencyLevel", "eventual"); !strings.Contains(g.body, `"@odata.count":3,`) {
		t.Errorf("counted: %s", g.body)
	}
	g := r.graph("GET", "roleManagement/directory/roleAssignments"+ask("$expand", "roleDefinition,principal"), "")
	if !strings.Contains(g.body, `"roleDefinition":{"id":"`+global+`"`) || !strings.Contains(g.body, `"principal":{"@odata.type":"#microsoft.graph.user","id":"`+admin+`"`) {
		t.Errorf("expanded: %s", g.body)
	}
	if g := r.graph("GET", "users/$count", "", "ConsistencyLevel", "eventual"); g.body != "3" || g.header.Get("Content-Type") != "text/plain" {
		t.Errorf("count: %v %q", g.header, g.body)
	}
}

// TestSecurityDefaults switches them where nothing is in the way.
func TestSecurityDefaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.inject(resPolicies, `{"id":"p","displayName":"Pilot","state":"enabledForReportingButNotEnforced"}`)
	if g := r.graph("PATCH", resDefaults, `{"isEnabled":true}`); g.status != 204 {
		t.Fatalf("enable: %d %s", g.status, g.body)
	}
	if g := r.graph("GET", resDefaults, ""); !strings.Contains(g.body, `"id":"00000000-0000-0000-0000-000000000005","displayName":"Security Defaults"`) || !strings.HasSuffix(g.body, `"isEnabled":true}`) {
		t.Errorf("read back: %s", g.body)
	}
	r.inject(resPolicies, `{"id":"p","state":"enabled"}`)
	if g := r.graph("PATCH", resDefaults, `{"isEnabled":false}`); g.status != 204 {
		t.Errorf("disable beside a policy: %d %s", g.status, g.body)
	}
	if g := r.graph("PATCH", resDefaults, `{"isEnabled":true}`); g.status != 400 {
		t.Errorf("enable beside a policy: %d %s", g.status, g.body)
	}
}

// TestDefender lists and gets alerts and machines, with and without evidence.
func TestDefender(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	filter := ask("$filter", "alertCreationTime ge 2026-03-01T11:59:00Z and severity eq 'High'")
	for _, version := range []string{"/api", "/api/v1.0"} {
		ids, next := r.defender(version + "/alerts" + filter).ids(t)
		if len(ids) != 2 || next != "" {
			t.Fatalf("%s: got %v and %q", version, ids, next)
		}
		if g := r.defender(version + "/alerts/" + ids[0]); !strings.Contains(g.body, `"userSid":"S-1-12-1-`) {
			t.Errorf("one alert: %s", g.body)
		}
	}
	if g := r.defender("/api/alerts" + filter); strings.Contains(g.body, "userSid") || !strings.Contains(g.body, `"evidence":[]`) {
		t.Errorf("without $expand: %s", g.body)
	}
	if g := r.defender("/api/alerts" + filter + "&$expand=evidence"); !strings.Contains(g.body, `"aadUserId":null`) {
		t.Errorf("with $expand: %s", g.body)
	}
	if ids, _ := r.defender("/api/machines" + ask("$top", "5", "$skip", "40")).ids(t); len(ids) != 2 {
		t.Errorf("the last machines are %v", ids)
	}
	name := ask("$filter", "computerDnsName eq 'clw555test'")
	if ids, _ := r.defender("/api/machines" + name).ids(t); len(ids) != 1 || len(ids[0]) != 40 {
		t.Errorf("machine by name: %v", ids)
	}
}
