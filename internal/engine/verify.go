package engine

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/audit"
	"github.com/cordonhq/cordon/internal/store"
)

// VerifyAudit checks the fleet's chain of the audit and those of the tenants,
// all of them when none is named: against each other, against what the steps
// say was done, and against heads that were noted elsewhere. The fleet's
// report comes first. progress is told after each chain; it may be nil.
func VerifyAudit(ctx context.Context, tx *store.Tx, tenants []string, noted []cordon.Head, progress func(done, all int)) ([]audit.Report, error) {
	anchors := map[string][]cordon.Head{}
	fleet, err := verifyChain(ctx, tx, cordon.FleetChain, noting(tx.Chain(ctx, cordon.FleetChain), anchors), nil, noted)
	if err != nil {
		return nil, err
	}
	chains, err := chainsOf(ctx, tx, tenants, anchors)
	if err != nil {
		return nil, err
	}
	reports := []audit.Report{fleet}
	for i, chain := range chains {
		r, err := verifyChain(ctx, tx, chain, tx.Chain(ctx, chain), anchors[chain], noted)
		if err != nil {
			return nil, err
		}
		if reports = append(reports, r); progress != nil {
			progress(i+1, len(chains))
		}
	}
	return reports, nil
}

// chainsOf returns the chains of the tenants; of all, also those that only
// anchors know any more.
func chainsOf(ctx context.Context, tx *store.Tx, tenants []string, anchors map[string][]cordon.Head) ([]string, error) {
	if len(tenants) > 0 {
		return tenants, nil
	}
	chains, err := tx.Chains(ctx)
	for chain := range anchors {
		chains = append(chains, chain)
	}
	slices.Sort(chains)
	return slices.DeleteFunc(slices.Compact(chains), func(c string) bool { return c == cordon.FleetChain }), err
}

func verifyChain(ctx context.Context, tx *store.Tx, chain string, entries iter.Seq2[cordon.Entry, error], anchors, noted []cordon.Head) (audit.Report, error) {
	known := audit.Known{Anchors: anchors}
	for _, h := range noted {
		if h.Chain == chain {
			known.Noted = append(known.Noted, h)
		}
	}
	var err error
	if known.Head, err = tx.Head(ctx, chain); err != nil {
		return audit.Report{}, err
	}
	results, err := tx.Results(ctx, chain)
	if err != nil {
		return audit.Report{}, err
	}
	for _, r := range results {
		known.Acts = append(known.Acts, audit.Act{RunID: r.RunID, Step: r.Step, Outcome: r.Outcome})
	}
	return audit.Verify(chain, entries, known)
}

// noting yields entries and collects the heads that anchors among them hold.
func noting(entries iter.Seq2[cordon.Entry, error], anchors map[string][]cordon.Head) iter.Seq2[cordon.Entry, error] {
	return func(yield func(cordon.Entry, error) bool) {
		for e, err := range entries {
			var noted cordon.Anchored
			if e.Kind == cordon.EntryAnchor && json.Unmarshal(e.Data, &noted) == nil {
				for _, h := range noted.Heads {
					anchors[h.Chain] = append(anchors[h.Chain], h)
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}
