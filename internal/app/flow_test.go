package app_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cordonhq/cordon"
)

// TestFlowContainsAStolenToken walks the whole road: two detectors name one
// person, one of them by SID alone; the person is contained and it is proved
// and written down. A break-glass account that looks as bad is left alone.
func TestFlowContainsAStolenToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.sync()
	victim, glass := w.person("mira"), w.person("glass one")

	if got, want := w.writes(), containment(victim); !slices.Equal(got, want) {
		t.Errorf("the cloud was asked to\n %q\nwant\n %q", got, want)
	}
	if o := w.cloud.Outcome(); !o.OK {
		t.Errorf("outcome: %q", o.Problems)
	}
	run := w.runOn(victim)
	if run.State != cordon.RunDone || run.Steps[0].Proof != cordon.ProofConfirmed || run.Steps[1].Proof != cordon.ProofConfirmed {
		t.Errorf("the run is not done and proved: %s", brief([]cordon.Run{run}))
	}
	refused := w.runOn(glass)
	want := cordon.RunRefused
	if s := refused.Steps[0]; refused.State != want || s.Verdict.Reason != cordon.ReasonBreakGlass || s.Outcome != cordon.OutcomeSkipped {
		t.Errorf("the break-glass account was not refused: %s", brief([]cordon.Run{refused}))
	}
	checkIncident(t, w, victim)
	checkLedgerAgainstAudit(t, w)
	for kind, n := range map[cordon.NoticeKind]int{cordon.NoticeIncident: 2, cordon.NoticeContained: 2, cordon.NoticeRefused: 1} {
		if got := w.told.of(kind); len(got) != n {
			t.Errorf("%d notices of kind %s, want %d: %+v", len(got), kind, n, got)
		}
	}

	before, known := len(w.signals()), len(w.verify())
	w.sync() // once more: nothing is new, nothing is done twice
	if got := w.writes(); len(got) != 2 {
		t.Errorf("a second sync wrote: %q", got)
	}
	if s, e := len(w.signals()), len(w.verify()); s != before || e != known {
		t.Errorf("a second sync made %d signals of %d, %d entries of %d", s, before, e, known)
	}
}

// checkIncident makes sure that the alert that knows the user by SID alone is
// in the user's one incident.
func checkIncident(t *testing.T, w *world, user string) {
	t.Helper()
	var found []cordon.Incident
	for _, in := range w.incidents() {
		if in.Entity.ID() == user {
			found = append(found, in)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the user has %d incidents, want 1", len(found))
	}
	want := []cordon.Source{cordon.SourceRiskDetections, cordon.SourceAlerts, cordon.SourceEndpointAlerts}
	if in := found[0]; !slices.Equal(in.Sources, want) || in.State != cordon.IncidentContained || in.Score.Floor() {
		t.Errorf("incident %+v, want sources %v, contained, read whole", in, want)
	}
}

// checkLedgerAgainstAudit makes sure that no write reached the cloud without
// an intent before it and an outcome after it.
func checkLedgerAgainstAudit(t *testing.T, w *world) {
	t.Helper()
	intents, outcomes := map[string]bool{}, map[string]bool{}
	for _, e := range w.verify() {
		var data struct {
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case cordon.EntryIntent:
			intents[data.RequestID] = true
		case cordon.EntryOutcome:
			outcomes[data.RequestID] = true
		default: // verdicts and later proofs send nothing
		}
	}
	for _, e := range w.cloud.Ledger(false) {
		if !intents[e.ClientRequestID] || !outcomes[e.ClientRequestID] {
			t.Errorf("%s %s (%s): intent %v, outcome %v", e.Method, e.Path, e.ClientRequestID, intents[e.ClientRequestID], outcomes[e.ClientRequestID])
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		mode   string
		writes int
		state  cordon.RunState
		first  cordon.Verdict // without its detail
		second cordon.Verdict
	}{
		{
			"observe", 0, cordon.RunRefused, cordon.Verdict{Decision: cordon.Refuse, Reason: cordon.ReasonObserve},
			cordon.Verdict{Decision: cordon.Refuse, Reason: cordon.ReasonObserve},
		},
		{"approve", 0, cordon.RunHeld, cordon.Verdict{Decision: cordon.Hold, Reason: cordon.ReasonModeApprove}, cordon.Verdict{}},
		{
			"protect", 1, cordon.RunHeld, cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonWithin},
			cordon.Verdict{Decision: cordon.Hold, Reason: cordon.ReasonModeProtect},
		},
	}
	for _, tt := range tests {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tenantYAML{mode: tt.mode})
			w.sync()
			run := w.runOn(w.person("mira"))
			for i, want := range []cordon.Verdict{tt.first, tt.second} {
				if got := run.Steps[i].Verdict; got.Decision != want.Decision || got.Reason != want.Reason {
					t.Errorf("step %d: %s %s, want %s %s", i, got.Decision, got.Reason, want.Decision, want.Reason)
				}
			}
			if run.State != tt.state || len(w.writes()) != tt.writes {
				t.Errorf("state %s with %d writes, want %s with %d", run.State, len(w.writes()), tt.state, tt.writes)
			}
			w.verify()
		})
	}
}

// TestShadow makes sure that a playbook that is not on judges and does
// nothing.
func TestShadow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{on: []string{}})
	w.sync()
	run := w.runOn(w.person("mira"))
	if run.State != cordon.RunShadow || len(w.writes()) != 0 {
		t.Errorf("state %s with writes %q, want shadow without", run.State, w.writes())
	}
	for _, s := range run.Steps {
		if s.Verdict.Reason != cordon.ReasonShadow {
			t.Errorf("%s: reason %s, want %s: everything else would have allowed it", s.Action, s.Verdict.Reason, cordon.ReasonShadow)
		}
	}
	if glass := w.runOn(w.person("glass one")); glass.Steps[0].Verdict.Reason != cordon.ReasonBreakGlass {
		t.Errorf("the shadow of a protected account: %s", brief([]cordon.Run{glass}))
	}
	if got := len(w.told.of(cordon.NoticeRefused)); got != 0 {
		t.Errorf("a shadow woke somebody %d times", got)
	}
}

// recorded are real payloads beside the repository, and where each goes.
var recorded = map[string]string{
	"entra-user-risk-events.ndjson": "identityProtection/riskDetections",
	"graph-alerts-v2.ndjson":        "security/alerts_v2",
}

// TestRecordedDataBecomesSignals carries real payloads along the road:
// nothing is dropped, old news moves nobody to act.
func TestRecordedDataBecomesSignals(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "recorded")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the recorded payloads are not beside the repository (../shared/recorded)")
	}
	w := newWorld(t, "empty", tenantYAML{})
	want := 0
	for file, resource := range recorded {
		for _, item := range readRecorded(t, filepath.Join(dir, file)) {
			w.inject(resource, item)
			want++
		}
	}
	w.sync()
	got := w.signals()
	if len(got) != want || want == 0 {
		t.Errorf("%d recorded items became %d signals", want, len(got))
	}
	users := map[string]bool{}
	for _, s := range got {
		if s.Detector == cordon.DetectorCordon || s.UpdatedAt.IsZero() || s.OccurredAt.IsZero() {
			t.Errorf("%s was not understood: %+v", s.NativeID, s)
		}
		for _, e := range s.Entities {
			users[e.ID()] = true
		}
	}
	for _, id := range []string{"51e26eae-d07b-44e5-bb0b-249f49569a8c", "e3b2b242-4ccb-4cf1-9b8b-004cf034a458", "588d7c15-8565-448e-bc2d-57f2b7c4c58a"} {
		if !users[id] {
			t.Errorf("nobody speaks of %s; known: %v", id, users)
		}
	}
	if runs := w.runs(); len(runs) != 0 {
		t.Errorf("old news made somebody act: %s", brief(runs))
	}
}

// readRecorded returns the objects of a file as the API gives them: an
// exported log has them under properties.
func readRecorded(t *testing.T, file string) (items []json.RawMessage) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var envelope struct {
			Properties json.RawMessage `json:"properties"`
		}
		if err := json.Unmarshal(lines.Bytes(), &envelope); err != nil {
			t.Fatal(err)
		}
		if envelope.Properties == nil {
			envelope.Properties = slices.Clone(lines.Bytes())
		}
		items = append(items, envelope.Properties)
	}
	return items
}
