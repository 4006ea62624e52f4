package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// logged is a line of either log, as far as the tests look at it.
type logged struct {
	ID, CreatedDateTime, UserID, CorrelationID             string
	RiskState, RiskDetail, RiskLevelAggregated             string
	ActivityDateTime, ActivityDisplayName, LoggedByService string

	RiskEventTypes  []string `json:"riskEventTypes_v2"`
	Status          struct{ ErrorCode int }
	InitiatedBy     struct{ User, App *initiatorLine }
	TargetResources []targetLine
}

type initiatorLine struct{ ID, AppID, ServicePrincipalID string }

type targetLine struct {
	ID, Type           string
	ModifiedProperties []struct{ DisplayName, OldValue, NewValue string }
}

// log reads a whole log, page by page, past the throttle.
func (r *rig) log(path string) (lines []logged) {
	r.t.Helper()
	for next := path; next != ""; {
		r.cloud.Advance(2 * time.Second)
		g := r.graph("GET", next, "", "Prefer", "include-unknown-enum-members")
		var page struct {
			Value []logged
			Next  string `json:"@odata.nextLink"`
		}
		if err := json.Unmarshal([]byte(g.body), &page); err != nil || g.status != http.StatusOK {
			r.t.Fatalf("%s: %d %s", next, g.status, g.body)
		}
		lines = append(lines, page.Value...)
		next = strings.TrimPrefix(page.Next, r.cloud.Info().GraphURL+"/v1.0/")
	}
	return lines
}

func lineIDs(lines []logged) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.ID
	}
	return out
}

// TestSignInsOfDetections finds the sign-in of every detection that names one,
// those that come later and those that are replaced included.
func TestSignInsOfDetections(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	r.log(resSignIns) // the log is made before the last detections come
	victim := r.cloud.tenants[0].guid("user", "victim")
	r.inject(resDetections, `{"id":"late","requestId":"late-request","riskState":"atRisk","riskLevel":"low","riskEventType":"newCountry","userId":"`+victim+`","activityDateTime":"2026-03-01T11:00:00Z"}`)
	r.inject(resDetections, `{"id":"again","requestId":"before"}`)
	r.inject(resDetections, `{"id":"again","requestId":"after"}`)
	r.control("POST", "/remove", `{"resource":"`+resDetections+`","id":"again"}`)
	r.inject(resDetections, `{"id":"last","requestId":"last-request"}`)
	have := lineIDs(r.log(resSignIns))
	wanted := []string{"before", "after"}
	for _, d := range r.cloud.tenants[0].collection(resDetections).objects() {
		if id := d.text("requestId"); id != "" {
			wanted = append(wanted, id)
		}
	}
	if len(wanted) < 40 {
		t.Fatalf("only %d detections name a sign-in", len(wanted))
	}
	for _, id := range wanted {
		if !slices.Contains(have, id) {
			t.Errorf("no sign-in %s", id)
		}
	}
	one := r.graph("GET", resSignIns+"/late-request", "")
	var line logged
	if err := json.Unmarshal([]byte(one.body), &line); err != nil || line.UserID != victim || line.RiskState != "atRisk" || line.RiskLevelAggregated != "low" ||
		!slices.Equal(line.RiskEventTypes, []string{"newCountry"}) || line.CreatedDateTime != "2026-03-01T11:00:00.0000000Z" {
		t.Errorf("got %d %s", one.status, one.body)
	}
}

// TestSignInOrder walks the pages of the log: newest first whatever arrived
// when, nothing twice, nothing left out, the other way round when asked.
func TestSignInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	r.inject(resSignIns, `{"id":"old","createdDateTime":"2026-02-20T00:00:00Z"}`)
	lines := r.log(resSignIns)
	if sizes, ids := r.walk(resSignIns); len(sizes) < 3 || sizes[0] != logPage || len(ids) != len(lines) {
		t.Errorf("pages %v", sizes)
	}
	if first := lines[0].CreatedDateTime; first >= "2026-03-01T12" || first < "2026-03-01T11" {
		t.Errorf("the newest is of %s", first)
	}
	newer := func(a, b logged) int { return strings.Compare(b.CreatedDateTime, a.CreatedDateTime) }
	if ids := lineIDs(lines); !slices.IsSortedFunc(lines, newer) || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(ids) || ids[len(ids)-1] != "old" {
		t.Errorf("not newest first, or not once each: %d lines, the last %s", len(ids), ids[len(ids)-1])
	}
	rising := r.log(resSignIns + ask("$orderby", "createdDateTime"))
	if slices.Reverse(rising); !slices.Equal(lineIDs(rising), lineIDs(lines)) {
		t.Error("ascending is not the same the other way round")
	}
	g := r.graph("GET", resSignIns+ask("$top", "3"), "")
	_, next := g.ids(t)
	r.inject(resSignIns, `{"id":"new","createdDateTime":"2026-03-01T13:00:00Z"}`)
	more := r.log(strings.TrimPrefix(next, r.cloud.Info().GraphURL+"/v1.0/"))
	if !slices.Equal(lineIDs(more), lineIDs(lines[3:])) {
		t.Errorf("the pages after the first shifted when a sign-in arrived: %d lines, want %d", len(more), len(lines)-3)
	}
}

// TestSignInFilter tries every sort of field that the log can be filtered by.
func TestSignInFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	all := r.log(resSignIns)
	victim := r.cloud.tenants[0].guid("user", "victim")
	some := func(keep func(logged) bool) []string {
		return lineIDs(slices.DeleteFunc(slices.Clone(all), func(l logged) bool { return !keep(l) }))
	}
	tests := map[string][]string{
		"userId eq '" + strings.ToUpper(victim) + "'":                       some(func(l logged) bool { return l.UserID == victim }),
		"status/errorCode eq 0 and userId eq '" + victim + "'":              some(func(l logged) bool { return l.UserID == victim && l.Status.ErrorCode == 0 }),
		"status/errorCode ne 0":                                             some(func(l logged) bool { return l.Status.ErrorCode != 0 }),
		"riskState eq 'atRisk'":                                             some(func(l logged) bool { return l.RiskState == "atRisk" }),
		"createdDateTime ge 2026-02-28T12:00:00Z":                           some(func(l logged) bool { return l.CreatedDateTime >= "2026-02-28T12" }),
		"location/countryOrRegion eq 'EU' and riskLevelAggregated eq 'low'": some(func(l logged) bool { return l.RiskLevelAggregated == "low" && len(l.RiskEventTypes) > 0 }),
	}
	for filter, want := range tests {
		if got := lineIDs(r.log(resSignIns + ask("$filter", filter))); !slices.Equal(got, want) || len(want) == 0 || len(want) == len(all) {
			t.Errorf("%s: got %d of %d, want %d", filter, len(got), len(all), len(want))
		}
	}
}

// TestSignInKept shows how long the logs are kept, by licence, and that risk
// is hidden from a tenant without P2.
func TestSignInKept(t *testing.T) {
	t.Parallel()
	for licence, want := range map[string][]string{"p2": {"eight"}, "free": {}} {
		r := newRig(t, Options{Scenario: custom(t, "  licence: "+licence+"\n")})
		r.inject(resAudits, `{"id":"eight","activityDateTime":"2026-02-21T12:00:00Z"}`)
		r.inject(resAudits, `{"id":"month","activityDateTime":"2026-01-29T12:00:00Z"}`)
		if got := lineIDs(r.log(resAudits)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", licence, got, want)
		}
		if g := r.graph("GET", resAudits+"/month", ""); g.status != http.StatusNotFound {
			t.Errorf("%s: an old line: %d", licence, g.status)
		}
	}
	r := newRig(t, Options{Scenario: custom(t, "  licence: p1\n")})
	r.inject(resDetections, `{"id":"d","requestId":"s","riskState":"atRisk","riskLevel":"high"}`)
	for _, path := range []string{resSignIns, resSignIns + "/s"} {
		if g := r.graph("GET", path, ""); !strings.Contains(g.body, `"riskDetail":"hidden","riskLevelAggregated":"hidden","riskLevelDuringSignIn":"hidden","riskState":"atRisk"`) {
			t.Errorf("%s: %s", path, g.body)
		}
	}
}

// TestSignInVerdicts judges a sign-in in the three ways and waits for what
// becomes of it and of its detection.
func TestSignInVerdicts(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"confirmCompromised": "high confirmedCompromised adminConfirmedSigninCompromised",
		"confirmSafe":        "none confirmedSafe adminConfirmedSigninSafe",
		"dismiss":            "none dismissed adminDismissedRiskForSignIn",
	} {
		r := newRig(t, Options{})
		r.inject(resDetections, `{"id":"d","requestId":"s","riskState":"atRisk","riskLevel":"medium","riskDetail":"none"}`)
		if g := r.graph("POST", resSignIns+"/"+action, `{"requestIds":["s"]}`); g.status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", action, g.status, g.body)
		}
		if g := r.control("GET", "/state?path="+resSignIns+"/s", ""); !strings.Contains(g.body, `"riskState":"atRisk"`) {
			t.Errorf("%s took effect at once: %s", action, g.body)
		}
		r.cloud.Advance(riskDelay)
		l := r.log(resSignIns + ask("$filter", "id eq 's'"))[0]
		if got := fmt.Sprint(l.RiskLevelAggregated, " ", l.RiskState, " ", l.RiskDetail); got != want {
			t.Errorf("%s: got %s, want %s", action, got, want)
		}
		d := r.cloud.tenants[0].collection(resDetections).get("d")
		if d.text("riskState") != l.RiskState || d.text("riskDetail") != l.RiskDetail || d.text("lastUpdatedDateTime") != writeTime(fixed().Add(2*time.Second+riskDelay)) {
			t.Errorf("%s: the detection is %s", action, encode(d))
		}
	}
}

// TestAudits makes every kind of change that is modelled and reads what the
// log says of it: by the app, of what, from what to what.
func TestAudits(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	victim, workload := t0.guid("user", "victim"), t0.guid("principal", "Build Agent")
	r.inject(resDetections, `{"id":"d","requestId":"s","userId":"`+victim+`"}`)
	phone := r.methodOf(victim, "phone")
	tests := []struct{ method, path, body, activity, target, changed string }{
		{"PATCH", "users/" + victim, `{"accountEnabled":false}`, "Disable account", victim, `AccountEnabled [true] [false]`},
		{"PATCH", "users/mira.castell@" + t0.domain, `{"accountEnabled":true}`, "Enable account", victim, `AccountEnabled [false] [true]`},
		{"PATCH", "users/" + victim, `{"passwordProfile":{"password":"x"}}`, "Reset user password", victim, `LastPasswordChangeDateTime *`},
		{"PATCH", "users/" + victim, `{"accountEnabled":true,"passwordProfile":{}}`, "Update user", victim, `LastPasswordChangeDateTime *`},
		{"POST", "users/" + victim + "/revokeSignInSessions", ``, "Update StsRefreshTokenValidFrom Timestamp", victim, `StsRefreshTokensValidFrom *`},
		{"POST", "users/" + victim + "/authentication/temporaryAccessPassMethods", `{}`, "Admin registered security info", victim, ``},
		{"DELETE", "users/" + victim + "/authentication/phoneMethods/" + phone, ``, "Admin deleted security info", victim, ``},
		{"POST", resRiskyUsers + "/confirmCompromised", `{"userIds":["` + victim + `"]}`, "ConfirmAccountCompromised", victim, `IsProcessing [false] [true]`},
		{"POST", resRiskyUsers + "/confirmSafe", `{"userIds":["` + victim + `"]}`, "ConfirmAccountSafe", victim, `IsProcessing [false] [true]`},
		{"POST", resRiskyUsers + "/dismiss", `{"userIds":["` + victim + `"]}`, "DismissUser", victim, `IsProcessing [false] [true]`},
		{"POST", resRiskyPrincipals + "/confirmCompromised", `{"servicePrincipalIds":["` + workload + `"]}`, "ConfirmServicePrincipalCompromised", workload, `*`},
		{"POST", resRiskyPrincipals + "/dismiss", `{"servicePrincipalIds":["` + workload + `"]}`, "DismissServicePrincipal", workload, `*`},
		{"POST", resSignIns + "/confirmCompromised", `{"requestIds":["s"]}`, "ConfirmCompromised", "s", ``},
		{"POST", resSignIns + "/confirmSafe", `{"requestIds":["s"]}`, "ConfirmSafe", "s", ``},
		{"POST", resSignIns + "/dismiss", `{"requestIds":["s"]}`, "DismissSignInRisk", "s", ``},
		{"PATCH", resDefaults, `{"isEnabled":false}`, "Update policy", defaultsID, ``},
	}
	for _, tt := range tests {
		before := len(r.log(resAudits))
		g := r.graph(tt.method, tt.path, tt.body, "client-request-id", "11111111-2222-4333-8444-555555555555")
		if g.status >= 300 {
			t.Fatalf("%s %s: %d %s", tt.method, tt.path, g.status, g.body)
		}
		lines := r.log(resAudits)
		l := lines[0]
		if len(lines) != before+1 || l.ActivityDisplayName != tt.activity || l.CorrelationID != "11111111-2222-4333-8444-555555555555" || len(l.TargetResources) != 1 {
			t.Errorf("%s %s: %d lines before, %d after, the last %+v", tt.method, tt.path, before, len(lines), l)
			continue
		}
		var changed []string
		for _, m := range l.TargetResources[0].ModifiedProperties {
			changed = append(changed, m.DisplayName+" "+m.OldValue+" "+m.NewValue)
		}
		want, open := strings.CutSuffix(tt.changed, "*")
		if got := strings.Join(changed, ", "); got != want && (!open || !strings.HasPrefix(got, want)) || l.TargetResources[0].ID != tt.target {
			t.Errorf("%s %s: %s of %s, want %s of %s", tt.method, tt.path, got, l.TargetResources[0].ID, tt.changed, tt.target)
		}
		if by := l.InitiatedBy; by.User != nil || by.App == nil || by.App.AppID != t0.clientID || by.App.ServicePrincipalID != t0.principal {
			t.Errorf("%s %s: by %+v", tt.method, tt.path, by)
		}
	}
	before := len(r.log(resAudits))
	r.graph("PATCH", "users/nobody", `{"accountEnabled":false}`)
	if n := len(r.log(resAudits)); n != before {
		t.Errorf("a refused write left %d lines", n-before)
	}
}

// methodOf returns the id of a user's authentication method of that kind.
func (r *rig) methodOf(user, kind string) string {
	r.t.Helper()
	t0 := r.cloud.tenants[0]
	t0.mu.Lock()
	defer t0.mu.Unlock()
	methods := t0.collection(resUsers + "/" + user + "/authentication/methods")
	for _, o := range methods.objects() {
		if methodKind(o) == kind {
			return idOf(o)
		}
	}
	o := newObject("@odata.type", "#microsoft.graph."+kind+"AuthenticationMethod", "id", "a-"+kind)
	methods.put(o)
	return idOf(o)
}

// TestAuditedRoutes looks for routes that change something and leave no line,
// so that a new one is thought of.
func TestAuditedRoutes(t *testing.T) {
	t.Parallel()
	elsewhere := []string{"security/", resSubscriptions, "users/{id}/checkMemberGroups"} // Defender and subscriptions are not the directory's
	for _, x := range append(graphRoutes(), hearsayRoutes()...) {
		_, ok := activityOf(&x)
		exempt := x.method == http.MethodGet || slices.ContainsFunc(elsewhere, func(p string) bool { return strings.HasPrefix(x.path, p) })
		if ok == exempt {
			t.Errorf("%s %s: audited %t", x.method, x.path, ok)
		}
	}
}

// TestAuditFilter asks for some lines of the log, counted and in both orders.
func TestAuditFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	victim := r.cloud.tenants[0].guid("user", "victim")
	past := r.log(resAudits)
	r.graph("POST", "users/"+victim+"/revokeSignInSessions", "")
	if len(past) != 30 {
		t.Errorf("the past has %d lines", len(past))
	}
	me := r.cloud.Info().Tenants[0]
	for filter, want := range map[string]int{
		"activityDateTime ge 2026-03-01T12:00:00Z":                                   1,
		"activityDisplayName eq 'Update StsRefreshTokenValidFrom Timestamp'":         1,
		"loggedByService eq 'Core Directory' and category eq 'UserManagement'":       31,
		"initiatedBy/app/appId eq '" + me.ClientID + "'":                             1,
		"initiatedBy/user/id eq '" + r.cloud.tenants[0].guid("user", "victim") + "'": 30,
		"result eq 'failure'": 0,
	} {
		g := r.graph("GET", resAudits+ask("$filter", filter, "$count", "true", "$top", "1"), "")
		if !strings.Contains(g.body, fmt.Sprintf(`"@odata.count":%d,`, want)) {
			t.Errorf("%s: want %d, got %s", filter, want, g.body)
		}
		r.cloud.Advance(2 * time.Second)
	}
	rising := r.log(resAudits + ask("$orderby", "activityDateTime asc"))
	falling := r.log(resAudits + ask("$orderby", "activityDateTime desc"))
	if slices.Reverse(rising); !slices.Equal(lineIDs(rising), lineIDs(falling)) || falling[0].ActivityDisplayName == "Update user" {
		t.Errorf("newest first: %+v", falling[0])
	}
	if g := r.graph("GET", resAudits+"/"+falling[0].ID, ""); g.field(t, "id") != falling[0].ID || g.field(t, "result") != "success" {
		t.Errorf("one line: %s", g.body)
	}
}

// TestAuditOfConsent reads who let an app in.
func TestAuditOfConsent(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	me, t0 := r.cloud.Info().Tenants[0], r.cloud.tenants[0]
	r.control("POST", "/browser", `{"as":"ruth.amsel@`+me.Domain+`"}`)
	g := r.do("GET", r.cloud.Info().LoginURL+"/"+me.ID+"/adminconsent?"+url.Values{"client_id": {me.ClientID}, "redirect_uri": {"https://app.example/"}}.Encode(), "")
	if g.status != http.StatusFound {
		t.Fatalf("consent: %d %s", g.status, g.body)
	}
	l := r.log(resAudits + ask("$top", "1"))[0]
	if l.ActivityDisplayName != "Consent to application" || l.InitiatedBy.User == nil || l.InitiatedBy.User.ID != t0.guid("user", "ruth") || l.TargetResources[0].ID != t0.principal {
		t.Errorf("got %+v", l)
	}
}

// TestAuditOfPerson changes something with a person's token: the log names the person.
func TestAuditOfPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	poll, code := r.startDevice()
	if err := r.cloud.CompleteDevice(code, "ruth.amsel@"+t0.domain, false); err != nil {
		t.Fatal(err)
	}
	app := r.token[serviceGraph]
	r.token[serviceGraph] = r.token2(poll).field(t, "access_token")
	r.graph("POST", "users/"+t0.guid("user", "victim")+"/revokeSignInSessions", "")
	r.token[serviceGraph] = app
	if l := r.log(resAudits + ask("$top", "1"))[0]; l.InitiatedBy.App != nil || l.InitiatedBy.User == nil || l.InitiatedBy.User.ID != t0.guid("user", "ruth") {
		t.Errorf("got %+v", l)
	}
}

// TestLogsShareABucket shows that both logs and the authentication methods
// draw on one bucket.
func TestLogsShareABucket(t *testing.T) {
	t.Parallel()
	methods := "users/x/authentication/methods"
	for _, pair := range [][2]string{{resSignIns, resAudits}, {resAudits, methods}, {methods, resSignIns}} {
		r := newRig(t, Options{})
		graph := r.cloud.Info().GraphURL + "/v1.0/"
		if served, _ := r.spend(graph+pair[0], serviceGraph, 6); served != 5 {
			t.Errorf("%s: served %d", pair[0], served)
		}
		if served, _ := r.spend(graph+pair[1], serviceGraph, 1); served != 0 {
			t.Errorf("%s after %s: served", pair[1], pair[0])
		}
	}
}
