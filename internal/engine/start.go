package engine

import (
	"context"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/store"
)

// begin looks anew, once at the start, at what the configuration may have
// changed since: a playbook was switched on, a mode was raised. Runs that
// guard held for the tenant's mode are judged again, and open incidents are
// decided on again.
func (e *Engine) begin(ctx context.Context) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := e.beginStore(ctx, tx); err != nil {
			return err
		}
		for _, t := range e.roster.all() {
			if err := e.wakeHeld(ctx, tx, store.RunFilter{Tenants: []string{t.ID}}, guard.Outgrown(t.Mode)...); err != nil {
				return err
			}
		}
		open, err := tx.Incidents(ctx, store.IncidentFilter{
			Since: e.Now().Add(-e.lookBack()), States: []cordon.IncidentState{cordon.IncidentOpen, cordon.IncidentContained},
		})
		if err != nil {
			return err
		}
		var ids []string
		for _, in := range open {
			if _, configured := e.roster.find(in.TenantID); configured {
				ids = append(ids, in.ID)
			}
		}
		return tx.Enqueue(ctx, decideJob{Incidents: ids}, time.Time{})
	})
}

// beginStore tells of a store that is not the expected one, and has guard look
// again at what was held for it where it now is.
func (e *Engine) beginStore(ctx context.Context, tx *store.Tx) error {
	head, err := tx.Head(ctx, cordon.FleetChain)
	if err != nil {
		return err
	}
	e.sawHead(head)
	if e.Standing.Unknown != "" {
		return e.notice(ctx, tx, Tenant{}, cordon.Notice{
			Kind: cordon.NoticeSecurity, Severity: cordon.SeverityHigh, Reason: string(cordon.ReasonUnknownStore),
			Title: "Playbooks are held: " + e.Standing.Unknown + "; put the right store back, or run cordon store accept",
		})
	}
	return e.wakeHeld(ctx, tx, store.RunFilter{}, cordon.ReasonUnknownStore)
}
