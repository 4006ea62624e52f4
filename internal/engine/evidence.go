package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/correlate"
	"github.com/cordonhq/cordon/internal/store"
)

// echoes is how long what we did may still be told as news: as long as Entra
// keeps detections.
const echoes = 30 * 24 * time.Hour

// evidence returns the signals of an incident, in all versions, without the
// echoes of what we did to its entity ourselves.
func evidence(ctx context.Context, tx *store.Tx, in cordon.Incident) ([]cordon.Signal, error) {
	signals, err := tx.SignalsOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	did, err := acts(ctx, tx, in.TenantID, in.FirstAt)
	return correlate.WithoutEchoes(in.Entity, signals, did), err
}

// acts returns the actions of ours that signals from first on may echo.
func acts(ctx context.Context, tx *store.Tx, tenantID string, first time.Time) ([]correlate.Act, error) {
	attempts, err := tx.Attempts(ctx, tenantID, first.Add(-echoes))
	out := make([]correlate.Act, 0, len(attempts))
	for _, a := range attempts {
		out = append(out, correlate.Act{Action: a.Action, TargetID: a.TargetID, At: a.At})
	}
	return out, err
}

// A joining is what one correlation works with.
type joining struct {
	known map[string]cordon.Signal // the signals of all its incidents, by id
	acts  []correlate.Act
}

// evidence returns what an incident holds against its entity, without the
// echoes of our own actions.
func (j joining) evidence(in cordon.Incident) []cordon.Signal {
	return correlate.Evidence(in.Entity, correlate.WithoutEchoes(in.Entity, j.signals(in), j.acts))
}

func (j joining) signals(in cordon.Incident) []cordon.Signal {
	var out []cordon.Signal
	for _, id := range in.Signals {
		if s, ok := j.known[id]; ok {
			out = append(out, s)
		}
	}
	return out
}

// moved returns the signals that an incident has gained, and the ids of those
// that it holds no longer.
func (j joining) moved(before, in cordon.Incident) (gained []cordon.Signal, lost []string) {
	held := map[string]bool{}
	for _, id := range before.Signals {
		held[id] = true
	}
	for _, id := range in.Signals {
		if !held[id] {
			gained = append(gained, j.known[id])
		}
		delete(held, id)
	}
	return gained, slices.Sorted(maps.Keys(held))
}
