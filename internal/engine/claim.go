package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// historyAfter is how long before a store became known a signal must have been
// noticed to be history: somebody may have looked after it.
const historyAfter = time.Hour

// A Claim says who takes a store, and which one is expected.
type Claim struct {
	Expected string        // the store's id, as configured; "": the one of its witness
	NewID    func() string // a new GUID
	Now      time.Time
}

// Taken is how a store stands once an engine has taken it.
type Taken struct {
	store.Standing
	First bool // no store was expected: this one is, from now on
}

// Take makes the caller the engine of the store, and finds out whether it is
// the one that was expected: which one that is stands in the configuration, or
// beside the store. One that is not is told of and audited; playbooks are held
// until it is accepted.
func Take(ctx context.Context, s *store.Store, c Claim) (taken Taken, err error) {
	witness, err := s.Witness()
	if err != nil {
		return taken, err
	}
	var head cordon.Head
	err = s.Write(ctx, func(tx *store.Tx) error {
		old, err := tx.Standing(ctx)
		if err != nil && !errors.Is(err, cordon.ErrNotFound) {
			return err
		}
		if taken, err = c.stand(ctx, tx, old, witness); err != nil {
			return err
		}
		if err := tx.SetStanding(ctx, taken.Standing); err != nil {
			return err
		}
		if taken.First || taken.Unknown != old.Unknown {
			if err := recordStore(ctx, tx, actorSystem, taken.what(), "", taken.Standing, c.Now); err != nil {
				return err
			}
		}
		head, err = tx.Head(ctx, cordon.FleetChain)
		return err
	})
	if err == nil && taken.Unknown == "" {
		err = s.PutWitness(store.Witness{StoreID: taken.StoreID, Head: head})
	}
	return taken, err
}

// stand says how a store stands for a new engine.
func (c Claim) stand(ctx context.Context, tx *store.Tx, old store.Standing, w store.Witness) (Taken, error) {
	now := c.Now.UTC().Truncate(time.Microsecond)
	t := Taken{Standing: old}
	t.Instance, t.Epoch = c.NewID(), old.Epoch+1
	if t.StoreID == "" {
		t.StoreID, t.Since = c.NewID(), now
	}
	expected := cmp.Or(c.Expected, w.StoreID)
	if expected == "" {
		t.First, t.Since, t.Unknown = true, now, ""
		return t, nil
	}
	why, err := unexpected(ctx, tx, t.StoreID, expected, w)
	if old.StoreID == "" && why != "" {
		why = fmt.Sprintf("the store is new, and the store %s was expected here", expected)
	}
	t.Unknown = why
	return t, err
}

// unexpected returns why a store is not the expected one, or "".
func unexpected(ctx context.Context, tx *store.Tx, id, expected string, w store.Witness) (string, error) {
	if id != expected {
		return fmt.Sprintf("this is the store %s, and the store %s was expected here", id, expected), nil
	}
	if w.StoreID != id {
		return "", nil // it says nothing of this one
	}
	holds, err := tx.Holds(ctx, w.Head)
	if err != nil || holds {
		return "", err
	}
	return fmt.Sprintf("the store was put back to an earlier state: entry %d of the audit's chain fleet is not in it", w.Head.Seq), nil
}

// what says in one word what became of a store.
func (t Taken) what() string {
	switch {
	case t.First:
		return "recorded"
	case t.Unknown != "":
		return "unexpected"
	}
	return "expected"
}

// Accept makes the store the expected one from now on. What it knows from
// before is history.
func Accept(ctx context.Context, s *store.Store, actor, why string, now time.Time) (st store.Standing, err error) {
	var head cordon.Head
	err = s.Write(ctx, func(tx *store.Tx) error {
		if st, err = tx.Standing(ctx); err != nil {
			return err
		}
		st.Unknown, st.Since = "", now.UTC().Truncate(time.Microsecond)
		if err := tx.SetStanding(ctx, st); err != nil {
			return err
		}
		if err := recordStore(ctx, tx, actor, "accepted", why, st, now); err != nil {
			return err
		}
		head, err = tx.Head(ctx, cordon.FleetChain)
		return err
	})
	if err == nil {
		err = s.PutWitness(store.Witness{StoreID: st.StoreID, Head: head})
	}
	return st, err
}

// historyOf returns why the signals of an incident are history, or "".
func (e *Engine) historyOf(signals []cordon.Signal) string {
	if e.Standing.StoreID == "" || len(signals) == 0 {
		return ""
	}
	for _, s := range signals {
		if !s.DetectedAt.Before(e.Standing.Since.Add(-historyAfter)) {
			return ""
		}
	}
	return fmt.Sprintf("all was noticed more than %d minutes before this store was recorded or accepted (%s), and whether somebody looked after it is not known",
		int(historyAfter.Minutes()), e.Standing.Since.Format(time.RFC3339))
}

func recordStore(ctx context.Context, tx *store.Tx, actor, what, why string, st store.Standing, now time.Time) error {
	data, err := json.Marshal(struct {
		What    string `json:"what"` // recorded, unexpected, expected or accepted
		Why     string `json:"why,omitempty"`
		StoreID string `json:"store_id"`
		Unknown string `json:"unknown,omitempty"`
	}{what, why, st.StoreID, st.Unknown})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return Record(ctx, tx, cordon.Entry{At: now.UTC(), Kind: cordon.EntryStore, Actor: actor, Target: st.StoreID, Data: data})
}
