package app_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/sim"
)

// syncAt syncs as if it were so much later.
func (w *world) syncAt(later time.Duration) {
	w.t.Helper()
	w.cloud.Advance(later)
	h := w.open(app.Options{Now: func() time.Time { return time.Now().Add(later) }})
	err := errors.Join(h.Engine.Once(w.t.Context(), nil), h.Close())
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestSyncAfterALongPause: everything that was read is stale by now; the
// attack is contained all the same once every source is read again.
func TestSyncAfterALongPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.sync()
	w.inject("users", map[string]any{"id": "11111111-1111-4111-8111-111111111111", "userPrincipalName": "ada@contoso.example", "displayName": "Ada", "accountEnabled": true})
	w.attack("11111111-1111-4111-8111-111111111111")
	w.syncAt(10 * time.Minute) // within the overlap of the last reading
	w.syncAt(time.Hour)
	if run := w.runOn("11111111-1111-4111-8111-111111111111"); run.State != cordon.RunDone {
		t.Errorf("after the pause: %s", brief([]cordon.Run{run}))
	}
}

// TestClockSetBack: while the clock of the machine was ahead nothing of now was
// read. Once it is right again the store is stale, and an attack that came
// meanwhile is read.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	id := w.user(1, "ada")
	w.later(2 * time.Hour)
	w.risk("anomalousToken", id, nil)
	w.alert("a1", "microsoftDefenderForIdentity", nil, accusing(id))
	w.later(2 * time.Hour)
	for _, c := range w.coverage() {
		if got := c.At(time.Now()); got.State != cordon.CoverageStale {
			t.Errorf("coverage after the clock was set back: %+v", got)
		}
	}
	w.sync()
	if !w.actedOn(id) {
		t.Errorf("the attack was not seen: %+v", w.signals())
	}
	for _, c := range w.coverage() {
		if got := c.At(time.Now()); got.Missing() || c.CheckedAt.After(time.Now()) {
			t.Errorf("coverage after it was read again: %+v", got)
		}
	}
}

// TestStaleCoverageIsReadAnew: the attack and the pause at once.
func TestStaleCoverageIsReadAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	user := "11111111-1111-4111-8111-111111111111"
	w.inject("users", map[string]any{"id": user, "userPrincipalName": "ada@contoso.example", "displayName": "Ada", "accountEnabled": true})
	h := w.open(app.Options{Now: func() time.Time { return time.Now().Add(-20 * time.Minute) }})
	if err := errors.Join(h.Engine.Once(t.Context(), nil), h.Close()); err != nil {
		t.Fatal(err)
	}
	w.attack(user)
	w.sync()
	if run := w.runOn(user); run.State != cordon.RunDone {
		t.Errorf("after the pause: %s", brief([]cordon.Run{run}))
	}
}

// TestPassingErrorsDoNotLoseAContainment: while guard cannot read what it
// must know nothing is done, and afterwards it is.
func TestPassingErrorsDoNotLoseAContainment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.fault(sim.Fault{Path: "*/transitiveMemberOf*", Status: 503, Count: 6})
	w.sync()
	for range 4 {
		if w.runOn(w.person("mira")).State == cordon.RunDone {
			break
		}
		w.sync()
	}
	got, want := w.writes(), containment(w.person("mira"))
	slices.Sort(got) // what guard could not judge at first does not keep back what it then could
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("writes %q, want %q; %s", got, want, brief(w.runs()))
	}
}

// TestHeldIsToldOnce: a hold that nothing changed is not told again by every
// sync; a raised mode lets it go on.
func TestHeldIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{mode: "approve"})
	w.sync()
	entries := len(w.verify())
	w.sync()
	if held := w.told.of(cordon.NoticeHeld); len(held) != 1 || len(w.verify()) != entries {
		t.Errorf("%d notices of one hold, %d audit entries of %d", len(held), len(w.verify()), entries)
	}
	w.configure(tenantYAML{mode: "enforce"})
	w.sync()
	if got, want := w.writes(), containment(w.person("mira")); !slices.Equal(got, want) {
		t.Errorf("with the mode raised: writes %q, want %q", got, want)
	}
}

// TestShadowDoesNotStandInTheWay: a playbook that is switched on acts on what
// it judged in shadow while that is fresh.
func TestShadowDoesNotStandInTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{on: []string{}})
	w.sync()
	w.configure(tenantYAML{})
	w.sync()
	if got, want := w.writes(), containment(w.person("mira")); !slices.Equal(got, want) {
		t.Errorf("writes %q, want %q", got, want)
	}
}

// TestLostIntentIsNotCalledSkipped: an action left, its answer is lost, and
// by the restart the tenant is only observed. What left is not denied, and can
// be undone.
func TestLostIntentIsNotCalledSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.fault(sim.Fault{Method: "POST", Path: "*/revokeSignInSessions", Count: 1, Drop: "before"})
	w.kill(engine.PointActed)
	w.configure(tenantYAML{mode: "observe"})
	w.sync()
	run := w.runOn(w.person("mira"))
	if s := run.Steps[0]; run.State != cordon.RunRefused || s.Outcome != cordon.OutcomeUnknown || s.Attempts != 1 {
		t.Errorf("%s", brief([]cordon.Run{run}))
	}
}

// hangs is a channel whose receiver never answers.
type hangs struct{}

func (hangs) Name() string { return "hangs" }

func (hangs) Send(ctx context.Context, _ cordon.Notice) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestHangingReceiverHoldsUpNobody: while a receiver hangs, the identity is
// contained and the other channels are told.
func TestHangingReceiverHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	o := app.Options{}
	o.Channels = append(o.Channels, hangs{})
	h := w.open(o)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- h.Engine.Run(ctx) }()
	await(t, "both steps are told", func() bool { return len(w.told.of(cordon.NoticeContained)) >= 2 })
	cancel()
	if err := errors.Join(<-ran, h.Close()); err != nil {
		t.Error(err)
	}
	got, want := w.writes(), containment(w.person("mira"))
	slices.Sort(got) // a first step that is slow leaves the second its time
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("writes %q, want %q", got, want)
	}
	if got := w.told.of(cordon.NoticeContained); len(got) != 2 {
		t.Errorf("the channel that works was told %d times of two steps", len(got))
	}
}

// TestThrottledWriteIsQuiet: a write that was put off is no failure, and is
// done when the service allows it.
func TestThrottledWriteIsQuiet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.fault(sim.Fault{Method: "POST", Path: "*/revokeSignInSessions", Count: 1, Status: 429, RetryAfter: "1"})
	w.sync()
	for range 5 {
		if w.runOn(w.person("mira")).State == cordon.RunDone {
			break
		}
		w.sync()
	}
	run := w.runOn(w.person("mira"))
	if s := run.Steps[0]; run.State != cordon.RunDone || s.Attempts != 1 || len(w.told.of(cordon.NoticeFailed)) != 0 {
		t.Errorf("%s after %d attempts, told %+v", brief([]cordon.Run{run}), s.Attempts, w.told.of(cordon.NoticeFailed))
	}
}

// TestGoneTargetEndsTheRun: the user was deleted while the answer was lost.
func TestGoneTargetEndsTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.kill(engine.PointIntent)
	w.fault(sim.Fault{Path: "/v1.0/users/" + w.person("mira"), Status: 404})
	w.sync()
	run := w.runOn(w.person("mira"))
	if run.State != cordon.RunFailed || !strings.Contains(run.Steps[0].Detail, "no longer exists") {
		t.Errorf("%s %q", brief([]cordon.Run{run}), run.Steps[0].Detail)
	}
}

// TestHeldGrowsOld: what was held for days is news for people, and no reason
// to act when the mode is raised.
func TestHeldGrowsOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{mode: "approve"})
	w.sync()
	w.configure(tenantYAML{mode: "enforce"})
	w.syncAt(72 * time.Hour)
	if run := w.runOn(w.person("mira")); run.State != cordon.RunRefused || run.Steps[0].Verdict.Reason != cordon.ReasonTooOld || len(w.writes()) != 0 {
		t.Errorf("%s, writes %q", brief([]cordon.Run{run}), w.writes())
	}
}
