package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// Chains that moved are anchored once a minute, when so many entries were
// written, and when the engine ends.
const (
	anchorEvery   = time.Minute
	anchorEntries = 1000
	anchorTimeout = 5 * time.Second
	headsAtOnce   = 1000 // in one anchor
	actorSystem   = "system"
)

// anchorForever anchors the chains that moved, when it is time.
func (e *Engine) anchorForever(ctx context.Context) error {
	tick := time.NewTicker(anchorEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-e.anchorDue:
		}
		e.anchor(ctx)
	}
}

// recorded counts an entry; after so many the chains are to be anchored.
func (e *Engine) recorded() {
	if e.entries.Add(1)%anchorEntries == 0 {
		select {
		case e.anchorDue <- struct{}{}:
		default: // is to be already
		}
	}
}

// lastAnchor anchors what was written until the engine ended.
func (e *Engine) lastAnchor(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), anchorTimeout)
	defer cancel()
	e.anchor(ctx)
}

// anchor writes the heads of the chains that moved into the fleet's chain, and
// its own head into the log, which is kept elsewhere. A failure is told: what
// is not anchored is found as such when the audit is verified.
func (e *Engine) anchor(ctx context.Context) {
	head, err := Anchor(ctx, e.Store, e.Now())
	if err == nil && head.Seq > 0 {
		e.sawHead(head)
		e.Log.InfoContext(ctx, "audit head", "head", fmt.Sprintf("%d:%s", head.Seq, head.Hash))
		if e.Standing.StoreID != "" && e.Standing.Unknown == "" {
			err = e.Store.PutWitness(store.Witness{StoreID: e.Standing.StoreID, Head: head})
		}
	}
	if err != nil && ctx.Err() == nil {
		e.Log.WarnContext(ctx, "the audit could not be anchored", "error", err)
	}
}

// Anchor writes the heads of the chains that moved since the last anchor into
// the fleet's chain, and returns its head then; the zero head when none moved.
func Anchor(ctx context.Context, s *store.Store, now time.Time) (head cordon.Head, err error) {
	for more := true; more && err == nil; {
		err = s.Write(ctx, func(tx *store.Tx) error {
			heads, err := tx.Unanchored(ctx, headsAtOnce)
			if more = len(heads) == headsAtOnce; err != nil || len(heads) == 0 {
				return err
			}
			data, err := json.Marshal(cordon.Anchored{Heads: heads})
			if err != nil {
				return fmt.Errorf("audit: %w", err)
			}
			if err := Record(ctx, tx, cordon.Entry{At: now.UTC(), Kind: cordon.EntryAnchor, Actor: actorSystem, Data: data}); err != nil {
				return err
			}
			if err := tx.Anchored(ctx, heads); err != nil {
				return err
			}
			head, err = tx.Head(ctx, cordon.FleetChain)
			return err
		})
	}
	return head, err
}
