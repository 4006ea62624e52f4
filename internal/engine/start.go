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
		for _, t := range e.roster.all() {
			if err := e.wakeHeld(ctx, tx, store.RunFilter{Tenants: []string{t.ID}}, guard.Outgrown(t.Mode)...); err != nil {
				return err
			}
		}
		open, err := tx.Incidents(ctx, store.IncidentFilter{
			Since: e.Now().Add(-e.lookBack()), States: []cordon.IncidentState{cordon.IncidentOpen},
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
