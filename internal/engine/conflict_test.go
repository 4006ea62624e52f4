package engine

import (
	"errors"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// What was worked out of an incident that changed meanwhile is not written, but
// worked out anew.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	w.alert("a1", userEvidence(`"azureAdUserId":"`+adaID+`"`))
	w.sync()
	in := w.incidents(cordon.IncidentOpen)[0]
	more := signalLike(w, in, "a2")
	w.change(func(tx *store.Tx) error {
		_, err := tx.PutSignals(t.Context(), []cordon.Signal{more})
		return err
	})
	var j joined
	var d decision
	if err := w.engine.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		j, err = w.engine.join(t.Context(), tx, w.engine.Tenants[0])
		d = decision{tenant: w.engine.Tenants[0], in: in}
		return err
	}); err != nil || len(j.changed) != 1 {
		t.Fatalf("%+v, %v", j, err)
	}
	w.change(func(tx *store.Tx) error { return tx.SetEntity(t.Context(), in.ID, in.Entity) })
	if err := w.engine.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := w.engine.putJoined(t.Context(), tx, w.engine.Tenants[0], j)
		return err
	}); !errors.Is(err, cordon.ErrConflict) {
		t.Errorf("what was joined: %v", err)
	}
	if err := w.engine.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := w.engine.putDecision(t.Context(), tx, d)
		return err
	}); !errors.Is(err, cordon.ErrConflict) {
		t.Errorf("what was decided: %v", err)
	}
	if err := w.engine.correlate(t.Context(), w.tenant); err != nil {
		t.Fatal(err)
	}
	var held []cordon.Signal
	if err := w.engine.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		held, err = tx.SignalsOf(t.Context(), in.ID)
		return err
	}); err != nil || len(held) != 2 {
		t.Errorf("the incident holds %d signals, %v", len(held), err)
	}
}

// change writes to the store.
func (w *world) change(do func(*store.Tx) error) {
	w.T.Helper()
	if err := w.engine.Store.Write(w.T.Context(), do); err != nil {
		w.T.Fatal(err)
	}
}

// signalLike is another signal about whom an incident is about.
func signalLike(w *world, in cordon.Incident, nativeID string) cordon.Signal {
	w.T.Helper()
	var like []cordon.Signal
	if err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		like, err = tx.WholeSignalsOf(w.T.Context(), in.ID)
		return err
	}); err != nil {
		w.T.Fatal(err)
	}
	like[0].NativeID, like[0].ID = nativeID, "00000000000000a2"
	return like[0]
}
