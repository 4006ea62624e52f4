package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// A Wish is what a person asks for. It takes the same road as what a playbook
// wants.
type Wish struct {
	TenantID string
	Person   string // who asks
	Why      string // the reason given
	Steps    []cordon.PlannedStep
	UndoOf   string

	CompromisedAt *time.Time // since when the account is held to be compromised; nil: not said
}

// Grant plans a wish, carries it as far as it goes, and returns the run as it
// then stands.
func (e *Engine) Grant(ctx context.Context, w Wish) (cordon.Run, error) {
	defer e.lastAnchor(ctx)
	plan := cordon.Plan{Schema: cordon.PlanSchema, TenantID: w.TenantID, Steps: w.Steps, CompromisedAt: w.CompromisedAt}
	run := e.newRun(plan, cordon.Requester{Person: w.Person}, w.Why)
	run.UndoOf = w.UndoOf
	err := e.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddRun(ctx, run) })
	if err != nil {
		return run, err
	}
	advanced := e.advance(ctx, run.ID)
	told := e.tell(ctx)
	run, err = e.loadRun(context.WithoutCancel(ctx), run.ID)
	return run, errors.Join(advanced, told, err)
}

// Undo plans the reverse of what a run changed, last step first.
func (e *Engine) Undo(ctx context.Context, runID, person, why string) (Wish, error) {
	run, err := e.loadRun(ctx, runID)
	if err != nil {
		return Wish{}, err
	}
	w := Wish{TenantID: run.TenantID, Person: person, Why: why, UndoOf: run.ID}
	for _, s := range slices.Backward(run.Steps) {
		verb, ok := e.verbs.Find(s.Action)
		changed := s.Outcome == cordon.OutcomeDone || s.Outcome == cordon.OutcomeUnknown || s.Outcome == cordon.OutcomeIntent
		if ok && changed && verb.UndoneBy != "" {
			w.Steps = append(w.Steps, cordon.PlannedStep{Action: verb.UndoneBy, Target: s.Target})
		}
	}
	if len(w.Steps) == 0 {
		return w, fmt.Errorf("run %s changed nothing that can be undone", run.ID)
	}
	return w, nil
}
