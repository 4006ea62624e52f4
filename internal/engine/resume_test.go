package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
)

// lost carries a wish of which the answer to the first write is lost.
func (w *world) lost(f sim.Fault, a cordon.ActionName) cordon.Run {
	w.T.Helper()
	f.Count = 1
	w.fault(f)
	run, err := w.do(cordon.NewUser(adaID, "ada@contoso.com", ""), a)
	if !errors.Is(err, cordon.ErrUnknownOutcome) || run.State != cordon.RunRunning {
		w.T.Fatalf("%s, %v", story(run), err)
	}
	return run
}

// again takes a run up again, as the sweep does.
func (w *world) again(run cordon.Run) cordon.Run {
	w.T.Helper()
	err := w.engine.advance(w.T.Context(), run.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	if run, err = w.engine.loadRun(w.T.Context(), run.ID); err != nil {
		w.T.Fatal(err)
	}
	if err := w.engine.Tell(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
	return run
}

// What a person undid is not done after all when the run is taken up again.
func TestUndoneIsNotResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.lost(sim.Fault{Method: "PATCH", Path: "/v1.0/users/*", Drop: "before"}, cordon.ActionDisableUser)
	wish, err := w.engine.Undo(t.Context(), run.ID, "sam@desk", "false alarm")
	if err != nil {
		t.Fatal(err)
	}
	if back, err := w.engine.Grant(t.Context(), wish); err != nil || story(back) != "done; enable_user already confirmed" {
		t.Fatalf("%s, %v", story(back), err)
	}
	if run = w.again(run); story(run) != "refused; disable_user unknown cool_down_undo pending" || !w.enabled() {
		t.Errorf("%s, enabled: %v", story(run), w.enabled())
	}
}

// Consent is withdrawn while an answer is awaited: the step stays unknown, the
// run ends, and a person is told, once.
func TestConsentLostWhileUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.lost(sim.Fault{Method: "PATCH", Path: "/v1.0/users/*", Drop: "before"}, cordon.ActionDisableUser)
	before := len(w.told)
	w.fault(sim.Fault{Path: "/v1.0/users/*", Status: 403})
	if err := w.engine.advance(t.Context(), run.ID); !errors.Is(err, cordon.ErrDenied) {
		t.Fatalf("at once: %v", err)
	}
	w.ahead.Add(int64(patience))
	for range 2 {
		run = w.again(run)
	}
	if story(run) != "refused; disable_user unknown situation_unreadable pending" || w.writes() != 1 {
		t.Errorf("%s, %d writes", story(run), w.writes())
	}
	told := w.told[before:]
	if len(told) != 1 || told[0].Kind != cordon.NoticeRefused || !strings.HasPrefix(run.Steps[0].Detail, "no answer came back, and it is not repeated: ") {
		t.Errorf("told %+v, detail %q", told, run.Steps[0].Detail)
	}
}

// A service that is down comes back: that is waited for.
func TestDownWhileUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.lost(sim.Fault{Method: "PATCH", Path: "/v1.0/users/*", Drop: "before"}, cordon.ActionDisableUser)
	w.ahead.Add(int64(24 * time.Hour))
	w.fault(sim.Fault{Path: "/v1.0/users/*", Drop: "before"})
	if err := w.engine.advance(t.Context(), run.ID); !errors.Is(err, cordon.ErrUnavailable) {
		t.Fatalf("while down: %v", err)
	}
	w.cloud.ClearFaults()
	if run = w.again(run); story(run) != "done; disable_user done confirmed" {
		t.Error(story(run))
	}
}

// A password in Active Directory is not demanded anew of a user who has
// chosen one since.
func TestChosenPasswordIsNotDemandedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	run := w.lost(sim.Fault{Method: "POST", Path: "/v1.0/" + identities + "/*", Drop: "after"}, cordon.ActionForcePasswordResetOnPremises)
	w.inject("users", `{"id":"`+adaID+`","lastPasswordChangeDateTime":"`+time.Now().UTC().Format(time.RFC3339)+`"}`)
	if run = w.again(run); story(run) != "done; force_password_reset_on_premises unknown confirmed" || w.writes() != 1 {
		t.Errorf("%s, %d writes", story(run), w.writes())
	}
}
