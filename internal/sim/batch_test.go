package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// answerOf is one answer of a batch.
type answerOf struct {
	ID      string
	Status  int
	Headers map[string]string
	Body    json.RawMessage
}

// batch sends a batch and returns its answers by id and in their order.
func (r *rig) batch(requests ...string) (byID map[string]answerOf, order []string) {
	r.t.Helper()
	g := r.graph("POST", "$batch", `{"requests":[`+strings.Join(requests, ",")+`]}`, "client-request-id", "whole")
	var in struct{ Responses []answerOf }
	if err := json.Unmarshal([]byte(g.body), &in); err != nil || g.status != 200 {
		r.t.Fatalf("batch: %d %s", g.status, g.body)
	}
	byID = map[string]answerOf{}
	for _, a := range in.Responses {
		byID[a.ID], order = a, append(order, a.ID)
	}
	return byID, order
}

func part(id, method, url, rest string) string {
	return fmt.Sprintf(`{"id":%q,"method":%q,"url":%q%s}`, id, method, url, rest)
}

const jsonBody = `,"headers":{"Content-Type":"application/json"},"body":`

// TestBatch mixes items that go well with some that do not, and reads the
// ledger: an entry for each, none for the batch itself among the writes.
func TestBatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	victim, ruth := "/users/"+r.cloud.tenants[0].guid("user", "victim"), "/users/"+r.cloud.tenants[0].guid("user", "ruth")
	got, order := r.batch(
		part("1", "PATCH", victim, jsonBody+`{"accountEnabled":false}`),
		part("2", "PATCH", ruth, jsonBody+`{"accountEnabled":false}`),
		part("3", "POST", victim+"/revokeSignInSessions", `,"dependsOn":["1"]`),
		part("4", "GET", "users/nobody", `,"headers":{"client-request-id":"mine"}`),
		part("5", "POST", ruth+"/revokeSignInSessions", `,"dependsOn":["2"]`),
		part("6", "GET", "/users/$count", `,"headers":{"ConsistencyLevel":"eventual"}`),
		part("7", "GET", victim+"?$select=accountEnabled", `,"dependsOn":["1"]`),
	)
	for id, want := range map[string]int{"1": 204, "2": 403, "3": 200, "4": 404, "5": 424, "6": 200, "7": 200} {
		if got[id].Status != want {
			t.Errorf("item %s: got %d %s, want %d", id, got[id].Status, got[id].Body, want)
		}
	}
	if sorted := slices.Sorted(slices.Values(order)); slices.Equal(order, sorted) || len(order) != 7 {
		t.Errorf("the answers came in the order %v", order)
	}
	if !strings.HasSuffix(string(got["7"].Body), `"accountEnabled":false}`) || string(got["6"].Body) != "319" || got["1"].Body != nil {
		t.Errorf("bodies: %s, %s, %s", got["7"].Body, got["6"].Body, got["1"].Body)
	}
	if got["4"].Headers["Client-Request-Id"] != "mine" || got["7"].Headers["Client-Request-Id"] != "whole" || got["7"].Headers["X-Ms-Resource-Unit"] != "1" {
		t.Errorf("headers: %v, %v", got["4"].Headers, got["7"].Headers)
	}
	var lines []string
	for _, e := range r.cloud.Ledger(false) {
		lines = append(lines, fmt.Sprint(e.Method, " ", e.Path, " ", string(e.Body), " ", e.Status))
	}
	want := []string{"PATCH /v1.0" + victim + ` {"accountEnabled":false} 204`, "PATCH /v1.0" + ruth + ` {"accountEnabled":false} 403`,
		"POST /v1.0" + victim + "/revokeSignInSessions null 200", "POST /v1.0" + ruth + "/revokeSignInSessions null 424"}
	if !slices.Equal(lines, want) {
		t.Errorf("ledger:\ngot  %q\nwant %q", lines, want)
	}
	if o := r.cloud.Outcome(); len(o.Users) == 0 || !o.Users[0].OK {
		t.Errorf("outcome: %+v", o.Users)
	}
}

// TestBatchThrottled sends more reads than a second allows: each is counted
// for itself, and only families that tell how long to wait tell it.
func TestBatchThrottled(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	var many []string
	for i := range 4 {
		many = append(many, part(fmt.Sprint(i), "GET", resRiskyUsers, ""))
	}
	got, _ := r.batch(many...)
	statuses := []int{got["0"].Status, got["1"].Status, got["2"].Status, got["3"].Status}
	if !slices.Equal(statuses, []int{200, 200, 429, 429}) || got["3"].Headers["Retry-After"] != "" {
		t.Errorf("got %v, headers %v", statuses, got["3"].Headers)
	}
	r.spend(r.cloud.Info().GraphURL+"/v1.0/"+resAlerts, serviceGraph, 200)
	url := r.cloud.Info().GraphURL + batchPath
	g := r.do("POST", url, `{"requests":[`+part("a", "GET", resAlerts, "")+`]}`, "Authorization", "Bearer "+r.token[serviceGraph])
	if !strings.Contains(g.body, `"status":429`) || !strings.Contains(g.body, `"Retry-After":"1"`) {
		t.Errorf("a family with Retry-After: %s", g.body)
	}
}

// TestBatchFaults spoils single items by their path.
func TestBatchFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.fault(`{"path":"/v1.0/organization","status":503,"retry_after":7,"count":1}`)
	r.fault(`{"path":"/v1.0/users","revoke_roles":["User.Read.All","Directory.Read.All"]}`)
	r.fault(`{"path":"/v1.0/domains","malformed":"html","count":1}`)
	got, _ := r.batch(part("o", "GET", "organization", ""), part("u", "GET", "users", ""), part("d", "GET", "domains", ""), part("r", "GET", "directoryRoles", ""))
	for id, want := range map[string]int{"o": 503, "u": 403, "d": 200, "r": 200} {
		if got[id].Status != want {
			t.Errorf("item %s: got %d %s, want %d", id, got[id].Status, got[id].Body, want)
		}
	}
	if got["o"].Headers["Retry-After"] != "7" || !strings.HasPrefix(string(got["d"].Body), `"PCFET0N`) {
		t.Errorf("Retry-After %q, page %.40s", got["o"].Headers["Retry-After"], got["d"].Body)
	}
	r.fault(`{"path":"/v1.0/domains","drop":"before","count":1}`)
	_, err := r.try("POST", r.cloud.Info().GraphURL+batchPath, `{"requests":[`+part("d", "GET", "domains", "")+`]}`, "Authorization", "Bearer "+r.token[serviceGraph])
	if err == nil {
		t.Error("an item hung up, and the batch was answered")
	}
}

// TestBatchRefused tries batches that cannot be read.
func TestBatchRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	ok := part("1", "GET", "users", "")
	many := strings.Repeat(ok+",", 20)
	tests := []struct{ body, says string }{
		{`x`, "requests"},
		{`{}`, "not 0"},
		{`{"requests":[` + many + ok + `]}`, "not 21"},
		{`{"requests":[` + ok + "," + ok + `]}`, "not unique"},
		{`{"requests":[` + part("", "GET", "users", "") + `]}`, "no id"},
		{`{"requests":[` + part("1", "LOOK", "users", "") + `]}`, "'LOOK'"},
		{`{"requests":[` + part("1", "GET", "https://graph.microsoft.com/v1.0/users", "") + `]}`, "not relative"},
		{`{"requests":[` + part("1", "POST", "/$batch", jsonBody+`{}`) + `]}`, "a batch itself"},
		{`{"requests":[` + part("1", "PATCH", "users/x", `,"body":{}`) + `]}`, "no Content-Type"},
		{`{"requests":[` + part("1", "GET", "users", `,"dependsOn":["2"]`) + `]}`, "depends on"},
		{`{"requests":[` + part("1", "GET", "users", `,"dependsOn":["2"]`) + "," + part("2", "GET", "users", `,"dependsOn":["1"]`) + `]}`, "depends on"},
	}
	for _, tt := range tests {
		g := r.graph("POST", "$batch", tt.body)
		if code, message := g.problem(t); g.status != 400 || code != "BadRequest" || !strings.Contains(message, tt.says) {
			t.Errorf("%.60s: got %d %s %q, want %q", tt.body, g.status, code, message, tt.says)
		}
	}
	if g := r.graph("GET", "$batch", ""); g.status != 405 {
		t.Errorf("GET: %d", g.status)
	}
	if g := r.do("POST", r.cloud.Info().GraphURL+batchPath, `{"requests":[`+ok+`]}`); g.status != 401 {
		t.Errorf("without token: %d", g.status)
	}
	if odd, _ := r.batch(part("1", "GET", "users/%zz", "")); odd["1"].Status != 400 {
		t.Errorf("a malformed url: %+v", odd)
	}
	first, _ := r.batch(part("2", "GET", "users", `,"dependsOn":["1"]`), ok)
	if first["1"].Status != 200 || first["2"].Status != 200 {
		t.Errorf("an item that depends on a later one: %+v", first)
	}
}
