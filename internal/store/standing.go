package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/cordonhq/cordon"
)

// A Standing is what an engine knows of the store that it works on.
type Standing struct {
	StoreID  string
	Instance string    // the engine that works on it
	Epoch    int64     // how many engines have
	Since    time.Time // since when the store is known here: what came before is history
	Unknown  string    // why it is not the store that was expected; "": it is
}

// Standing returns how the store stands, or cordon.ErrNotFound when no engine
// has worked on it yet.
func (t *Tx) Standing(ctx context.Context) (Standing, error) {
	return one(ctx, t, func(r scanner) (s Standing, err error) {
		var since int64
		err = r.Scan(&s.StoreID, &s.Instance, &s.Epoch, &since, &s.Unknown)
		s.Since = fromUS(since)
		return s, err
	}, `SELECT store_id, instance, epoch, since_us, unknown FROM engine`)
}

// SetStanding stores how the store stands.
func (t *Tx) SetStanding(ctx context.Context, s Standing) error {
	return t.must(ctx, `INSERT INTO engine (one, store_id, instance, epoch, since_us, unknown) VALUES (1,$1,$2,$3,$4,$5)
		ON CONFLICT (one) DO UPDATE SET store_id = excluded.store_id, instance = excluded.instance, epoch = excluded.epoch,
		since_us = excluded.since_us, unknown = excluded.unknown`, s.StoreID, s.Instance, s.Epoch, us(s.Since), s.Unknown)
}

// StillOurs returns ErrGone when another engine has taken the store, or when it
// was put back to an earlier state: it no longer holds the fleet's head that
// was seen last.
func (t *Tx) StillOurs(ctx context.Context, want Standing, seen cordon.Head) error {
	got, err := t.Standing(ctx)
	switch {
	case errors.Is(err, cordon.ErrNotFound), err == nil && (got.StoreID != want.StoreID || got.Instance != want.Instance):
		return fmt.Errorf("the store was replaced, or another engine has taken it: %w", ErrGone)
	case err != nil:
		return err
	}
	holds, err := t.Holds(ctx, seen)
	if err == nil && !holds {
		err = fmt.Errorf("the store was put back to an earlier state: %w", ErrGone)
	}
	return err
}

// Holds reports whether a chain holds a head that it had once. Every chain
// holds that of an empty one.
func (t *Tx) Holds(ctx context.Context, h cordon.Head) (bool, error) {
	if h.Seq == 0 {
		return true, nil
	}
	hash, err := one(ctx, t, scanString, `SELECT hash FROM entries WHERE chain = $1 AND seq = $2`, h.Chain, h.Seq)
	if errors.Is(err, cordon.ErrNotFound) {
		return false, nil
	}
	return hash == h.Hash, err
}

// A Witness says beside the store which store it is and how far it had come, so
// that one that was lost or put back to an earlier state is noticed.
type Witness struct {
	StoreID string      `json:"store_id"`
	Head    cordon.Head `json:"head"` // of the fleet's chain
}

// Witness returns what stands beside the store; the zero one where nothing
// does.
func (s *Store) Witness() (w Witness, err error) {
	b, err := os.ReadFile(s.path + ".witness")
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &w)
	}
	if err != nil {
		return w, fmt.Errorf("store: read %s.witness: %w", s.path, err)
	}
	return w, nil
}

// PutWitness writes a witness beside the store, whole or not at all.
func (s *Store) PutWitness(w Witness) error {
	b, err := json.Marshal(w)
	if err == nil {
		err = os.WriteFile(s.path+".witness.new", append(b, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(s.path+".witness.new", s.path+".witness")
	}
	if err != nil {
		return fmt.Errorf("store: write witness: %w", err)
	}
	return nil
}
