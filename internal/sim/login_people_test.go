package sim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const anyScope = "https://graph.microsoft.com/.default openid offline_access profile"

func (r *rig) token2(form url.Values) got {
	return r.post(r.cloud.Info().LoginURL+"/"+r.cloud.Info().Tenants[0].ID+"/oauth2/v2.0/token", form)
}

// refusedWith reports an answer that is not that error of sign-in.
func refusedWith(t *testing.T, g got, code, number string) {
	t.Helper()
	if got, message := g.problem(t); g.status != 400 || got != code || !strings.HasPrefix(message, "AADSTS"+number+": ") {
		t.Errorf("got %d %s %s, want %s %s", g.status, got, message, code, number)
	}
}

// startDevice begins a sign-in on another device.
func (r *rig) startDevice() (poll url.Values, userCode string) {
	r.t.Helper()
	me := r.cloud.Info().Tenants[0]
	g := r.post(r.cloud.Info().LoginURL+"/"+me.ID+"/oauth2/v2.0/devicecode", url.Values{"client_id": {me.ClientID}, "scope": {anyScope}})
	if !strings.Contains(g.body, `"expires_in":900,"interval":5`) || !strings.Contains(g.field(r.t, "message"), g.field(r.t, "user_code")) || strings.Contains(g.body, "_complete") {
		r.t.Errorf("got %s", g.body)
	}
	return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {me.ClientID},
		"device_code": {g.field(r.t, "device_code")}, "scope": {anyScope}}, g.field(r.t, "user_code")
}

// TestDeviceFlow follows a code through all that can become of it.
func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Tenants: 2})
	poll, code := r.startDevice()
	refusedWith(t, r.token2(poll), "authorization_pending", "70016")
	enter := func(code, as string, decline bool) got {
		return r.control("POST", "/device", string(encode(map[string]any{"user_code": code, "as": as, "decline": decline})))
	}
	if g := enter("NOCODE", "", false); g.status != 400 {
		t.Errorf("an unknown code: %d", g.status)
	}
	if g := enter(code, "nobody@example.com", false); g.status != 400 {
		t.Errorf("an unknown user: %d", g.status)
	}
	upn := "ruth.amsel@" + r.cloud.Info().Tenants[0].Domain
	if g := enter(strings.ToLower(code), upn, false); g.status != 200 {
		t.Fatalf("got %d %s", g.status, g.body)
	}
	g := r.token2(poll)
	c := bodyOf(t, g.field(t, "access_token"))
	if c.IDType != "user" || c.UPN != upn || c.AppAuth != "0" || len(c.Roles) != 0 || !strings.Contains(c.Scopes, "User.Read.All") || len(c.Wids) != 1 || g.field(t, "id_token") == "" {
		t.Errorf("claims %+v", c)
	}
	if g := r.do("GET", r.cloud.Info().GraphURL+"/v1.0/users", "", "Authorization", "Bearer "+g.field(t, "access_token")); g.status != 200 {
		t.Errorf("the token opens nothing: %d %s", g.status, g.body)
	}
	refusedWith(t, r.token2(poll), "bad_verification_code", "70019") // a code is good once
	poll, code = r.startDevice()
	enter(code, "", true)
	refusedWith(t, r.token2(poll), "authorization_declined", "70017")
	poll, code = r.startDevice()
	r.cloud.Advance(deviceLife)
	if g := enter(code, "", false); g.status != 400 {
		t.Errorf("an old code: %d", g.status)
	}
	refusedWith(t, r.token2(poll), "expired_token", "70020")
	text := r.control("GET", "/ledger?reads=1", "").body
	if strings.Contains(text, poll.Get("device_code")) {
		t.Error("a device code is in the ledger")
	}
}

// TestRefresh renews a person's token until the sessions are revoked or the
// account is disabled.
func TestRefresh(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	me := r.cloud.Info().Tenants[0]
	poll, code := r.startDevice()
	if err := r.cloud.CompleteDevice(code, "", false); err != nil {
		t.Fatal(err)
	}
	g := r.token2(poll)
	refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {me.ClientID}, "refresh_token": {g.field(t, "refresh_token")},
		"scope": {"https://api.securitycenter.microsoft.com/.default offline_access"}}
	r.cloud.Advance(time.Hour)
	c := bodyOf(t, r.token2(refresh).field(t, "access_token"))
	if c.Audience != "https://api.securitycenter.microsoft.com" || c.IDType != "user" {
		t.Errorf("claims %+v", c)
	}
	bad := url.Values{"grant_type": {"refresh_token"}, "client_id": {me.ClientID}, "refresh_token": {"x"}, "scope": {anyScope}}
	refusedWith(t, r.token2(bad), "invalid_grant", "9002313")
	r.inject("users", `{"id":"`+c.Object+`","signInSessionsValidFromDateTime":"`+writeSeconds(r.cloud.clock.now())+`"}`)
	refusedWith(t, r.token2(refresh), "invalid_grant", "50173")
	r.inject("users", `{"id":"`+c.Object+`","accountEnabled":false}`)
	refusedWith(t, r.token2(refresh), "invalid_grant", "50057")
}

// TestAuthorizationCode signs in as a browser does, with PKCE.
func TestAuthorizationCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	me := r.cloud.Info().Tenants[0]
	sum := sha256.Sum256([]byte("verifier"))
	page := func(change ...string) string {
		v := url.Values{"client_id": {me.ClientID}, "response_type": {"code"}, "redirect_uri": {"http://localhost:7/"}, "scope": {anyScope}, "state": {"s&1"},
			"code_challenge": {segment(sum[:])}, "code_challenge_method": {"S256"}}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return r.cloud.Info().LoginURL + "/" + me.ID + "/oauth2/v2.0/authorize?" + v.Encode()
	}
	back := func(address string) url.Values {
		t.Helper()
		g := r.do("GET", address, "")
		to, err := url.Parse(g.header.Get("Location"))
		if g.status != http.StatusFound || err != nil || to.Host != "localhost:7" || to.Query().Get("state") != "s&1" {
			t.Fatalf("got %d %s", g.status, g.header.Get("Location"))
		}
		return to.Query()
	}
	redeem := func(code, verifier, redirect string) got {
		return r.token2(url.Values{"grant_type": {"authorization_code"}, "client_id": {me.ClientID}, "code": {code}, "code_verifier": {verifier},
			"redirect_uri": {redirect}, "scope": {anyScope}})
	}
	code := back(page()).Get("code")
	refusedWith(t, redeem(code, "other", "http://localhost:7/"), "invalid_grant", "501481")
	refusedWith(t, redeem(code, "verifier", "http://localhost:8/"), "invalid_grant", "500112")
	if c := bodyOf(t, redeem(code, "verifier", "http://localhost:7/").field(t, "access_token")); c.IDType != "user" {
		t.Errorf("claims %+v", c)
	}
	refusedWith(t, redeem(code, "verifier", "http://localhost:7/"), "invalid_grant", "70000")
	code = back(page()).Get("code")
	r.cloud.Advance(codeLife)
	refusedWith(t, redeem(code, "verifier", "http://localhost:7/"), "invalid_grant", "70008")
	if g := r.do("GET", page("response_mode", "form_post"), ""); g.status != 200 || !strings.Contains(g.body, `action="http://localhost:7/"`) || !strings.Contains(g.body, `value="s&amp;1"`) {
		t.Errorf("form: %d %s", g.status, g.body)
	}
	refusedWith(t, r.do("GET", page("redirect_uri", "https://evil.example/"), ""), "invalid_request", "50011")
	if g := r.do("GET", page("code_challenge_method", "plain"), ""); g.status != 501 {
		t.Errorf("no PKCE: %d", g.status)
	}
	r.control("POST", "/browser", `{"decline":true}`)
	if q := back(page()); q.Get("error") != "access_denied" || q.Has("code") {
		t.Errorf("declined: %v", q)
	}
}

// TestAdminConsent lets an app into other tenants, and out again.
func TestAdminConsent(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Tenants: 3})
	login, all := r.cloud.Info().LoginURL, r.cloud.Info().Tenants
	me := all[0]
	apps := func(body string) {
		t.Helper()
		if g := r.control("POST", "/apps", body); g.status != 200 {
			t.Fatalf("%s: %d %s", body, g.status, g.body)
		}
	}
	link := func(path string) got {
		return r.do("GET", login+"/"+path+ask("client_id", me.ClientID, "scope", "https://graph.microsoft.com/.default", "state", "s", "redirect_uri", "https://app.example/back?x=1"), "")
	}
	enter := func(n int) string {
		g := r.post(login+"/"+all[n].ID+"/oauth2/v2.0/token", credentials(me, "https://graph.microsoft.com/.default"))
		if g.status == 200 {
			c := bodyOf(t, g.field(t, "access_token"))
			return fmt.Sprint(c.Tenant == all[n].ID && c.AppID == me.ClientID && c.Object == r.cloud.tenants[n].principalOf(me.ClientID) && len(c.Roles) > 0)
		}
		_, message := g.problem(t)
		number, _, _ := strings.Cut(message, ":")
		return number
	}
	expect := func(n int, want string) {
		t.Helper()
		if got := enter(n); got != want {
			t.Errorf("tenant %d: got %s, want %s", n, got, want)
		}
	}
	expect(1, "AADSTS700016")
	refusedWith(t, link(all[1].ID+"/v2.0/adminconsent"), "unauthorized_client", "700016")
	apps(`{"multi_tenant":true}`)
	expect(1, "AADSTS700016")
	if g := link(all[1].ID + "/v2.0/adminconsent"); g.status != 302 || g.header.Get("Location") !=
		"https://app.example/back?admin_consent=True&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&state=s&tenant="+all[1].ID+"&x=1" {
		t.Errorf("got %d %s", g.status, g.header.Get("Location"))
	}
	expect(1, "true")
	expect(2, "AADSTS700016")
	apps(`{"tenant":"` + all[1].Name + `","app":"` + me.ClientID + `","disabled":true}`)
	expect(1, "AADSTS7000112")
	apps(`{"tenant":"` + all[1].Name + `","app":"` + me.Name + `","disabled":false,"deleted":true}`)
	expect(1, "AADSTS700016")
	r.control("POST", "/browser", `{"tenant":"`+all[2].Name+`"}`)
	if g := link("common/adminconsent"); g.header.Get("Location") != "https://app.example/back?admin_consent=True&state=s&tenant="+all[2].ID+"&x=1" {
		t.Errorf("v1: got %d %s", g.status, g.header.Get("Location"))
	}
	expect(2, "true")
	if g := link("organizations/v2.0/adminconsent"); !strings.Contains(g.header.Get("Location"), all[2].ID) {
		t.Errorf("organizations: got %d %s", g.status, g.header.Get("Location"))
	}
	refusedWith(t, link("common/v2.0/adminconsent"), "invalid_request", "9001023")
	refusedWith(t, link("nobody.example/adminconsent"), "invalid_request", "90002")
	r.control("POST", "/browser", `{"decline":true}`)
	if g := link(all[1].ID + "/v2.0/adminconsent"); !strings.Contains(g.header.Get("Location"), "error=consent_required&error_description=AADSTS65004") {
		t.Errorf("declined: got %s", g.header.Get("Location"))
	}
	if g := link(all[1].ID + "/adminconsent"); g.header.Get("Location") != "https://app.example/back?error=permission_denied&error_description=The+admin+canceled+the+request&state=s&x=1" {
		t.Errorf("declined, v1: got %s", g.header.Get("Location"))
	}
	expect(1, "AADSTS700016")
	expires := fixed().Add(time.Hour).Format(time.RFC3339)
	apps(`{"secret_expires":"` + expires + `"}`)
	expect(0, "true")
	r.cloud.Advance(time.Hour)
	expect(0, "AADSTS7000222")
	for _, bad := range []string{`{"app":"nobody"}`, `{"tenant":"nobody"}`, `{"app":"` + all[1].ClientID + `","consented":true}`, `{"consented":false}`, `{"x":1}`} {
		if g := r.control("POST", "/apps", bad); g.status != 400 {
			t.Errorf("%s: %d", bad, g.status)
		}
	}
}

// TestNationals plays each cloud: what discovery says, and what is not there.
func TestNationals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		instance, sub, graph, region string
		status                       map[string]int // of Graph paths
		defender                     bool
	}{
		"global":    {"microsoftonline.com", "", "graph.microsoft.com", "EU", map[string]int{"identityProtection/riskDetections": 200, "security/alerts_v2": 200}, true},
		"gcc":       {"microsoftonline.com", "GCC", "graph.microsoft.com", "NA", map[string]int{"identityProtection/riskDetections": 200}, true},
		"us_gov_l4": {"microsoftonline.us", "DODCON", "graph.microsoft.us", "USGov", map[string]int{"security/alerts_v2": 200, "security/identities/identityAccounts": 400}, true},
		"us_gov_l5": {"microsoftonline.us", "DOD", "dod-graph.microsoft.us", "USGov", map[string]int{"security/identities/identityAccounts/x": 400, "users": 200}, true},
		"china": {"partner.microsoftonline.cn", "", "microsoftgraph.chinacloudapi.cn", "AS", map[string]int{"identityProtection/riskDetections": 400, "security/alerts_v2": 400,
			"tenantRelationships/delegatedAdminCustomers": 400, "users": 200, "policies/identitySecurityDefaultsEnforcementPolicy": 200}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := Start(t.Context(), Options{Now: fixed, Cloud: name, Calm: true})
			if err != nil {
				t.Fatal(err)
			}
			r := bareRig(t, c)
			me, login := c.Info().Tenants[0], c.Info().LoginURL
			g := r.do("GET", login+"/"+me.ID+"/v2.0/.well-known/openid-configuration", "")
			var doc map[string]any
			if err := json.Unmarshal([]byte(g.body), &doc); err != nil {
				t.Fatal(err)
			}
			sub, _ := doc["tenant_region_sub_scope"].(string)
			if doc["cloud_instance_name"] != tt.instance || sub != tt.sub || doc["msgraph_host"] != tt.graph || doc["tenant_region_scope"] != tt.region {
				t.Errorf("got %s", g.body)
			}
			token := r.post(login+"/"+me.ID+"/oauth2/v2.0/token", credentials(me, "https://"+tt.graph+"/.default")).field(t, "access_token")
			for path, want := range tt.status {
				if g := r.do("GET", c.Info().GraphURL+"/v1.0/"+path, "", "Authorization", "Bearer "+token); g.status != want {
					t.Errorf("%s: %d %s", path, g.status, g.body)
				}
			}
			g = r.post(login+"/"+me.ID+"/oauth2/v2.0/token", credentials(me, c.Info().DefenderURL+"/.default"))
			if (g.status == 200) != tt.defender {
				t.Errorf("defender: %d %s", g.status, g.body)
			}
		})
	}
	if _, err := Start(t.Context(), Options{Cloud: "mars"}); err == nil || !strings.Contains(err.Error(), "mars") {
		t.Errorf("an unknown cloud: %v", err)
	}
}

// TestIdentityEndpoint hands tokens to the machine that a tenant's app runs on.
func TestIdentityEndpoint(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Tenants: 2})
	other := r.cloud.Info().Tenants[1]
	get := func(query string, header ...string) got {
		return r.do("GET", r.cloud.Info().ControlURL+"/identity"+query, "", header...)
	}
	g := get(ask("resource", "https://graph.microsoft.com", "client_id", other.ClientID), "X-IDENTITY-HEADER", "x")
	if c := bodyOf(t, g.field(t, "access_token")); c.Tenant != other.ID || c.AppAuth != "2" {
		t.Errorf("claims %+v", c)
	}
	for _, g := range []got{get(ask("resource", "https://graph.microsoft.com")), get(ask("resource", "https://x"), "X-IDENTITY-HEADER", "x"),
		get(ask("resource", "https://graph.microsoft.com", "client_id", "x"), "X-IDENTITY-HEADER", "x")} {
		if g.status != 400 && g.status != 401 {
			t.Errorf("got %d %s", g.status, g.body)
		}
	}
}
