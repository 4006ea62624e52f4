package app_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
)

// The variables by which a test runs its own binary as the process that is to
// be killed.
const (
	crashConfig = "CORDON_CRASH_CONFIG"
	crashPoint  = "CORDON_CRASH_POINT"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(crashConfig); file != "" {
		crash(file, engine.Point(os.Getenv(crashPoint)))
	}
	// The tests wait for Microsoft's limits most of the time, and use little of
	// the processor. -parallel on the command line still wins.
	if err := flag.Set("test.parallel", "5"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// crash runs a sync that kills itself, as kill -9 does, at the first point of
// that name.
func crash(file string, at engine.Point) {
	c, err := app.ReadConfig(file)
	if err != nil {
		panic(err)
	}
	h, err := app.Open(context.Background(), c, "crash", app.Options{At: func(p engine.Point) {
		if p == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal needs a moment; nothing more happens here
		}
	}})
	if err != nil {
		panic(err)
	}
	fmt.Println(h.Engine.Once(context.Background(), nil), "and it was not killed")
	os.Exit(7)
}

// kill runs a sync of the world in a process of its own and has it killed.
func (w *world) kill(at engine.Point) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashConfig+"="+w.file, crashPoint+"="+string(at))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		w.t.Fatalf("at %s the process was not killed: %v\n%s", at, err, out)
	}
}

// TestKilledAtEachDurablePoint kills the process for real at each instant
// that counts. After the restart nothing is lost, and the cloud has seen
// nothing twice.
func TestKilledAtEachDurablePoint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		at     engine.Point
		writes int // that reached the cloud before the process died
		first  cordon.Outcome
	}{
		{"signals are committed, nothing followed", engine.PointCollected, 0, cordon.OutcomeDone},
		{"fault 1: before the action call", engine.PointIntent, 0, cordon.OutcomeDone},
		{"fault 2: after the call, before the result is stored", engine.PointActed, 1, cordon.OutcomeUnknown},
		{"the outcome is committed", engine.PointOutcome, 1, cordon.OutcomeDone},
	}
	all := signalsOfTokenTheft(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", tenantYAML{})
			w.kill(tt.at)
			if got := len(w.writes()); got != tt.writes {
				t.Fatalf("%d writes before the process died, want %d: %q", got, tt.writes, w.writes())
			}
			w.sync()
			victim := w.person("mira")
			if got, want := w.writes(), containment(victim); !slices.Equal(got, want) {
				t.Errorf("the cloud was asked to\n %q\nwant\n %q", got, want)
			}
			run := w.runOn(victim)
			if s := run.Steps[0]; run.State != cordon.RunDone || s.Outcome != tt.first || s.Proof != cordon.ProofConfirmed {
				t.Errorf("after the restart: %s; want the first step %s and confirmed", brief([]cordon.Run{run}), tt.first)
			}
			if got := len(w.signals()); got != all {
				t.Errorf("%d signals, want %d", got, all)
			}
			if o := w.cloud.Outcome(); !o.OK {
				t.Errorf("outcome: %q", o.Problems)
			}
			checkLedgerAgainstAudit(t, w)
		})
	}
}

// signalsOfTokenTheft is how many signals an undisturbed sync finds.
func signalsOfTokenTheft(t *testing.T) int {
	t.Helper()
	w := newWorld(t, "token-theft", tenantYAML{mode: "observe"})
	w.sync()
	return len(w.signals())
}
