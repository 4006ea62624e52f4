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
	var started, failed []string
	var tenantID string
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		in, err := tx.Incident(ctx, incidentID)
		if errors.Is(err, cordon.ErrNotFound) {
			return nil
		}
		if err != nil || in.State != cordon.IncidentOpen {
			return err
		}
		started, failed, tenantID = nil, nil, in.TenantID // it may be tried again
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
			run, notified, err := e.offer(ctx, tx, t, p, in, correlate.Evidence(in.Entity, signals))
			if err != nil {
				return err
			}
			switch {
			case notified:
				failed = append(failed, p.Name)
			case run != "":
				started = append(started, run)
			}
		}
		return e.wakeHeld(ctx, tx, store.RunFilter{Incident: in.ID}, cordon.ReasonCorroborate, cordon.ReasonHistory)
	})
	if err != nil {
		return err
	}
	e.unevaluated.note(tenantID, failed, e.Now())
	for _, run := range started {
		e.soon(ctx, func(ctx context.Context) error { return e.takeTurn(ctx, run) })
	}
	return nil
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
// incident yet, and returns its id. One that cannot be evaluated does not keep
// the others from acting; offer reports whether people were notified of it.
func (e *Engine) offer(ctx context.Context, tx *store.Tx, t Tenant, p playbook.Playbook, in cordon.Incident, signals []cordon.Signal) (run string, notified bool, err error) {
	detectors := correlate.Corroborated(in.Entity, signals, p.Corroboration.Within)
	m, err := p.Match(ctx, t.Tenant, in, signals, detectors, correlate.Confirmed(in.Entity, signals), e.Now().UTC())
	if err != nil && ctx.Err() == nil {
		notified, err = e.notifyUnevaluated(ctx, tx, t, p, in, err)
		return "", notified, err
	}
	if err != nil || !m.Wanted {
		return "", false, err
	}
	r := e.newRun(m.Plan, cordon.Requester{Playbook: p.Name}, m.Why)
	r.IncidentID, r.Shadow = in.ID, !slices.Contains(e.On, p.Name)
	earlier, err := tx.Runs(ctx, store.RunFilter{Incident: in.ID, Playbook: p.Name})
	if err != nil || slices.ContainsFunc(earlier, func(old cordon.Run) bool { return playbook.Stands(old, r, t.Mode) }) {
		return "", false, err
	}
	if err := tx.AddRun(ctx, r); err != nil {
		return "", false, err
	}
	return r.ID, false, tx.Enqueue(ctx, advanceJob{Run: r.ID}, time.Time{})
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
