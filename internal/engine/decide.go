package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/correlate"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
)

// decide asks every playbook whether it wants to act on the incidents.
func (e *Engine) decide(ctx context.Context, incidents []string) error {
	var errs []error
	for _, id := range incidents {
		errs = append(errs, e.decideOne(ctx, id))
	}
	return errors.Join(errs...)
}

// decideOne decides on one incident. Until each threat source has been tried
// once nothing is decided: the first pages of a tenant come in one after the
// other.
func (e *Engine) decideOne(ctx context.Context, incidentID string) error {
	var started []string
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		in, err := tx.Incident(ctx, incidentID)
		if errors.Is(err, cordon.ErrNotFound) {
			return nil
		}
		if err != nil || in.State != cordon.IncidentOpen {
			return err
		}
		t, err := e.tenant(in.TenantID)
		if err != nil {
			return err
		}
		coverage, err := e.coverageIn(ctx, tx, t.ID)
		if err != nil || !allTried(coverage) {
			return err
		}
		signals, err := evidence(ctx, tx, in)
		if err != nil {
			return err
		}
		for _, p := range e.Playbooks {
			run, err := e.offer(ctx, tx, t, p, in, correlate.Evidence(in.Entity, signals))
			if err != nil {
				return err
			}
			if run != "" {
				started = append(started, run)
			}
		}
		return e.wakeHeld(ctx, tx, store.RunFilter{Incident: in.ID}, cordon.ReasonCorroborate)
	})
	for _, run := range started {
		e.soon(ctx, func(ctx context.Context) error { return e.takeTurn(ctx, run) })
	}
	return err
}

// allTried reports whether every threat source was read, or tried, once.
func allTried(coverage []cordon.Coverage) bool {
	for _, source := range cordon.Sources() {
		tried := slices.ContainsFunc(coverage, func(c cordon.Coverage) bool { return c.Source == source })
		if source.TellsOfThreats() && !tried {
			return false
		}
	}
	return true
}

// offer starts a run when the playbook wants one and has none for the
// incident yet, and returns its id.
func (e *Engine) offer(ctx context.Context, tx *store.Tx, t Tenant, p playbook.Playbook, in cordon.Incident, signals []cordon.Signal) (string, error) {
	detectors := correlate.Corroborated(in.Entity, signals, p.Corroboration.Within)
	m, err := p.Match(ctx, t.Tenant, in, signals, detectors, correlate.Confirmed(in.Entity, signals), e.Now().UTC())
	if err != nil { // one that cannot be evaluated does not keep the others from acting
		e.Log.ErrorContext(ctx, "playbook could not be evaluated", "tenant", t.ID, "playbook", p.Name, "incident", in.ID, "error", err)
		return "", nil
	}
	if !m.Wanted {
		return "", nil
	}
	run := e.newRun(m.Plan, cordon.Requester{Playbook: p.Name}, m.Why)
	run.IncidentID, run.Shadow = in.ID, !slices.Contains(e.On, p.Name)
	earlier, err := tx.Runs(ctx, store.RunFilter{Incident: in.ID, Playbook: p.Name})
	if err != nil || slices.ContainsFunc(earlier, func(r cordon.Run) bool { return playbook.Stands(r, run, t.Mode) }) {
		return "", err
	}
	if err := tx.AddRun(ctx, run); err != nil {
		return "", err
	}
	return run.ID, tx.Enqueue(ctx, advanceJob{Run: run.ID}, time.Time{})
}

// newRun returns a run of plan that has not begun.
func (e *Engine) newRun(plan cordon.Plan, who cordon.Requester, why string) cordon.Run {
	run := cordon.Run{
		ID: e.NewID(), TenantID: plan.TenantID, Plan: plan, PlanHash: plan.Hash(), Requester: who, Why: why,
		State: cordon.RunRunning, StartedAt: e.Now().UTC().Truncate(time.Microsecond),
	}
	for i, s := range plan.Steps {
		run.Steps = append(run.Steps, cordon.Step{Index: i, Action: s.Action, Target: s.Target, Outcome: cordon.OutcomePlanned})
	}
	return run
}
