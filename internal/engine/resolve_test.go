package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// Whom the directory holds besides Ada.
const (
	ingaID  = "10000000-0000-4000-8000-000000000001" // hybrid, with a mail alias
	guestID = "10000000-0000-4000-8000-000000000002"
	twinAID = "10000000-0000-4000-8000-000000000003"
	twinBID = "10000000-0000-4000-8000-000000000004"
	ingaSID = "S-1-5-21-4021-77-900-1604"
)

// newNames is a world in which the playbook that contains stolen tokens acts,
// with users who are known by more names than one.
func newNames(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "", sim.Options{Scenario: "empty"})
	all, err := playbook.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	w.engine.Playbooks, w.engine.On = all, []string{"contain-token-theft"}
	for _, user := range []string{
		`"id":"` + ingaID + `","userPrincipalName":"i2051@contoso.com","mail":"inga.moe@contoso.com","proxyAddresses":["SMTP:inga.moe@contoso.com","smtp:inga@old.example"],
			"onPremisesSecurityIdentifier":"` + ingaSID + `","onPremisesSamAccountName":"ingam","onPremisesDomainName":"corp.contoso.com"`,
		`"id":"` + guestID + `","userPrincipalName":"lou_partner.example#EXT#@contoso.com","mail":"lou@partner.example","userType":"Guest"`,
		`"id":"` + twinAID + `","userPrincipalName":"twin.a@contoso.com","mail":"desk@contoso.com"`,
		`"id":"` + twinBID + `","userPrincipalName":"twin.b@contoso.com","otherMails":["desk@contoso.com"]`,
	} {
		w.inject("users", `{`+user+`,"displayName":"Somebody","accountEnabled":true,"signInSessionsValidFromDateTime":"2026-01-01T00:00:00Z"}`)
	}
	return w
}

// ago is a time as Graph writes it.
func (w *world) ago(d time.Duration) string {
	return w.now().Add(-d).UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// risky is a risk detection about a user, by object id.
func (w *world) risky(id, userID string) {
	w.T.Helper()
	w.inject("identityProtection/riskDetections", fmt.Sprintf(`{"id":%q,"riskEventType":"anomalousToken","riskState":"atRisk","riskLevel":"high","riskDetail":"none",
		"activityDateTime":%q,"detectedDateTime":%q,"lastUpdatedDateTime":%q,"userId":%q}`, id, w.ago(5*time.Minute), w.ago(5*time.Minute), w.ago(4*time.Minute), userID))
}

// alert is an alert of Defender for Cloud Apps with that evidence.
func (w *world) alert(id, evidence string) {
	w.T.Helper()
	w.inject("security/alerts_v2", fmt.Sprintf(`{"id":%q,"status":"new","severity":"high","serviceSource":"microsoftDefenderForCloudApps","detectionSource":"microsoftDefenderForCloudApps",
		"title":"Suspicious inbox rule","category":"CredentialAccess","createdDateTime":%q,"lastUpdateDateTime":%q,"firstActivityDateTime":%q,"evidence":[%s]}`,
		id, w.ago(5*time.Minute), w.ago(4*time.Minute), w.ago(5*time.Minute), evidence))
}

func userEvidence(account string) string {
	return `{"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{` + account + `}}`
}

// endpoint is an alert of Defender for Endpoint about a user of Active
// Directory, who is signed in on the machine, too.
func (w *world) endpoint(id, sid, domain, account string) {
	w.T.Helper()
	w.inject("alerts", fmt.Sprintf(`{"id":%q,"severity":"High","status":"New","detectionSource":"WindowsDefenderAtp","category":"CredentialAccess","title":"Suspicious access to LSASS",
		"alertCreationTime":%q,"firstEventTime":%q,"lastEventTime":%[2]q,"lastUpdateTime":%q,"machineId":"1111111111111111111111111111111111111111","loggedOnUsers":[{"accountName":%q,"domainName":%q}],
		"evidence":[{"entityType":"User","accountName":%[5]q,"domainName":%[6]q,"userSid":%q}]}`, id, w.ago(5*time.Minute), w.ago(6*time.Minute), w.ago(4*time.Minute), account, domain, sid))
}

func (w *world) sync() {
	w.T.Helper()
	if err := w.engine.Once(w.T.Context(), nil); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) incidents(states ...cordon.IncidentState) (all []cordon.Incident) {
	w.T.Helper()
	err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Incidents(w.T.Context(), store.IncidentFilter{States: states, Signals: true})
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

// live are the incidents that were not merged, each in a few words.
func (w *world) live() (all []string) {
	for _, in := range w.incidents(cordon.IncidentOpen, cordon.IncidentContained) {
		text := fmt.Sprintf("%s %s %d", in.Entity.ID(), in.State, len(in.Signals))
		for _, d := range in.Detectors {
			text += " " + string(d)
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// contained are the users who were disabled, in order of the writes.
func (w *world) contained() (ids []string) {
	for _, e := range w.cloud.Ledger(false) {
		if e.Method == "PATCH" && strings.HasPrefix(e.Path, "/v1.0/users/") {
			ids = append(ids, strings.TrimPrefix(e.Path, "/v1.0/users/"))
		}
	}
	return ids
}

// lookups counts the requests by which names were looked up.
func (w *world) lookups() (n int) {
	for _, e := range w.cloud.Ledger(true) {
		if e.Path == "/v1.0/users" || strings.HasPrefix(e.Path, "/v1.0/users/") && strings.Contains(e.Path, "@") {
			n++
		}
	}
	return n
}

// resolutions are what the directory said, by name.
func (w *world) resolutions(names ...cordon.Name) map[cordon.Name]cordon.Resolution {
	w.T.Helper()
	var said map[cordon.Name]cordon.Resolution
	err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		said, err = tx.Resolutions(w.T.Context(), w.tenant, names)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return said
}

// TestNamesAreResolved lets Entra ID Protection name a user by object id, and
// Defender the same user by every other name: it is one incident of two
// detectors, and the right user is contained once.
func TestNamesAreResolved(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		user     string
		alert    func(*world)
		detector cordon.Detector
		most     int // lookups
	}{
		{"hybrid, by SID", ingaID, func(w *world) { w.endpoint("da1", ingaSID, "CORP", "ingam") }, cordon.DetectorEndpoint, 1},
		{"by domain and account", ingaID, func(w *world) { w.endpoint("da1", "", "CORP", "ingam") }, cordon.DetectorEndpoint, 1},
		{"mail alias for a UPN", ingaID, func(w *world) { w.alert("a1", userEvidence(`"userPrincipalName":"inga.moe@contoso.com"`)) }, cordon.DetectorCloudApps, 2},
		{"mailbox with another primary address", ingaID, func(w *world) {
			w.alert("a1", `{"@odata.type":"#microsoft.graph.security.mailboxEvidence","primaryAddress":"inga@old.example","upn":"","userAccount":null}`)
		}, cordon.DetectorCloudApps, 1},
		{"guest by home address", guestID, func(w *world) { w.alert("a1", userEvidence(`"userPrincipalName":"lou@partner.example"`)) }, cordon.DetectorCloudApps, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newNames(t)
			w.risky("rd1", tt.user)
			tt.alert(w)
			w.sync()
			want := []cordon.Detector{tt.detector, cordon.DetectorIdentityProtection}
			slices.Sort(want)
			if got := w.live(); !slices.Equal(got, []string{fmt.Sprintf("%s contained 2 %s %s", tt.user, want[0], want[1])}) {
				t.Errorf("incidents: %v", got)
			}
			if got := w.contained(); !slices.Equal(got, []string{tt.user}) {
				t.Errorf("contained: %v", got)
			}
			if n := w.lookups(); n > tt.most {
				t.Errorf("%d lookups, want %d at most", n, tt.most)
			}
		})
	}
}

// TestExistingIncidentsMerge finds the user of an incident that is there
// already, beside one of the same user that was contained by a person's word:
// they become one, and the runs move along.
func TestExistingIncidentsMerge(t *testing.T) {
	t.Parallel()
	w := newNames(t)
	w.fault(sim.Fault{Path: "/v1.0/users", Status: 503})
	w.endpoint("da1", ingaSID, "CORP", "ingam")
	w.sync() // the directory does not answer
	w.risky("rd1", ingaID)
	w.alert("a1", userEvidence(`"azureAdUserId":"`+ingaID+`"`))
	w.sync()
	if got := w.live(); len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), ingaID+" contained 2") {
		t.Fatalf("incidents: %v", got)
	}
	w.cloud.ClearFaults()
	w.ahead.Store(int64(time.Hour))
	w.sync()
	want := ingaID + " contained 3 defender_for_cloud_apps defender_for_endpoint entra_id_protection"
	if got := w.live(); !slices.Equal(got, []string{want}) {
		t.Errorf("incidents: %v", got)
	}
	if got := w.contained(); !slices.Equal(got, []string{ingaID}) {
		t.Errorf("contained: %v", got)
	}
	var runs []cordon.Run
	_ = w.engine.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		runs, err = tx.Runs(t.Context(), store.RunFilter{Playbook: "contain-token-theft"})
		return err
	})
	if survivor := w.incidents(cordon.IncidentContained)[0].ID; len(runs) != 1 || runs[0].IncidentID != survivor {
		t.Errorf("runs: %+v; the incident is %s", runs, survivor)
	}
}

// TestAmbiguousJoinsNone lets an alert name two users by one address: it joins
// neither of them, and nobody is contained.
func TestAmbiguousJoinsNone(t *testing.T) {
	t.Parallel()
	w := newNames(t)
	w.risky("rd1", twinAID)
	w.risky("rd2", twinBID)
	w.alert("a1", userEvidence(`"userPrincipalName":"desk@contoso.com"`))
	w.sync()
	want := []string{twinAID + " open 1 entra_id_protection", twinBID + " open 1 entra_id_protection", "desk@contoso.com open 1 defender_for_cloud_apps"}
	if got := w.live(); !slices.Equal(got, want) {
		t.Errorf("incidents: %v", got)
	}
	if got := w.contained(); len(got) != 0 {
		t.Errorf("contained: %v", got)
	}
	name := cordon.Name{Kind: cordon.NameUPN, Value: "desk@contoso.com"}
	r := w.resolutions(name)[name]
	if r.State != cordon.ResolutionAmbiguous || len(r.Users) != 2 || r.Users[0].ObjectID != twinAID || r.Users[1].UPN != "twin.b@contoso.com" {
		t.Errorf("resolution: %+v", r)
	}
}

// TestNotFoundIsKept looks a name up that the directory does not know, once
// in a quarter of an hour, and finds it when it comes.
func TestNotFoundIsKept(t *testing.T) {
	t.Parallel()
	w := newNames(t)
	w.endpoint("da1", "S-1-5-21-4021-77-900-9999", "CORP", "")
	w.sync()
	name := cordon.Name{Kind: cordon.NameSID, Value: "s-1-5-21-4021-77-900-9999"}
	if r := w.resolutions(name)[name]; r.State != cordon.ResolutionNotFound || r.AnsweredAt.IsZero() || r.Reason != "" {
		t.Errorf("resolution: %+v", r)
	}
	w.sync()
	if n := w.lookups(); n != 1 {
		t.Errorf("%d lookups, want 1 in 15 minutes", n)
	}
	w.inject("users", `{"id":"`+ingaID+`","onPremisesSecurityIdentifier":"S-1-5-21-4021-77-900-9999"}`)
	w.ahead.Store(int64(16 * time.Minute))
	w.sync()
	if got := w.live(); !slices.Equal(got, []string{ingaID + " open 1 defender_for_endpoint"}) {
		t.Errorf("incidents: %v", got)
	}
}

// TestThrottledLookupIsDeferred lets the directory throttle a lookup: that is
// said, survives a restart, and the name is found later.
func TestThrottledLookupIsDeferred(t *testing.T) {
	t.Parallel()
	w := newNames(t)
	w.fault(sim.Fault{Path: "/v1.0/users", Status: 429, RetryAfter: "60", Count: 1})
	w.risky("rd1", ingaID)
	w.endpoint("da1", ingaSID, "CORP", "ingam")
	w.sync()
	name := cordon.Name{Kind: cordon.NameSID, Value: strings.ToLower(ingaSID)}
	if r := w.resolutions(name)[name]; r.State != cordon.ResolutionPending || !strings.Contains(r.Reason, "429") || r.DueAt.Sub(w.now()) < 50*time.Second {
		t.Errorf("resolution: %+v", r)
	}
	if got := w.live(); len(got) != 2 || len(w.contained()) != 0 {
		t.Errorf("incidents: %v, contained %v", got, w.contained())
	}
	var err error // as after a restart: only the store is left
	w.enterWith(microsoft.Options{Share: 1})
	if w.engine, err = New(w.engine.Options); err != nil {
		t.Fatal(err)
	}
	w.ahead.Store(int64(2 * time.Minute))
	w.sync()
	if got := w.contained(); !slices.Equal(got, []string{ingaID}) || len(w.live()) != 1 {
		t.Errorf("incidents: %v, contained %v", w.live(), got)
	}
}

// TestOnlyWhatMayBeActedOnIsLookedUp spends no request on what no playbook
// would act on, nor on users whose object id is known.
func TestOnlyWhatMayBeActedOnIsLookedUp(t *testing.T) {
	t.Parallel()
	w := newNames(t)
	low := func(id, change string) {
		w.inject("alerts", fmt.Sprintf(`{"id":%q,"severity":"High","status":"New","detectionSource":"WindowsDefenderAtp","category":"X","title":"X","alertCreationTime":%q,"firstEventTime":%[2]q,
			"lastUpdateTime":%[2]q,"machineId":"","evidence":[{"entityType":"User","userSid":"S-1-5-21-1-1-1-%s"}],%s}`, id, w.ago(time.Hour), strings.TrimPrefix(id, "da"), change))
	}
	low("da1", `"severity":"Low"`)
	low("da2", `"status":"Resolved"`)
	low("da3", `"alertCreationTime":"`+w.ago(49*time.Hour)+`","firstEventTime":"`+w.ago(49*time.Hour)+`"`)
	w.alert("a1", userEvidence(`"azureAdUserId":"`+ingaID+`","userPrincipalName":"i2051@contoso.com"`))
	w.alert("a2", userEvidence(`"userPrincipalName":"i2051@contoso.com"`)) // the incident knows whose it is
	w.sync()
	if n := w.lookups(); n != 0 || len(w.live()) != 4 {
		t.Errorf("%d lookups; incidents %v", n, w.live())
	}
}

// TestClearedByAnotherName clears a user by object id and names the account of
// the same user without a role: once that is known, the user is not accused.
func TestClearedByAnotherName(t *testing.T) {
	t.Parallel()
	w := newNames(t)
	w.risky("rd1", ingaID)
	w.alert("a1", userEvidence(`"userPrincipalName":"inga.moe@contoso.com"`)+`,{"@odata.type":"#microsoft.graph.security.userEvidence","verdict":"noThreatsFound","userAccount":{"azureAdUserId":"`+ingaID+`"}}`)
	w.sync()
	if got := w.contained(); len(got) != 0 {
		t.Errorf("contained: %v", got)
	}
}
