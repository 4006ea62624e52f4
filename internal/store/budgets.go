package store

import (
	"context"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const budgetColumns = `tenant_id, app_id, family, quota, window_us, used, remaining, refused, closed_until_us, why, used_us, at_us`

// PutUsage stores how much of each limit was used, in place of what was known
// of it.
func (t *Tx) PutUsage(ctx context.Context, all []cordon.Usage) error {
	for len(all) > 0 {
		n := min(len(all), rowsPerInsert)
		var values []string
		var args []any
		for _, u := range all[:n] {
			row := []any{u.TenantID, u.AppID, u.Family, u.Limit, u.Window.Microseconds(), u.Used, u.Left, int64(u.Refused), us(u.ClosedUntil), u.Why, us(u.UsedAt), us(u.At)}
			values = append(values, "("+list(len(args)+1, len(row))+")")
			args = append(args, row...)
		}
		if err := t.exec(ctx, `INSERT INTO budgets (`+budgetColumns+`) VALUES `+strings.Join(values, ",")+`
			ON CONFLICT (tenant_id, app_id, family, quota) DO UPDATE SET window_us = excluded.window_us, used = excluded.used,
			remaining = excluded.remaining, refused = excluded.refused, closed_until_us = excluded.closed_until_us,
			why = excluded.why, used_us = excluded.used_us, at_us = excluded.at_us`, args...); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// ForgetUsage deletes all usage: an engine that starts counts anew, and its
// limits may be others.
func (t *Tx) ForgetUsage(ctx context.Context) error { return t.exec(ctx, `DELETE FROM budgets`) }

// Usage returns what was used of the limits of the tenants, or of all tenants
// and apps when none is named: by tenant and app, the tenants first.
func (t *Tx) Usage(ctx context.Context, tenants ...string) ([]cordon.Usage, error) {
	query := `SELECT ` + budgetColumns + ` FROM budgets`
	if len(tenants) > 0 {
		query += ` WHERE tenant_id IN (` + list(1, len(tenants)) + `)`
	}
	return all(ctx, t, scanUsage, query+` ORDER BY app_id, tenant_id, family, window_us, quota`, anys(tenants)...)
}

func scanUsage(r scanner) (cordon.Usage, error) {
	var u cordon.Usage
	var window, closed, used, at int64
	err := r.Scan(&u.TenantID, &u.AppID, &u.Family, &u.Limit, &window, &u.Used, &u.Left, &u.Refused, &closed, &u.Why, &used, &at)
	u.Window = time.Duration(window) * time.Microsecond
	u.ClosedUntil, u.UsedAt, u.At = fromUS(closed), fromUS(used), fromUS(at)
	return u, err
}
