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

// once reads one source and carries what follows to its end, as sync does.
func (w *world) once() error {
	w.T.Helper()
	w.engine.Sources = []cordon.Source{cordon.SourceRiskDetections}
	return w.engine.Once(w.T.Context(), nil)
}

// A run that its turns are too short for goes on with longer ones: slowness is
// no failure, and sync waits. A turn that ended while the answer was under way
// leaves the outcome unknown, and the reading tells.
func TestSlowRunGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.stored(cordon.ActionDisableUser)
	w.fault(sim.Fault{Path: "/v1.0/users/*", DelayMS: 50})
	w.engine.pace.first = time.Millisecond
	if err := w.once(); err != nil {
		t.Fatal(err)
	}
	run, err := w.engine.loadRun(t.Context(), run.ID)
	read := strings.Replace(story(run), "unknown", "done", 1)
	if err != nil || read != "done; disable_user done confirmed" || len(w.engine.pace.cut) != 0 {
		t.Errorf("%s, %v; cut: %v", story(run), err, w.engine.pace.cut)
	}
}

// What hangs is left to the next sync once nothing moves any more, and that is
// said.
func TestHangingSyncLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.stored(cordon.ActionDisableUser)
	w.fault(sim.Fault{Path: "/v1.0/users/" + adaID, DelayMS: 600_000})
	w.engine.pace.first, w.engine.pace.longest = 100*time.Millisecond, 200*time.Millisecond
	err := w.once()
	if late, ok := errors.AsType[*UnfinishedError](err); !ok || late.Jobs == 0 {
		t.Fatal(err)
	}
	if run, err = w.engine.loadRun(t.Context(), run.ID); err != nil || run.State != cordon.RunRunning {
		t.Fatalf("%s, %v", story(run), err)
	}
	w.cloud.ClearFaults()
	w.engine.pace = newPace()
	if err := w.once(); err != nil {
		t.Fatal(err)
	}
	if run, err = w.engine.loadRun(t.Context(), run.ID); err != nil || story(run) != "done; disable_user done confirmed" {
		t.Errorf("%s, %v", story(run), err)
	}
}

// An outcome that could not be read back at once is read back before sync
// ends.
func TestSlowProofIsReadByAJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	run := w.stored(cordon.ActionDisableUser)
	w.engine.readBackTimeout = time.Nanosecond
	if err := w.once(); err != nil {
		t.Fatal(err)
	}
	run, err := w.engine.loadRun(t.Context(), run.ID)
	if err != nil || story(run) != "done; disable_user done confirmed" || run.Steps[0].Detail != "" {
		t.Errorf("%s, %v, detail %q", story(run), err, run.Steps[0].Detail)
	}
}
