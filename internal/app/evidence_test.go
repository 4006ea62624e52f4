package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
)

// at writes a time as Graph does.
func at(ago time.Duration) string {
	return time.Now().UTC().Add(-ago).Format("2006-01-02T15:04:05.0000000Z")
}

// user injects a user and returns the object id.
func (w *world) user(n int, name string) string {
	w.t.Helper()
	id := fmt.Sprintf("5f1e0000-0000-4000-8000-%012d", n)
	w.inject("users", map[string]any{
		"id": id, "userPrincipalName": name + "@contoso.example", "displayName": name, "accountEnabled": true, "userType": "Member",
	})
	return id
}

// risk injects a detection of Entra ID Protection about a user.
func (w *world) risk(kind, userID string, more map[string]any) {
	w.t.Helper()
	d := map[string]any{
		"id": "risk-" + kind + userID, "riskEventType": kind, "riskState": "atRisk", "riskLevel": "high", "riskDetail": "none",
		"activityDateTime": at(5 * time.Minute), "detectedDateTime": at(4 * time.Minute), "lastUpdatedDateTime": at(4 * time.Minute),
		"userId": userID, "userPrincipalName": w.upn(userID),
	}
	for k, v := range more {
		d[k] = v
	}
	w.inject("identityProtection/riskDetections", d)
}

// alert injects a Graph alert of a Defender product with that evidence.
func (w *world) alert(id, service string, more map[string]any, evidence ...map[string]any) {
	w.t.Helper()
	a := map[string]any{
		"id": id, "status": "new", "severity": "high", "serviceSource": service, "detectionSource": service, "title": "Suspicious activity",
		"category": "CredentialAccess", "createdDateTime": at(5 * time.Minute), "lastUpdateDateTime": at(3 * time.Minute),
		"firstActivityDateTime": at(5 * time.Minute), "evidence": evidence,
	}
	for k, v := range more {
		a[k] = v
	}
	w.inject("security/alerts_v2", a)
}

// accusing is evidence about a user with a role that accuses.
func accusing(userID string) map[string]any {
	return map[string]any{
		"@odata.type": "#microsoft.graph.security.userEvidence", "verdict": "suspicious", "roles": []string{"compromised"},
		"userAccount": map[string]any{"azureAdUserId": userID},
	}
}

// actedOn reports whether a run acts on the user.
func (w *world) actedOn(userID string) bool {
	w.t.Helper()
	return slices.ContainsFunc(w.runs(), func(r cordon.Run) bool { return r.Steps[0].Target.Called(userID) })
}

// incidentOf returns the one live incident of a user.
func (w *world) incidentOf(userID string) cordon.Incident {
	w.t.Helper()
	var found []cordon.Incident
	for _, in := range w.incidents() {
		if in.Entity.Called(userID) && in.State != cordon.IncidentMerged {
			found = append(found, in)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%s has %d incidents, want 1: %+v", userID, len(found), found)
	}
	return found[0]
}

// One product's word, told by two feeds, contains nobody; two products do.
func TestOneDetectorsWordTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	const cloudApps, endpoint = "microsoftDefenderForCloudApps", "microsoftDefenderForEndpoint"
	tests := []struct {
		kind, service string
		more          map[string]any
		want          bool // contained
	}{
		{"mcasImpossibleTravel", cloudApps, nil, false},
		{"newCountry", cloudApps, nil, false},
		{"attemptedPrtAccess", endpoint, nil, false},
		{"aiCompoundAccountRisk", endpoint, nil, false},
		{"aKindFromTheFuture", endpoint, nil, false},
		{"generic", endpoint, nil, false},
		{"anomalousToken", endpoint, map[string]any{"detectionSource": "customDetection"}, false},
		{"anomalousToken", "", map[string]any{"serviceSource": nil, "detectionSource": nil}, false},
		{"mcasImpossibleTravel", endpoint, nil, true},
		{"anomalousToken", cloudApps, nil, true},
	}
	for i, tt := range tests {
		id := w.user(i+1, fmt.Sprint("user", i))
		w.risk(tt.kind, id, nil)
		w.alert(fmt.Sprint("alert", i), tt.service, tt.more, accusing(id))
	}
	w.sync()
	for i, tt := range tests {
		id := fmt.Sprintf("5f1e0000-0000-4000-8000-%012d", i+1)
		if got := w.actedOn(id); got != tt.want {
			t.Errorf("%s and an alert of %q %v: acted on %v, want %v", tt.kind, tt.service, tt.more, got, tt.want)
		}
		if in := w.incidentOf(id); len(in.Signals) != 2 {
			t.Errorf("%s and an alert of %q: the incident holds %d signals, want 2", tt.kind, tt.service, len(in.Signals))
		}
	}
}

// What never counts meets no condition of a playbook either: without it no
// signal is of high severity.
func TestDiscountedMeetsNoCondition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	id := w.user(1, "user")
	w.risk("anomalousToken", id, map[string]any{"riskLevel": "medium"})
	w.alert("a1", "microsoftDefenderForEndpoint", map[string]any{"severity": "medium"}, accusing(id))
	w.alert("a2", "microsoftDefenderForEndpoint", map[string]any{"detectionSource": "customDetection"}, accusing(id))
	w.sync()
	if in := w.incidentOf(id); w.actedOn(id) || len(in.Signals) != 3 {
		t.Errorf("incident %+v, runs %s", in, brief(w.runs()))
	}
	w.alert("a3", "microsoftDefenderForEndpoint", nil, accusing(id))
	w.sync()
	if !w.actedOn(id) {
		t.Error("with a signal of high severity no run acts")
	}
}

// Who is cleared by an alert, or only named as context, stays visible on it and
// is not contained by it, whatever else is known of them.
func TestBystanderIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	accused, cleared, context := w.user(1, "accused"), w.user(2, "cleared"), w.user(3, "context")
	for _, id := range []string{accused, cleared, context} {
		w.risk("unfamiliarFeatures", id, map[string]any{"riskLevel": "medium"})
	}
	w.alert("a1", "microsoftDefenderForIdentity", nil, accusing(accused),
		map[string]any{"@odata.type": "#microsoft.graph.security.userEvidence", "verdict": "noThreatsFound", "roles": []string{"compromised"}, "userAccount": map[string]any{"azureAdUserId": cleared}},
		map[string]any{"@odata.type": "#microsoft.graph.security.userEvidence", "verdict": "suspicious", "roles": []string{"contextual", "destination"}, "userAccount": map[string]any{"azureAdUserId": context}})
	w.sync()
	if !w.actedOn(accused) || w.actedOn(cleared) || w.actedOn(context) {
		t.Errorf("runs: %s", brief(w.runs()))
	}
	for _, s := range w.signals() {
		if s.NativeID == "a1" && (!s.Accuses(cordon.NewUser(accused, "", "")) || s.Accuses(cordon.NewUser(cleared, "", "")) || !s.About(cordon.NewUser(cleared, "", "")) || len(s.Named) != 2) {
			t.Errorf("the alert accuses %+v and names %+v", s.Entities, s.Named)
		}
	}
}

// Users and devices stand in many places of an alert. Each alert is the
// second word about its user: one incident, and a containment.
func TestUsersOfEveryEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	mailbox, session, host := w.user(1, "mailbox"), w.user(2, "session"), w.user(3, "host")
	for _, id := range []string{mailbox, session, host} {
		w.risk("anomalousToken", id, nil)
	}
	w.alert("a1", "microsoftDefenderForOffice365", nil, map[string]any{
		"@odata.type": "#microsoft.graph.security.mailboxEvidence", "verdict": "unknown", "roles": []string{},
		"upn": "mailbox@contoso.example", "primaryAddress": "mailbox@contoso.example", "userAccount": nil,
	})
	w.alert("a2", "microsoftDefenderForCloudApps", nil, map[string]any{
		"@odata.type": "#microsoft.graph.security.cloudLogonSessionEvidence", "verdict": "suspicious", "roles": []string{"compromised"}, "sessionId": "s1",
		"account": accusing(session),
	})
	w.alert("a3", "microsoftDefenderForIdentity", nil, map[string]any{
		"@odata.type": "#microsoft.graph.security.hostLogonSessionEvidence", "verdict": "suspicious", "roles": []string{}, "sessionId": "s2", "account": accusing(host),
		"host": map[string]any{"@odata.type": "#microsoft.graph.security.deviceEvidence", "mdeDeviceId": "m7", "deviceDnsName": "pc7.contoso.example"},
	})
	w.sync()
	for _, id := range []string{mailbox, session, host} {
		if in := w.incidentOf(id); len(in.Signals) != 2 || len(in.Detectors) != 2 || !w.actedOn(id) {
			t.Errorf("%s: %d signals of %q, acted on %v", id, len(in.Signals), in.Detectors, w.actedOn(id))
		}
	}
	for _, s := range w.signals() {
		if s.NativeID == "a3" && !s.Accuses(cordon.NewDevice("m7", "")) {
			t.Errorf("the alert does not name the device: %+v", s.Entities)
		}
	}
}

// A feed that writes its times the American way is read. One whose times cannot
// be read is told of, and contains nobody.
func TestOddTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	american, unreadable, missing, future := w.user(1, "american"), w.user(2, "unreadable"), w.user(3, "missing"), w.user(4, "future")
	for id, write := range map[string]func(time.Duration) string{
		american:   func(ago time.Duration) string { return time.Now().UTC().Add(-ago).Format("1/2/2006 3:04:05 PM") },
		unreadable: func(time.Duration) string { return "vor 5 Minuten" },
		missing:    func(time.Duration) string { return "" },
		future:     func(time.Duration) string { return at(-time.Hour) },
	} {
		w.risk("anomalousToken", id, map[string]any{"activityDateTime": write(5 * time.Minute), "detectedDateTime": write(4 * time.Minute), "lastUpdatedDateTime": write(4 * time.Minute)})
		w.alert("a"+id, "microsoftDefenderForIdentity", map[string]any{"createdDateTime": write(5 * time.Minute), "lastUpdateDateTime": write(4 * time.Minute), "firstActivityDateTime": write(5 * time.Minute)}, accusing(id))
	}
	w.sync()
	if !w.actedOn(american) || w.actedOn(unreadable) || w.actedOn(missing) || w.actedOn(future) {
		t.Errorf("runs: %s", brief(w.runs()))
	}
	sources := map[string]bool{}
	for _, n := range w.told.of(cordon.NoticeCoverage) {
		if n.Reason == "unreadable_item" && strings.Contains(n.Title, "times cannot be read") {
			source, _, _ := strings.Cut(n.Title, ":")
			sources[source] = true
		}
	}
	if !sources["risk_detections"] || !sources["alerts"] || len(sources) != 2 {
		t.Errorf("notified of unreadable items of %v: %+v", sources, w.told.of(cordon.NoticeCoverage))
	}
	for _, id := range []string{unreadable, missing, future} {
		if in := w.incidentOf(id); len(in.Signals) != 2 {
			t.Errorf("the unreadable items are not on the incident: %+v", in)
		}
	}
}

// A device's incident whose alerts turn out to be about two users goes to
// neither of them whole.
func TestTwoUsersComeInLaterVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	ids := []string{w.user(1, "first"), w.user(2, "second")}
	device := map[string]any{"@odata.type": "#microsoft.graph.security.deviceEvidence", "mdeDeviceId": "m7", "deviceDnsName": "pc7.contoso.example", "verdict": "suspicious"}
	for i := range ids {
		w.alert(fmt.Sprint("a", i), "microsoftDefenderForEndpoint", nil, device)
	}
	w.sync()
	for i, id := range ids {
		w.alert(fmt.Sprint("a", i), "microsoftDefenderForEndpoint", map[string]any{"lastUpdateDateTime": at(time.Minute)}, device, accusing(id))
	}
	w.risk("anomalousToken", ids[0], nil)
	w.sync()
	for i, id := range ids {
		if in := w.incidentOf(id); len(in.Signals) != 2-i || w.actedOn(id) != (i == 0) {
			t.Errorf("%s: %d signals, acted on %v", id, len(in.Signals), w.actedOn(id))
		}
	}
}

// An alert whose user comes in a later version is one incident, the user's.
func TestUserComesInALaterVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	id := w.user(1, "late")
	device := map[string]any{"@odata.type": "#microsoft.graph.security.deviceEvidence", "mdeDeviceId": "m7", "deviceDnsName": "pc7.contoso.example", "verdict": "suspicious"}
	w.alert("a1", "microsoftDefenderForEndpoint", nil, device)
	w.sync()
	if in := w.incidents(); len(in) != 1 || in[0].Entity.Kind != cordon.KindDevice {
		t.Fatalf("got %+v", in)
	}
	w.alert("a1", "microsoftDefenderForEndpoint", map[string]any{"lastUpdateDateTime": at(time.Minute)}, device, accusing(id))
	w.risk("anomalousToken", id, nil)
	w.sync()
	if in := w.incidentOf(id); len(in.Signals) != 2 || in.State != cordon.IncidentContained {
		t.Errorf("got %+v", in)
	}
	for _, in := range w.incidents() {
		if in.Entity.Kind == cordon.KindDevice && in.State != cordon.IncidentMerged {
			t.Errorf("the device's incident stays: %+v", in)
		}
	}
}

// Signals about users whom the feeds do not name are not about one user.
func TestPlaceholdersJoinNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	for i, name := range []string{"N/A", "N/A", "unknown"} {
		w.inject("identityProtection/riskDetections", map[string]any{
			"id": fmt.Sprint("r", i), "riskEventType": "anomalousToken", "riskState": "atRisk", "riskLevel": "high", "userPrincipalName": name,
			"activityDateTime": at(5 * time.Minute), "detectedDateTime": at(4 * time.Minute), "lastUpdatedDateTime": at(4 * time.Minute),
		})
		w.alert(fmt.Sprint("a", i), "microsoftDefenderForEndpoint", nil, map[string]any{
			"@odata.type": "#microsoft.graph.security.userEvidence", "verdict": "suspicious", "userAccount": map[string]any{"userPrincipalName": name, "accountName": name},
		})
	}
	w.sync()
	for _, in := range w.incidents() {
		if in.Entity.Kind == cordon.KindUser {
			t.Errorf("an incident of %+v", in.Entity)
		}
	}
	if runs := w.runs(); len(runs) > 0 {
		t.Errorf("runs: %s", brief(runs))
	}
	if told := w.told.of(cordon.NoticeIncident); len(told) > 0 {
		t.Errorf("signals that name nobody were told to corroborate each other: %+v", told)
	}
}

// What our own actions make Microsoft say corroborates nothing: after each of
// them, one detector's word about the user is still one.
func TestOwnEchoIsNoEvidence(t *testing.T) {
	t.Parallel()
	for _, action := range []cordon.ActionName{
		cordon.ActionRevokeSessions, cordon.ActionDisableUser, cordon.ActionForcePasswordReset, cordon.ActionForcePasswordChange, cordon.ActionConfirmCompromised,
	} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "empty", tenantYAML{})
			id := w.user(1, "user")
			w.alert("a1", "microsoftDefenderForEndpoint", nil, accusing(id))
			w.risk("unfamiliarFeatures", id, map[string]any{"riskLevel": "low"})
			w.sync()
			score, told := w.incidentOf(id).Score.Value, len(w.told.of(cordon.NoticeIncident))
			w.ask(action, id)
			w.sync()
			w.sync() // what Microsoft says of it comes later
			if in := w.incidentOf(id); in.Score.Value > score || len(w.told.of(cordon.NoticeIncident)) > told {
				t.Errorf("our own echo raises the score from %d to %d, notified: %+v", score, in.Score.Value, w.told.of(cordon.NoticeIncident)[told:])
			}
			for _, r := range w.runs() {
				if r.Requester.Playbook != "" {
					t.Errorf("a playbook acts on our own echo: %s", brief([]cordon.Run{r}))
				}
			}
			confirmed := slices.ContainsFunc(w.signals(), func(s cordon.Signal) bool { return s.Confirmed })
			if confirmed != (action == cordon.ActionConfirmCompromised) {
				t.Errorf("the cloud says that an administrator confirmed: %v", confirmed)
			}
		})
	}
}

// ask has a person ask for one action on a user.
func (w *world) ask(action cordon.ActionName, userID string) {
	w.t.Helper()
	h := w.open(app.Options{})
	run, err := h.Engine.Grant(w.t.Context(), engine.Wish{
		TenantID: w.tenant.ID, Person: "ada", Why: "test", Steps: []cordon.PlannedStep{{Action: action, Target: cordon.NewUser(userID, "", "")}},
	})
	if err != nil || run.State != cordon.RunDone {
		w.t.Fatalf("%s: %v, %s", action, err, brief([]cordon.Run{run}))
	}
	if err := h.Close(); err != nil {
		w.t.Fatal(err)
	}
}
