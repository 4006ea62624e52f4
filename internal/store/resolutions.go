package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/cordonhq/cordon"
)

const resolutionColumns = `tenant_id, value, kind, state, users, reason, answered_us, due_us, wanted_us, attempts`

// Resolutions returns what the directory of a tenant said of names, by name.
func (t *Tx) Resolutions(ctx context.Context, tenantID string, names []cordon.Name) (map[cordon.Name]cordon.Resolution, error) {
	found := map[cordon.Name]cordon.Resolution{}
	for len(names) > 0 {
		n := min(len(names), 200)
		args := []any{tenantID}
		for _, name := range names[:n] {
			args = append(args, name.Value)
		}
		names = names[n:]
		rows, err := all(ctx, t, scanResolution, `SELECT `+resolutionColumns+` FROM resolutions
			WHERE tenant_id = $1 AND value IN (`+list(2, n)+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.Name] = r
		}
	}
	return found, nil
}

// PutResolution stores what the directory said of a name, or that it is to be
// asked. Until when it is wanted only moves forward: another signal may have
// come while the directory was asked.
func (t *Tx) PutResolution(ctx context.Context, r cordon.Resolution) error {
	users := r.Users
	if users == nil {
		users = []cordon.DirectoryUser{}
	}
	return t.exec(ctx, `INSERT INTO resolutions (`+resolutionColumns+`) VALUES (`+list(1, 10)+`)
		ON CONFLICT (tenant_id, value, kind) DO UPDATE SET state = excluded.state, users = excluded.users, reason = excluded.reason,
		answered_us = excluded.answered_us, due_us = excluded.due_us, wanted_us = CASE WHEN excluded.wanted_us > resolutions.wanted_us THEN excluded.wanted_us ELSE resolutions.wanted_us END,
		 attempts = excluded.attempts`,
		r.TenantID, r.Name.Value, string(r.Name.Kind), string(r.State), asJSON(users), r.Reason,
		us(r.AnsweredAt), us(r.DueAt), us(r.WantedUntil), r.Attempts)
}

// DueResolutions returns up to limit names of a tenant that are to be looked
// up by now, those that have waited longest first.
func (t *Tx) DueResolutions(ctx context.Context, tenantID string, now time.Time, limit int) ([]cordon.Resolution, error) {
	return all(ctx, t, scanResolution, limited(`SELECT `+resolutionColumns+` FROM resolutions
		WHERE due_us > 0 AND due_us <= $2 AND wanted_us > $2 AND tenant_id = $1 ORDER BY due_us, value, kind`, limit), tenantID, us(now))
}

// TenantsToResolve returns the tenants that have names to be looked up by now,
// and when the next name of any falls due after that; zero: none does.
func (t *Tx) TenantsToResolve(ctx context.Context, now time.Time) (tenants []string, next time.Time, err error) {
	tenants, err = all(ctx, t, scanString, `SELECT DISTINCT tenant_id FROM resolutions
		WHERE due_us > 0 AND due_us <= $1 AND wanted_us > $1 ORDER BY tenant_id`, us(now))
	if err != nil {
		return nil, next, err
	}
	next, err = one(ctx, t, func(r scanner) (time.Time, error) {
		var n int64
		err := r.Scan(&n)
		return fromUS(n), err
	}, `SELECT coalesce(min(due_us), 0) FROM resolutions WHERE due_us > $1 AND wanted_us > $1`, us(now))
	return tenants, next, err
}

// PendingResolutions counts the names of the tenants, or of all, that signals
// wait for and the directory has not answered yet.
func (t *Tx) PendingResolutions(ctx context.Context, tenants []string, now time.Time) (int, error) {
	where, args := "", []any{us(now)}
	if len(tenants) > 0 {
		where = " AND tenant_id IN (" + list(2, len(tenants)) + ")"
		args = append(args, anys(tenants)...)
	}
	return one(ctx, t, func(r scanner) (n int, err error) { return n, r.Scan(&n) },
		`SELECT count(*) FROM resolutions WHERE state = 'pending' AND due_us > 0 AND wanted_us > $1`+where, args...)
}

// ForgetResolutions removes what no signal has waited for since a time.
func (t *Tx) ForgetResolutions(ctx context.Context, before time.Time) error {
	return t.exec(ctx, `DELETE FROM resolutions WHERE wanted_us < $1 AND answered_us < $1`, us(before))
}

// SetEntities stores whom a signal is about, when the directory has told more
// than the feed; what came stays as it came.
func (t *Tx) SetEntities(ctx context.Context, s cordon.Signal) error {
	key, err := key8(s.ID)
	if err != nil {
		return err
	}
	seq, err := one(ctx, t, scanNumber, `UPDATE signals SET entities = $3, named = $4 WHERE updated_us = $1 AND key8 = $2 RETURNING seq`,
		us(s.UpdatedAt), key, asJSON(s.Entities), asJSON(s.Named))
	if err != nil {
		return err
	}
	return t.addSignalNames(ctx, storedSignal{seq, s})
}

// Correlate has correlation take signals again.
func (t *Tx) Correlate(ctx context.Context, signals []cordon.Signal) error {
	for _, s := range signals {
		key, err := key8(s.ID)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, `INSERT INTO pending_signals (tenant_id, updated_us, seq)
			SELECT tenant_id, updated_us, seq FROM signals WHERE updated_us = $1 AND key8 = $2 ON CONFLICT DO NOTHING`, us(s.UpdatedAt), key); err != nil {
			return err
		}
	}
	return nil
}

// SetEntity stores the names of an incident's entity.
func (t *Tx) SetEntity(ctx context.Context, incidentID string, e cordon.Entity) error {
	return errors.Join(t.exec(ctx, `UPDATE incidents SET entity = $2, revision = revision + 1 WHERE id = $1`, incidentID, asJSON(e)), t.addIncidentNames(ctx, incidentID, e))
}

func scanResolution(r scanner) (cordon.Resolution, error) {
	var x cordon.Resolution
	var users string
	var answered, due, wanted int64
	if err := r.Scan(&x.TenantID, &x.Name.Value, &x.Name.Kind, &x.State, &users, &x.Reason, &answered, &due, &wanted, &x.Attempts); err != nil {
		return x, err
	}
	x.AnsweredAt, x.DueAt, x.WantedUntil = fromUS(answered), fromUS(due), fromUS(wanted)
	return x, json.Unmarshal([]byte(users), &x.Users)
}
