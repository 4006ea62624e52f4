package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// identity is what Defender for Identity knows of a user.
type identity struct {
	ID        string
	IsEnabled bool
	Accounts  []login
}

// identityOf finds the identity of a user by the SID that follows from the object id.
func (r *rig) identityOf(user string) identity {
	r.t.Helper()
	var page struct{ Value []identity }
	g := r.graph("GET", resIdentityAccounts+ask("$filter", "cloudSecurityIdentifier eq '"+sidOf(user)+"'"), "")
	if err := json.Unmarshal([]byte(g.body), &page); err != nil || len(page.Value) != 1 {
		r.t.Fatalf("identity of %s: %d %s", user, g.status, g.body)
	}
	return page.Value[0]
}

func (r *rig) enabled(user string) bool {
	r.t.Helper()
	return strings.Contains(r.graph("GET", "users/"+user+ask("$select", "accountEnabled"), "").body, `"accountEnabled":true`)
}

func orderOf(account, action, provider string) string {
	return fmt.Sprintf(`{"accountId":%q,"action":%q,"identityProvider":%q}`, account, action, provider)
}

// TestInvokeAction disables a user in Active Directory and watches the effect
// arrive: nothing at once, then the account, then the directory.
func TestInvokeAction(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	user := r.cloud.tenants[0].guid("user", "hybrid0")
	was := r.identityOf(user)
	body := orderOf(was.Accounts[0].Identifier, "disable", "activeDirectory")
	wrapped := r.graph("POST", resIdentityAccounts+"/"+was.ID+"/invokeAction", body)
	want := `{"value":{"accountId":"` + was.Accounts[0].Identifier + `","action":"disable","provider":"ActiveDirectory","correlationId":"`
	if wrapped.status != 200 || !strings.HasPrefix(wrapped.body, want) {
		t.Fatalf("got %d %s, want %s…", wrapped.status, wrapped.body, want)
	}
	bare := r.graph("POST", resIdentityAccounts+"/"+was.ID+"/microsoft.graph.security.invokeAction", body)
	if len(bare.field(t, "correlationId")) != 36 || bare.field(t, "identityProvider") != "activeDirectory" {
		t.Errorf("bare: %s", bare.body)
	}
	if now := r.identityOf(user); !now.IsEnabled || !r.enabled(user) {
		t.Errorf("at once: %+v", now)
	}
	r.cloud.Advance(identityDelay)
	if now := r.identityOf(user); now.IsEnabled || !r.enabled(user) {
		t.Errorf("after %s: %+v", identityDelay, now)
	}
	r.cloud.Advance(syncDelay)
	if r.enabled(user) {
		t.Error("the directory has not followed")
	}
	r.graph("POST", resIdentityAccounts+"/"+was.ID+"/invokeAction", orderOf(was.Accounts[0].Identifier, "enable", "activeDirectory"))
	r.cloud.Advance(identityDelay + syncDelay)
	if now := r.identityOf(user); !now.IsEnabled || !r.enabled(user) {
		t.Errorf("enabled again: %+v", now)
	}
}

// TestIdentityAccounts lists and filters, and meets both spellings of the provider.
func TestIdentityAccounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  crowd: 20\n  hybrid: 3\n  okta: 2\n")})
	sizes, ids := r.walk(resIdentityAccounts)
	if !slices.Equal(sizes, []int{20, 5}) {
		t.Errorf("pages %v", sizes)
	}
	g := r.graph("GET", resIdentityAccounts+ask("$top", "999"), "")
	for _, text := range []string{`"provider":"ActiveDirectory"`, `"identityProvider":"activeDirectory"`, `"provider":"EntraID"`, `"identityProvider":"entraID"`, `kta"`} {
		if !strings.Contains(g.body, text) {
			t.Errorf("no %s in %s", text, g.body)
		}
	}
	sid := "S-1-5-21-1004336348-1177238915-682003330-5002"
	found, _ := r.graph("GET", resIdentityAccounts+ask("$filter", "onPremisesSecurityIdentifier eq '"+sid+"'"), "").ids(t)
	if want := []string{r.cloud.tenants[0].guid("identity", r.cloud.tenants[0].guid("user", "hybrid1"))}; !slices.Equal(found, want) {
		t.Errorf("by SID: got %v, want %v", found, want)
	}
	if g := r.graph("GET", resIdentityAccounts+"/"+ids[0]+ask("$select", "isEnabled"), ""); !strings.HasSuffix(g.body, `{"@odata.context":"`+r.cloud.Info().GraphURL+`/v1.0/$metadata#`+resIdentityAccounts+`/$entity","isEnabled":true}`) {
		t.Errorf("one: %s", g.body)
	}
}

// TestInvokeActionRefused tries every order that is not carried out.
func TestInvokeActionRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	hybrid, okta, victim := r.identityOf(t0.guid("user", "hybrid1")), r.identityOf(t0.guid("user", "okta0")), r.identityOf(t0.guid("user", "victim"))
	r.inject(resIdentityAccounts, `{"id":"bare","accounts":[{"identifier":"a","identityProvider":"activeDirectory","actions":[]}]}`)
	ad, entra := hybrid.Accounts[0].Identifier, victim.Accounts[0].Identifier
	tests := []struct {
		name, id, body string
		status         int
		says           string
	}{
		{"unknown identity", "nobody", orderOf(ad, "disable", "activeDirectory"), 404, "nobody"},
		{"no JSON", hybrid.ID, `x`, 400, "not JSON"},
		{"no account", hybrid.ID, `{"action":"disable","identityProvider":"activeDirectory"}`, 400, "accountId"},
		{"another member", hybrid.ID, `{"accountId":"a","action":"disable","provider":"activeDirectory"}`, 400, "'provider'"},
		{"unknown action", hybrid.ID, orderOf(ad, "explode", "activeDirectory"), 400, "'explode'"},
		{"unknown provider", hybrid.ID, orderOf(ad, "disable", "ActiveDirectory"), 400, "'ActiveDirectory'"},
		{"account of somebody else", hybrid.ID, orderOf(entra, "disable", "entraID"), 400, "does not belong"},
		{"other provider", hybrid.ID, orderOf(ad, "disable", "okta"), 400, "not of the identity provider"},
		{"not listed for Active Directory", hybrid.ID, orderOf(ad, "revokeAllSessions", "activeDirectory"), 400, "not available"},
		{"not listed for Okta", okta.ID, orderOf(okta.Accounts[0].Identifier, "forcePasswordReset", "okta"), 400, "not available"},
		{"nothing is listed", "bare", orderOf("a", "disable", "activeDirectory"), 400, "not available"},
		{"Entra ID is not covered", victim.ID, orderOf(entra, "disable", "entraID"), 400, "not supported"},
	}
	for _, tt := range tests {
		g := r.graph("POST", resIdentityAccounts+"/"+tt.id+"/invokeAction", tt.body)
		if _, message := g.problem(t); g.status != tt.status || !strings.Contains(message, tt.says) {
			t.Errorf("%s: got %d %q; want %d %q", tt.name, g.status, message, tt.status, tt.says)
		}
	}
	r.cloud.Advance(identityDelay + syncDelay)
	if now := r.identityOf(t0.guid("user", "hybrid1")); !now.IsEnabled {
		t.Error("a refused order was carried out")
	}
	off := newRig(t, Options{Scenario: custom(t, "  defender: off\n")})
	if g := off.graph("GET", resIdentityAccounts, ""); g.status != 403 || !strings.Contains(g.body, "Tenant is not onboarded to Microsoft Defender for Identity") {
		t.Errorf("not provisioned: %d %s", g.status, g.body)
	}
}

// TestIdentityAccountsThrottled shows that they draw on the bucket of Graph security.
func TestIdentityAccountsThrottled(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	graph := r.cloud.Info().GraphURL + "/v1.0/"
	r.spend(graph+resAlerts, serviceGraph, 150)
	if served, last := r.spend(graph+resIdentityAccounts, serviceGraph, 1); served != 0 || last.header.Get("Retry-After") != "1" {
		t.Errorf("served %d, Retry-After %q", served, last.header.Get("Retry-After"))
	}
}

// TestEntraActions lets invokeAction act on Entra ID accounts where the scenario allows it.
func TestEntraActions(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  entra_actions: true\n  crowd: 1\n")})
	user := r.cloud.tenants[0].guid("user", "crowd0")
	id := r.identityOf(user).ID
	due := ""
	for _, action := range []string{"disable", "markUserAsCompromised", "requireUserToSignInAgain"} {
		if g := r.graph("POST", resIdentityAccounts+"/"+id+"/invokeAction", orderOf(user, action, "entraID")); g.status != 200 {
			t.Fatalf("%s: %d %s", action, g.status, g.body)
		}
		due = writeSeconds(r.cloud.clock.now().Add(identityDelay))
	}
	r.cloud.Advance(identityDelay + riskDelay)
	state, err := r.cloud.State("", "users/"+user)
	if err != nil || !strings.Contains(string(state), `"accountEnabled":false`) || !strings.Contains(string(state), `"signInSessionsValidFromDateTime":"`+due+`"`) {
		t.Errorf("user, due %s: %s %v", due, state, err)
	}
	if got := r.risks(resRiskyUsers); len(got) != 1 || got[0].RiskState != "confirmedCompromised" {
		t.Errorf("risk: %+v", got)
	}
}

// TestHearsay calls the action that the real service does not have, where it was asked for.
func TestHearsay(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]Options{
		"option": {RiskyUsersInvokeAction: true}, "scenario": {Scenario: custom(t, "  users: [{key: admin, name: Ada One}]\n  risky_users_invoke_action: true\n")},
	} {
		r := newRig(t, opts)
		admin := r.cloud.tenants[0].guid("user", "admin")
		path := resRiskyUsers + "/" + admin + "/invokeAction"
		for body, want := range map[string]int{
			`{"action":"disable"}`: 204, `{"action":"revokeAllSessions"}`: 204, `{"action":"forcePasswordReset"}`: 204,
			`{"action":"markUserAsCompromised","compromisedDateTime":"2026-02-28T12:00:00Z"}`: 204,
			`{"action":"explode"}`: 400, `{"action":"disable","compromisedDateTime":"2026-02-28T12:00:00Z"}`: 400,
			`{"action":"markUserAsCompromised","compromisedDateTime":"yesterday"}`: 400, `x`: 400,
		} {
			if g := r.graph("POST", path, body); g.status != want {
				t.Errorf("%s: %s: got %d %s, want %d", name, body, g.status, g.body, want)
			}
		}
		r.cloud.Advance(riskDelay)
		if got := r.risks(resRiskyUsers); r.enabled(admin) || len(got) != 1 || got[0].RiskState != "confirmedCompromised" {
			t.Errorf("%s: risk %+v", name, got)
		}
		r.graph("POST", path, `{"action":"enable"}`)
		if !r.enabled(admin) {
			t.Errorf("%s: not enabled again", name)
		}
	}
}
