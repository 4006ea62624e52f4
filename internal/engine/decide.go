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

// decideOne decides on one incident: what is wanted is worked out beside the
// writers, and written if the incident is still as it was then.
func (e *Engine) decideOne(ctx context.Context, incidentID string) error {
	var d decision
	var started []string
	err := retried(func() error {
		d, started = decision{}, nil
		if err := e.Store.Read(ctx, func(tx *store.Tx) (err error) { d, err = e.weigh(ctx, tx, incidentID); return err }); err != nil || d.idle() {
			return err
		}
		return e.Store.Write(ctx, func(tx *store.Tx) (err error) { started, err = e.putDecision(ctx, tx, d); return err })
	})
	if err != nil {
		return err
	}
	e.unevaluated.note(d.in.TenantID, d.notified(), e.Now())
	for _, run := range started {
		e.soon(ctx, func(ctx context.Context) error { return e.takeTurn(ctx, run) })
	}
	return nil
}

// A decision is what playbooks want on an incident.
type decision struct {
	tenant  Tenant
	in      cordon.Incident
	accused time.Time // when it was accused anew after our last action on it; zero: it was not
	runs    []cordon.Run
	failed  []unevaluatedPlaybook // that people are notified of
	held    bool                  // guard is to look again at steps that it held
}

// idle reports whether nothing is to be written.
func (d decision) idle() bool { return len(d.runs)+len(d.failed) == 0 && !d.held }

// weigh asks every playbook whether it wants to act on an incident. Until each
// threat source has been tried once nothing is decided: the first pages of a
// tenant come in one after the other.
func (e *Engine) weigh(ctx context.Context, tx *store.Tx, incidentID string) (d decision, err error) {
	d.in, err = tx.Incident(ctx, incidentID)
	if errors.Is(err, cordon.ErrNotFound) {
		return decision{}, nil
	}
	if err != nil || d.in.State == cordon.IncidentMerged {
		return d, err
	}
	if d.tenant, err = e.tenant(d.in.TenantID); err != nil {
		return d, err
	}
	coverage, err := e.coverageIn(ctx, tx, d.tenant.ID)
	if err != nil || !allTried(coverage) {
		return d, err
	}
	signals, err := evidence(ctx, tx, d.in)
	if err != nil {
		return d, err
	}
	earlier, err := tx.Runs(ctx, store.RunFilter{Incident: d.in.ID})
	if err != nil {
		return d, err
	}
	d.held = slices.ContainsFunc(earlier, func(r cordon.Run) bool { return !r.State.Ended() && holds(r, untilNews()) })
	did, err := acts(ctx, tx, d.in.TenantID, d.in.FirstAt)
	if err != nil {
		return d, err
	}
	signals = correlate.Evidence(d.in.Entity, signals)
	d.accused = correlate.AccusedSince(d.in.Entity, signals, did)
	return d, e.offerAll(ctx, &d, earlier, signals)
}

// offerAll offers the incident to every playbook. One that cannot be evaluated
// does not keep the others from acting.
func (e *Engine) offerAll(ctx context.Context, d *decision, earlier []cordon.Run, signals []cordon.Signal) error {
	for _, p := range e.Playbooks {
		run, wanted, err := e.offer(ctx, d, p, signals)
		switch {
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			e.Log.ErrorContext(ctx, "playbook could not be evaluated", "tenant", d.tenant.ID, "playbook", p.Name, "incident", d.in.ID, "error", err)
			if !e.unevaluated.notified(d.tenant.ID, p.Name, e.Now()) {
				d.failed = append(d.failed, unevaluatedPlaybook{p.Name, err})
			}
		case wanted && !d.stands(earlier, run):
			d.runs = append(d.runs, run)
		}
	}
	return nil
}

// offer returns the run that a playbook wants.
func (e *Engine) offer(ctx context.Context, d *decision, p playbook.Playbook, signals []cordon.Signal) (cordon.Run, bool, error) {
	detectors := correlate.Corroborated(d.in.Entity, signals, p.Corroboration.Within)
	m, err := p.Match(ctx, d.tenant.Tenant, d.in, signals, detectors, correlate.Confirmed(d.in.Entity, signals), e.Now().UTC())
	if err != nil || !m.Wanted {
		return cordon.Run{}, false, err
	}
	r := e.newRun(m.Plan, cordon.Requester{Playbook: p.Name}, m.Why)
	r.IncidentID, r.Shadow = d.in.ID, !slices.Contains(e.On, p.Name)
	return r, true, nil
}

// stands reports whether an earlier run of the same playbook makes a run
// needless.
func (d decision) stands(earlier []cordon.Run, r cordon.Run) bool {
	return slices.ContainsFunc(earlier, func(old cordon.Run) bool {
		return old.Requester.Playbook == r.Requester.Playbook && playbook.Stands(old, r, d.tenant.Mode, d.accused)
	})
}

// putDecision starts the runs that are wanted, unless others have started them
// meanwhile, and returns their ids.
func (e *Engine) putDecision(ctx context.Context, tx *store.Tx, d decision) (started []string, err error) {
	if err := tx.Unchanged(ctx, d.in); err != nil {
		return nil, err
	}
	earlier, err := tx.Runs(ctx, store.RunFilter{Incident: d.in.ID})
	if err != nil {
		return nil, err
	}
	for _, r := range d.runs {
		if d.stands(earlier, r) {
			continue
		}
		if err := errors.Join(tx.AddRun(ctx, r), tx.Enqueue(ctx, advanceJob{Run: r.ID}, time.Time{})); err != nil {
			return nil, err
		}
		started = append(started, r.ID)
	}
	for _, f := range d.failed {
		if err := e.notice(ctx, tx, d.tenant, f.notice(d.tenant, d.in)); err != nil {
			return nil, err
		}
	}
	if !d.held {
		return started, nil
	}
	return started, e.wakeHeld(ctx, tx, store.RunFilter{Incident: d.in.ID}, untilNews()...)
}

// untilNews are the reasons for which guard holds steps until there is news of
// the incident.
func untilNews() []cordon.Reason {
	return []cordon.Reason{cordon.ReasonCorroborate, cordon.ReasonHistory}
}

// notified returns the playbooks that people are notified of.
func (d decision) notified() (names []string) {
	for _, f := range d.failed {
		names = append(names, f.name)
	}
	return names
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
