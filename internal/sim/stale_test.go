package sim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFaultStale reads a user, lists and the log for minutes after a write as
// they were before it, while the write itself is done and stays done.
func TestFaultStale(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, few), Calm: true})
	victim := r.cloud.tenants[0].guid("user", "victim")
	enabled := func(path string) bool {
		t.Helper()
		g := r.graph("GET", path, "")
		if g.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, g.status, g.body)
		}
		return strings.Contains(g.body, `"accountEnabled":true`) && !strings.Contains(g.body, `"accountEnabled":false`)
	}
	one, list := "users/"+victim+ask("$select", "accountEnabled"), "users"+ask("$select", "accountEnabled", "$filter", "id eq '"+victim+"'")
	r.fault(`{"stale":"5m","path":"/v1.0/users*"}`)
	if !enabled(one) {
		t.Error("before the write the account is disabled")
	}
	if g := r.graph("PATCH", "users/"+victim, `{"accountEnabled":false}`); g.status != http.StatusNoContent {
		t.Fatalf("write: %d %s", g.status, g.body)
	}
	if state, err := r.cloud.State("", "users/"+victim); err != nil || !strings.Contains(string(state), `"accountEnabled":false`) {
		t.Errorf("the write is not done: %s, %v", state, err)
	}
	for _, path := range []string{one, list} {
		if !enabled(path) {
			t.Errorf("%s shows the write at once", path)
		}
	}
	if g := r.graph("GET", resAudits, ""); !strings.Contains(g.body, "Disable account") {
		t.Errorf("a path that the fault does not match is stale: %s", g.body)
	}
	r.cloud.Advance(5 * time.Minute)
	for _, path := range []string{one, list} {
		if enabled(path) {
			t.Errorf("%s does not show the write after five minutes", path)
		}
	}
	r.graph("PATCH", "users/"+victim, `{"accountEnabled":true}`)
	if enabled(one) {
		t.Error("the second write is seen at once")
	}
	r.cloud.ClearFaults()
	if !enabled(one) {
		t.Error("the second write is not seen after the fault")
	}
}

// TestStaleCollections looks for the first time into what is made of other
// collections while reads are stale: nothing of it gets lost.
func TestStaleCollections(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft", Calm: true})
	want := newRig(t, Options{Scenario: "token-theft", Calm: true})
	r.fault(`{"stale":"1h","count":2}`)
	r.graph("PATCH", "users/"+r.cloud.tenants[0].guid("user", "victim"), `{"accountEnabled":false}`)
	for _, path := range []string{resIncidents, resSignIns} {
		r.graph("GET", path, "")
	}
	r.cloud.ClearFaults()
	for _, path := range []string{resIncidents, resSignIns} {
		_, got := r.walk(path)
		if _, all := want.walk(path); len(all) == 0 || len(got) != len(all) {
			t.Errorf("%s: %d of %d are there", path, len(got), len(all))
		}
	}
}
