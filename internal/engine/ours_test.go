package engine

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/google/uuid"
)

// take makes the world's engine that of its store, as a start does.
func (w *world) take() Taken {
	w.T.Helper()
	taken, err := Take(w.T.Context(), w.engine.Store, Claim{NewID: uuid.NewString, Now: w.now()})
	if err != nil {
		w.T.Fatal(err)
	}
	w.engine.Standing = taken.Standing
	return taken
}

// Whatever happens to the store under an engine keeps its actions from leaving,
// ends it, and is told from memory.
func TestStoreGone(t *testing.T) {
	t.Parallel()
	move := func(w *world, name string) {
		if err := os.Rename(name, name+".moved"); err != nil {
			w.T.Fatal(err)
		}
	}
	for name, happens := range map[string]func(*world){
		"moved":       func(w *world) { move(w, w.file) },
		"lock is new": func(w *world) { move(w, w.file+".lock"); _ = os.WriteFile(w.file+".lock", nil, 0o600) },
		"replaced": func(w *world) {
			b, err := os.ReadFile(w.file)
			move(w, w.file)
			if err = errors.Join(err, os.WriteFile(w.file, b, 0o600)); err != nil {
				w.T.Fatal(err)
			}
		},
		"another engine": func(w *world) { w.behind("UPDATE engine SET instance = 'other', epoch = epoch + 1") },
		"another store":  func(w *world) { w.behind("UPDATE engine SET store_id = 'other'") },
		"put back": func(w *world) {
			w.behind("DELETE FROM entries WHERE chain = 'fleet'", "DELETE FROM heads WHERE chain = 'fleet'")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, "entraID")
			w.take()
			run := w.stored(cordon.ActionDisableUser)
			if err := w.once(); err != nil || w.enabled() {
				t.Fatalf("enabled %v, %v", w.enabled(), err)
			}
			before := w.writes()
			_ = run
			undo, err := w.engine.Undo(t.Context(), run.ID, "sam@desk", "test")
			if err != nil {
				t.Fatal(err)
			}
			happens(w)
			if _, err := w.engine.Grant(t.Context(), undo); !errors.Is(err, store.ErrGone) || w.writes() != before {
				t.Errorf("%d writes, error %v", w.writes()-before, err)
			}
			w.told = nil
			if err := w.engine.Run(t.Context()); !errors.Is(err, store.ErrGone) || w.writes() != before {
				t.Errorf("engine: %d writes, error %v", w.writes()-before, err)
			}
			if len(w.told) != 1 || !strings.HasPrefix(w.told[0].Title, "Cordon has stopped, nobody is watched: ") {
				t.Errorf("told %+v", w.told)
			}
		})
	}
}

// What was all noticed long before a store was known is history; one signal
// since is none.
func TestHistory(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(ago time.Duration) cordon.Signal { return cordon.Signal{DetectedAt: since.Add(-ago)} }
	e := &Engine{Options: Options{Standing: store.Standing{StoreID: "s", Since: since}}}
	for _, tt := range []struct {
		name    string
		engine  *Engine
		signals []cordon.Signal
		history bool
	}{
		{"before", e, []cordon.Signal{at(2 * time.Hour), at(time.Hour + time.Second)}, true},
		{"an hour before", e, []cordon.Signal{at(2 * time.Hour), at(time.Hour)}, false},
		{"since", e, []cordon.Signal{at(2 * time.Hour), at(-time.Minute)}, false},
		{"nothing", e, nil, false},
		{"a store that nobody took", &Engine{}, []cordon.Signal{at(2 * time.Hour)}, false},
	} {
		if got := tt.engine.historyOf(tt.signals); (got != "") != tt.history {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

// A store is the one that was expected only if it is, and holds what it held.
func TestTake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	first := w.take()
	again := w.take()
	if !first.First || first.Unknown != "" || again.First || again.Unknown != "" || again.StoreID != first.StoreID || again.Instance == first.Instance || again.Epoch != 2 {
		t.Fatalf("first %+v, again %+v", first, again)
	}
	witness, err := w.engine.Store.Witness()
	if err != nil || witness.StoreID != first.StoreID || witness.Head.Seq != 1 {
		t.Fatalf("witness %+v, %v", witness, err)
	}
	witness.Head.Seq++ // of a state that the store does not hold
	if err := w.engine.Store.PutWitness(witness); err != nil {
		t.Fatal(err)
	}
	if back := w.take(); !strings.Contains(back.Unknown, "was put back to an earlier state") {
		t.Errorf("put back: %+v", back)
	}
	if _, err := Accept(t.Context(), w.engine.Store, "sam@desk", "test", w.now()); err != nil {
		t.Fatal(err)
	}
	if got := w.take(); got.Unknown != "" || got.First || got.Since.Equal(first.Since) {
		t.Errorf("accepted: %+v", got)
	}
	var said []string
	for _, e := range w.entries() {
		if e.Kind == cordon.EntryStore {
			said = append(said, string(e.Data))
		}
	}
	if len(said) != 3 || !strings.Contains(said[0], "recorded") || !strings.Contains(said[1], "unexpected") || !strings.Contains(said[2], "accepted") {
		t.Errorf("audit: %q", said)
	}
}
