package engine

import (
	"context"
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
	attempts, err := tx.Attempts(ctx, in.TenantID, in.FirstAt.Add(-echoes))
	if err != nil {
		return nil, err
	}
	acts := make([]correlate.Act, 0, len(attempts))
	for _, a := range attempts {
		acts = append(acts, correlate.Act{Action: a.Action, TargetID: a.TargetID, At: a.At})
	}
	return correlate.WithoutEchoes(in.Entity, signals, acts), nil
}
