package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// round reads a delta to its end and returns what it held and the next link.
func (r *rig) round(address string) (pages int, users []map[string]any, next string) {
	r.t.Helper()
	for {
		g := r.do("GET", address, "", "Authorization", "Bearer "+r.token[serviceGraph])
		var page struct {
			Value []map[string]any
			Next  string `json:"@odata.nextLink"`
			Delta string `json:"@odata.deltaLink"`
		}
		if err := json.Unmarshal([]byte(g.body), &page); err != nil || g.status != 200 || (page.Next == "") == (page.Delta == "") {
			r.t.Fatalf("%s: %d %s", address, g.status, g.body)
		}
		pages, users = pages+1, append(users, page.Value...)
		if page.Delta != "" {
			return pages, users, page.Delta
		}
		address = page.Next
	}
}

// TestDelta reads all users, then only what changed, and who is gone.
func TestDelta(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  crowd: 45\n")})
	id := func(i int) string { return r.cloud.tenants[0].guid("user", crowdKey(i)) }
	first := r.cloud.Info().GraphURL + "/v1.0/users/delta" + ask("$select", "id,accountEnabled")
	pages, users, link := r.round(first)
	if pages != 3 || len(users) != 45 || len(users[0]) != 2 {
		t.Fatalf("first round: %d pages, %d users, %v", pages, len(users), users[0])
	}
	if pages, users, link = r.round(link); pages != 1 || len(users) != 0 {
		t.Errorf("nothing has changed, and yet: %v", users)
	}
	r.graph("PATCH", "users/"+id(3), `{"accountEnabled":false}`)
	r.graph("POST", "users/"+id(7)+"/revokeSignInSessions", "")
	r.inject(resUsers, `{"id":"new"}`)
	if g := r.control("POST", "/remove", `{"resource":"users","id":"`+id(9)+`"}`); g.status != 200 {
		t.Fatalf("remove: %d %s", g.status, g.body)
	}
	_, users, after := r.round(link)
	var got []string
	for _, u := range users {
		got = append(got, fmt.Sprint(u["id"], " ", u["accountEnabled"], " ", u["@removed"]))
	}
	want := []string{id(3) + " false <nil>", id(7) + " true <nil>", "new true <nil>", id(9) + " <nil> map[reason:deleted]"}
	if !slices.Equal(got, want) {
		t.Errorf("changes:\ngot  %q\nwant %q", got, want)
	}
	if _, again, _ := r.round(link); len(again) != 4 {
		t.Errorf("the same link again gave %v", again)
	}
	if _, users, _ := r.round(after); len(users) != 0 {
		t.Errorf("after the changes were read: %v", users)
	}
	if _, users, _ := r.round(first); len(users) != 45 || slices.ContainsFunc(users, func(u map[string]any) bool { return u["@removed"] != nil }) {
		t.Errorf("a new beginning: %d users", len(users))
	}
	if g := r.graph("GET", "users/"+id(9), ""); g.status != 404 {
		t.Errorf("the removed user: %d", g.status)
	}
	r.inject(resUsers, `{"id":"`+id(9)+`"}`)
	if _, users, _ := r.round(link); len(users) != 4 || users[3]["@removed"] != nil {
		t.Errorf("after the removed user has come back: %v", users)
	}
}

// TestDeltaBetweenPages changes users while a round is being read: one that
// was shown comes again in the next round.
func TestDeltaBetweenPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  crowd: 25\n")})
	shown := r.cloud.tenants[0].guid("user", crowdKey(0))
	_, next := r.graph("GET", "users/delta", "").ids(t)
	r.graph("PATCH", "users/"+shown, `{"accountEnabled":false}`)
	_, rest, link := r.round(next)
	if len(rest) != 5 {
		t.Errorf("the second page has %d users", len(rest))
	}
	if _, users, _ := r.round(link); len(users) != 1 || users[0]["id"] != shown {
		t.Errorf("next round: %v", users)
	}
}

// TestDeltaTokenDies lets a token grow old, and lets a fault kill one.
func TestDeltaTokenDies(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	_, _, link := r.round(r.cloud.Info().GraphURL + "/v1.0/users/delta")
	path := strings.TrimPrefix(link, r.cloud.Info().GraphURL+"/v1.0/")
	r.fault(`{"path":"/v1.0/users/delta","status":410,"count":1}`)
	if code, _ := r.graph("GET", path, "").problem(t); code != "resyncRequired" {
		t.Errorf("by fault: %s", code)
	}
	if g := r.graph("GET", path, ""); g.status != 200 {
		t.Errorf("young: %d", g.status)
	}
	r.cloud.Advance(deltaLife + time.Minute)
	r.signIn()
	g := r.graph("GET", path, "")
	if code, _ := g.problem(t); g.status != 410 || code != "resyncRequired" || g.header.Get("Location") == "" {
		t.Errorf("old: %d %s", g.status, g.body)
	}
	if g := r.graph("GET", "users/delta?$deltatoken=zzz", ""); g.status != 400 {
		t.Errorf("no token at all: %d", g.status)
	}
}
