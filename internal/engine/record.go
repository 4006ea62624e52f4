package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/audit"
	"github.com/cordonhq/cordon/internal/store"
)

// record stores a step as it stands now together with its audit entry.
func (e *Engine) record(ctx context.Context, tx *store.Tx, run cordon.Run, s cordon.Step, kind cordon.EntryKind) error {
	e.recorded()
	return record(ctx, tx, run, s, kind, e.Now())
}

func record(ctx context.Context, tx *store.Tx, run cordon.Run, s cordon.Step, kind cordon.EntryKind, now time.Time) error {
	if err := tx.PutStep(ctx, run, s); err != nil {
		return err
	}
	data, err := json.Marshal(entryData{
		Why: run.Why, PlanHash: run.PlanHash, Incident: run.IncidentID, Verdict: s.Verdict, Outcome: s.Outcome, Proof: s.Proof,
		RequestID: s.RequestID, Prior: s.Prior, Detail: s.Detail, CompromisedAt: run.Plan.CompromisedAt,
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return Record(ctx, tx, cordon.Entry{
		At: now.UTC(), Kind: kind, TenantID: run.TenantID, RunID: run.ID, Step: s.Index,
		Actor: run.Requester.String(), Action: s.Action, Target: s.Target.ID(), Data: data,
	})
}

// Record seals an entry to the last one of its chain, the tenant's or the
// fleet's, and stores it.
func Record(ctx context.Context, tx *store.Tx, entry cordon.Entry) error {
	entry.Chain = cmp.Or(entry.TenantID, cordon.FleetChain)
	head, err := tx.Head(ctx, entry.Chain)
	if err != nil {
		return err
	}
	sealed, err := audit.Seal(head, entry)
	if err != nil {
		return err
	}
	return tx.AddEntry(ctx, sealed)
}

// entryData is what an audit entry says besides who, what and whom.
type entryData struct {
	Why       string          `json:"why"`
	PlanHash  string          `json:"plan_hash"`
	Incident  string          `json:"incident_id,omitempty"`
	Verdict   cordon.Verdict  `json:"verdict"`
	Outcome   cordon.Outcome  `json:"outcome"`
	Proof     cordon.Proof    `json:"proof"`
	RequestID string          `json:"request_id,omitempty"`
	Prior     json.RawMessage `json:"prior,omitempty"`
	Detail    string          `json:"detail,omitempty"`

	CompromisedAt *time.Time `json:"compromised_at,omitempty"`
}
