package engine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// TestStoredPolicies: what was read of the policies stands while it is fresh.
// Of a reading from before the clock was set back nobody knows how old it is.
func TestStoredPolicies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		age    time.Duration
		stored bool
	}{
		{"fresh", time.Minute, true},
		{"stale", cordon.StaleAfter + time.Second, false},
		{"of the future", -24 * time.Hour, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, "entraID")
			o := cordon.Observation{
				TenantID: w.tenant, Source: cordon.SourceConditionalAccess, State: cordon.ObservedValue,
				Value: json.RawMessage(`[{"id":"kept"}]`), ObservedAt: w.now().Add(-tt.age),
			}
			if err := w.engine.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.PutObservation(t.Context(), o) }); err != nil {
				t.Fatal(err)
			}
			got, err := w.engine.policies(t.Context(), w.engine.Tenants[0])
			if stored := len(got) == 1 && got[0].ID == "kept"; err != nil || stored != tt.stored {
				t.Errorf("got %+v, %v; from the store: %v, want %v", got, err, stored, tt.stored)
			}
		})
	}
}
