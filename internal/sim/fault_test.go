package sim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// fault adds a fault through the control API.
func (r *rig) fault(text string) {
	r.t.Helper()
	if g := r.control("POST", "/faults", text); g.status != http.StatusOK {
		r.t.Fatalf("fault %s: %d %s", text, g.status, g.body)
	}
}

// TestFaultStatus tries errors on purpose in the words of every service.
func TestFaultStatus(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	me := r.cloud.Info().Tenants[0]
	r.fault(`{"service":"graph","path":"/v1.0/users*","method":"get","count":1,"status":429,"retry_after":2.5}`)
	r.fault(`{"service":"graph","status":503,"retry_after":"Fri, 31 Dec 2027 23:59:59 GMT","tenant":"` + me.Domain + `"}`)
	r.fault(`{"service":"defender","status":500}`)
	r.fault(`{"service":"login","path":"*/token","status":503}`)
	tests := []struct {
		got          got
		status       int
		code, member string
		after        string
	}{
		{r.graph("GET", "users", ""), 429, "TooManyRequests", `"innerError":{"code":"429"`, "2.5"},
		{r.graph("GET", "users", ""), 503, "serviceNotAvailable", `"innerError"`, "Fri, 31 Dec 2027 23:59:59 GMT"},
		{r.defender("/api/alerts"), 500, "InternalServerError", `"target"`, ""},
		{r.post(r.cloud.Info().LoginURL+"/"+me.ID+"/oauth2/v2.0/token", credentials(me, "x/.default")), 503, "temporarily_unavailable", "AADSTS90033", ""},
		{r.do("GET", r.cloud.Info().LoginURL+"/"+me.ID+"/v2.0/.well-known/openid-configuration", ""), 200, "", "issuer", ""},
	}
	for i, tt := range tests {
		code := ""
		if tt.status != http.StatusOK {
			code, _ = tt.got.problem(t)
		}
		if tt.got.status != tt.status || code != tt.code || !strings.Contains(tt.got.body, tt.member) || tt.got.header.Get("Retry-After") != tt.after {
			t.Errorf("%d: got %d %v %s", i, tt.got.status, tt.got.header, tt.got.body)
		}
	}
	if g := r.control("DELETE", "/faults", ""); g.status != http.StatusOK {
		t.Errorf("clear: %d", g.status)
	}
	if g := r.graph("GET", "users", ""); g.status != http.StatusOK {
		t.Errorf("after clearing: %d", g.status)
	}
}

// TestFaultDrop loses a request before it is done, and another after.
func TestFaultDrop(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	admin := r.cloud.tenants[0].guid("user", "admin")
	address := r.cloud.Info().GraphURL + "/v1.0/users/" + admin + "/revokeSignInSessions"
	before, err := r.cloud.State("", "users/"+admin)
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"before", "after"} {
		r.fault(`{"drop":"` + when + `","path":"*/revokeSignInSessions","count":1}`)
		if g, err := r.try("POST", address, "{}", "Authorization", "Bearer "+r.token[serviceGraph], "client-request-id", when); err == nil {
			t.Errorf("%s: answered with %d", when, g.status)
		}
		now, err := r.cloud.State("", "users/"+admin)
		if done := string(now) != string(before); err != nil || done != (when == "after") {
			t.Errorf("%s: done %t, error %v", when, done, err)
		}
	}
	for i, e := range r.cloud.Ledger(false) {
		when := []string{"before", "after"}[i]
		if e.Status != 0 || e.Fault != "drop "+when || e.ClientRequestID != when || e.Path != strings.TrimPrefix(address, r.cloud.Info().GraphURL) {
			t.Errorf("ledger: %+v", e)
		}
	}
}

// TestFaultMalformed reads bodies that are not what they say.
func TestFaultMalformed(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for _, how := range []string{"truncated", "html", "deep"} {
		r.fault(`{"malformed":"` + how + `","count":1}`)
		g := r.graph("GET", "users", "")
		var page struct{ Value any }
		if err := json.Unmarshal([]byte(g.body), &page); err == nil || g.status != http.StatusOK {
			t.Errorf("%s: status %d, error %v", how, g.status, err)
		}
	}
	r.fault(`{"malformed":"html","count":1}`)
	if g := r.graph("GET", "users", ""); !strings.HasPrefix(g.header.Get("Content-Type"), "text/html") {
		t.Errorf("html came as %s", g.header.Get("Content-Type"))
	}
	r.fault(`{"malformed":"huge"}`)
	req, err := http.NewRequestWithContext(t.Context(), "GET", r.cloud.Info().GraphURL+"/v1.0/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token[serviceGraph])
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n < 50<<20 {
		t.Errorf("huge: %d bytes, error %v", n, err)
	}
}

// TestFaultDelay gives up on a request that is held back: it is never done.
func TestFaultDelay(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	admin := r.cloud.tenants[0].guid("user", "admin")
	r.fault(`{"delay_ms":600000,"method":"PATCH"}`)
	r.fault(`{"delay_ms":1,"method":"GET"}`)
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "PATCH", r.cloud.Info().GraphURL+"/v1.0/users/"+admin, strings.NewReader(`{"accountEnabled":false}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token[serviceGraph])
	failed := make(chan error)
	go func() {
		_, err := r.http.Do(req)
		failed <- err
	}()
	for len(r.cloud.Ledger(false)) == 0 { // until it has arrived
		runtime.Gosched()
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	for r.cloud.Ledger(false)[0].Fault == "" { // until the cloud has noticed
		runtime.Gosched()
	}
	if g := r.graph("GET", "users/"+admin+ask("$select", "accountEnabled"), ""); !strings.Contains(g.body, `"accountEnabled":true`) {
		t.Errorf("the request was done: %s", g.body)
	}
}

// TestFaultNextLink poisons a list, and sends a client elsewhere.
func TestFaultNextLink(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.fault(`{"next_link":"https://graph.microsoft.com.evil/v1.0/users","count":1}`)
	if _, next := r.graph("GET", "users", "").ids(t); next != "https://graph.microsoft.com.evil/v1.0/users" {
		t.Errorf("next link %q", next)
	}
	r.fault(`{"redirect":"https://example.com/","count":1}`)
	if g := r.graph("GET", "users", ""); g.status != http.StatusTemporaryRedirect || g.header.Get("Location") != "https://example.com/" {
		t.Errorf("redirect: %d %v", g.status, g.header)
	}
}

// TestFaultRoles takes a permission away from old and new tokens, and gives it back.
func TestFaultRoles(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Tenants: 2})
	want := func(what string, status int) {
		t.Helper()
		if g := r.graph("GET", "users", ""); g.status != status {
			t.Errorf("%s: got %d, want %d", what, g.status, status)
		}
	}
	r.fault(`{"revoke_roles":["User.Read.All","Directory.Read.All"],"tenant":"` + r.cloud.Info().Tenants[1].Name + `"}`)
	want("another tenant", 200)
	r.fault(`{"revoke_roles":["User.Read.All","Directory.Read.All"]}`)
	want("old token", 403)
	r.signIn()
	want("new token", 403)
	if g := r.graph("GET", "organization", ""); g.status != 200 {
		t.Errorf("other permissions: %d", g.status)
	}
	r.cloud.ClearFaults()
	want("cleared", 200)
}

// TestFaultTokens ends tokens, at once and in the middle of a walk.
func TestFaultTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	want := func(what string, status int) {
		t.Helper()
		if g := r.graph("GET", "users", ""); g.status != status {
			t.Errorf("%s: got %d, want %d", what, g.status, status)
		}
	}
	r.fault(`{"expire_tokens":true,"service":"defender"}`)
	want("another service", 200)
	r.fault(`{"expire_tokens":true}`)
	want("old token", 401)
	r.signIn()
	want("new token", 200)
	r.fault(`{"expire_tokens":true,"path":"/v1.0/users"}`)
	if g := r.graph("GET", "organization", ""); g.status != 200 {
		t.Errorf("before the path is met: %d", g.status)
	}
	want("on the path", 401)
	r.signIn()
	want("once only", 200)
}

// TestFaultRefused lists faults that make no sense.
func TestFaultRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for text, says := range map[string]string{
		`{}`:                                 "does nothing",
		`{"status":500,"drop":"before"}`:     "exactly one thing",
		`{"status":200}`:                     "between 400 and 599",
		`{"drop":"sometimes"}`:               "not before or after",
		`{"malformed":"much"}`:               "not truncated",
		`{"status":500,"service":"mail"}`:    "not login, graph or defender",
		`{"status":500,"tenant":"nobody"}`:   `no tenant "nobody"`,
		`{"status":500,"count":-1}`:          "negative",
		`{"delay_ms":5,"retry_after":1}`:     "status only",
		`{"status":429,"retry_after":[1]}`:   "retry_after",
		`{"status":500,"colour":"blue"}`:     `"colour"`,
		`{"status":500}{"status":500}`:       "more than one",
		`{"delay_ms":-5,"path":"/v1.0/*"}`:   "negative",
		`{"status":"500","path":"/v1.0/*" }`: "status",
	} {
		if g := r.control("POST", "/faults", text); g.status != http.StatusBadRequest || !strings.Contains(g.body, strings.ReplaceAll(says, `"`, `\"`)) {
			t.Errorf("%s: got %d %s", text, g.status, g.body)
		}
	}
	if g := r.graph("GET", "users", ""); g.status != http.StatusOK {
		t.Errorf("a refused fault is in force: %d", g.status)
	}
}
