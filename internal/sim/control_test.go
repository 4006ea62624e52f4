package sim

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestLedger reads back what changed state, in order, whether done or refused.
func TestLedger(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	me, admin := r.cloud.Info().Tenants[0], r.cloud.tenants[0].guid("user", "admin")
	r.graph("POST", "users/"+admin+"/revokeSignInSessions", "", "client-request-id", "one")
	r.graph("PATCH", "users/"+admin, `{ "accountEnabled": false }`, "client-request-id", "two")
	r.graph("GET", "users?$top=1", "")
	r.do("PATCH", r.cloud.Info().GraphURL+"/v1.0/users/x", "no json", "client-request-id", "three")
	line := func(second int, tenant, method, path, body string, status int, id string) Entry {
		return Entry{Time: fixed().Add(time.Duration(second) * time.Second), Tenant: tenant, Service: "graph", Method: method, Path: "/v1.0/users/" + path,
			Body: json.RawMessage(body), Status: status, ClientRequestID: id}
	}
	want := []Entry{
		line(2, me.ID, "POST", admin+"/revokeSignInSessions", "null", 200, "one"),
		line(4, me.ID, "PATCH", admin, `{"accountEnabled":false}`, 403, "two"),
		line(6, "", "PATCH", "x", `"no json"`, 401, "three"),
	}
	var got []Entry
	if err := json.Unmarshal([]byte(r.control("GET", "/ledger", "").body), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v, error %v", got, want, err)
	}
	if err := json.Unmarshal([]byte(r.control("GET", "/ledger?reads=1", "").body), &got); err != nil || len(got) != 6 {
		t.Errorf("with reads: %d entries, error %v", len(got), err)
	}
	for _, name := range []string{`"time":`, `"tenant":`, `"service":`, `"method":`, `"path":`, `"body":`, `"status":`, `"client_request_id":`} {
		if text := r.control("GET", "/ledger", "").body; strings.Count(text, name) != 3 {
			t.Errorf("%s is not in every entry: %s", name, text)
		}
	}
}

// TestLedgerBounded keeps every write and forgets the oldest reads.
func TestLedgerBounded(t *testing.T) {
	t.Parallel()
	var l ledger
	for i := range 2*maxReads + 10 {
		l.add(&Entry{}, i%1000 != 0)
	}
	writes := 0
	for _, x := range l.lines {
		if !x.read {
			writes++
		}
	}
	if want := (2*maxReads + 10 + 999) / 1000; writes != want || len(l.lines) > 2*maxReads+writes {
		t.Errorf("%d writes of %d, %d lines", writes, want, len(l.lines))
	}
}

// TestInject puts an object into every collection and finds it again.
func TestInject(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Tenants: 2})
	second := r.cloud.Info().Tenants[1]
	for _, resource := range collections() {
		for _, tenant := range []string{"", second.ID, second.Name, second.Domain} {
			body := `{"tenant":"` + tenant + `","resource":"` + resource + `","object":{"id":"x","title":"t"}}`
			if g := r.control("POST", "/inject", body); g.status != http.StatusOK {
				t.Errorf("%s: %d %s", body, g.status, g.body)
			}
			if g := r.control("GET", "/state?tenant="+tenant+"&path="+resource+"/x", ""); g.status != http.StatusOK || !strings.Contains(g.body, `"title":"t"`) {
				t.Errorf("%s: state %d %s", body, g.status, g.body)
			}
		}
	}
	if state, err := r.cloud.State(second.ID, "users/x"); err != nil || !strings.Contains(string(state), `"accountEnabled":true`) {
		t.Errorf("a new user: %s, error %v", state, err)
	}
	r.inject("users", `{"id":"x","accountEnabled":false}`)
	if state, err := r.cloud.State("", "users/x"); err != nil || !strings.Contains(string(state), `"accountEnabled":false`) || !strings.Contains(string(state), `"title":"t"`) {
		t.Errorf("a known user: %s, error %v", state, err)
	}
	r.inject(resDefaults, `{"isEnabled":true}`)
	if state, err := r.cloud.State("", resDefaults); err != nil || !strings.HasSuffix(string(state), `"isEnabled":true}`) {
		t.Errorf("security defaults: %s, error %v", state, err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(r.control("GET", "/state?path=users", "").body), &all); err != nil || len(all) != 4 {
		t.Errorf("all users: %d, error %v", len(all), err)
	}
}

// TestLedgerPasswords looks for a password in every place where a body is kept.
func TestLedgerPasswords(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	user := "users/" + r.cloud.tenants[0].guid("user", "admin")
	const change = `{"passwordProfile":{"password":"hunter2","forceChangePasswordNextSignIn":true}}`
	r.graph("PATCH", user, change)
	r.graph("PATCH", user, change[:40])
	r.graph("POST", "$batch", `{"requests":[{"id":"1","method":"PATCH","url":"/`+user+`","headers":{"Content-Type":"application/json"},"body":`+change+`}]}`)
	g := r.control("GET", "/ledger?reads=1", "")
	if strings.Contains(g.body, "hunter2") || strings.Count(g.body, `"(redacted)"`) != 4 {
		t.Errorf("got %s", g.body)
	}
}

// TestControlRefused lists commands that make no sense.
func TestControlRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	tests := []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/inject", `{"resource":"users","object":{"name":"x"}}`, 400, `object has no \"id\"`},
		{"POST", "/inject", `{"resource":"users","object":{"id":null}}`, 400, `object has no \"id\"`},
		{"POST", "/inject", `{"resource":"users","object":[]}`, 400, "not a JSON object"},
		{"POST", "/inject", `{"resource":"users"}`, 400, `\"object\" is missing`},
		{"POST", "/inject", ``, 400, "it is not a JSON object"},
		{"POST", "/inject", `[]`, 400, "it is not a JSON object"},
		{"POST", "/inject", `{"resource":5}`, 400, `\"resource\" is a number and must be of type string`},
		{"POST", "/faults", `{}`, 400, "the fault does nothing: give one of status"},
		{"POST", "/faults", `{"status":503,"path":"users"}`, 400, "begins with / or *"},
		{"POST", "/faults", `{"status":503,"method":"FETCH"}`, 400, `method \"FETCH\"`},
		{"POST", "/faults", `{"revoke_roles":[]}`, 400, "names no permission"},
		{"POST", "/faults", `{"revoke_roles":["User.Raed.All"]}`, 400, `\"User.Raed.All\" is no permission that the simulator knows`},
		{"POST", "/clock", `{"advance":"2562047h"}`, 400, "ten years at once"},
		{"POST", "/inject", `{"resource":"devices","object":{"id":"x"}}`, 400, `resource \"devices\" is not one of`},
		{"POST", "/inject", `{"resource":"groups/none/members","object":{"id":"x"}}`, 400, `resource \"groups/none/members\" is not one of`},
		{"POST", "/inject", `{"resource":"directoryRoles/none/members","object":{"id":"x"}}`, 400, "no directory role"},
		{"POST", "/inject", `{"tenant":"nobody","resource":"users","object":{"id":"x"}}`, 400, "no tenant"},
		{"POST", "/inject", `{"ressource":"users","object":{"id":"x"}}`, 400, `\"ressource\"`},
		{"POST", "/clock", `{"advance":"soon"}`, 400, "advance"},
		{"POST", "/clock", `{"advance":"-1h"}`, 400, "does not go back"},
		{"POST", "/clock", `{"by":"1h"}`, 400, `\"by\"`},
		{"GET", "/state?path=users/nobody", "", 404, "nothing is stored"},
		{"GET", "/state?path=devices/x", "", 404, "is not in"},
		{"GET", "/state?tenant=nobody&path=users", "", 404, "no tenant"},
		{"GET", "/nothing", "", 404, `{"error":"the control API has no call GET /nothing"}`},
		{"POST", "/ledger", "", 404, `{"error":"the control API has no call POST /ledger"}`},
	}
	for _, tt := range tests {
		if g := r.control(tt.method, tt.path, tt.body); g.status != tt.status || !strings.Contains(g.body, tt.says) {
			t.Errorf("%s %s %s: got %d %s; want %d %q", tt.method, tt.path, tt.body, g.status, g.body, tt.status, tt.says)
		}
	}
}

// TestClock lets time pass and a token end with it.
func TestClock(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if g := r.control("POST", "/clock", `{"advance":"2h"}`); !strings.Contains(g.body, `"now":"2026-03-01T14:00:00Z"`) {
		t.Errorf("got %d %s", g.status, g.body)
	}
	if g := r.graph("GET", "users", ""); g.status != http.StatusUnauthorized || g.header.Get("Date") != "Sun, 01 Mar 2026 14:00:02 GMT" {
		t.Errorf("got %d at %s", g.status, g.header.Get("Date"))
	}
}

// TestListen refuses addresses that others could reach, and takes a port.
func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "[::]:0", "nonsense"} {
		if c, err := Start(t.Context(), Options{Listen: address}); err == nil {
			t.Errorf("%s was taken", address)
			_ = c.Close()
		}
	}
	c, err := Start(t.Context(), Options{Listen: "localhost:0", StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
}
