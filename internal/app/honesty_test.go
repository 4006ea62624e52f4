package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/sim"
)

// TestErrorInSuccessIsProved: a write that is answered with 200 and an error
// is called neither done nor failed. The state is read back, and what was not
// done is done again, once.
func TestErrorInSuccessIsProved(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, path, when string
		step                     int
		want                     cordon.Outcome
		writes                   int
	}{
		{"sessions ended all the same", "POST", "*/revokeSignInSessions", "after", 0, cordon.OutcomeUnknown, 2},
		{"disabled all the same", "PATCH", "*/users/*", "after", 1, cordon.OutcomeUnknown, 2},
		{"sessions not ended", "POST", "*/revokeSignInSessions", "before", 0, cordon.OutcomeDone, 3},
		{"not disabled", "PATCH", "*/users/*", "before", 1, cordon.OutcomeDone, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tenantYAML{})
			w.fault(sim.Fault{Method: tt.method, Path: tt.path, Count: 1, ErrorIn200: tt.when, Message: "could not be processed"})
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
			if got := w.writes(); len(got) != tt.writes {
				t.Errorf("writes: %q, want %d", got, tt.writes)
			}
			checkLedgerAgainstAudit(t, w)
		})
	}
}

// TestPartialListIsNoCompleteReading: a list that says of itself that it is
// not complete makes its source partial, in the words of the answer; what came
// is kept, and nobody is contained on half a picture.
func TestPartialListIsNoCompleteReading(t *testing.T) {
	t.Parallel()
	for how, says := range map[string]string{
		"206":     `206 Partial Content: 199 - "Provider1 did not answer"`,
		"warning": `Warning: 199 - "Provider1 did not answer"`,
		"error":   "PartialResult: Provider1 did not answer",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tenantYAML{})
			w.fault(sim.Fault{Path: "*/alerts_v2", Partial: how, Message: "Provider1 did not answer"})
			w.fault(sim.Fault{Path: "*/conditionalAccess/policies", Partial: how, Message: "Provider1 did not answer"})
			w.sync()
			for _, source := range []cordon.Source{cordon.SourceAlerts, cordon.SourceConditionalAccess} {
				c := w.coverage()[source]
				if c.State != cordon.CoveragePartial || !c.Missing() || !c.ReadUntil.IsZero() || !strings.Contains(c.Reason, says) {
					t.Errorf("%s: %s, read until %s: %q", source, c.State, c.ReadUntil, c.Reason)
				}
			}
			if c := w.coverage()[cordon.SourceRiskDetections]; c.State != cordon.CoverageWhole {
				t.Errorf("another source: %+v", c)
			}
			if !slices.ContainsFunc(w.signals(), func(s cordon.Signal) bool { return s.Source == cordon.SourceAlerts }) {
				t.Error("the items that came were dropped")
			}
			told := slices.ContainsFunc(w.told.of(cordon.NoticeCoverage), func(n cordon.Notice) bool {
				return strings.HasPrefix(n.Title, "alerts is partial") && strings.Contains(n.Title, "Provider1 did not answer")
			})
			if !told {
				t.Errorf("notified: %+v", w.told.of(cordon.NoticeCoverage))
			}
		})
	}
}

// TestPolicyBlocksTheApp: when a policy of the tenant does not let our app in,
// people get one security notification that says so and what to do, and no
// source calls it a missing permission.
func TestPolicyBlocksTheApp(t *testing.T) {
	t.Parallel()
	for code, says := range map[string]string{
		"53003": "Conditional Access", "530032": "security policy", "530034": "suspicious activity", "530035": "security defaults",
		"53011": "home tenant", "500021": "tenant restrictions", "5000224": "shut this tenant off",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "empty", tenantYAML{})
			w.sync()
			w.fault(sim.Fault{Service: "login", Path: "*/token", Status: 400, Code: code, Message: "Access has been blocked."})
			for try := range 2 {
				w.later(time.Duration(try+1) * time.Hour)
				w.wantTold("blocked", "access_blocked")
			}
			c := w.coverage()
			kind, reason := collect.LossOf(c[cordon.SourceCredential])
			if kind != "access_blocked" || !strings.Contains(reason, "AADSTS"+code+": ") || !strings.Contains(reason, says) {
				t.Errorf("credential: %q, %q", kind, reason)
			}
			if a := c[cordon.SourceAlerts]; a.State != cordon.CoverageDenied || strings.Contains(a.Reason, "grant the app") || !strings.Contains(a.Reason, says) {
				t.Errorf("alerts: %s, %q", a.State, a.Reason)
			}
			if s := w.ownSignals()[0]; s.Severity != cordon.SeverityHigh || !strings.HasPrefix(s.Title, "The tenant does not let our app in: ") {
				t.Errorf("signal %+v", s)
			}
		})
	}
}

// TestResourceIsMissing: a tenant without a service principal of a resource has
// no such product, but of Graph itself that means that our way in is gone.
func TestResourceIsMissing(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"500011", "650051", "650052"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "empty", tenantYAML{})
			w.sync()
			w.fault(sim.Fault{Service: "login", Path: "*/token", Status: 400, Code: code, Message: "The resource was not found."})
			w.later(2 * time.Hour)
			w.wantTold("missing", "consent_lost")
			c := w.coverage()
			if kind, reason := collect.LossOf(c[cordon.SourceCredential]); kind != "consent_lost" || !strings.Contains(reason, "AADSTS"+code+": Microsoft Graph is missing or disabled") {
				t.Errorf("credential: %q, %q", kind, reason)
			}
			if a := c[cordon.SourceAlerts]; a.State != cordon.CoverageDenied || !a.Missing() {
				t.Errorf("a source of Graph: %+v", a)
			}
			if e := c[cordon.SourceEndpointAlerts]; e.State != cordon.CoverageUnlicensed || !strings.Contains(e.Reason, "AADSTS"+code) {
				t.Errorf("a source of Defender for Endpoint: %+v", e)
			}
		})
	}
}

// TestNotOnboardedToDefenderForIdentity: doctor calls it not provisioned, and a
// step on premises on a user of the cloud is passed over, not held up by what
// cannot be read.
func TestNotOnboardedToDefenderForIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{on: []string{"in-words"}})
	w.words()
	w.fault(sim.Fault{Path: "*/identityAccounts*", Status: 403, Message: "Tenant is not onboarded to Microsoft Defender for Identity", BOM: true})
	c, err := app.ReadConfig(w.file)
	if err != nil {
		t.Fatal(err)
	}
	features, err := app.FindFeatures([]string{"identity_accounts"})
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := c.Select(app.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	findings, err := c.Examine(t.Context(), app.Examination{Tenants: tenants, Features: features}, app.Options{})
	if err != nil || len(findings) != 1 || findings[0].State != app.NotProvisioned {
		t.Errorf("doctor: %+v, %v", findings, err)
	}
	w.sync()
	var got []string
	for _, r := range w.runs() {
		if r.Requester.Playbook == "in-words" && r.Steps[0].Target.Called(w.person("mira")) {
			for _, s := range r.Steps {
				got = append(got, string(s.Action)+" "+string(s.Outcome)+" "+string(s.Verdict.Reason))
			}
		}
	}
	want := []string{
		"revoke_sessions done within_guardrails", "revoke_sessions_okta skipped no_account", "disable_user done within_guardrails",
		"disable_on_premises skipped no_account", "disable_okta skipped no_account",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}
