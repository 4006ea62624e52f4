package sim

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDefaults takes a cloud that nobody has told anything: it throttles, it
// pages, it refuses as documented, and it loses answers.
func TestDefaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	graph := r.cloud.Info().GraphURL + "/v1.0/"
	if served, last := r.spend(graph+resRiskyUsers, serviceGraph, 3); served != 2 || last.header.Get("Retry-After") != "" {
		t.Errorf("served %d at once, Retry-After %q", served, last.header.Get("Retry-After"))
	}
	admin := "users/" + r.cloud.tenants[0].guid("user", "admin")
	if g := r.graph("GET", resControls, ""); strings.Count(g.body, `"controlCategory"`) != 10 || !strings.Contains(g.body, `"@odata.nextLink":"`+graph+resControls+`?$skip=10"`) {
		t.Errorf("a first page: %d of %s", strings.Count(g.body, `"controlCategory"`), g.body)
	}
	if code, _ := r.graph("PATCH", admin, `{"accountEnabled":false}`).problem(t); code != "Authorization_RequestDenied" {
		t.Errorf("an administrator is changed: %q", code)
	}
	for range 2 * lostEvery {
		_, _ = r.try(http.MethodGet, graph+resOrganization, "", "Authorization", "Bearer "+r.token[serviceGraph]) // Go asks again by itself where it may
	}
	if lost := r.lost(); lost != 2 {
		t.Errorf("the answers to %d of %d reads got lost", lost, 2*lostEvery)
	}
	r.fault(`{"drop":"after","method":"POST","count":1}`)
	r.cloud.Advance(riskDelay)
	if g, err := r.try(http.MethodPost, graph+admin+"/revokeSignInSessions", "", "Authorization", "Bearer "+r.token[serviceGraph]); err == nil {
		t.Errorf("the answer came: %+v", g)
	}
	if writes := r.cloud.Ledger(false); writes[len(writes)-1].Fault != "drop after" {
		t.Errorf("ledger: %+v", writes)
	}
}

// TestClientCalls finds a route for every call that Cordon's client makes, as
// its page of permissions lists them.
func TestClientCalls(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	unserved := map[string]string{
		"POST /{tenant}/oauth2/v2.0/token":                      "login has no routes",
		"POST /identityProtection/riskyUsers/{id}/invokeAction": "only when asked for",
	}
	calls := regexp.MustCompile("`((?:GET|POST|PATCH|DELETE) /[^`]*)`").FindAllStringSubmatch(string(page), -1)
	for _, c := range calls {
		method, path, _ := strings.Cut(strings.NewReplacer("{type}", "fido2", "{id or UPN}", "{id}").Replace(c[1]), " ")
		path = regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "x")
		routes := graphRoutes()
		if rest, ok := strings.CutPrefix(path, "/api"); ok {
			routes, path = defenderRoutes(), rest
		}
		found, _, _, _ := match(routes, method, splitPath(path))
		if served := found != nil; served == (unserved[c[1]] != "") {
			t.Errorf("%s: served %t", c[1], served)
		}
	}
	if len(calls) < 60 {
		t.Errorf("found only %d calls on the page", len(calls))
	}
}
