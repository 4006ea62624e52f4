package app_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
)

const inWords = `name: in-words
version: 1
corroboration: {detectors: 2, within: 30m}
max_age: 48h
when: |
  incident.entity_kind == "user" && signals.exists(s, s.state == "open" && s.severity_rank >= rank("high"))
steps: [disable, revokeAllSessions]
`

// words adds a playbook in words to the configuration.
func (w *world) words() {
	w.t.Helper()
	dir := filepath.Join(filepath.Dir(w.file), "pb")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	w.write(filepath.Join(dir, "in-words.yaml"), inWords)
	w.edit("playbooks:\n", "playbooks:\n  dir: pb\n")
}

// edit changes the configuration.
func (w *world) edit(old, text string) {
	w.t.Helper()
	b, err := os.ReadFile(w.file)
	if err != nil || !strings.Contains(string(b), old) {
		w.t.Fatalf("no %q in %s, %v", old, b, err)
	}
	w.write(w.file, strings.Replace(string(b), old, text, 1))
}

// knownFor makes it that the store has been there for so long.
func (w *world) knownFor(age time.Duration) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(filepath.Dir(w.file), "cordon.db"))
	if err == nil {
		_, err = db.ExecContext(w.t.Context(), `UPDATE engine SET since_us = $1`, time.Now().Add(-age).UnixMicro())
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// An incident that is older than two days is decided on again when a playbook
// is switched on whose max_age reaches back to it.
func TestOldIncidentWithinMaxAge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{on: []string{}})
	w.words()
	dir := filepath.Join(filepath.Dir(w.file), "pb")
	w.write(filepath.Join(dir, "in-words.yaml"), strings.Replace(inWords, "max_age: 48h", "max_age: 72h", 1))
	id := w.user(1, "old")
	w.risk("anomalousToken", id, map[string]any{"activityDateTime": at(60 * time.Hour), "detectedDateTime": at(60 * time.Hour), "lastUpdatedDateTime": at(60 * time.Hour)})
	w.alert("a1", "microsoftDefenderForIdentity", map[string]any{"createdDateTime": at(60 * time.Hour), "lastUpdateDateTime": at(60 * time.Hour), "firstActivityDateTime": at(60 * time.Hour)}, accusing(id))
	w.sync()
	if got := w.writes(); len(got) != 0 {
		t.Fatalf("written while no playbook is on: %q", got)
	}
	w.edit(`"on": []`, `"on": [in-words]`)
	w.sync()
	if got, runs := w.writes(), w.runs(); len(got) != 0 || runs[0].Steps[0].Verdict.Reason != cordon.ReasonHistory {
		t.Fatalf("written %q, though all happened long before the store was known: %s", got, brief(runs))
	}
	w.knownFor(70 * time.Hour)
	w.edit(`"on": [in-words]`, `"on": [contain-token-theft, in-words]`)
	w.sync()
	if got := w.writes(); len(got) == 0 {
		t.Errorf("nothing was done: %s", brief(w.runs()))
	}
}

// A playbook whose condition fails is notified, once for many incidents, and
// keeps no other from acting.
func TestPlaybookCannotBeEvaluated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{on: []string{"in-words", "contain-token-theft"}})
	w.words()
	i := strings.Index(inWords, "when:")
	broken := inWords[:i] + "when: signals[7].severity == \"high\"\nsteps: [disable]\n"
	w.write(filepath.Join(filepath.Dir(w.file), "pb", "in-words.yaml"), broken)
	ids := []string{w.user(1, "ada"), w.user(2, "lin")}
	for _, id := range ids {
		w.risk("anomalousToken", id, nil)
		w.alert("a"+id, "microsoftDefenderForIdentity", nil, accusing(id))
	}
	w.sync()
	told := w.told.of(cordon.NoticeFailed)
	if len(told) != 1 || told[0].Reason != "playbook_not_evaluated" || told[0].IncidentID == "" || !strings.Contains(told[0].Title, "playbook in-words could not be evaluated") {
		t.Errorf("notified: %+v", told)
	}
	if !w.actedOn(ids[0]) || !w.actedOn(ids[1]) {
		t.Errorf("the other playbook did not act: %s", brief(w.runs()))
	}
}

// A playbook in words contains a user whom Active Directory keeps: sessions
// first, then the account where it is kept.
func TestPlaybookInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{on: []string{"in-words"}})
	w.words()
	victim := w.person("mira")
	w.inject("users", map[string]any{"id": victim, "onPremisesSyncEnabled": true, "onPremisesSecurityIdentifier": "S-1-5-21-1-2-3-4711"})
	w.sync()
	var run cordon.Run
	for _, r := range w.runs() {
		if r.Requester.Playbook == "in-words" && r.Steps[0].Target.Called(victim) {
			run = r
		}
	}
	var got []string
	for _, s := range run.Steps {
		got = append(got, string(s.Action)+" "+string(s.Outcome)+" "+string(s.Verdict.Reason))
	}
	want := []string{
		"revoke_sessions done within_guardrails", "revoke_sessions_okta skipped no_account", "disable_user skipped no_account",
		"disable_on_premises done within_guardrails", "disable_okta skipped no_account",
	}
	if run.State != cordon.RunDone || !slices.Equal(got, want) {
		t.Errorf("got %s\n%q\nwant\n%q", run.State, got, want)
	}
	writes := w.writes()
	if len(writes) != 3 || !strings.Contains(writes[2], "/invokeAction") || !strings.Contains(writes[2], `"action":"disable"`) {
		t.Errorf("writes: %q", writes)
	}
	w.verify()
}

// The same in shadow, and in mode protect, where only what a user mends alone
// is taken.
func TestWordsInShadowAndProtect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		yaml   tenantYAML
		state  cordon.RunState
		third  cordon.Reason // why the third step is not done
		writes int
	}{
		{"shadow", tenantYAML{on: []string{}}, cordon.RunShadow, cordon.ReasonShadow, 0},
		{"protect", tenantYAML{mode: "protect", on: []string{"in-words"}}, cordon.RunHeld, cordon.ReasonModeProtect, 1},
		{"observe", tenantYAML{mode: "observe", on: []string{"in-words"}}, cordon.RunRefused, cordon.ReasonObserve, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tt.yaml)
			w.words()
			w.sync()
			victim := w.person("mira")
			runs := w.runs()
			i := slices.IndexFunc(runs, func(r cordon.Run) bool {
				return r.Requester.Playbook == "in-words" && r.Steps[0].Target.Called(victim)
			})
			if i < 0 {
				t.Fatalf("no run: %s", brief(runs))
			}
			r := runs[i]
			if r.State != tt.state || r.Steps[2].Verdict.Reason != tt.third || len(w.writes()) != tt.writes {
				t.Errorf("%s, %q", brief([]cordon.Run{r}), w.writes())
			}
			if tt.state != cordon.RunHeld && r.Steps[3].Verdict.WouldBe() != "allow no_account" {
				t.Errorf("would be %q: %s", r.Steps[3].Verdict.WouldBe(), brief([]cordon.Run{r}))
			}
			if tt.state == cordon.RunShadow && r.Steps[3].Verdict.Reason != cordon.ReasonNoAccount {
				t.Errorf("%s", brief([]cordon.Run{r}))
			}
		})
	}
}

// The backend of the configuration: on, the undocumented call is made; a word
// that is none is refused with its place.
func TestBackend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.edit("playbooks:\n", "actions:\n  backend: risky_users_invoke_action\nplaybooks:\n")
	w.sync()
	victim := w.person("mira")
	run := w.runOn(victim)
	if s := run.Steps[0]; run.State != cordon.RunFailed || !strings.Contains(s.Detail, "Microsoft documents no such call") {
		t.Errorf("%s: %q", brief([]cordon.Run{run}), s.Detail)
	}
	paths := []string{}
	for _, e := range w.cloud.Ledger(true) {
		if e.Method == "POST" {
			paths = append(paths, e.Path)
		}
	}
	if want := "/v1.0/identityProtection/riskyUsers/" + victim + "/invokeAction"; !slices.Contains(paths, want) {
		t.Errorf("no call of %s: %q", want, paths)
	}
	w.edit("risky_users_invoke_action", "hearsay")
	if _, err := app.ReadConfig(w.file); err == nil || !strings.Contains(err.Error(), "actions.backend must be documented or risky_users_invoke_action") || !strings.Contains(err.Error(), ":12: actions.backend") {
		t.Errorf("got %v", err)
	}
}
