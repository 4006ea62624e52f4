package engine

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/correlate"
	"github.com/cordonhq/cordon/internal/store"
)

// review looks anew at what depends on the tenant's coverage: the scores, the
// incidents that wait for a source to be read, and the runs that guard held.
func (e *Engine) review(ctx context.Context, tenantID string) error {
	t, err := e.tenant(tenantID)
	if err != nil {
		return err
	}
	return retried(func() error {
		var scored []scored
		var toDecide []string
		if err := e.Store.Read(ctx, func(tx *store.Tx) (err error) { scored, toDecide, err = e.rescore(ctx, tx, t); return err }); err != nil {
			return err
		}
		return e.Store.Write(ctx, func(tx *store.Tx) error {
			for _, s := range scored {
				if err := tx.SetScore(ctx, s.in, s.score); err != nil {
					return err
				}
			}
			if err := tx.Enqueue(ctx, decideJob{Incidents: toDecide}, time.Time{}); err != nil {
				return err
			}
			return e.wakeHeld(ctx, tx, store.RunFilter{Tenants: []string{t.ID}}, cordon.ReasonFloor)
		})
	})
}

// A scored is an incident and what its score is by now.
type scored struct {
	in    cordon.Incident
	score cordon.Score
}

// rescore works out which incidents have another score by now, and which are to
// be decided on.
func (e *Engine) rescore(ctx context.Context, tx *store.Tx, t Tenant) (changed []scored, toDecide []string, err error) {
	now := e.Now().UTC()
	coverage, err := e.coverageIn(ctx, tx, t.ID)
	if err != nil {
		return nil, nil, err
	}
	live, err := tx.Incidents(ctx, store.IncidentFilter{
		Tenants: []string{t.ID}, Since: now.Add(-e.lookBack()),
		States: []cordon.IncidentState{cordon.IncidentOpen, cordon.IncidentContained},
	})
	if err != nil {
		return nil, nil, err
	}
	for _, in := range live {
		signals, err := evidence(ctx, tx, in)
		if err != nil {
			return nil, nil, err
		}
		if score := correlate.Score(in.Entity, signals, coverage, now); !reflect.DeepEqual(score, in.Score) {
			changed = append(changed, scored{in, score})
		}
		toDecide = append(toDecide, in.ID)
	}
	return changed, toDecide, nil
}

// wakeHeld has guard look again at held steps: those whose reason may be gone.
// A run of which another step is to be taken up again is not called held.
func (e *Engine) wakeHeld(ctx context.Context, tx *store.Tx, f store.RunFilter, reasons ...cordon.Reason) error {
	if len(reasons) == 0 {
		return nil
	}
	f.States = []cordon.RunState{cordon.RunHeld, cordon.RunRunning}
	held, err := tx.Runs(ctx, f)
	if err != nil {
		return err
	}
	for _, r := range held {
		for _, s := range r.Steps {
			if !heldFor(s, reasons) {
				continue
			}
			if err := e.wake(ctx, tx, r, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds reports whether guard held a step of a run for one of the reasons.
func holds(r cordon.Run, reasons []cordon.Reason) bool {
	return slices.ContainsFunc(r.Steps, func(s cordon.Step) bool { return heldFor(s, reasons) })
}

func heldFor(s cordon.Step, reasons []cordon.Reason) bool {
	return s.Verdict.Decision == cordon.Hold && slices.Contains(reasons, s.Verdict.Reason)
}

// wake takes a verdict back, so that guard gives a new one.
func (e *Engine) wake(ctx context.Context, tx *store.Tx, r cordon.Run, s cordon.Step) error {
	s.Verdict = cordon.Verdict{}
	if err := tx.PutStep(ctx, r, s); err != nil {
		return err
	}
	if err := tx.SetRunState(ctx, r.ID, cordon.RunRunning, time.Time{}); err != nil {
		return err
	}
	return tx.Enqueue(ctx, advanceJob{Run: r.ID}, time.Time{})
}
