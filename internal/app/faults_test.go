package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/sim"
)

func (w *world) fault(f sim.Fault) {
	w.t.Helper()
	if err := w.cloud.AddFault(f); err != nil {
		w.t.Fatal(err)
	}
}

// effects counts the writes that the cloud did, by line.
func (w *world) effects() map[string]int {
	done := map[string]int{}
	for i, e := range w.cloud.Ledger(false) {
		if e.Status/100 == 2 || strings.Contains(e.Fault, "after") {
			done[w.writes()[i]]++
		}
	}
	return done
}

// TestFault03AnswerLost: an action was accepted and its answer was lost. It
// is called neither done nor failed: the state is read back.
func TestFault03AnswerLost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, path, drop string
		step                     int
		want                     cordon.Outcome
	}{
		{"session answer lost", "POST", "*/revokeSignInSessions", "after", 0, cordon.OutcomeUnknown},
		{"disable answer lost", "PATCH", "*/users/*", "after", 1, cordon.OutcomeUnknown},
		{"session request lost", "POST", "*/revokeSignInSessions", "before", 0, cordon.OutcomeDone},
		{"disable request lost", "PATCH", "*/users/*", "before", 1, cordon.OutcomeDone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tenantYAML{})
			w.fault(sim.Fault{Method: tt.method, Path: tt.path, Count: 1, Drop: tt.drop})
			w.sync()
			for range 3 { // a step without effect is taken up again by the next sync
				if w.runOn(w.person("mira")).State != cordon.RunRunning {
					break
				}
				w.sync()
			}
			run := w.runOn(w.person("mira"))
			if s := run.Steps[tt.step]; run.State != cordon.RunDone || s.Outcome != tt.want || s.Proof != cordon.ProofConfirmed {
				t.Errorf("%s; want step %d %s and confirmed", brief([]cordon.Run{run}), tt.step, tt.want)
			}
			for line, n := range w.effects() {
				if n != 1 {
					t.Errorf("%q took effect %d times", line, n)
				}
			}
			if len(w.effects()) != 2 {
				t.Errorf("effects: %v", w.effects())
			}
			checkLedgerAgainstAudit(t, w)
		})
	}
}

// TestFault07PoisonedLink: an answer points to a foreign host. Nothing goes
// there, least of all the token; people are told; nobody acts on half a
// picture.
func TestFault07PoisonedLink(t *testing.T) {
	t.Parallel()
	var visits atomic.Int64
	evil := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(evil.Close)
	tests := []struct {
		name  string
		fault sim.Fault
	}{
		{"next link to another host", sim.Fault{NextLink: evil.URL + "/v1.0/identityProtection/riskDetections?$skiptoken=1"}},
		{"redirect to another host", sim.Fault{Redirect: evil.URL + "/v1.0/identityProtection/riskDetections"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tenantYAML{})
			tt.fault.Path = "*/riskDetections"
			w.fault(tt.fault)
			w.sync()
			if visits.Load() != 0 {
				t.Error("somebody else's host was called")
			}
			c := w.coverage()[cordon.SourceRiskDetections]
			if !c.Missing() || !c.ReadUntil.IsZero() {
				t.Errorf("the source counts as read: %+v", c)
			}
			told := slices.ContainsFunc(w.signals(), func(s cordon.Signal) bool { return s.Kind == "unsafe_link" && s.Severity == cordon.SeverityHigh })
			if notices := w.told.of(cordon.NoticeSecurity); !told || len(notices) != 1 {
				t.Errorf("signal %v, notices %+v", told, notices)
			}
			if got := w.writes(); len(got) != 0 {
				t.Errorf("half a picture made somebody act: %q", got)
			}
		})
	}
}

// TestFault14ErrorIsNoAbsence: whatever is wrong with an answer, it is stored
// as unreadable and changes nothing that was known.
func TestFault14ErrorIsNoAbsence(t *testing.T) {
	t.Parallel()
	faults := []struct {
		name  string
		fault sim.Fault
		want  cordon.CoverageState
	}{
		{"403", sim.Fault{Status: 403}, cordon.CoverageDenied},
		{"404", sim.Fault{Status: 404}, cordon.CoverageUnreadable},
		{"500", sim.Fault{Status: 500}, cordon.CoverageUnreadable},
		{"truncated", sim.Fault{Malformed: "truncated"}, cordon.CoverageUnreadable},
		{"html", sim.Fault{Malformed: "html"}, cordon.CoverageUnreadable},
		{"deep", sim.Fault{Malformed: "deep"}, cordon.CoverageUnreadable},
	}
	paths := map[cordon.Source]string{
		cordon.SourceRiskDetections: "*/riskDetections", cordon.SourceAlerts: "*/alerts_v2", cordon.SourceEndpointAlerts: "/api/alerts",
		cordon.SourceSecurityDefaults: "*/identitySecurityDefaultsEnforcementPolicy", cordon.SourceConditionalAccess: "*/conditionalAccess/policies",
	}
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tenantYAML{mode: "observe"})
			w.sync()
			before, signals := w.coverage(), len(w.signals())
			incidents, _ := json.Marshal(states(w.incidents()))
			for _, path := range paths {
				f := tt.fault
				f.Path = path
				w.fault(f)
			}
			w.sync()
			for source, c := range w.coverage() {
				if paths[source] == "" { // a token says by itself what is read of it
					continue
				}
				if source == cordon.SourceSecurityDefaults && tt.fault.Status == 404 { // TestDefaultsAbsent
					continue
				}
				if c.State != tt.want || c.Reason == "" || !c.ReadUntil.Equal(before[source].ReadUntil) {
					t.Errorf("%s: %s until %s (%s), want %s until %s", source, c.State, c.ReadUntil, c.Reason, tt.want, before[source].ReadUntil)
				}
			}
			if got := len(w.signals()); got != signals {
				t.Errorf("an error made %d signals of %d", got, signals)
			}
			if got, _ := json.Marshal(states(w.incidents())); string(got) != string(incidents) {
				t.Errorf("an error changed what stands:\n got %s\nwant %s", got, incidents)
			}
		})
	}
}

// states says what stands of each incident, without its score.
func states(incidents []cordon.Incident) map[string][]string {
	found := map[string][]string{}
	for _, in := range incidents {
		found[in.ID] = append([]string{string(in.State)}, in.Signals...)
	}
	return found
}

// TestFloorHoldsUntilTheSourceIsRead: with a source that cannot be read the
// picture is a floor, and a floor does not act. Once it is read, the run goes
// on by itself.
func TestFloorHoldsUntilTheSourceIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.fault(sim.Fault{Path: "*/alerts_v2", Status: 503})
	w.sync()
	victim := w.person("mira")
	if run := w.runOn(victim); run.State != cordon.RunHeld || run.Steps[0].Verdict.Reason != cordon.ReasonFloor || len(w.writes()) != 0 {
		t.Fatalf("with a source unread: %s, writes %q", brief([]cordon.Run{run}), w.writes())
	}
	w.cloud.ClearFaults()
	w.sync()
	if run := w.runOn(victim); run.State != cordon.RunDone {
		t.Errorf("with every source read: %s", brief([]cordon.Run{run}))
	}
	if got, want := w.writes(), containment(victim); !slices.Equal(got, want) {
		t.Errorf("writes %q, want %q", got, want)
	}
}

// TestFault26ProtectedTargets: the engine refuses, whatever a playbook or a
// person wants; people are told.
func TestFault26ProtectedTargets(t *testing.T) {
	t.Parallel()
	t.Run("break-glass, listed by UPN", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "token-theft", tenantYAML{})
		victim := w.person("mira")
		w.configure(tenantYAML{breakGlass: []string{w.upn(victim)}})
		w.sync()
		w.wantRefused(victim, cordon.ReasonBreakGlass)
	})
	t.Run("one of the last two global administrators", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "empty", tenantYAML{})
		admins := w.globalAdmins()
		for _, id := range admins[2:] { // two stay enabled
			w.inject("users", map[string]any{"id": id, "accountEnabled": false})
		}
		w.attack(admins[0])
		w.sync()
		w.wantRefused(admins[0], cordon.ReasonLastAdmins)
	})
	t.Run("the directory-sync account", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "token-theft", tenantYAML{mode: "enforce"})
		victim := w.person("mira")
		w.inject("roleManagement/directory/roleAssignments", map[string]any{
			"id": "sync-1", "principalId": victim, "roleDefinitionId": "d29b2b05-8046-44ba-8758-1e26182fcf32", "directoryScopeId": "/",
		})
		w.sync()
		w.wantRefused(victim, cordon.ReasonSyncAccount)
	})
}

func (w *world) wantRefused(user string, reason cordon.Reason) {
	w.t.Helper()
	run := w.runOn(user)
	if s := run.Steps[0]; run.State != cordon.RunRefused || s.Verdict.Reason != reason {
		w.t.Errorf("%s; want refused as %s", brief([]cordon.Run{run}), reason)
	}
	for _, line := range w.writes() {
		if strings.Contains(line, user) {
			w.t.Errorf("the cloud was asked to %q", line)
		}
	}
	if !slices.ContainsFunc(w.told.of(cordon.NoticeRefused), func(n cordon.Notice) bool { return n.Target == user && n.Reason == string(reason) }) {
		w.t.Errorf("nobody was told: %+v", w.told.of(cordon.NoticeRefused))
	}
}

// state reads an object of the cloud.
func (w *world) state(path string, into any) {
	w.t.Helper()
	raw, err := w.cloud.State("", path)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) upn(id string) string {
	w.t.Helper()
	var u struct {
		UserPrincipalName string `json:"userPrincipalName"`
	}
	w.state("users/"+id, &u)
	return u.UserPrincipalName
}

func (w *world) globalAdmins() (ids []string) {
	w.t.Helper()
	var list []struct {
		PrincipalID      string `json:"principalId"`
		RoleDefinitionID string `json:"roleDefinitionId"`
	}
	w.state("roleManagement/directory/roleAssignments", &list)
	for _, a := range list {
		if a.RoleDefinitionID == "62e90394-69f5-4237-9190-012177145e10" {
			ids = append(ids, a.PrincipalID)
		}
	}
	if len(ids) < 3 {
		w.t.Fatalf("the cloud has %d global administrators, want 3 or more", len(ids))
	}
	return ids
}
