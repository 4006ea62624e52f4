package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// risk is what a risk record or an item of its history says.
type risk struct {
	ID, RiskLevel, RiskState, RiskDetail, UserID, ServicePrincipalID string

	IsProcessing bool
	InitiatedBy  *string
	Activity     json.RawMessage
}

func (r *rig) risks(path string) []risk {
	r.t.Helper()
	var page struct{ Value []risk }
	g := r.graph("GET", path, "", "Prefer", "include-unknown-enum-members")
	if err := json.Unmarshal([]byte(g.body), &page); err != nil || g.status != 200 {
		r.t.Fatalf("%s: %d %s", path, g.status, g.body)
	}
	return page.Value
}

// TestHistory reads the history of a user who is confirmed as compromised and
// then as safe: three items, the latest first, each with whoever made it.
func TestHistory(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	victim := t0.guid("user", "victim")
	path := resRiskyUsers + "/" + victim + "/history"
	for _, action := range []string{"confirmCompromised", "confirmSafe"} {
		if g := r.graph("POST", resRiskyUsers+"/"+action, `{"userIds":["`+victim+`"]}`); g.status != 204 {
			t.Fatalf("%s: %d %s", action, g.status, g.body)
		}
		if g := r.graph("GET", resRiskyUsers+"/"+victim, ""); !strings.Contains(g.body, `"isProcessing":true`) {
			t.Errorf("%s at once: %s", action, g.body)
		}
		r.cloud.Advance(riskDelay)
	}
	want := []string{
		`none confirmedSafe adminConfirmedAccountSafe {"detail":"adminConfirmedAccountSafe","riskEventTypes":[]} by the app`,
		`high confirmedCompromised adminConfirmedUserCompromised {"detail":"adminConfirmedUserCompromised","riskEventTypes":["adminConfirmedUserCompromised"]} by the app`,
		`high atRisk none {"detail":"none","riskEventTypes":[]}`,
	}
	var got []string
	items := r.risks(path)
	for _, h := range items {
		line := fmt.Sprint(h.RiskLevel, " ", h.RiskState, " ", h.RiskDetail, " ", string(h.Activity))
		if h.InitiatedBy != nil && *h.InitiatedBy == t0.principal {
			line += " by the app"
		}
		if h.UserID != victim || h.IsProcessing {
			t.Errorf("item %+v is not settled, or not the user's", h)
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if g := r.graph("GET", path+"/"+items[1].ID, ""); g.field(t, "riskState") != "confirmedCompromised" {
		t.Errorf("one item: %s", g.body)
	}
	if g := r.graph("GET", path+ask("$filter", "riskState eq 'atRisk'"), ""); strings.Count(g.body, `"riskState"`) != 1 {
		t.Errorf("filtered: %s", g.body)
	}
	if g := r.graph("GET", path, ""); strings.Contains(g.body, "adminConfirmedAccountSafe") {
		t.Errorf("a gated value came without being asked for: %s", g.body)
	}
	if state := r.control("GET", "/state?path="+path, ""); strings.Count(state.body, `"initiatedBy"`) != 3 {
		t.Errorf("state: %s", state.body)
	}
}

// TestHistoryPages confirms a user again and again and walks what came of it.
func TestHistoryPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	admin := r.cloud.tenants[0].guid("user", "admin")
	for range 7 {
		r.graph("POST", resRiskyUsers+"/confirmCompromised", `{"userIds":["`+admin+`"]}`)
		r.cloud.Advance(riskDelay)
	}
	if sizes, _ := r.walk(resRiskyUsers + "/" + admin + "/history"); !slices.Equal(sizes, []int{5, 2}) {
		t.Errorf("pages %v", sizes)
	}
}

// TestServicePrincipalRisk judges a workload and reads what follows.
func TestServicePrincipalRisk(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	id := r.cloud.tenants[0].guid("principal", "Build Agent")
	body := `{"servicePrincipalIds":["` + id + `"]}`
	if g := r.graph("POST", resRiskyPrincipals+"/confirmCompromised", body); g.status != 204 {
		t.Fatalf("confirm: %d %s", g.status, g.body)
	}
	if got := r.risks(resRiskyPrincipals); len(got) != 1 || !got[0].IsProcessing {
		t.Errorf("at once: %+v", got)
	}
	r.cloud.Advance(riskDelay)
	if g := r.graph("GET", resRiskyPrincipals+"/"+id+ask("$select", "displayName,riskState"), ""); !strings.HasSuffix(g.body, `"displayName":"Build Agent","riskState":"confirmedCompromised"}`) {
		t.Errorf("confirmed: %s", g.body)
	}
	for filter, want := range map[string]int{
		"servicePrincipalId eq '" + id + "' and riskLevel eq 'high'": 1, "requestId eq 'x'": 0, "riskLevel eq microsoft.graph.riskLevel'low'": 0,
	} {
		if got := r.risks(resPrincipalDetections + ask("$filter", filter)); len(got) != want {
			t.Errorf("%s: %d detections, want %d", filter, len(got), want)
		}
	}
	if g := r.graph("GET", resPrincipalDetections, ""); !strings.Contains(g.body, `"activity":"unknownFutureValue"`) {
		t.Errorf("a gated activity: %s", g.body)
	}
	found := r.risks(resPrincipalDetections)
	if g := r.graph("GET", resPrincipalDetections+"/"+found[0].ID, ""); g.field(t, "appId") != r.cloud.tenants[0].guid("workload", "Build Agent") {
		t.Errorf("one detection: %s", g.body)
	}
	r.graph("POST", resRiskyPrincipals+"/dismiss", body)
	r.cloud.Advance(riskDelay)
	history := r.risks(resRiskyPrincipals + "/" + id + "/history")
	if len(history) != 2 || history[0].RiskState != "dismissed" || history[1].RiskState != "confirmedCompromised" || history[0].ServicePrincipalID != "" {
		t.Errorf("history: %+v", history)
	}
	for i := range 25 {
		r.inject(resPrincipalDetections, fmt.Sprintf(`{"id":"d%d"}`, i))
	}
	if sizes, _ := r.walk(resPrincipalDetections); !slices.Equal(sizes, []int{20, 6}) {
		t.Errorf("pages %v", sizes)
	}
}

// TestRiskRefusals tries what the new risk calls refuse.
func TestRiskRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	tests := []struct {
		method, path, body string
		status             int
		code, says         string
	}{
		{"POST", resRiskyPrincipals + "/confirmSafe", `{}`, 501, "SimulatorNotModelled", "POST"},
		{"POST", resRiskyPrincipals + "/dismiss", `{"userIds":["x"]}`, 400, "BadRequest", "servicePrincipalIds"},
		{"POST", resRiskyPrincipals + "/dismiss", `{"servicePrincipalIds":["x"]}`, 501, "SimulatorNotModelled", "'x'"},
		{"POST", resRiskyUsers + "/confirmSafe", `[]`, 400, "BadRequest", "not a JSON object"},
		{"GET", resRiskyPrincipals + "/x", ``, 404, "ResourceNotFound", "'x'"},
		{"GET", resRiskyPrincipals + "/x/history", ``, 404, "ResourceNotFound", "'x'"},
		{"GET", resRiskyUsers + "/x/history/y", ``, 404, "ResourceNotFound", "'x'"},
		{"GET", resPrincipalDetections + ask("$filter", "ipAddress eq 'x'"), ``, 400, "BadRequest", "ipAddress"},
		{"GET", resPrincipalDetections + ask("$top", "501"), ``, 400, "BadRequest", "500"},
	}
	for _, tt := range tests {
		g := r.graph(tt.method, tt.path, tt.body)
		if code, message := g.problem(t); g.status != tt.status || code != tt.code || !strings.Contains(message, tt.says) {
			t.Errorf("%s %s: got %d %s %q; want %d %s %q", tt.method, tt.path, g.status, code, message, tt.status, tt.code, tt.says)
		}
	}
	free := newRig(t, Options{Scenario: custom(t, "  licence: p1\n")})
	free.inject(resRiskyPrincipals, `{"id":"a","riskLevel":"high","riskDetail":"none"}`)
	if g := free.graph("GET", resRiskyPrincipals, ""); !strings.Contains(g.body, `[{"id":"a","riskLevel":"hidden","riskDetail":"hidden"}]`) {
		t.Errorf("without the licence: %s", g.body)
	}
	if g := free.graph("POST", resRiskyUsers+"/confirmSafe", `{"userIds":["x"]}`); g.status != 403 || !strings.Contains(g.body, "not licensed") {
		t.Errorf("without the licence: %d %s", g.status, g.body)
	}
}

// TestRiskShared shows that the risk of service principals and the history
// draw on the bucket of Identity Protection.
func TestRiskShared(t *testing.T) {
	t.Parallel()
	for _, path := range []string{resRiskyPrincipals, resPrincipalDetections, resRiskyUsers + "/x/history"} {
		r := newRig(t, Options{})
		graph := r.cloud.Info().GraphURL + "/v1.0/"
		r.spend(graph+resDetections, serviceGraph, 2)
		if served, last := r.spend(graph+path, serviceGraph, 1); served != 0 || last.header.Get("Retry-After") != "" {
			t.Errorf("%s: served %d, Retry-After %q", path, served, last.header.Get("Retry-After"))
		}
	}
}
