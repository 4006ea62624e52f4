package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
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
	w.ahead.Add(int64(patience + time.Minute))
	w.fault(sim.Fault{Path: "/v1.0/users/*", Drop: "before"})
	if err := w.engine.advance(t.Context(), run.ID); !errors.Is(err, cordon.ErrUnavailable) {
		t.Fatalf("while down: %v", err)
	}
	w.cloud.ClearFaults()
	if run = w.again(run); story(run) != "done; disable_user done confirmed" {
		t.Error(story(run))
	}
}

// A wish that was not carried out while Cordon stood still is not carried out
// days later, when nobody thinks of it any more.
func TestWishGrowsOld(t *testing.T) {
	t.Parallel()
	for later, want := range map[time.Duration]string{
		time.Hour / 2:  "done; disable_user done confirmed",
		72 * time.Hour: "refused; disable_user skipped too_old",
	} {
		w := newWorld(t, action.Documented, sim.Options{}, "entraID")
		run := w.stored(cordon.ActionDisableUser)
		w.ahead.Add(int64(later))
		if run = w.again(run); story(run) != want {
			t.Errorf("%s later: %s, want %s", later, story(run), want)
		}
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

// The process ends at each instant of an action through Defender for
// Identity. Taken up again, what can be read is read first; no intent stays
// without an outcome, and what nothing shows is asked for again.
func TestEndsInTheMiddleOfAnIdentityAction(t *testing.T) {
	t.Parallel()
	const disable, password, sessions = cordon.ActionDisableOnPremises, cordon.ActionForcePasswordResetOnPremises, cordon.ActionRevokeSessionsOkta
	tests := []struct {
		at     Point
		action cordon.ActionName
		want   string
		writes int
	}{
		{PointIntent, disable, "done; disable_on_premises done pending", 1},
		{PointActed, disable, "done; disable_on_premises unknown confirmed", 1},
		{PointOutcome, disable, "done; disable_on_premises done pending", 1},
		{PointIntent, password, "done; force_password_reset_on_premises done pending", 1},
		{PointActed, password, "done; force_password_reset_on_premises done pending", 2},
		{PointIntent, sessions, "done; revoke_sessions_okta done pending", 1},
		{PointActed, sessions, "done; revoke_sessions_okta done pending", 2},
	}
	for _, tt := range tests {
		t.Run(string(tt.at)+" "+string(tt.action), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory", "okta")
			run := w.endsAt(tt.at, tt.action)
			w.cloud.Advance(10 * time.Second) // what was begun is carried out
			run = w.again(run)
			if story(run) != tt.want || w.writes() != tt.writes {
				t.Errorf("got %s, %d writes; want %s, %d writes", story(run), w.writes(), tt.want, tt.writes)
			}
			open := 0
			for _, e := range w.entries() {
				switch e.Kind { //nolint:exhaustive // the others open and close nothing
				case cordon.EntryIntent:
					open++
				case cordon.EntryOutcome:
					open--
				}
			}
			if open != 0 {
				t.Errorf("%d intents without outcome: %+v", open, w.entries())
			}
		})
	}
}

// endsAt carries a wish and stops dead at a point.
func (w *world) endsAt(at Point, a cordon.ActionName) (run cordon.Run) {
	w.T.Helper()
	w.engine.At = func(p Point) {
		if p == at {
			panic(at)
		}
	}
	defer func() {
		w.engine.At = func(Point) {}
		if got := recover(); got != at {
			w.T.Fatalf("it did not end at %s: %v", at, got)
		}
		err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) error {
			runs, err := tx.Runs(w.T.Context(), store.RunFilter{})
			run = runs[0]
			return err
		})
		if err != nil {
			w.T.Fatal(err)
		}
	}()
	_, _ = w.do(cordon.NewUser(adaID, "ada@contoso.com", ""), a)
	return run
}

// entries are those of the audit, oldest first.
func (w *world) entries() (entries []cordon.Entry) {
	w.T.Helper()
	err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		entries, err = tx.Entries(w.T.Context(), store.EntryFilter{})
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	slices.Reverse(entries)
	return entries
}

// stored is a person's wish that is stored and not begun.
func (w *world) stored(actions ...cordon.ActionName) cordon.Run {
	w.T.Helper()
	plan := cordon.Plan{Schema: cordon.PlanSchema, TenantID: w.tenant}
	for _, a := range actions {
		plan.Steps = append(plan.Steps, cordon.PlannedStep{Action: a, Target: cordon.NewUser(adaID, "ada@contoso.com", "")})
	}
	run := w.engine.newRun(plan, cordon.Requester{Person: "sam@desk"}, "test")
	if err := w.engine.Store.Write(w.T.Context(), func(tx *store.Tx) error { return tx.AddRun(w.T.Context(), run) }); err != nil {
		w.T.Fatal(err)
	}
	return run
}

// A run ended when its tenant was removed. When the tenant is added again, the
// job that was left over does not act.
func TestAbandonedIsNotResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.lost(sim.Fault{Method: "PATCH", Path: "/v1.0/users/*", Drop: "before"}, cordon.ActionDisableUser)
	if err := w.engine.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := Abandon(t.Context(), tx, w.tenant, "the tenant was removed", w.now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if run = w.again(run); story(run) != "failed; disable_user unknown pending" || !w.enabled() {
		t.Errorf("%s, enabled: %v", story(run), w.enabled())
	}
}

// A step that hangs until the job ends leaves time for those after it.
func TestHangingStepLeavesTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "okta")
	w.fault(sim.Fault{Path: "/v1.0/" + identities + "*", DelayMS: 60_000})
	run := w.stored(cordon.ActionDisableOkta, cordon.ActionDisableUser)
	w.engine.pace.first = 2 * time.Second
	const want = "running; disable_okta planned; disable_user done confirmed"
	for range 4 { // longer turns, where the machine is slow
		if err := w.engine.takeTurn(t.Context(), run.ID); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		var err error
		if run, err = w.engine.loadRun(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
		if story(run) == want {
			return
		}
	}
	t.Error(story(run))
}

// What hangs is waited for as long as what is down, and then a person is told.
func TestHangingStepEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "okta")
	w.fault(sim.Fault{Path: "/v1.0/" + identities + "*", DelayMS: 60_000})
	run := w.stored(cordon.ActionDisableOkta)
	w.engine.pace.first = time.Second
	for i := 0; i < 6 && !run.State.Ended(); i++ { // longer turns, where the machine is slow
		if i == 1 {
			w.ahead.Add(int64(patience))
		}
		_ = w.engine.takeTurn(t.Context(), run.ID) // as a job does, whose time ends
		var err error
		if run, err = w.engine.loadRun(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.engine.Tell(t.Context()); err != nil {
		t.Fatal(err)
	}
	if story(run) != "refused; disable_okta skipped situation_unreadable" || len(w.told) != 1 || w.told[0].Kind != cordon.NoticeRefused {
		t.Errorf("%s, told %+v", story(run), w.told)
	}
}

// A password reset got no answer, and its repetition was throttled. Before the
// next one leaves, the state is read: the first may have arrived after all.
func TestThrottledRepetitionIsNotBlind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.stored(cordon.ActionForcePasswordReset)
	s := run.Steps[0]
	long := w.now().AddDate(-1, 0, 0)
	s.Attempts, s.Outcome, s.Verdict, s.ActedAt = 2, cordon.OutcomeIntent, cordon.Verdict{Decision: cordon.Allow}, w.now()
	s.Prior = action.State{PasswordChanged: &long}.JSON()
	verb, _ := w.engine.verbs.Find(s.Action)
	s = settle(s, verb, "", cordon.ErrThrottled, true)
	if err := w.engine.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.PutStep(t.Context(), run, s) }); err != nil {
		t.Fatal(err)
	}
	if run = w.again(run); w.writes() != 0 || run.Steps[0].Proof != cordon.ProofConfirmed {
		t.Errorf("%s, %d writes", story(run), w.writes())
	}
}
