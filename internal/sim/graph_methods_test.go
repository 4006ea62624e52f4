package sim

import (
	"strings"
	"testing"
	"time"
)

// TestMethods takes a user's methods away, the default one last, and gives a pass.
func TestMethods(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  crowd: 1\n")})
	user := "users/" + r.cloud.tenants[0].guid("user", "crowd0")
	base := user + "/authentication/"
	app := r.cloud.tenants[0].guid("authenticator", r.cloud.tenants[0].guid("user", "crowd0"))
	r.call("GET", base+"methods", "")
	sizes, ids := r.walkSlowly(base + "methods")
	if len(sizes) != 2 || len(ids) != 3 || ids[0] != passwordMethodID || ids[1] != app || ids[2] != mobileMethodID {
		t.Fatalf("pages %v of %v", sizes, ids)
	}
	steps := []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"DELETE", "microsoftAuthenticatorMethods/" + app, "", 400, "default authentication method"},
		{"DELETE", "phoneMethods/" + app, "", 404, app},
		{"DELETE", "passwordMethods/" + passwordMethodID, "", 400, "cannot be deleted"},
		{"DELETE", "phoneMethods/nothing", "", 404, "nothing"},
		{"DELETE", "phoneMethods/" + mobileMethodID, "", 204, ""},
		{"DELETE", "microsoftAuthenticatorMethods/" + app, "", 204, ""},
		{"GET", "methods/" + passwordMethodID, "", 200, `"password":null`},
		{"GET", "methods/" + app, "", 404, app},
		{"POST", "temporaryAccessPassMethods", `{"lifetimeInMinutes":5}`, 400, "between 10 and 43200"},
		{"POST", "temporaryAccessPassMethods", `x`, 400, "lifetimeInMinutes"},
		{"POST", "temporaryAccessPassMethods", `{"lifetimeInMinutes":60,"isUsableOnce":true}`, 201, `"temporaryAccessPass":"Tap+`},
		{"POST", "temporaryAccessPassMethods", `{}`, 400, "already has"},
		{"GET", "methods", "", 200, `"temporaryAccessPass":null`},
	}
	for _, s := range steps {
		if g := r.call(s.method, base+s.path, s.body); g.status != s.status || !strings.Contains(g.body, s.says) {
			t.Errorf("%s %s: got %d %s; want %d %q", s.method, s.path, g.status, g.body, s.status, s.says)
		}
	}
	r.cloud.Advance(time.Hour)
	r.signIn()
	if g := r.call("POST", base+"temporaryAccessPassMethods", `{}`); g.status != 201 {
		t.Errorf("a pass after the first was over: %d %s", g.status, g.body)
	}
	if g := r.call("GET", "users/nobody/authentication/methods", ""); g.status != 404 {
		t.Errorf("nobody: %d", g.status)
	}
	state := r.control("GET", "/state?path="+base+"methods", "")
	if strings.Count(state.body, "AuthenticationMethod") != 2 || strings.Contains(state.body, "Tap+") {
		t.Errorf("state: %s", state.body)
	}
}

// call sends a request past the five in ten seconds.
func (r *rig) call(method, path, body string) got {
	r.t.Helper()
	r.cloud.Advance(2 * time.Second)
	return r.graph(method, path, body)
}

func (r *rig) walkSlowly(path string) (sizes []int, ids []string) {
	r.t.Helper()
	r.cloud.Advance(10 * time.Second)
	return r.walk(path)
}

// TestMethodsThrottled shows five requests in ten seconds.
func TestMethodsThrottled(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	address := r.cloud.Info().GraphURL + "/v1.0/users/" + r.cloud.tenants[0].guid("user", "admin") + "/authentication/methods"
	if served, last := r.spend(address, serviceGraph, 6); served != 5 || last.header.Get("Retry-After") != "2" {
		t.Errorf("served %d, Retry-After %q", served, last.header.Get("Retry-After"))
	}
}

// TestMethodPermissions deletes with the permission of the kind alone.
func TestMethodPermissions(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  crowd: 1\n  permissions: {graph: [UserAuthMethod-Phone.ReadWrite.All]}\n")})
	base := "users/" + r.cloud.tenants[0].guid("user", "crowd0") + "/authentication/"
	for path, want := range map[string]int{"phoneMethods/" + mobileMethodID: 204, "fido2Methods/x": 403} {
		if g := r.call("DELETE", base+path, ""); g.status != want {
			t.Errorf("%s: got %d %s, want %d", path, g.status, g.body, want)
		}
	}
}

// TestPassword sets a password and reads back when.
func TestPassword(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	for key, want := range map[string]int{"victim": 204, "ruth": 403, "hybrid0": 400} {
		g := r.graph("PATCH", "users/"+t0.guid("user", key), `{"passwordProfile":{"password":"x","forceChangePasswordNextSignIn":true}}`)
		if g.status != want {
			t.Errorf("%s: got %d %s, want %d", key, g.status, g.body, want)
			continue
		}
		now := writeSeconds(r.cloud.clock.now())
		read := r.graph("GET", "users/"+t0.guid("user", key)+ask("$select", "lastPasswordChangeDateTime"), "")
		if changed := strings.Contains(read.body, now); changed != (want == 204) {
			t.Errorf("%s: read back %s", key, read.body)
		}
	}
}

// TestCheckMemberGroups asks for groups where there are none, and asks wrongly.
func TestCheckMemberGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	path := "users/" + r.cloud.tenants[0].guid("user", "admin") + "/checkMemberGroups"
	if g := r.graph("POST", path, `{"groupIds":["x"]}`); g.status != 200 || !strings.HasSuffix(g.body, `"value":[]}`) || g.header.Get("x-ms-resource-unit") != "4" {
		t.Errorf("got %d %s, cost %s", g.status, g.body, g.header.Get("x-ms-resource-unit"))
	}
	for _, body := range []string{`{}`, `{"groupIds":[]}`, `{"groupIds":["x"` + strings.Repeat(`,"x"`, 20) + `]}`} {
		if g := r.graph("POST", path, body); g.status != 400 {
			t.Errorf("%s: %d", body, g.status)
		}
	}
	if g := r.graph("POST", "users/nobody/checkMemberGroups", `{"groupIds":["x"]}`); g.status != 404 {
		t.Errorf("nobody: %d", g.status)
	}
	if writes := r.cloud.Ledger(false); len(writes) != 0 {
		t.Errorf("questions count as writes: %+v", writes)
	}
}
