package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// hash8 is the first 8 bytes of a hash over texts, as a number that both
// databases store.
func hash8(texts ...string) int64 {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // the same 64 bits
}

// names8 are the hashes of names, by which rows are found.
func names8(names []string) []any {
	var out []any
	for _, n := range names {
		out = append(out, hash8(strings.ToLower(n)))
	}
	return out
}

// namesOf are all names of entities, each once, in lower case.
func namesOf(entities ...cordon.Entity) []string {
	var out []string
	for _, e := range entities {
		for _, n := range e.Names {
			out = append(out, strings.ToLower(n.Value))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// called reports whether one of the entities has one of the names; that two
// names have one hash makes them no less different.
func called(names []string, entities ...cordon.Entity) bool {
	return slices.ContainsFunc(entities, func(e cordon.Entity) bool { return slices.ContainsFunc(names, e.Called) })
}

// Known reports whether anything that is stored, of these tenants or of all,
// is about an entity that has one of the names.
func (t *Tx) Known(ctx context.Context, tenants, names []string) (bool, error) {
	incidents, err := t.Incidents(ctx, IncidentFilter{Tenants: tenants, Names: names, Limit: 1})
	if err != nil || len(incidents) > 0 {
		return err == nil, err
	}
	runs, err := t.Runs(ctx, RunFilter{Tenants: tenants, Names: names, Limit: 1})
	if err != nil || len(runs) > 0 {
		return err == nil, err
	}
	signals, err := t.Signals(ctx, SignalFilter{Tenants: tenants, Names: names, Limit: 1})
	return len(signals) > 0, err
}

// RunsBeginning returns the ids of runs that begin with a text, at most limit.
func (t *Tx) RunsBeginning(ctx context.Context, text string, limit int) ([]string, error) {
	return t.beginning(ctx, "runs", text, limit)
}

// IncidentsBeginning returns the ids of incidents that begin with a text, at
// most limit.
func (t *Tx) IncidentsBeginning(ctx context.Context, text string, limit int) ([]string, error) {
	return t.beginning(ctx, "incidents", text, limit)
}

// beginning returns ids by their beginning. Ids are of hexadecimal digits and
// dashes: what holds anything else begins none.
func (t *Tx) beginning(ctx context.Context, table, text string, limit int) ([]string, error) {
	text = strings.ToLower(text)
	if text == "" || strings.Trim(text, "0123456789abcdef-") != "" {
		return nil, nil
	}
	return all(ctx, t, scanString, limited(`SELECT id FROM `+table+` WHERE id >= $1 AND id < $2 ORDER BY id`, limit), text, text+"g")
}
