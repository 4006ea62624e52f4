package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/cordonhq/cordon"
)

const entryColumns = `chain, seq, at_us, kind, tenant_id, run_id, step, actor, action, target, data, prev, hash`

// Head returns the head of a chain; of an empty one, the number 0 and no hash.
func (t *Tx) Head(ctx context.Context, chain string) (cordon.Head, error) {
	head, err := one(ctx, t, scanHead, `SELECT chain, seq, hash FROM heads WHERE chain = $1`, chain)
	if errors.Is(err, cordon.ErrNotFound) {
		return cordon.Head{Chain: chain}, nil
	}
	return head, err
}

// AddEntry stores a sealed entry and moves the head of its chain. It is an
// error when the head is not the entry before, so that a chain does not fork,
// and when the entry does not stand in the store afterwards, whatever kept it
// out: no entry, no action.
func (t *Tx) AddEntry(ctx context.Context, e cordon.Entry) error {
	if err := t.exec(ctx, `INSERT INTO heads (chain, seq, hash, anchored) VALUES ($1, 0, '', 0) ON CONFLICT DO NOTHING`, e.Chain); err != nil {
		return err
	}
	if err := t.must(ctx, `UPDATE heads SET seq = $2, hash = $3 WHERE chain = $1 AND seq = $2 - 1 AND hash = $4`, e.Chain, e.Seq, e.Hash, e.Prev); err != nil {
		return err
	}
	if err := t.must(ctx, `INSERT INTO entries (`+entryColumns+`) VALUES (`+list(1, 13)+`)`,
		e.Chain, e.Seq, us(e.At), string(e.Kind), e.TenantID, e.RunID, e.Step, e.Actor, string(e.Action), e.Target, string(e.Data), e.Prev, e.Hash); err != nil {
		return err
	}
	stored, err := one(ctx, t, scanEntry, `SELECT `+entryColumns+` FROM entries WHERE chain = $1 AND seq = $2`, e.Chain, e.Seq)
	if err == nil && !reflect.DeepEqual(stored, e) {
		err = fmt.Errorf("store: entry %d of chain %s reads back as another", e.Seq, e.Chain)
	}
	return err
}

// Unanchored returns the heads of the chains, but for the fleet's, that moved
// since they were anchored, at most limit.
func (t *Tx) Unanchored(ctx context.Context, limit int) ([]cordon.Head, error) {
	return all(ctx, t, scanHead, limited(`SELECT chain, seq, hash FROM heads WHERE seq > anchored AND chain != '`+cordon.FleetChain+`' ORDER BY chain`, limit))
}

// Anchored says that an entry of the fleet's chain holds these heads.
func (t *Tx) Anchored(ctx context.Context, heads []cordon.Head) error {
	for _, h := range heads {
		if err := t.exec(ctx, `UPDATE heads SET anchored = $2 WHERE chain = $1`, h.Chain, h.Seq); err != nil {
			return err
		}
	}
	return nil
}

// Chains returns the names of the chains that have entries or should have.
func (t *Tx) Chains(ctx context.Context) ([]string, error) {
	return all(ctx, t, scanString, `SELECT chain FROM heads UNION SELECT DISTINCT chain FROM entries UNION SELECT DISTINCT tenant_id FROM steps WHERE acted_us > 0 ORDER BY 1`)
}

// An EntryFilter narrows a list of entries. Zero fields do not narrow.
type EntryFilter struct {
	Tenants []string
	RunID   string
	Names   []string // any of these names what was acted on
	Limit   int
}

// listing is how entries are found.
func (f EntryFilter) listing() listing {
	l := listing{table: "entries", columns: entryColumns, key: "id", order: []string{"at_us DESC", "chain", "seq DESC"}}
	const ofName = "run_id IN (SELECT run_id FROM step_names WHERE name8 "
	l.by(ofName+"IN (?))", names8(f.Names), "SELECT id FROM entries WHERE "+ofName+"= ?)")
	l.by("run_id", given(f.RunID), "")
	l.by("tenant_id", anys(f.Tenants), "")
	return l
}

// Entries returns entries, newest first.
func (t *Tx) Entries(ctx context.Context, f EntryFilter) ([]cordon.Entry, error) {
	found, _, err := t.ListEntries(ctx, f)
	return found, err
}

// ListEntries returns entries as Entries does, and whether there are more.
func (t *Tx) ListEntries(ctx context.Context, f EntryFilter) ([]cordon.Entry, More, error) {
	return listed(ctx, t, f.listing(), scanEntry, f.Limit)
}

// verifyPage is how many entries are read at once to check a chain.
const verifyPage = 1000

// Chain yields every entry of a chain, oldest first.
func (t *Tx) Chain(ctx context.Context, chain string) iter.Seq2[cordon.Entry, error] {
	return func(yield func(cordon.Entry, error) bool) {
		for last := int64(-1 << 62); ; {
			page, err := all(ctx, t, scanEntry, `SELECT `+entryColumns+` FROM entries WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3`, chain, last, verifyPage)
			if err != nil {
				yield(cordon.Entry{}, err)
				return
			}
			for _, e := range page {
				if last = e.Seq; !yield(e, nil) {
					return
				}
			}
			if len(page) < verifyPage {
				return
			}
		}
	}
}

// A Result is what came of a step.
type Result struct {
	RunID   string
	Step    int
	Outcome cordon.Outcome
}

// Results returns what came of the steps of a tenant that acted.
func (t *Tx) Results(ctx context.Context, tenantID string) ([]Result, error) {
	return all(ctx, t, func(r scanner) (a Result, err error) { return a, r.Scan(&a.RunID, &a.Step, &a.Outcome) },
		`SELECT run_id, idx, outcome FROM steps WHERE tenant_id = $1 AND acted_us > 0`, tenantID)
}

func scanEntry(r scanner) (cordon.Entry, error) {
	var e cordon.Entry
	var at int64
	var data string
	err := r.Scan(&e.Chain, &e.Seq, &at, &e.Kind, &e.TenantID, &e.RunID, &e.Step, &e.Actor, &e.Action, &e.Target, &data, &e.Prev, &e.Hash)
	e.At, e.Data = fromUS(at), json.RawMessage(data)
	return e, err
}

func scanHead(r scanner) (h cordon.Head, err error) { return h, r.Scan(&h.Chain, &h.Seq, &h.Hash) }
