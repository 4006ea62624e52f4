package store

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/cordonhq/cordon"
)

const entryColumns = `seq, at_us, kind, tenant_id, run_id, step, actor, action, target, data, prev, hash`

// LastEntry returns the newest entry of the audit, or the zero entry when
// there is none: what the next one is sealed to.
func (t *Tx) LastEntry(ctx context.Context) (cordon.Entry, error) {
	last, err := one(ctx, t, scanEntry, `SELECT `+entryColumns+` FROM entries ORDER BY seq DESC LIMIT 1`)
	if errors.Is(err, cordon.ErrNotFound) {
		return cordon.Entry{}, nil
	}
	return last, err
}

// AddEntry stores a sealed entry. A second entry with the same number is an
// error: the chain does not fork.
func (t *Tx) AddEntry(ctx context.Context, e cordon.Entry) error {
	return t.exec(ctx, `INSERT INTO entries (`+entryColumns+`) VALUES (`+list(1, 12)+`)`,
		e.Seq, us(e.At), string(e.Kind), e.TenantID, e.RunID, e.Step, e.Actor, string(e.Action), e.Target, string(e.Data), e.Prev, e.Hash)
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
	l := listing{table: "entries", columns: entryColumns, key: "seq", order: []string{"seq DESC"}}
	const ofName = "run_id IN (SELECT run_id FROM step_names WHERE name8 "
	l.by(ofName+"IN (?))", names8(f.Names), "SELECT seq FROM entries WHERE "+ofName+"= ?)")
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

// verifyPage is how many entries are read at once to check the chain.
const verifyPage = 1000

// Chain yields every entry, oldest first.
func (t *Tx) Chain(ctx context.Context) iter.Seq2[cordon.Entry, error] {
	return func(yield func(cordon.Entry, error) bool) {
		for last := int64(-1 << 62); ; {
			page, err := all(ctx, t, scanEntry, `SELECT `+entryColumns+` FROM entries WHERE seq > $1 ORDER BY seq LIMIT $2`, last, verifyPage)
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

func scanEntry(r scanner) (cordon.Entry, error) {
	var e cordon.Entry
	var at int64
	var data string
	err := r.Scan(&e.Seq, &at, &e.Kind, &e.TenantID, &e.RunID, &e.Step, &e.Actor, &e.Action, &e.Target, &data, &e.Prev, &e.Hash)
	e.At, e.Data = fromUS(at), json.RawMessage(data)
	return e, err
}
