package sim

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLoginRefusals tries every error that the token endpoint can give.
func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Tenants: 2})
	me, other := r.cloud.Info().Tenants[0], r.cloud.Info().Tenants[1]
	const scope = "https://graph.microsoft.com/.default"
	tests := []struct {
		name   string
		tenant string
		change func(url.Values)
		status int
		code   string
		number string
	}{
		{"wrong secret", me.ID, func(v url.Values) { v.Set("client_secret", "no") }, 401, "invalid_client", "AADSTS7000215"},
		{"no secret", me.ID, func(v url.Values) { v.Del("client_secret") }, 401, "invalid_client", "AADSTS7000218"},
		{"assertion of no type", me.ID, func(v url.Values) { v.Del("client_secret"); v.Set("client_assertion", "a.b.c") }, 400, "invalid_request", "AADSTS900144"},
		{"app of another tenant", me.ID, func(v url.Values) { v.Set("client_id", other.ClientID) }, 400, "unauthorized_client", "AADSTS700016"},
		{"unknown tenant", "nobody.example", func(url.Values) {}, 400, "invalid_request", "AADSTS90002"},
		{"common", "common", func(url.Values) {}, 400, "invalid_request", "AADSTS9001023"},
		{"consumers", "consumers", func(url.Values) {}, 400, "invalid_request", "AADSTS9001023"},
		{"no grant", me.ID, func(v url.Values) { v.Del("grant_type") }, 400, "invalid_request", "AADSTS900144"},
		{"no client", me.ID, func(v url.Values) { v.Del("client_id") }, 400, "invalid_request", "AADSTS900144"},
		{"no scope", me.ID, func(v url.Values) { v.Del("scope") }, 400, "invalid_request", "AADSTS900144"},
		{"empty scope", me.ID, func(v url.Values) { v.Set("scope", "") }, 400, "invalid_scope", "AADSTS28003"},
		{"two resources", me.ID, func(v url.Values) { v.Set("scope", scope+" https://api.security.microsoft.com/.default") }, 400, "invalid_scope", "AADSTS700022"},
		{"bad scopes", me.ID, func(v url.Values) { v.Set("scope", "a b") }, 400, "invalid_scope", "AADSTS28002"},
		{"only OpenID scopes", me.ID, func(v url.Values) { v.Set("scope", "openid profile") }, 400, "invalid_scope", "AADSTS70011"},
		{"no default scope", me.ID, func(v url.Values) { v.Set("scope", "User.Read") }, 400, "invalid_scope", "AADSTS70011"},
		{"unknown resource", me.ID, func(v url.Values) { v.Set("scope", "https://example.com/.default") }, 400, "invalid_resource", "AADSTS500011"},
		{"other grant", me.ID, func(v url.Values) { v.Set("grant_type", "password") }, 400, "unsupported_grant_type", "AADSTS70003"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form := credentials(me, scope)
			tt.change(form)
			g := r.post(r.cloud.Info().LoginURL+"/"+tt.tenant+"/oauth2/v2.0/token", form)
			code, message := g.problem(t)
			if g.status != tt.status || code != tt.code || !strings.HasPrefix(message, tt.number+": ") {
				t.Errorf("got %d %s %s; want %d %s %s", g.status, code, message, tt.status, tt.code, tt.number)
			}
			for _, member := range []string{`"error_codes":[` + strings.TrimPrefix(tt.number, "AADSTS") + `]`, `"timestamp"`, `"trace_id"`, `"correlation_id"`, `"error_uri"`} {
				if !strings.Contains(g.body, member) {
					t.Errorf("no %s in %s", member, g.body)
				}
			}
		})
	}
}

// custom writes a scenario with one tenant section and returns its path.
func custom(t *testing.T, tenant string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "custom.yaml")
	if err := os.WriteFile(path, []byte("name: custom\ntenant:\n"+tenant), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNoDefender asks for a token to a service that the directory does not have.
func TestNoDefender(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  defender: absent\n")})
	me := r.cloud.Info().Tenants[0]
	g := r.post(r.cloud.Info().LoginURL+"/"+me.ID+"/oauth2/v2.0/token", credentials(me, "https://api.security.microsoft.com/.default"))
	if code, message := g.problem(t); g.status != 400 || code != "invalid_resource" || !strings.HasPrefix(message, "AADSTS500011: ") {
		t.Errorf("got %d %s %s", g.status, code, message)
	}
}

// TestGraphRefusals tries the errors of Graph that do not depend on permissions
// or licence. It is long because it is one table, a line for each error.
func TestGraphRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	victim := r.cloud.tenants[0].guid("user", "victim")
	admin := r.cloud.tenants[0].guid("user", "ruth")
	synced := r.cloud.tenants[0].guid("user", "sync")
	defaults := resDefaults
	tests := []struct {
		name, method, path, body string
		status                   int
		code, says               string
	}{
		{"unknown segment", "GET", "nonsense", "", 400, "BadRequest", "Resource not found for the segment 'nonsense'."},
		{"the action that does not exist", "POST", resRiskyUsers + "/" + victim + "/invokeAction", `{"action":"disable"}`, 400, "BadRequest", "segment 'invokeAction'"},
		{"known, not modelled", "GET", "groups/x", "", 501, "SimulatorNotModelled", "groups/x"},
		{"below what is not modelled", "GET", "users/" + victim + "/manager/manager", "", 501, "SimulatorNotModelled", "manager"},
		{"method not modelled", "DELETE", "users/" + victim, "", 501, "SimulatorNotModelled", "DELETE"},
		{"filter syntax", "GET", resDetections + ask("$filter", "riskLevel eq"), "", 400, "BadRequest", "Invalid filter clause"},
		{"filter field", "GET", resDetections + ask("$filter", "ipAddress eq '1'"), "", 400, "BadRequest", "'ipAddress' cannot be used in $filter"},
		{"filter function", "GET", resDetections + ask("$filter", "endswith(userId,'a')"), "", 501, "SimulatorNotModelled", "endswith"},
		{"filter type", "GET", resAlerts + ask("$filter", "createdDateTime ge '2026-01-01T00:00:00Z'"), "", 400, "BadRequest", "wrong type"},
		{"top too large", "GET", resDetections + ask("$top", "501"), "", 400, "BadRequest", "The limit of '500' for Top query"},
		{"top no number", "GET", resDetections + ask("$top", "x"), "", 400, "BadRequest", "$top"},
		{"order", "GET", resDetections + ask("$orderby", "id"), "", 501, "SimulatorNotModelled", "$orderby"},
		{"unknown option", "GET", resDetections + ask("$fliter", "x"), "", 400, "BadRequest", "$fliter"},
		{"skip token", "GET", resDetections + ask("$skiptoken", "zzz"), "", 400, "BadRequest", "skip token"},
		{"select", "GET", "users/" + victim + ask("$select", "signInActivity"), "", 501, "SimulatorNotModelled", "signInActivity"},
		{"no such detection", "GET", resDetections + "/nobody", "", 404, "ResourceNotFound", "nobody"},
		{"no such user", "GET", "users/nobody@example.com", "", 404, "Request_ResourceNotFound", "'nobody@example.com' does not exist"},
		{"no such user to change", "PATCH", "users/nobody", `{"accountEnabled":false}`, 404, "Request_ResourceNotFound", "nobody"},
		{"no such role", "GET", "directoryRoles/nobody/members", "", 404, "Request_ResourceNotFound", "nobody"},
		{"administrator", "PATCH", "users/" + admin, `{"accountEnabled":false}`, 403, "Authorization_RequestDenied", "Insufficient privileges"},
		{"synced user", "PATCH", "users/" + synced, `{"accountEnabled":false}`, 400, "Request_BadRequest", "on-premises mastered"},
		{"other property", "PATCH", "users/" + victim, `{"jobTitle":"x"}`, 501, "SimulatorNotModelled", "jobTitle"},
		{"password that is no object", "PATCH", "users/" + victim, `{"passwordProfile":"x"}`, 400, "Request_BadRequest", "passwordProfile"},
		{"string boolean", "PATCH", "users/" + victim, `{"accountEnabled":"false"}`, 400, "Request_BadRequest", "Edm.Boolean"},
		{"no body", "PATCH", "users/" + victim, ``, 400, "Request_BadRequest", "JSON object"},
		{"count without consistency", "GET", "users/$count", "", 400, "Request_BadRequest", "not currently supported"},
		{"defaults beside policies", "PATCH", defaults, `{"isEnabled":true}`, 400, "BadRequest", "policies are enabled. Please disable and try again."},
		{"defaults as string", "PATCH", defaults, `{"isEnabled":"true"}`, 400, "BadRequest", "Edm.Boolean"},
		{"defaults, other property", "PATCH", defaults, `{"displayName":"x"}`, 501, "SimulatorNotModelled", "displayName"},
		{"no user ids", "POST", resRiskyUsers + "/dismiss", `{}`, 400, "BadRequest", "userIds"},
		{"unknown user id", "POST", resRiskyUsers + "/dismiss", `{"userIds":["x"]}`, 501, "SimulatorNotModelled", "'x'"},
		{"too many user ids", "POST", resRiskyUsers + "/dismiss", `{"userIds":["x"` + strings.Repeat(`,"x"`, 60) + `]}`, 501, "SimulatorNotModelled", "60"},
		{"expand", "GET", resAssignments + ask("$expand", "appScope"), "", 501, "SimulatorNotModelled", "appScope"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := r.graph(tt.method, tt.path, tt.body, "client-request-id", "my-request")
			code, message := g.problem(t)
			if g.status != tt.status || code != tt.code || !strings.Contains(message, tt.says) {
				t.Errorf("got %d %s %q; want %d %s %q", g.status, code, message, tt.status, tt.code, tt.says)
			}
			if id := g.header.Get("client-request-id"); id != "my-request" || !strings.Contains(g.body, `"client-request-id":"my-request"`) {
				t.Errorf("client-request-id %q in the header, body %s", id, g.body)
			}
			if g.header.Get("request-id") == "" || g.header.Get("Date") == "" {
				t.Errorf("request-id or Date is missing in %v", g.header)
			}
		})
	}
	if g := r.do("GET", r.cloud.Info().GraphURL+"/beta/users", "", "Authorization", "Bearer "+r.token[serviceGraph]); g.status != 501 {
		t.Errorf("beta answered %d", g.status)
	}
}

// TestUnauthorized tries the ways in which a token does not hold.
func TestUnauthorized(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	other := newRig(t, Options{})
	forged := r.token[serviceGraph][:len(r.token[serviceGraph])-4] + "AAAA"
	graph, defender := r.cloud.Info().GraphURL+"/v1.0/users", r.cloud.Info().DefenderURL+"/api/alerts"
	tests := []struct{ name, address, token, code string }{
		{"graph without token", graph, "", "InvalidAuthenticationToken"},
		{"graph, no JWT", graph, "x", "InvalidAuthenticationToken"},
		{"graph, forged", graph, forged, "InvalidAuthenticationToken"},
		{"graph, other audience", graph, r.token[serviceDefender], "InvalidAuthenticationToken"},
		{"graph, other cloud", graph, other.token[serviceGraph], "InvalidAuthenticationToken"},
		{"defender without token", defender, "", "Unauthorized"},
		{"defender, other audience", defender, r.token[serviceGraph], "Unauthorized"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := r.do("GET", tt.address, "", "Authorization", "Bearer "+tt.token)
			if code, _ := g.problem(t); g.status != http.StatusUnauthorized || code != tt.code {
				t.Errorf("got %d %s; want 401 %s", g.status, code, tt.code)
			}
		})
	}
	r.cloud.Advance(tokenLife)
	if g := r.do("GET", graph, "", "Authorization", "Bearer "+r.token[serviceGraph]); g.status != http.StatusUnauthorized {
		t.Errorf("an expired token was answered with %d", g.status)
	}
}

// TestDenied tries every route without permissions: 403 in the words of its family.
func TestDenied(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  permissions: {graph: [], defender: []}\n"), Calm: true})
	codes := map[denial]string{deniedDirectory: "Authorization_RequestDenied", deniedPolicy: "AccessDenied", deniedIdentity: "Forbidden", deniedSecurity: "Forbidden",
		deniedScore: "Forbidden", deniedAudit: "Authentication_MSGraphPermissionMissing"}
	says := map[denial]string{deniedPolicy: "required scopes are missing", deniedIdentity: "required scopes are missing", deniedSecurity: "Missing application roles. API required roles: ",
		deniedScore: "Missing application roles. API required roles: ", deniedAudit: "The principal does not have required Microsoft Graph permission(s): "}
	for _, x := range graphRoutes() {
		path := strings.NewReplacer("(roleTemplateId)/{id}", "(roleTemplateId='x')", "{id}", "x").Replace(x.path)
		g := r.graph(x.method, path, `{"accountEnabled":false}`)
		if code, message := g.problem(t); g.status != http.StatusForbidden || code != codes[x.denied] || !strings.Contains(message, says[x.denied]) {
			t.Errorf("%s %s: got %d %s %q", x.method, path, g.status, code, message)
		}
	}
	for _, x := range defenderRoutes() {
		g := r.endpoint(x.method, strings.ReplaceAll(x.path, "{id}", "x"), `{"Comment":"c"}`)
		if code, message := g.problem(t); g.status != http.StatusForbidden || code != "Forbidden" || !strings.Contains(message, says[deniedSecurity]) {
			t.Errorf("%s %s: got %d %s %q", x.method, x.path, g.status, code, message)
		}
	}
}

// TestLicence tries what tenants without the licence are refused, and what they see less of.
func TestLicence(t *testing.T) {
	t.Parallel()
	tests := []struct {
		tenant, path string
		status       int
		says         string
	}{
		{"licence: free", resDetections, 403, "Your tenant is not licensed for this feature."},
		{"licence: free", resRiskyUsers, 403, "Your tenant is not licensed for this feature."},
		{"licence: free", resDefaults, 200, ""},
		{"licence: p1", resDetections, 200, ""},
		{"licence: p1", resRiskyUsers, 403, "Your tenant is not licensed for this feature."},
		{"licence: p2", resRiskyUsers, 200, ""},
		{"licence: free", resSignIns, 403, "Neither tenant is B2C or tenant doesn't have premium license"},
		{"licence: p1", resSignIns, 200, ""},
		{"licence: free", resAudits, 200, ""},
		{"defender: off", resAlerts, 403, "Account is not provisioned."},
		{"defender: off", resIncidents, 403, "Account is not provisioned."},
		{"defender: off", resScores, 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.tenant+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Options{Scenario: custom(t, "  "+tt.tenant+"\n")})
			g := r.graph("GET", tt.path, "")
			if g.status != tt.status || !strings.Contains(g.body, tt.says) {
				t.Errorf("got %d %s; want %d %q", g.status, g.body, tt.status, tt.says)
			}
		})
	}
}

// TestPremiumDetection looks at a detection through a P1 licence.
func TestPremiumDetection(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  licence: p1\n")})
	r.inject(resDetections, `{"id":"d","riskEventType":"anomalousToken","riskLevel":"high","riskDetail":"none"}`)
	g := r.graph("GET", resDetections, "")
	if !strings.Contains(g.body, `[{"id":"d","riskEventType":"generic","riskLevel":"hidden","riskDetail":"hidden"}]`) {
		t.Errorf("got %s", g.body)
	}
}

// TestDefenderRefusals tries the errors of Defender for Endpoint.
func TestDefenderRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	tests := []struct {
		path   string
		status int
		code   string
	}{
		{"/api/machines", 404, "ResourceNotFound"},
		{"/api/machines/x", 404, "ResourceNotFound"},
		{"/api/v1.0/alerts/x", 404, "ResourceNotFound"},
		{"/api/nonsense", 404, "NotFound"},
		{"/nonsense", 404, "NotFound"},
		{"/api/machineactions/x", 404, "ResourceNotFound"},
		{"/api/investigations", 501, "SimulatorNotModelled"},
		{"/api/machineactions" + ask("$filter", "title eq 'x'"), 400, "BadRequest"},
		{"/api/machineactions" + ask("$top", "10001"), 400, "BadRequest"},
		{"/api/machines/x/logonusers", 404, "ResourceNotFound"},
		{"/api/machines/x/alerts", 404, "ResourceNotFound"},
		{"/api/alerts/x/user", 404, "ResourceNotFound"},
		{"/api/alerts/x/machine", 404, "ResourceNotFound"},
		{"/api/alerts" + ask("$filter", "title eq 'x'"), 400, "BadRequest"},
		{"/api/alerts" + ask("$top", "10001"), 400, "BadRequest"},
		{"/api/alerts" + ask("$expand", "machine"), 501, "SimulatorNotModelled"},
	}
	for _, tt := range tests {
		g := r.defender(tt.path)
		if code, _ := g.problem(t); g.status != tt.status || code != tt.code || !strings.Contains(g.body, `"target":"`) {
			t.Errorf("%s: got %d %s; want %d %s", tt.path, g.status, g.body, tt.status, tt.code)
		}
	}
	off := newRig(t, Options{Scenario: custom(t, "  defender: off\n")})
	if g := off.defender("/api/alerts"); g.status != 401 || !strings.Contains(g.body, "Account is not provisioned.") {
		t.Errorf("an unprovisioned tenant got %d %s", g.status, g.body)
	}
}
