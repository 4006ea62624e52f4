package store

import (
	"context"
	"strings"
)

// Known reports whether anything that is stored, of these tenants or of all,
// is about an entity that has one of the names.
func (t *Tx) Known(ctx context.Context, tenants, names []string) (bool, error) {
	for _, place := range []struct{ table, column string }{{"incidents", "entity"}, {"steps", "target"}, {"signals", "entities || named"}} {
		where, args := namedAny(place.column, names, 1)
		if len(tenants) > 0 {
			where += " AND tenant_id IN (" + list(len(args)+1, len(tenants)) + ")"
			args = append(args, anys(tenants)...)
		}
		found, err := all(ctx, t, scanString, limited(`SELECT tenant_id FROM `+place.table+` WHERE `+where, 1), args...)
		if err != nil || len(found) > 0 {
			return len(found) > 0, err
		}
	}
	return false, nil
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
