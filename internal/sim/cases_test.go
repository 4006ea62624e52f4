package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// stored reads an object of the first tenant.
func (r *rig) stored(path string) map[string]any {
	r.t.Helper()
	raw, err := r.cloud.State("", path)
	var out map[string]any
	if err != nil || json.Unmarshal(raw, &out) != nil {
		r.t.Fatalf("state of %s: %s %v", path, raw, err)
	}
	return out
}

// TestPatchAlert changes an alert in every way that is known, and in some that are not.
func TestPatchAlert(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	const path = resAlerts + "/a1"
	r.inject(resAlerts, `{"id":"a1","incidentId":"7","status":"new","title":"Odd","resolvedDateTime":null,"lastUpdateDateTime":"2026-02-01T00:00:00Z"}`)
	g := r.graph("PATCH", path, `{"status":"resolved","classification":"truePositive","determination":"compromisedAccount","assignedTo":"ada@contoso.com"}`)
	now := writeTime(r.cloud.clock.now())
	want := `"id":"a1","incidentId":"7","status":"resolved","title":"Odd","resolvedDateTime":"` + now + `","lastUpdateDateTime":"` + now +
		`","classification":"truePositive","determination":"compromisedAccount","assignedTo":"ada@contoso.com"}`
	if g.status != 200 || !strings.HasSuffix(g.body, `/v1.0/$metadata#security/alerts_v2/$entity",`+want) {
		t.Errorf("got %d %s\nwant %s", g.status, g.body, want)
	}
	r.graph("PATCH", path, `{"status":"inProgress","assignedTo":null}`)
	if got := r.stored(path); got["resolvedDateTime"] != nil || got["status"] != "inProgress" || got["assignedTo"] != nil || got["classification"] != "truePositive" {
		t.Errorf("opened again: %v", got)
	}
	before := fmt.Sprint(r.stored(path))
	for _, tt := range []struct {
		path, body string
		status     int
		says       string
	}{
		{path, `{"status":"active"}`, 400, "unknown, new, inProgress, resolved for 'status'"},
		{path, `{"status":null}`, 400, "'status'"},
		{path, `{"classification":"TruePositive"}`, 400, "'classification'"},
		{path, `{"determination":"compromisedUser"}`, 400, "'determination'"},
		{path, `{"assignedTo":7}`, 400, "'assignedTo' is not text"},
		{path, `{"status":"new","severity":"low"}`, 400, "'severity' cannot be changed"},
		{path, `{}`, 501, "nothing"},
		{path, `x`, 400, "not JSON"},
		{resAlerts + "/nobody", `{"status":"new"}`, 404, "nobody"},
	} {
		g := r.graph("PATCH", tt.path, tt.body)
		if _, message := g.problem(t); g.status != tt.status || !strings.Contains(message, tt.says) {
			t.Errorf("%s %s: got %d %s", tt.path, tt.body, g.status, g.body)
		}
	}
	if after := fmt.Sprint(r.stored(path)); after != before {
		t.Errorf("refused changes made %s of %s", after, before)
	}
}

// TestComments says something about an alert and about its incident.
func TestComments(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.inject(resAlerts, `{"id":"a1","incidentId":"7","createdDateTime":"2026-02-01T00:00:00Z"}`)
	for _, path := range []string{resAlerts + "/a1", resIncidents + "/7"} {
		r.graph("POST", path+"/comments", `{"@odata.type":"microsoft.graph.security.alertComment","comment":"First"}`)
		g := r.graph("POST", path+"/comments", `{"@odata.type":"#microsoft.graph.security.alertComment","comment":"Second"}`)
		now := r.cloud.clock.now()
		want := `"value":[{"comment":"First","createdByDisplayName":"Cordon","createdDateTime":"` + writeTime(now.Add(-2*time.Second)) +
			`"},{"comment":"Second","createdByDisplayName":"Cordon","createdDateTime":"` + writeTime(now) + `"}]}`
		if g.status != 200 || !strings.HasSuffix(g.body, want) {
			t.Errorf("%s: got %d %s\nwant %s", path, g.status, g.body, want)
		}
		if got := r.stored(path); len(got["comments"].([]any)) != 2 || got["lastUpdateDateTime"] != writeTime(now) {
			t.Errorf("%s is %v", path, got)
		}
		for body, status := range map[string]int{`{}`: 400, `{"comment":" "}`: 400, `{"comment":7}`: 400, `{"comment":"x","author":"y"}`: 400, `{"@odata.type":null,"comment":"x"}`: 400,
			`{"@odata.type":"#microsoft.graph.user","comment":"x"}`: 400, `x`: 400} {
			if g := r.graph("POST", path+"/comments", body); g.status != status {
				t.Errorf("%s: got %d %s", body, g.status, g.body)
			}
		}
	}
	if g := r.graph("POST", resIncidents+"/8/comments", `{"comment":"x"}`); g.status != 404 {
		t.Errorf("no such incident: %d %s", g.status, g.body)
	}
}

// TestIncidents lists the incidents of a scenario's alerts, and follows the
// one that has been merged into another.
func TestIncidents(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	var alerts []struct{ ID, IncidentID string }
	raw, err := r.cloud.State("", resAlerts)
	if err != nil || json.Unmarshal(raw, &alerts) != nil {
		t.Fatalf("%s %v", raw, err)
	}
	members := map[string][]string{}
	for _, a := range alerts {
		members[a.IncidentID] = append(members[a.IncidentID], a.ID)
	}
	sizes, ids := r.walk(resIncidents)
	if len(ids) != len(members)+1 || sizes[0] != 10 {
		t.Errorf("%d incidents on pages %v, want %d", len(ids), sizes, len(members)+1)
	}
	var page struct {
		Value []struct{ ID, RedirectIncidentID, Status string }
	}
	g := r.graph("GET", resIncidents+ask("$filter", "status eq 'redirected'"), "")
	if err := json.Unmarshal([]byte(g.body), &page); err != nil || len(page.Value) != 1 || members[page.Value[0].RedirectIncidentID] == nil {
		t.Fatalf("redirected: %s", g.body)
	}
	if g := r.graph("PATCH", resIncidents+"/"+page.Value[0].ID, `{"assignedTo":"ada"}`); g.status != 501 {
		t.Errorf("a change of a merged incident: %d %s", g.status, g.body)
	}
	high, _ := r.graph("GET", resIncidents+ask("$filter", "severity eq 'high' and status eq 'active'", "$expand", "alerts"), "").ids(t)
	if len(high) == 0 {
		t.Fatal("the theft is no incident")
	}
	var one struct {
		ID, Severity, Status string
		Alerts               []struct{ ID string }
	}
	g = r.graph("GET", resIncidents+"/"+high[0]+ask("$expand", "alerts"), "")
	if err := json.Unmarshal([]byte(g.body), &one); err != nil || one.ID != high[0] || len(one.Alerts) != len(members[one.ID]) || one.Alerts[0].ID != members[one.ID][0] {
		t.Errorf("with alerts: %s, want %v", g.body, members[high[0]])
	}
	if g := r.graph("GET", resIncidents+"/"+high[0], ""); strings.Contains(g.body, `"alerts"`) || g.status != 200 {
		t.Errorf("without alerts: %s", g.body)
	}
	for _, path := range []string{resIncidents + ask("$expand", "comments"), resIncidents + "/" + high[0] + ask("$expand", "x"), resIncidents + "/1/alerts"} {
		if g := r.graph("GET", path, ""); g.status != 501 {
			t.Errorf("%s: got %d %s", path, g.status, g.body)
		}
	}
}

// TestIncidentGrows lets alerts join an incident that was over, also after
// others have been taken away.
func TestIncidentGrows(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.inject(resAlerts, `{"id":"gone","incidentId":"6","createdDateTime":"2026-02-01T00:00:00Z"}`)
	r.inject(resAlerts, `{"id":"a1","incidentId":"7","title":"First","status":"resolved","severity":"low","createdDateTime":"2026-02-02T00:00:00Z"}`)
	r.inject(resAlerts, `{"id":"alone"}`)
	r.inject(resAlerts, `{"id":"taken","incidentId":"96","createdDateTime":"2026-01-01T00:00:00Z"}`)
	if ids, _ := r.graph("GET", resIncidents, "").ids(t); !slices.Equal(ids, []string{"7", "6", "996", "96"}) {
		t.Errorf("at first: %v", ids)
	}
	if got := r.stored(resIncidents + "/7"); got["status"] != "resolved" || got["severity"] != "low" {
		t.Errorf("at first: %v", got)
	}
	r.inject(resAlerts, `{"id":"b1","incidentId":"Xy","createdDateTime":"2026-01-02T00:00:00Z"}`)
	r.inject(resAlerts, `{"id":"b2","incidentId":"xY","createdDateTime":"2026-01-03T00:00:00Z"}`)
	if g := r.graph("GET", resIncidents+"/XY"+ask("$expand", "alerts"), ""); !strings.HasSuffix(g.body, `"alerts":[{"id":"b1","incidentId":"Xy","createdDateTime":"2026-01-02T00:00:00Z"},`+
		`{"id":"b2","incidentId":"xY","createdDateTime":"2026-01-03T00:00:00Z"}]}`) {
		t.Errorf("ids in other letters: %s", g.body)
	}
	if err := r.cloud.Remove("", resAlerts, "gone"); err != nil {
		t.Fatal(err)
	}
	r.inject(resAlerts, `{"id":"a2","incidentId":7,"title":"Second","status":"new","severity":"high","createdDateTime":"2026-02-03T00:00:00Z","serviceSource":"microsoftSentinel"}`)
	got := r.stored(resIncidents + "/7")
	if got["status"] != "active" || got["severity"] != "high" || got["displayName"] != "First" || got["lastUpdateDateTime"] != "2026-02-03T00:00:00Z" {
		t.Errorf("after one more: %v", got)
	}
	g := r.graph("GET", resIncidents+"/7"+ask("$expand", "alerts"), "")
	if !strings.Contains(g.body, `"alerts":[{"id":"a1"`) || !strings.Contains(g.body, `{"id":"a2"`) || !strings.Contains(g.body, `"serviceSource":"unknownFutureValue"`) {
		t.Errorf("its alerts: %s", g.body)
	}
}

// TestPatchIncident changes an incident in every way that is known, and in some that are not.
func TestPatchIncident(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	const path = resIncidents + "/7"
	r.inject(resAlerts, `{"id":"a1","incidentId":"7","status":"new","createdDateTime":"2026-02-01T00:00:00Z"}`)
	g := r.graph("PATCH", path, `{"status":"resolved","classification":"truePositive","determination":"compromisedAccount","assignedTo":"ada","customTags":["vip","Cordon"]}`)
	now := writeTime(r.cloud.clock.now())
	for _, want := range []string{`$metadata#security/incidents/$entity","id":"7"`, `"status":"resolved"`, `"classification":"truePositive"`, `"determination":"compromisedAccount"`,
		`"assignedTo":"ada"`, `"customTags":["vip","Cordon"]`, `"lastUpdateDateTime":"` + now + `"`, `"lastModifiedBy":"Cordon"`} {
		if g.status != 200 || !strings.Contains(g.body, want) {
			t.Errorf("no %s in %d %s", want, g.status, g.body)
		}
	}
	if got := r.stored(resAlerts + "/a1"); got["status"] != "new" {
		t.Errorf("its alert is %v", got)
	}
	for body, status := range map[string]int{
		`{"status":"new"}`: 400, `{"status":"redirected"}`: 501, `{"status":"awaitingAction"}`: 501, `{"summary":"x"}`: 501, `{"systemTags":[]}`: 400,
		`{"customTags":"vip"}`: 400, `{"customTags":[1]}`: 400, `{"customTags":null}`: 400, `{"classification":"x"}`: 400, `{"assignedTo":[]}`: 400, `{}`: 501,
	} {
		if g := r.graph("PATCH", path, body); g.status != status {
			t.Errorf("%s: got %d %s, want %d", body, g.status, g.body, status)
		}
	}
	if g := r.graph("PATCH", resIncidents+"/8", `{"status":"active"}`); g.status != 404 {
		t.Errorf("no such incident: %d %s", g.status, g.body)
	}
	if got := r.stored(path); got["status"] != "resolved" || got["lastUpdateDateTime"] != now {
		t.Errorf("refused changes left %v", got)
	}
}
