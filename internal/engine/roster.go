package engine

import (
	"context"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// A roster is the tenants that the engine watches. One may join while it
// runs.
type roster struct {
	mu     sync.RWMutex
	order  []*Tenant
	byID   map[string]*Tenant
	joined func(*Tenant) // puts a tenant that joins on the schedule; nil while there is none
}

func newRoster(tenants []Tenant) *roster {
	r := &roster{byID: make(map[string]*Tenant, len(tenants))}
	for i := range tenants {
		r.order = append(r.order, &tenants[i])
		r.byID[tenants[i].ID] = &tenants[i]
	}
	return r
}

func (r *roster) find(id string) (*Tenant, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, ok := r.byID[id]
	return t, ok
}

// all returns the tenants as they are now. The slice only ever grows.
func (r *roster) all() []*Tenant {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.order[:len(r.order):len(r.order)]
}

// follow returns the tenants as they are now, and has joined called for every
// one that joins after that.
func (r *roster) follow(joined func(*Tenant)) []*Tenant {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.joined = joined
	return r.order[:len(r.order):len(r.order)]
}

// Join adds a tenant to those that the engine watches, and has its sources
// read at once. One that is watched already stays as it is.
func (e *Engine) Join(t Tenant) {
	r := e.roster
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.byID[t.ID]; known {
		return
	}
	r.order, r.byID[t.ID] = append(r.order, &t), &t
	if r.joined != nil {
		r.joined(&t)
	}
}

// Abandon ends what is under way in a tenant that leaves, and returns how many
// runs that were. No engine works on the store meanwhile.
func Abandon(ctx context.Context, tx *store.Tx, tenantID, why string, now time.Time) (int, error) {
	runs, err := tx.Runs(ctx, store.RunFilter{Tenants: []string{tenantID}, States: []cordon.RunState{cordon.RunRunning, cordon.RunHeld}})
	if err != nil {
		return 0, err
	}
	for _, r := range runs {
		for _, s := range r.Steps {
			if err := abandon(ctx, tx, r, s, why, now); err != nil {
				return 0, err
			}
		}
		if err := tx.SetRunState(ctx, r.ID, cordon.RunFailed, now); err != nil {
			return 0, err
		}
	}
	return len(runs), nil
}

// abandon ends one step. Of an action that may have left nobody can say any
// more what came of it: it is neither done nor failed.
func abandon(ctx context.Context, tx *store.Tx, r cordon.Run, s cordon.Step, why string, now time.Time) error {
	switch s.Outcome { //nolint:exhaustive // the others have their end
	case cordon.OutcomePlanned:
		s.Outcome, s.Detail = cordon.OutcomeSkipped, why
		return tx.PutStep(ctx, r, s)
	case cordon.OutcomeIntent:
		s.Outcome, s.Proof, s.Detail = cordon.OutcomeUnknown, cordon.ProofUnknown, "no answer was written down, and nobody looks any more: "+why
		return record(ctx, tx, r, s, cordon.EntryOutcome, now)
	}
	return nil
}
