package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A receiver takes notifications. It answers handshakes unless it is deaf.
type receiver struct {
	url    string
	got    chan string
	status atomic.Int64 // of the answer to notifications
	deaf   atomic.Bool
	first  func() // before the answer to a handshake
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	v := &receiver{got: make(chan string, 100)}
	v.status.Store(http.StatusAccepted)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") || v.deaf.Load() {
				token = "what?"
			}
			if v.first != nil {
				v.first()
			}
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(int(v.status.Load()))
		v.got <- string(body)
	}))
	t.Cleanup(s.Close)
	v.url = s.URL
	return v
}

// notice is one notification, of a change or of the subscription's own life.
type notice struct {
	SubscriptionID, ClientState, ChangeType, Resource, TenantID, LifecycleEvent string

	ResourceData struct{ ID string }
}

// next waits for a POST with one notification, for as long as the test may run.
func (v *receiver) next(t *testing.T) notice {
	t.Helper()
	body := <-v.got
	var in struct{ Value []notice }
	if err := json.Unmarshal([]byte(body), &in); err != nil || len(in.Value) != 1 {
		t.Fatalf("got %s", body)
	}
	return in.Value[0]
}

func subscription(v *receiver, resource, kinds string, end time.Time) string {
	return fmt.Sprintf(`{"changeType":%q,"notificationUrl":%q,"lifecycleNotificationUrl":%q,"resource":%q,"expirationDateTime":%q,"clientState":"secret"}`,
		kinds, v.url+"/notify?a=b", v.url+"/life", resource, end.Format(time.RFC3339))
}

// TestSubscription subscribes, hears of changes and of its own life, and leaves.
func TestSubscription(t *testing.T) {
	t.Parallel()
	r, v := newRig(t, Options{Scenario: "token-theft"}), newReceiver(t)
	t0 := r.cloud.tenants[0]
	victim, other := t0.guid("user", "victim"), t0.guid("user", crowdKey(1))
	made := r.graph("POST", resSubscriptions, subscription(v, "users", "updated,deleted", fixed().Add(24*time.Hour)))
	var sub struct{ ID, ApplicationID, ClientState string }
	if err := json.Unmarshal([]byte(made.body), &sub); err != nil || made.status != 201 || sub.ApplicationID != t0.clientID || sub.ClientState != "secret" {
		t.Fatalf("made: %d %s", made.status, made.body)
	}
	check := func(got notice, want notice) {
		t.Helper()
		if want.SubscriptionID, want.ClientState, want.TenantID = sub.ID, "secret", t0.id; got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	r.graph("PATCH", "users/"+victim, `{"accountEnabled":false}`)
	changed := notice{ChangeType: "updated", Resource: "Users/" + victim}
	changed.ResourceData.ID = victim
	check(v.next(t), changed)
	r.inject(resUsers, `{"id":"new"}`)
	arrived := notice{ChangeType: "updated", Resource: "Users/new"}
	arrived.ResourceData.ID = "new"
	check(v.next(t), arrived)
	if err := r.cloud.Remove("", resUsers, other); err != nil {
		t.Fatal(err)
	}
	gone := notice{ChangeType: "deleted", Resource: "Users/" + other}
	gone.ResourceData.ID = other
	check(v.next(t), gone)
	for _, event := range []string{"missed", "reauthorizationRequired", "subscriptionRemoved"} {
		if g := r.control("POST", "/lifecycle", `{"subscription":"`+sub.ID+`","event":"`+event+`"}`); g.status != 200 {
			t.Fatalf("%s: %d %s", event, g.status, g.body)
		}
		check(v.next(t), notice{LifecycleEvent: event})
	}
	if g := r.graph("GET", resSubscriptions+"/"+sub.ID, ""); g.status != 404 {
		t.Errorf("removed: %d", g.status)
	}
	for body, says := range map[string]string{`{"subscription":"` + sub.ID + `","event":"missed"}`: "no subscription", `{"subscription":"x","event":"party"}`: "party", `{"colour":1}`: "colour"} {
		if g := r.control("POST", "/lifecycle", body); g.status != 400 || !strings.Contains(g.body, says) {
			t.Errorf("%s: %d %s", body, g.status, g.body)
		}
	}
}

// TestSubscriptionHandshake calls the cloud before it answers the handshake.
func TestSubscriptionHandshake(t *testing.T) {
	t.Parallel()
	r, v := newRig(t, Options{}), newReceiver(t)
	served := 0
	v.first = func() {
		r.spend(r.cloud.Info().GraphURL+"/v1.0/users", serviceGraph, 1)
		served++
	}
	if g := r.graph("POST", resSubscriptions, subscription(v, "users", "updated", fixed().Add(time.Hour))); g.status != 201 || served != 2 {
		t.Errorf("got %d %s after %d handshakes", g.status, g.body, served)
	}
}

// TestSubscriptionOfOne hears of one user, of one kind of change, and of
// changes that come with time.
func TestSubscriptionOfOne(t *testing.T) {
	t.Parallel()
	r, v := newRig(t, Options{Scenario: "token-theft"}), newReceiver(t)
	t0 := r.cloud.tenants[0]
	hybrid := t0.guid("user", "hybrid0")
	r.graph("POST", resSubscriptions, subscription(v, "/users/"+hybrid, "updated", fixed().Add(24*time.Hour)))
	r.graph("PATCH", "users/"+t0.guid("user", "victim"), `{"accountEnabled":false}`)
	identity := r.identityOf(hybrid)
	r.graph("POST", resIdentityAccounts+"/"+identity.ID+"/invokeAction", orderOf(identity.Accounts[0].Identifier, "disable", "activeDirectory"))
	r.cloud.Advance(identityDelay + syncDelay)
	r.graph("GET", "organization", "")
	if got := v.next(t); got.ChangeType != "updated" || got.ResourceData.ID != hybrid {
		t.Errorf("got %+v", got)
	}
}

// TestSubscriptionRetry refuses a notification once and gets it again later.
func TestSubscriptionRetry(t *testing.T) {
	t.Parallel()
	r, v := newRig(t, Options{}), newReceiver(t)
	admin := r.cloud.tenants[0].guid("user", "admin")
	r.graph("POST", resSubscriptions, subscription(v, "users", "updated", fixed().Add(24*time.Hour)))
	v.status.Store(http.StatusServiceUnavailable)
	r.graph("POST", "users/"+admin+"/revokeSignInSessions", "")
	first := v.next(t)
	v.status.Store(http.StatusAccepted)
	t0 := r.cloud.tenants[0]
	for planned := 0; planned == 0; runtime.Gosched() { // the failed delivery is put back a moment after it was answered
		t0.mu.Lock()
		planned = len(t0.timeline)
		t0.mu.Unlock()
	}
	r.cloud.Advance(firstRetry)
	r.graph("GET", "organization", "")
	if again := v.next(t); again != first {
		t.Errorf("got %+v after %+v", again, first)
	}
}

// TestSubscriptionDropped gives a notification up after four hours.
func TestSubscriptionDropped(t *testing.T) {
	t.Parallel()
	c, err := build(Options{Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	for age, want := range map[time.Duration]int{lastRetry: 1, lastRetry + time.Second: 0} {
		t0 := c.tenants[0]
		t0.timeline = nil
		parcel{tenant: t0, since: fixed().Add(-age)}.again()
		if len(t0.timeline) != want {
			t.Errorf("after %s: %d more attempts, want %d", age, len(t0.timeline), want)
		}
	}
}

// TestSubscriptionLife renews, lists in pages, expires and deletes.
func TestSubscriptionLife(t *testing.T) {
	t.Parallel()
	r, v := newRig(t, Options{}), newReceiver(t)
	for range 7 {
		r.graph("POST", resSubscriptions, subscription(v, "users", "updated", fixed().Add(time.Minute)))
	}
	sizes, ids := r.walk(resSubscriptions)
	if len(sizes) != 2 || len(ids) != 7 {
		t.Fatalf("pages %v of %v", sizes, ids)
	}
	end := fixed().Add(48 * time.Hour)
	if g := r.graph("PATCH", resSubscriptions+"/"+ids[0], `{"expirationDateTime":"`+end.Format(time.RFC3339)+`"}`); g.field(t, "expirationDateTime") != writeTime(end) {
		t.Errorf("renewed: %s", g.body)
	}
	if g := r.graph("DELETE", resSubscriptions+"/"+ids[1], ""); g.status != 204 {
		t.Errorf("deleted: %d", g.status)
	}
	r.cloud.Advance(40 * time.Minute)
	if left, _ := r.graph("GET", resSubscriptions, "").ids(t); len(left) != 5 {
		t.Errorf("a minute was not raised to 45: %v", left)
	}
	r.cloud.Advance(10 * time.Minute)
	r.signIn()
	if left, _ := r.graph("GET", resSubscriptions, "").ids(t); len(left) != 1 || left[0] != ids[0] {
		t.Errorf("after the rest has expired: %v", left)
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		if g := r.graph(method, resSubscriptions+"/"+ids[1], `{}`); g.status != 404 {
			t.Errorf("%s of one that is gone: %d", method, g.status)
		}
	}
	for body, want := range map[string]int{`{}`: 400, `{"clientState":"x"}`: 501, `x`: 400} {
		if g := r.graph("PATCH", resSubscriptions+"/"+ids[0], body); g.status != want {
			t.Errorf("renew with %s: %d, want %d", body, g.status, want)
		}
	}
}

// TestSubscriptionRefused tries what is not subscribed to. The handshake comes last.
func TestSubscriptionRefused(t *testing.T) {
	t.Parallel()
	r, v := newRig(t, Options{}), newReceiver(t)
	good := subscription(v, "users", "updated", fixed().Add(time.Hour))
	tests := []struct {
		name, was, is string
		status        int
		says          string
	}{
		{"not JSON", `{"ch`, `[`, 400, "not JSON"},
		{"unknown member", `"clientState"`, `"colour"`, 400, "'colour'"},
		{"alerts", `"users"`, `"security/alerts_v2"`, 400, "does not support"},
		{"risky users", `"users"`, `"identityProtection/riskyUsers"`, 400, "does not support"},
		{"groups", `"users"`, `"groups"`, 501, "groups"},
		{"created", `"updated"`, `"created"`, 400, "'created'"},
		{"long secret", `"secret"`, `"` + strings.Repeat("s", 129) + `"`, 400, "128"},
		{"resource data", `"clientState":"secret"`, `"includeResourceData":true`, 400, "resource data"},
		{"past", `2026-03-01T13`, `2026-03-01T11`, 400, "past"},
		{"too long", `2026-03-01T13`, `2026-04-01T13`, 400, "41760"},
		{"no time", `2026-03-01T13`, `soon`, 400, "not a time"},
		{"other machine", v.url + "/notify", "http://198.51.100.1/notify", 400, "loopback"},
		{"other scheme", v.url + "/notify", "ftp://127.0.0.1/notify", 400, "loopback"},
		{"event hub", v.url + "/notify?a=b", "EventHub:https://x.vault.azure.net/secrets/y?tenantId=z", 501, "event hub"},
		{"nobody there", v.url + "/life", "http://127.0.0.1:1/life", 400, "could not be reached"},
	}
	for _, tt := range tests {
		g := r.graph("POST", resSubscriptions, strings.Replace(good, tt.was, tt.is, 1))
		if _, message := g.problem(t); g.status != tt.status || !strings.Contains(message, tt.says) {
			t.Errorf("%s: got %d %q; want %d %q", tt.name, g.status, message, tt.status, tt.says)
		}
	}
	v.deaf.Store(true)
	g := r.graph("POST", resSubscriptions, good)
	if code, message := g.problem(t); g.status != 400 || code != "ValidationError" || !strings.Contains(message, "validation token") {
		t.Errorf("deaf: %d %s %q", g.status, code, message)
	}
	if ids, _ := r.graph("GET", resSubscriptions, "").ids(t); len(ids) != 0 {
		t.Errorf("refused, and yet there: %v", ids)
	}
	for i := range maxSubscriptions {
		r.inject(resSubscriptions, fmt.Sprintf(`{"id":"s%d"}`, i))
	}
	v.deaf.Store(false)
	if g := r.graph("POST", resSubscriptions, good); g.status != 403 {
		t.Errorf("one too many: %d", g.status)
	}
}
