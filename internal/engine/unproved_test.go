package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
)

// When the state cannot be read back, step and notification say why and when
// it is read again; what else was said of the step stays.
func TestSaysWhyTheProofIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	w.engine.At = func(p Point) {
		if p == PointActed {
			w.fault(sim.Fault{Method: "GET", Path: "/v1.0/" + identities + "*", Status: 403})
		}
	}
	run, err := w.do(cordon.NewUser(adaID, "ada@contoso.com", ""), cordon.ActionDisableOnPremises)
	if err != nil || story(run) != "done; disable_on_premises done unknown" {
		t.Fatalf("%s, %v", story(run), err)
	}
	if err := w.engine.Tell(t.Context()); err != nil {
		t.Fatal(err)
	}
	const why, when = "the state could not be read back: ", "the state is read again 2 and 15 minutes after the action, by cordon serve or a cordon sync that runs then"
	s, told := run.Steps[0], w.told[len(w.told)-1]
	if !strings.Contains(s.Detail, "correlation id ") || !strings.Contains(s.Detail, "; "+why) || !strings.Contains(s.Detail, "403") {
		t.Errorf("detail %q", s.Detail)
	}
	if told.Reason != "proof unknown" || !strings.Contains(told.Title, why) || !strings.HasSuffix(told.Title, when) {
		t.Errorf("told %+v", told)
	}
	w.cloud.ClearFaults()
	w.cloud.Advance(10 * time.Second)
	if err := w.engine.prove(t.Context(), run.ID, 0); err != nil {
		t.Fatal(err)
	}
	if run, err = w.engine.loadRun(t.Context(), run.ID); err != nil || run.Steps[0].Proof != cordon.ProofConfirmed || !strings.Contains(run.Steps[0].Detail, "correlation id ") || strings.Contains(run.Steps[0].Detail, why) {
		t.Errorf("%s, %q, %v", story(run), run.Steps[0].Detail, err)
	}
}

// What is said of the readings to come is what is still to come.
func TestSaysWhenItIsReadAgain(t *testing.T) {
	t.Parallel()
	acted := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)
	for read, want := range map[time.Duration]string{
		time.Second:      "; the state is read again 2 and 15 minutes after the action, by cordon serve or a cordon sync that runs then",
		2 * time.Minute:  "; the state is read again 15 minutes after the action, by cordon serve or a cordon sync that runs then",
		15 * time.Minute: "; the state was read for the last time 2026-02-03T10:15:00Z: look at the account yourself",
	} {
		s := cordon.Step{Outcome: cordon.OutcomeDone, Proof: cordon.ProofUnknown, Detail: "why", ActedAt: acted, ProvedAt: acted.Add(read)}
		if got := Unproved(s); got != "proof unknown: why"+want {
			t.Errorf("read after %s: %q", read, got)
		}
	}
	for _, s := range []cordon.Step{{Outcome: cordon.OutcomeDone, Proof: cordon.ProofConfirmed}, {Outcome: cordon.OutcomeUnknown, Proof: cordon.ProofUnknown}, {}} {
		if got := Unproved(s); got != "" {
			t.Errorf("%+v: %q", s, got)
		}
	}
}
