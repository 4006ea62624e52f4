package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// inWords is a playbook that takes steps on users with signals of a severity.
func inWords(t *testing.T, name, severity, steps string) playbook.Playbook {
	t.Helper()
	p, err := playbook.Parse(name+".yaml", []byte(`name: `+name+`
version: 1
corroboration: {detectors: 2, within: 30m}
max_age: 48h
when: signals.exists(s, s.state == "open" && s.severity == "`+severity+`")
steps: `+steps+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// attacked is a world with playbooks that act, and Ada, attacked.
func attacked(t *testing.T, playbooks ...playbook.Playbook) *world {
	t.Helper()
	w := newWorld(t, action.Documented, sim.Options{Scenario: "empty"}, "entraID")
	w.engine.Playbooks = playbooks
	for _, p := range playbooks {
		w.engine.On = append(w.engine.On, p.Name)
	}
	return w
}

// signals are two detectors' words about Ada, so severe.
func (w *world) signals(id, severity string) {
	w.T.Helper()
	about := userEvidence(`"azureAdUserId":"` + adaID + `"`)
	w.inject("security/alerts_v2", strings.NewReplacer("ID", id, "SEVERITY", severity, "NOW", w.ago(time.Minute), "ABOUT", about).Replace(
		`{"id":"ID","status":"new","severity":"SEVERITY","serviceSource":"microsoftDefenderForCloudApps","detectionSource":"microsoftDefenderForCloudApps","title":"Suspicious inbox rule",
		"category":"CredentialAccess","createdDateTime":"NOW","lastUpdateDateTime":"NOW","firstActivityDateTime":"NOW","evidence":[ABOUT]}`))
	w.inject("identityProtection/riskDetections", strings.NewReplacer("ID", id, "SEVERITY", severity, "NOW", w.ago(time.Minute)).Replace(
		`{"id":"risk-ID","riskEventType":"anomalousToken","riskState":"atRisk","riskLevel":"SEVERITY","riskDetail":"none",
		"activityDateTime":"NOW","detectedDateTime":"NOW","lastUpdatedDateTime":"NOW","userId":"`+adaID+`"}`))
}

// stories are what became of the runs about Ada, oldest first.
func (w *world) stories() (all []string) {
	w.T.Helper()
	var runs []cordon.Run
	if err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		runs, err = tx.Runs(w.T.Context(), store.RunFilter{})
		return err
	}); err != nil {
		w.T.Fatal(err)
	}
	for _, r := range slices.Backward(runs) {
		all = append(all, strings.TrimSpace(r.Requester.Playbook+" "+story(r)))
	}
	return all
}

func (w *world) want(stories ...string) {
	w.T.Helper()
	if got := w.stories(); !slices.Equal(got, stories) {
		w.T.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(stories, "\n"))
	}
}

// The first playbook that finishes shuts out no other: it gets worse, and the
// next one acts, in whichever order they come.
func TestTwoPlaybooksOnOneUser(t *testing.T) {
	t.Parallel()
	light, grave := inWords(t, "light", "medium", "[revokeAllSessions]"), inWords(t, "grave", "high", "[disable]")
	t.Run("light first", func(t *testing.T) {
		t.Parallel()
		w := attacked(t, light, grave)
		w.signals("a1", "medium")
		w.sync()
		if !w.enabled() {
			t.Fatal("disabled for signals of medium severity")
		}
		w.pass(5 * time.Minute)
		w.signals("a2", "high")
		w.sync()
		if w.enabled() {
			t.Errorf("still enabled: %q", w.stories())
		}
	})
	t.Run("grave first", func(t *testing.T) {
		t.Parallel()
		w := attacked(t, light, grave)
		w.signals("a1", "high")
		w.sync()
		w.want("grave done; disable_user done confirmed; disable_on_premises skipped no_account; disable_okta skipped no_account")
		w.pass(5 * time.Minute)
		w.signals("a2", "medium")
		w.sync()
		if got := w.stories(); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "light done; revoke_sessions done") }) || w.enabled() {
			t.Errorf("enabled %v: %q", w.enabled(), got)
		}
	})
}

// pass lets time pass.
func (w *world) pass(d time.Duration) { w.ahead.Add(int64(d)) }

// enable enables Ada behind Cordon's back, as an attacker with rights does.
func (w *world) enable() {
	w.T.Helper()
	w.inject("users", `{"id":"`+adaID+`","accountEnabled":true}`)
}

// An attacker who comes back is contained again, once; who has the account
// enabled a second time is a person's matter.
func TestReturningAttacker(t *testing.T) {
	t.Parallel()
	const done = "grave done; disable_user done confirmed; disable_on_premises skipped no_account; disable_okta skipped no_account"
	w := attacked(t, inWords(t, "grave", "high", "[disable]"))
	w.signals("a1", "high")
	w.sync()
	w.want(done)

	w.pass(10 * time.Minute) // still contained: an accusation more changes nothing
	w.signals("a2", "high")
	w.sync()
	already := strings.Replace(done, "done confirmed", "already confirmed", 1)
	w.want(done, already)

	w.enable()
	w.pass(10 * time.Minute)
	w.signals("a3", "high")
	w.sync()
	w.want(done, already, done)
	if w.enabled() {
		t.Error("still enabled")
	}

	w.enable()
	w.pass(10 * time.Minute)
	w.signals("a4", "high")
	w.sync()
	w.want(done, already, done, strings.Replace(strings.Replace(done, "grave done", "grave refused", 1), "done confirmed", "skipped flip_flop", 1))
	if !slices.ContainsFunc(w.told, func(n cordon.Notice) bool {
		return n.Kind == cordon.NoticeRefused && n.Reason == string(cordon.ReasonFlipFlop)
	}) {
		t.Errorf("nobody is told: %+v", w.told)
	}
}

// A proof is replaced only by what sets the same part of the state: an account
// that is enabled again is seen although its sessions were ended later.
func TestProofOfAnotherField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	ada := cordon.NewUser(adaID, "ada@contoso.com", "")
	run, err := w.do(ada, cordon.ActionDisableUser)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute)
	if _, err := w.do(ada, cordon.ActionRevokeSessions); err != nil {
		t.Fatal(err)
	}
	w.enable()
	w.pass(15 * time.Minute)
	if err := w.engine.prove(t.Context(), run.ID, 0); err != nil {
		t.Fatal(err)
	}
	if run, err = w.engine.loadRun(t.Context(), run.ID); err != nil || run.Steps[0].Proof != cordon.ProofContradicted || run.State != cordon.RunFailed {
		t.Errorf("%s, %v", story(run), err)
	}
}

// After undo the incident is no longer contained, and playbooks leave the user
// alone.
func TestUndoneIsNotContained(t *testing.T) {
	t.Parallel()
	w := attacked(t, inWords(t, "grave", "high", "[disable]"))
	w.signals("a1", "high")
	w.sync()
	in := w.incidents(cordon.IncidentContained)
	if len(in) != 1 {
		t.Fatalf("%d incidents are contained: %q", len(in), w.stories())
	}
	var runs []cordon.Run
	if err := w.engine.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		runs, err = tx.Runs(t.Context(), store.RunFilter{Incident: in[0].ID})
		return err
	}); err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	undo, err := w.engine.Undo(t.Context(), runs[0].ID, "sam@desk", "a mistake")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.Grant(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	if open := w.incidents(cordon.IncidentOpen); len(open) != 1 || !w.enabled() {
		t.Errorf("%d incidents are open, enabled %v", len(open), w.enabled())
	}
	w.pass(10 * time.Minute)
	w.signals("a2", "high")
	w.sync()
	if got := w.stories(); !w.enabled() || !strings.Contains(got[len(got)-1], "cool_down_undo") {
		t.Errorf("enabled %v: %q", w.enabled(), got)
	}
}
