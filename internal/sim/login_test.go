package sim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestDiscovery resolves a tenant by id and by domain, in both versions.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	me, login := r.cloud.Info().Tenants[0], r.cloud.Info().LoginURL
	for _, name := range []string{me.ID, me.Domain, strings.ToUpper(me.ID)} {
		g := r.do("GET", login+"/"+name+"/v2.0/.well-known/openid-configuration", "")
		if got := g.field(t, "issuer"); got != login+"/"+me.ID+"/v2.0" {
			t.Errorf("%s: issuer %s", name, got)
		}
		if got := g.field(t, "token_endpoint"); got != login+"/"+me.ID+"/oauth2/v2.0/token" {
			t.Errorf("%s: token endpoint %s", name, got)
		}
		if g := r.do("GET", g.field(t, "jwks_uri"), ""); !strings.Contains(g.body, `"kty":"RSA"`) {
			t.Errorf("keys: %s", g.body)
		}
	}
	if got := r.do("GET", login+"/"+me.ID+"/.well-known/openid-configuration", "").field(t, "issuer"); got != "https://sts.windows.net/"+me.ID+"/" {
		t.Errorf("v1 issuer %s", got)
	}
	g := r.do("GET", login+"/nobody.example/v2.0/.well-known/openid-configuration", "")
	if code, message := g.problem(t); g.status != 400 || code != "invalid_tenant" || !strings.HasPrefix(message, "AADSTS90002: ") {
		t.Errorf("unknown tenant: %d %s %s", g.status, code, message)
	}
	g = r.do("GET", login+"/common/discovery/instance?api-version=1.1&authorization_endpoint="+login+"/"+me.ID+"/oauth2/v2.0/authorize", "")
	if got := g.field(t, "tenant_discovery_endpoint"); !strings.HasPrefix(got, login+"/"+me.ID+"/") {
		t.Errorf("instance discovery points to %s", got)
	}
}

// TestTokenClaims reads a token as a client may.
func TestTokenClaims(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	me := r.cloud.Info().Tenants[0]
	form := credentials(me, r.cloud.Info().GraphURL+"/.default openid offline_access profile") // as client libraries ask
	form.Del("client_secret")
	form.Set("client_id", me.ClientID)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(me.ClientID+":"+me.ClientSecret))
	g := r.do("POST", r.cloud.Info().LoginURL+"/"+me.Domain+"/oauth2/v2.0/token", form.Encode(), "Authorization", basic)
	if !strings.Contains(g.body, `"expires_in":3599,"ext_expires_in":3599`) {
		t.Errorf("got %s", g.body)
	}
	parts := strings.Split(g.field(t, "access_token"), ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var c claims
	if err := json.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	now := fixed().Unix()
	want := claims{Audience: r.cloud.Info().GraphURL, Issuer: "https://sts.windows.net/" + me.ID + "/", IssuedAt: now, NotBefore: now, Expires: now + 3599,
		Instance: c.Instance, AppID: me.ClientID, AppAuth: "1", Provider: "https://sts.windows.net/" + me.ID + "/", IDType: "app",
		Object: r.cloud.tenants[0].principal, Roles: strings.Fields(defaultGraphRoles), Subject: r.cloud.tenants[0].principal, Tenant: me.ID,
		Unique: c.Unique, Version: "1.0", Wids: []string{}}
	if string(encode(c)) != string(encode(want)) {
		t.Errorf("got  %s\nwant %s", encode(c), encode(want))
	}
}

// TestTokenWithoutConsent gets a token that is good for nothing.
func TestTokenWithoutConsent(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  permissions: {graph: []}\n")})
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(r.token[serviceGraph], ".")[1])
	if err != nil || strings.Contains(string(body), `"roles"`) {
		t.Errorf("claims %s, error %v", body, err)
	}
	if g := r.graph("GET", "users", ""); g.status != http.StatusForbidden {
		t.Errorf("got %d", g.status)
	}
}

// TestSecretsStayOut looks for secrets in the ledger.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	admin := r.cloud.tenants[0].guid("user", "admin")
	r.graph("PATCH", "users/"+admin, `{"passwordProfile":{"password":"canary-1","forceChangePasswordNextSignIn":true}}`)
	text := r.control("GET", "/ledger?reads=1", "").body
	for _, secret := range []string{r.cloud.Info().Tenants[0].ClientSecret, r.token[serviceGraph], "canary-1"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the ledger", secret)
		}
	}
	if !strings.Contains(text, `{"passwordProfile":{"password":"(redacted)","forceChangePasswordNextSignIn":true}}`) {
		t.Errorf("the rest of the body is not in the ledger: %s", text)
	}
}
