package sim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// endpoint calls Defender for Endpoint as the first tenant's app.
func (r *rig) endpoint(method, path, body string) got {
	r.t.Helper()
	return r.do(method, r.cloud.Info().DefenderURL+"/api/"+path, body, "Authorization", "Bearer "+r.token[serviceDefender])
}

// stored returns what the first tenant keeps at a path.
func (r *rig) kept(path string) *object {
	r.t.Helper()
	raw, err := r.cloud.State("", path)
	if err != nil {
		r.t.Fatal(err)
	}
	o, err := parseObject(raw)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

const plainAlert = `{"id":"a","status":"New","assignedTo":null,"classification":null,"determination":null,"resolvedTime":null,` +
	`"lastUpdateTime":"2026-01-01T08:00:00Z","comments":[{"comment":"old","createdBy":"x","createdTime":"2026-01-01T08:00:00Z"}],"evidence":[]}`

// TestEndpointTriage decides about an alert, twice, and reads it back.
func TestEndpointTriage(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.inject(resEndpointAlerts, plainAlert)
	app := r.cloud.Info().Tenants[0].ClientID
	r.cloud.Advance(time.Minute)
	g := r.endpoint("PATCH", "alerts/a", `{"status":"Resolved","assignedTo":"ruth@contoso.com","classification":"TruePositive","determination":"CompromisedUser","comment":"<mine>"}`)
	const rest = `"assignedTo":"ruth@contoso.com","classification":"TruePositive","determination":"CompromisedUser","resolvedTime":`
	comments := `"comments":[{"comment":"old","createdBy":"x","createdTime":"2026-01-01T08:00:00Z"},{"comment":"<mine>","createdBy":"` + app +
		`","createdTime":"2026-03-01T12:01:00.0000000Z"}],"evidence":[]}`
	want := `{"id":"a","status":"Resolved",` + rest + `"2026-03-01T12:01:00.0000000Z","lastUpdateTime":"2026-03-01T12:01:00.0000000Z",` + comments
	if got := string(encode(r.kept("alerts/a"))); got != want {
		t.Errorf("stored\n%s, want\n%s", got, want)
	}
	if g.status != http.StatusOK || !strings.HasSuffix(g.body, `/api/$metadata#Alerts/$entity",`+want[1:]) {
		t.Errorf("answered %d %s", g.status, g.body)
	}
	r.cloud.Advance(time.Minute)
	r.endpoint("PATCH", "alerts/a", `{"status":"InProgress"}`)
	want = `{"id":"a","status":"InProgress",` + rest + `null,"lastUpdateTime":"2026-03-01T12:02:00.0000000Z",` + comments
	if got := string(encode(r.kept("alerts/a"))); got != want {
		t.Errorf("reopened\n%s, want\n%s", got, want)
	}
}

// TestEndpointBatch decides about several alerts at once, and about none when
// one is not there.
func TestEndpointBatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for _, id := range []string{"a", "b", "c"} {
		r.inject(resEndpointAlerts, `{"id":"`+id+`","status":"New"}`)
	}
	statuses := func() (out string) {
		for _, id := range []string{"a", "b", "c"} {
			out += r.kept("alerts/"+id).text("status") + " "
		}
		return out
	}
	if g := r.endpoint("POST", "alerts/batchUpdate", `{"alertIds":["a","nobody"],"status":"Resolved"}`); g.status != 404 || statuses() != "New New New " {
		t.Errorf("with an unknown id: %d %s, then %s", g.status, g.body, statuses())
	}
	g := r.endpoint("POST", "alerts/batchUpdate", `{"alertIds":["a","c","A"],"status":"Resolved","comment":"done"}`)
	if g.status != http.StatusOK || g.body != "" || statuses() != "Resolved New Resolved " {
		t.Errorf("%d %q, then %s", g.status, g.body, statuses())
	}
	if n := strings.Count(string(encode(r.kept("alerts/a"))), `"done"`); n != 1 {
		t.Errorf("an alert named twice has %d comments", n)
	}
}

// TestEndpointBatchThrottle empties the bucket of batches, which single
// changes do not draw on.
func TestEndpointBatchThrottle(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.inject(resEndpointAlerts, plainAlert)
	send := func() got { return r.endpoint("POST", "alerts/batchUpdate", `{"alertIds":["a"],"status":"New"}`) }
	for i := range 10 {
		if g := send(); g.status != http.StatusOK {
			t.Fatalf("the %dth: %d %s", i+1, g.status, g.body)
		}
	}
	g := send()
	if code, _ := g.problem(t); g.status != 429 || code != "TooManyRequests" || g.header.Get("Retry-After") != "6" {
		t.Errorf("the 11th: %d %s, Retry-After %q", g.status, g.body, g.header.Get("Retry-After"))
	}
	if g := r.endpoint("PATCH", "alerts/a", `{"status":"New"}`); g.status != http.StatusOK {
		t.Errorf("a single change meanwhile: %d %s", g.status, g.body)
	}
	r.cloud.Advance(6 * time.Second)
	if g := send(); g.status != http.StatusOK {
		t.Errorf("after the wait: %d %s", g.status, g.body)
	}
}

// TestEndpointBatchHour keeps to the limit of a minute and still uses up that
// of an hour, which regains less.
func TestEndpointBatchHour(t *testing.T) {
	t.Parallel()
	c, err := build(Options{Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	sent, now := 0, fixed()
	for ; sent < 5000 && c.tenants[0].throttle(familyEndpointBatch, 1, now) == nil; sent++ {
		now = now.Add(6 * time.Second)
	}
	if want := 2995; sent < want-1 || sent > want+1 { // 500 at first, and 5 for every 6 that are sent
		t.Errorf("%d batches went through, want about %d", sent, want)
	}
}

// TestEndpointBodies tries bodies that are not in order.
func TestEndpointBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft", Calm: true})
	machine := r.cloud.tenants[0].hex(40, "machine", "fleet0")
	r.inject(resEndpointAlerts, plainAlert)
	r.inject(resActions, `{"id":"x","type":"Isolate","status":"Pending"}`)
	many := `{"status":"New","alertIds":["a"` + strings.Repeat(`,"a"`, maxAlertIDs) + `]}`
	m := "machines/" + machine + "/"
	tests := []struct{ method, path, body, code, says string }{
		{"PATCH", "alerts/a", ``, "InvalidRequestBody", "not JSON"},
		{"PATCH", "alerts/a", `[]`, "InvalidRequestBody", "not a JSON object"},
		{"PATCH", "alerts/a", `{}`, "InvalidRequestBody", "nothing to change"},
		{"PATCH", "alerts/a", `{"Status":"New"}`, "InvalidRequestBody", "'Status'"},
		{"PATCH", "alerts/a", `{"alertIds":["a"],"status":"New"}`, "InvalidRequestBody", "'alertIds'"},
		{"PATCH", "alerts/a", `{"status":1}`, "InvalidRequestBody", "wrong type"},
		{"PATCH", "alerts/a", `{"status":null}`, "InvalidRequestBody", "'status' is null"},
		{"PATCH", "alerts/a", `{"status":"new"}`, "InvalidInput", "'new' is none of New"},
		{"PATCH", "alerts/a", `{"classification":"truePositive"}`, "InvalidInput", "truePositive"},
		{"PATCH", "alerts/a", `{"determination":"Apt"}`, "InvalidInput", "Apt"},
		{"POST", "alerts/batchUpdate", `{"status":"New"}`, "MissingRequiredParameter", "'alertIds'"},
		{"POST", "alerts/batchUpdate", `{"AlertIds":["a"],"status":"New"}`, "InvalidRequestBody", "'AlertIds'"},
		{"POST", "alerts/batchUpdate", `{"alertIds":"a","status":"New"}`, "InvalidRequestBody", "wrong type"},
		{"POST", "alerts/batchUpdate", `{"alertIds":["a"]}`, "InvalidRequestBody", "nothing to change"},
		{"POST", "alerts/batchUpdate", many, "MaximumBatchSizeExceeded", "Received: 1001, allowed: 1000"},
		{"POST", m + "isolate", `{"IsolationType":"Full"}`, "MissingRequiredParameter", "'Comment'"},
		{"POST", m + "isolate", `{"Comment":" ","IsolationType":"Full"}`, "MissingRequiredParameter", "'Comment'"},
		{"POST", m + "isolate", `{"Comment":"c"}`, "MissingRequiredParameter", "'IsolationType'"},
		{"POST", m + "isolate", `{"Comment":"c","IsolationType":"full"}`, "InvalidInput", "'full' is none of Full"},
		{"POST", m + "isolate", `{"comment":"c","IsolationType":"Full"}`, "InvalidRequestBody", "'comment'"},
		{"POST", m + "unisolate", `{"Comment":"c","IsolationType":"Full"}`, "InvalidRequestBody", "'IsolationType'"},
		{"POST", m + "unisolate", `{}`, "MissingRequiredParameter", "'Comment'"},
		{"POST", m + "runAntiVirusScan", `{"Comment":"c"}`, "MissingRequiredParameter", "'ScanType'"},
		{"POST", m + "runAntiVirusScan", `{"Comment":"c","ScanType":"Deep"}`, "InvalidInput", "'Deep' is none of Quick Full"},
		{"POST", m + "collectInvestigationPackage", `{}`, "MissingRequiredParameter", "'Comment'"},
		{"POST", m + "restrictCodeExecution", ``, "InvalidRequestBody", "not JSON"},
		{"POST", m + "unrestrictCodeExecution", `{"Comment":1}`, "InvalidRequestBody", "wrong type"},
		{"POST", m + "StopAndQuarantineFile", `{"Comment":"c"}`, "MissingRequiredParameter", "'Sha1'"},
		{"POST", m + "StopAndQuarantineFile", `{"Comment":"c","Sha1":"87662bc3d60e4200ceaf7aae249d1c343f4b83"}`, "InvalidHashValue", "no SHA-1"},
		{"POST", m + "StopAndQuarantineFile", `{"Comment":"c","Sha1":"` + strings.Repeat("z", 40) + `"}`, "InvalidHashValue", "no SHA-1"},
		{"POST", m + "offboard", `{}`, "MissingRequiredParameter", "'Comment'"},
		{"POST", "machineactions/x/cancel", `{}`, "MissingRequiredParameter", "'Comment'"},
		{"POST", "machineactions/x/cancel", `{"comment":"c"}`, "InvalidRequestBody", "'comment'"},
	}
	for _, tt := range tests {
		g := r.endpoint(tt.method, tt.path, tt.body)
		code, message := g.problem(t)
		if g.status != http.StatusBadRequest || code != tt.code || !strings.Contains(message, tt.says) || !strings.Contains(g.body, `"target":"`) {
			t.Errorf("%s %.60s: got %d %s; want %s %q", tt.path, tt.body, g.status, g.body, tt.code, tt.says)
		}
	}
	if n := len(r.actions("")); n != 1 {
		t.Errorf("refused requests left %d actions", n)
	}
	for _, path := range []string{"machines/nobody/isolate", "machineactions/nobody/cancel", "alerts/nobody"} {
		method, body := "POST", `{"Comment":"c"}`
		switch path {
		case "alerts/nobody":
			method, body = "PATCH", `{"status":"New"}`
		case "machines/nobody/isolate":
			body = `{"Comment":"c","IsolationType":"Full"}`
		}
		if g := r.endpoint(method, path, body); g.status != http.StatusNotFound || !strings.Contains(g.body, `"ResourceNotFound"`) || !strings.Contains(g.body, "nobody was not found") {
			t.Errorf("%s: %d %s", path, g.status, g.body)
		}
	}
}

// TestEndpointRelations goes from an alert to its user and its device, and
// from the device to its users and its alerts.
func TestEndpointRelations(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	glass := t0.guid("user", "glass1")
	ids, _ := r.endpoint("GET", "alerts"+ask("$filter", "severity eq 'High'"), "").ids(t)
	var alert *object
	for _, id := range ids {
		if o := r.kept("alerts/" + id); strings.Contains(string(o.raw("evidence")), sidOf(glass)) {
			alert = o
		}
	}
	if alert == nil {
		t.Fatal("no alert names the break-glass account")
	}
	id, machine := idOf(alert), alert.text("machineId")
	user := newObject("id", `azuread\break.glass.one`, "accountName", "break.glass.one", "accountDomain", "AzureAD", "accountSid", sidOf(glass),
		"firstSeen", alert.raw("lastEventTime"), "lastSeen", alert.raw("lastEventTime"), "mostPrevalentMachineId", machine, "leastPrevalentMachineId", machine,
		"logonTypes", "Interactive", "logOnMachinesCount", 1, "isDomainAdmin", false, "isOnlyNetworkUser", false)
	if g := r.endpoint("GET", "alerts/"+id+"/user", ""); !strings.HasSuffix(g.body, `#Users/$entity",`+string(encode(user))[1:]) {
		t.Errorf("user: %d %s", g.status, g.body)
	}
	if g := r.endpoint("GET", "alerts/"+id+"/machine", ""); g.field(t, "id") != machine {
		t.Errorf("machine: %s", g.body)
	}
	if g := r.endpoint("GET", "machines/"+machine+"/logonusers", ""); !strings.HasSuffix(g.body, `"value":[`+string(encode(user))+`]}`) {
		t.Errorf("logon users: %s", g.body)
	}
	if g := r.endpoint("GET", "machines/"+machine+"/alerts", ""); !strings.Contains(g.body, `"id":"`+id+`"`) || !strings.Contains(g.body, `"evidence":[]`) {
		t.Errorf("alerts: %s", g.body)
	}
	if found, _ := r.endpoint("GET", "machines/"+machine+"/alerts"+ask("$filter", "severity eq 'Low'"), "").ids(t); len(found) != 0 {
		t.Errorf("filtered alerts: %v", found)
	}
	if g := r.endpoint("GET", "machines/"+machine+"/alerts"+ask("$expand", "evidence"), ""); !strings.Contains(g.body, sidOf(glass)) {
		t.Errorf("expanded alerts: %s", g.body)
	}
	fleet := "machines/" + t0.hex(40, "machine", "fleet5")
	if g := r.endpoint("GET", fleet+"/logonusers", ""); !strings.Contains(g.body, `"accountSid":"`+sidOf(t0.guid("user", "crowd5"))+`"`) {
		t.Errorf("the owner of a generated device: %s", g.body)
	}
}

// TestEndpointUser counts the devices of a user, and does without what an
// alert leaves out.
func TestEndpointUser(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for i, machine := range []string{"m1", "m2", "m1"} {
		r.inject(resEndpointAlerts, `{"id":"a`+strconv.Itoa(i)+`","machineId":"`+machine+`","lastEventTime":"2026-01-0`+strconv.Itoa(3-i)+
			`T08:00:00Z","relatedUser":{"userName":"Ada","domainName":"CORP"}}`)
	}
	r.inject(resEndpointAlerts, `{"id":"b","machineId":"m3"}`)
	r.inject(resEndpointAlerts, `{"id":"c","relatedUser":{"userName":"eve"}}`)
	const want = `"id":"corp\\ada","accountName":"Ada","accountDomain":"CORP","accountSid":null,"firstSeen":"2026-01-01T08:00:00.0000000Z",` +
		`"lastSeen":"2026-01-03T08:00:00.0000000Z","mostPrevalentMachineId":"m1","leastPrevalentMachineId":"m2","logonTypes":"Interactive","logOnMachinesCount":2,`
	if g := r.endpoint("GET", "alerts/a1/user", ""); !strings.Contains(g.body, want) {
		t.Errorf("got %s\nwant %s", g.body, want)
	}
	if g := r.endpoint("GET", "alerts/b/user", ""); g.status != http.StatusNotFound {
		t.Errorf("an alert without user: %d %s", g.status, g.body)
	}
	if g := r.endpoint("GET", "alerts/c/user", ""); !strings.Contains(g.body, `"firstSeen":null,"lastSeen":null,"mostPrevalentMachineId":null`) {
		t.Errorf("an alert that tells little: %s", g.body)
	}
	if g := r.endpoint("GET", "alerts/b/machine", ""); g.status != http.StatusNotFound || !strings.Contains(g.body, "Machine m3") {
		t.Errorf("an alert about a device that is not there: %d %s", g.status, g.body)
	}
}

// TestEndpointPermissions makes each call with the least permission and
// without it, with what the reference accepts besides, and with a lesser one.
func TestEndpointPermissions(t *testing.T) {
	t.Parallel()
	tests := []struct{ method, path, suffice, lesser string }{
		{"PATCH", "alerts/x", "Alert.ReadWrite.All", "Alert.Read.All"},
		{"POST", "alerts/batchUpdate", "Alert.ReadWrite.All", "Alert.Read.All"},
		{"GET", "alerts/x/user", "User.Read.All", "Alert.ReadWrite.All"},
		{"GET", "alerts/x/machine", "Machine.Read.All Machine.ReadWrite.All", "Alert.ReadWrite.All"},
		{"GET", "machines/x/logonusers", "User.Read.All", "Machine.ReadWrite.All"},
		{"GET", "machines/x/alerts", "Alert.Read.All Alert.ReadWrite.All", "Machine.ReadWrite.All"},
		{"POST", "machines/x/isolate", "Machine.Isolate", "Machine.ReadWrite.All"},
		{"POST", "machines/x/unisolate", "Machine.Isolate", "Machine.ReadWrite.All"},
		{"POST", "machines/x/runAntiVirusScan", "Machine.Scan", "Machine.Isolate"},
		{"POST", "machines/x/collectInvestigationPackage", "Machine.CollectForensics", "Machine.Isolate"},
		{"POST", "machines/x/restrictCodeExecution", "Machine.RestrictExecution", "Machine.Isolate"},
		{"POST", "machines/x/unrestrictCodeExecution", "Machine.RestrictExecution", "Machine.Isolate"},
		{"POST", "machines/x/StopAndQuarantineFile", "Machine.StopAndQuarantine", "Machine.RestrictExecution"},
		{"POST", "machines/x/offboard", "Machine.Offboard", "Machine.Isolate"},
		{"GET", "machineactions", "Machine.Read.All Machine.ReadWrite.All", "Machine.Isolate"},
		{"GET", "machineactions/x", "Machine.Read.All Machine.ReadWrite.All", "Machine.Isolate"},
		{"POST", "machineactions/scan/cancel", "Machine.Scan", "Machine.Isolate"},
		{"POST", "machineactions/live/cancel", "Machine.LiveResponse", "Machine.Scan"},
	}
	rigs := map[string]*rig{}
	try := func(permission, method, path string) int {
		r := rigs[permission]
		if r == nil {
			r = newRig(t, Options{Scenario: custom(t, "  permissions: {defender: ["+permission+"]}\n")})
			r.inject(resActions, `{"id":"scan","type":"RunAntiVirusScan","status":"Pending"}`)
			r.inject(resActions, `{"id":"live","type":"LiveResponse","status":"Pending"}`)
			rigs[permission] = r
		}
		return r.endpoint(method, path, `{"Comment":"c"}`).status
	}
	for _, tt := range tests {
		for permission := range strings.FieldsSeq(tt.suffice) {
			if status := try(permission, tt.method, tt.path); status == http.StatusForbidden {
				t.Errorf("%s %s: %s does not suffice", tt.method, tt.path, permission)
			}
		}
		if status := try(tt.lesser, tt.method, tt.path); status != http.StatusForbidden {
			t.Errorf("%s %s: with %s it is %d", tt.method, tt.path, tt.lesser, status)
		}
	}
}

// actions lists the machine actions that a filter lets through.
func (r *rig) actions(filter string) []*object {
	r.t.Helper()
	path := resActions
	if filter != "" {
		path += ask("$filter", filter)
	}
	g := r.endpoint("GET", path, "")
	var page struct{ Value []json.RawMessage }
	if err := json.Unmarshal([]byte(g.body), &page); err != nil || g.status != http.StatusOK {
		r.t.Fatalf("%s: %d %s", path, g.status, g.body)
	}
	out := []*object{}
	for _, raw := range page.Value {
		o, err := parseObject(raw)
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}
