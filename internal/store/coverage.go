package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const coverageColumns = `tenant_id, source, state, read_from_us, read_until_us, checked_us, reason`

// PutCoverage stores what has been read of a source.
func (t *Tx) PutCoverage(ctx context.Context, c cordon.Coverage) error {
	return t.exec(ctx, `INSERT INTO coverage (`+coverageColumns+`) VALUES ($1,$2,$3,$4,$5,$6,$7)
		ON CONFLICT (tenant_id, source) DO UPDATE SET state = excluded.state, read_from_us = excluded.read_from_us,
		read_until_us = excluded.read_until_us, checked_us = excluded.checked_us, reason = excluded.reason`,
		c.TenantID, string(c.Source), string(c.State), us(c.ReadFrom), us(c.ReadUntil), us(c.CheckedAt), c.Reason)
}

// MoveCoverage stores how far sources were read that had nothing new: of what
// is stored already, only the times move, and only forward: a reading that
// waited does not undo one that came after it. It is what a quiet fleet does
// all day, so one statement is prepared for all of them.
func (t *Tx) MoveCoverage(ctx context.Context, quiet []cordon.Coverage) error {
	move, err := t.tx.PrepareContext(ctx, `UPDATE coverage SET read_until_us = $1, checked_us = $2, reason = $3
		WHERE tenant_id = $4 AND source = $5 AND checked_us <= $2`)
	if err != nil {
		return fmt.Errorf("store: prepare: %w", err)
	}
	defer func() { _ = move.Close() }() // its transaction ends it, too
	for _, c := range quiet {
		if _, err := move.ExecContext(ctx, us(c.ReadUntil), us(c.CheckedAt), c.Reason, c.TenantID, string(c.Source)); err != nil {
			return fmt.Errorf("store: move coverage: %w", err)
		}
	}
	return nil
}

// Coverage returns what has been read of the tenants, or of all when none is
// named.
func (t *Tx) Coverage(ctx context.Context, tenants ...string) ([]cordon.Coverage, error) {
	query := `SELECT ` + coverageColumns + ` FROM coverage`
	if len(tenants) > 0 {
		query += ` WHERE tenant_id IN (` + list(1, len(tenants)) + `)`
	}
	return all(ctx, t, scanCoverage, query+` ORDER BY tenant_id, source`, anys(tenants)...)
}

// LastReading returns when an engine last tried to read any source of any
// tenant; the zero time when none ever did.
func (t *Tx) LastReading(ctx context.Context) (time.Time, error) {
	last, err := one(ctx, t, func(r scanner) (n int64, err error) { return n, r.Scan(&n) }, `SELECT COALESCE(max(checked_us), 0) FROM coverage`)
	return fromUS(last), err
}

func scanCoverage(r scanner) (cordon.Coverage, error) {
	var c cordon.Coverage
	var from, until, checked int64
	err := r.Scan(&c.TenantID, &c.Source, &c.State, &from, &until, &checked, &c.Reason)
	c.ReadFrom, c.ReadUntil, c.CheckedAt = fromUS(from), fromUS(until), fromUS(checked)
	return c, err
}

// PutObservation stores the latest reading of a posture value. A reading that
// gave none marks the value that was, and does not forget it.
func (t *Tx) PutObservation(ctx context.Context, o cordon.Observation) error {
	return t.exec(ctx, `INSERT INTO observations (tenant_id, source, state, value, reason, observed_us) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (tenant_id, source) DO UPDATE SET state = excluded.state,
		value = CASE WHEN excluded.state = 'value' THEN excluded.value ELSE observations.value END,
		reason = excluded.reason, observed_us = excluded.observed_us`,
		o.TenantID, string(o.Source), string(o.State), string(o.Value), o.Reason, us(o.ObservedAt))
}

// Observation returns the last reading of a posture value, or
// cordon.ErrNotFound.
func (t *Tx) Observation(ctx context.Context, tenantID string, source cordon.Source) (cordon.Observation, error) {
	return one(ctx, t, scanObservation, `SELECT tenant_id, source, state, value, reason, observed_us
		FROM observations WHERE tenant_id = $1 AND source = $2`, tenantID, string(source))
}

func scanObservation(r scanner) (cordon.Observation, error) {
	var o cordon.Observation
	var value string
	var observed int64
	err := r.Scan(&o.TenantID, &o.Source, &o.State, &value, &o.Reason, &observed)
	o.Value, o.ObservedAt = []byte(strings.TrimSpace(value)), fromUS(observed)
	return o, err
}

func scanNumber(r scanner) (n int64, err error) { return n, r.Scan(&n) }

func scanString(r scanner) (s string, err error) { return s, r.Scan(&s) }
