package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const signalColumns = `tenant_id, updated_us, key8, id, source, detector, repeats, native_id, version, kind, title,
	severity, state, confirmed, discounted, occurred_us, detected_us, entities, named, raw`

// rowsPerInsert is how many signals one statement takes: measured as the best
// trade between statements and their preparation.
const rowsPerInsert = 20

// PutSignals stores those of the signals that are new and marks them for
// correlation. It returns how many were new.
func (t *Tx) PutSignals(ctx context.Context, signals []cordon.Signal) (int, error) {
	added := 0
	for len(signals) > 0 {
		n := min(len(signals), rowsPerInsert)
		keys, err := t.insertSignals(ctx, signals[:n])
		if err != nil {
			return added, err
		}
		if err := t.markPending(ctx, keys); err != nil {
			return added, err
		}
		added, signals = added+len(keys), signals[n:]
	}
	return added, nil
}

// signalKey is where a signal stands.
type signalKey struct {
	tenant  string
	updated int64
	key8    int64
}

func (t *Tx) insertSignals(ctx context.Context, signals []cordon.Signal) ([]signalKey, error) {
	var values []string
	var args []any
	for _, s := range signals {
		key, err := key8(s.ID)
		if err != nil {
			return nil, err
		}
		row := []any{s.TenantID, us(s.UpdatedAt), key, s.ID, s.Source, s.Detector, asJSON(s.Repeats), s.NativeID, s.Version, s.Kind, s.Title,
			s.Severity, s.State, flag(s.Confirmed), s.Discounted, us(s.OccurredAt), us(s.DetectedAt), asJSON(s.Entities), asJSON(s.Named), string(s.Raw)}
		values = append(values, "("+list(len(args)+1, len(row))+")")
		args = append(args, row...)
	}
	return all(ctx, t, func(r scanner) (k signalKey, err error) {
		return k, r.Scan(&k.tenant, &k.updated, &k.key8)
	}, `INSERT INTO signals (`+signalColumns+`) VALUES `+strings.Join(values, ",")+`
		ON CONFLICT DO NOTHING RETURNING tenant_id, updated_us, key8`, plain(args)...)
}

func (t *Tx) markPending(ctx context.Context, keys []signalKey) error {
	if len(keys) == 0 {
		return nil
	}
	var values []string
	var args []any
	for _, k := range keys {
		values = append(values, "("+list(len(args)+1, 3)+")")
		args = append(args, k.tenant, k.updated, k.key8)
	}
	return t.exec(ctx, `INSERT INTO pending_signals (tenant_id, updated_us, key8) VALUES `+
		strings.Join(values, ",")+` ON CONFLICT DO NOTHING`, args...)
}

// PendingSignals returns up to limit signals of the tenant that correlation
// has not taken, oldest first.
func (t *Tx) PendingSignals(ctx context.Context, tenantID string, limit int) ([]cordon.Signal, error) {
	return all(ctx, t, scanSignal, `SELECT `+prefixed("s", signalColumns)+`
		FROM pending_signals p JOIN signals s USING (tenant_id, updated_us, key8)
		WHERE p.tenant_id = $1 ORDER BY p.updated_us, p.key8 LIMIT $2`, tenantID, limit)
}

// TakePending says that correlation has taken these signals.
func (t *Tx) TakePending(ctx context.Context, signals []cordon.Signal) error {
	for _, s := range signals {
		key, err := key8(s.ID)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM pending_signals WHERE tenant_id = $1 AND updated_us = $2 AND key8 = $3`,
			s.TenantID, us(s.UpdatedAt), key); err != nil {
			return err
		}
	}
	return nil
}

// TenantsWithPending returns the tenants that correlation owes work.
func (t *Tx) TenantsWithPending(ctx context.Context) ([]string, error) {
	return all(ctx, t, scanString, `SELECT DISTINCT tenant_id FROM pending_signals ORDER BY tenant_id`)
}

// A SignalFilter narrows a list of signals. Zero fields do not narrow.
type SignalFilter struct {
	Tenants []string
	Source  cordon.Source
	Names   []string // any of these names an entity of the signal
	Since   time.Time
	Limit   int

	Discounted bool // only those that corroborate nothing
}

// Signals returns signals, newest first.
func (t *Tx) Signals(ctx context.Context, f SignalFilter) ([]cordon.Signal, error) {
	where, args := []string{"updated_us >= $1"}, []any{us(f.Since)}
	if len(f.Tenants) > 0 {
		where = append(where, "tenant_id IN ("+list(len(args)+1, len(f.Tenants))+")")
		args = append(args, anys(f.Tenants)...)
	}
	if f.Source != "" {
		args = append(args, string(f.Source))
		where = append(where, "source = $"+strconv.Itoa(len(args)))
	}
	if f.Discounted {
		where = append(where, "(discounted != '' OR kind = 'unreadable_item')")
	}
	if len(f.Names) > 0 {
		named, patterns := namedAny("entities || named", f.Names, len(args)+1)
		where, args = append(where, named), append(args, patterns...)
	}
	query := `SELECT ` + signalColumns + ` FROM signals WHERE ` + strings.Join(where, " AND ") + ` ORDER BY updated_us DESC, key8`
	return all(ctx, t, scanSignal, limited(query, f.Limit), args...)
}

// SignalsOf returns the signals of an incident, oldest first.
func (t *Tx) SignalsOf(ctx context.Context, incidentID string) ([]cordon.Signal, error) {
	return all(ctx, t, scanSignal, `SELECT `+prefixed("s", signalColumns)+`
		FROM incident_signals i JOIN signals s USING (tenant_id, updated_us, key8)
		WHERE i.incident_id = $1 ORDER BY s.updated_us, s.key8`, incidentID)
}

// HeldVersions returns the versions of a signal that incidents hold.
func (t *Tx) HeldVersions(ctx context.Context, s cordon.Signal) ([]cordon.Signal, error) {
	return all(ctx, t, scanSignal, `SELECT `+prefixed("s", signalColumns)+`
		FROM incident_signals i JOIN signals s USING (tenant_id, updated_us, key8)
		WHERE i.tenant_id = $1 AND i.native_id = $2 AND i.source = $3 ORDER BY s.updated_us, s.key8`, s.TenantID, s.NativeID, string(s.Source))
}

func scanSignal(r scanner) (cordon.Signal, error) {
	var s cordon.Signal
	var updated, key, occurred, detected int64
	var confirmed int
	var repeats, entities, named, raw string
	err := r.Scan(&s.TenantID, &updated, &key, &s.ID, &s.Source, &s.Detector, &repeats, &s.NativeID, &s.Version, &s.Kind, &s.Title,
		&s.Severity, &s.State, &confirmed, &s.Discounted, &occurred, &detected, &entities, &named, &raw)
	if err != nil {
		return s, err
	}
	s.UpdatedAt, s.OccurredAt, s.DetectedAt = fromUS(updated), fromUS(occurred), fromUS(detected)
	s.Confirmed, s.Raw = confirmed != 0, json.RawMessage(raw)
	return s, errors.Join(json.Unmarshal([]byte(repeats), &s.Repeats), json.Unmarshal([]byte(entities), &s.Entities), json.Unmarshal([]byte(named), &s.Named))
}

// key8 reads a signal's id as the number it is stored under.
func key8(id string) (int64, error) {
	n, err := strconv.ParseUint(id, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("store: signal id %q is not 16 hexadecimal digits", id)
	}
	return int64(n), nil //nolint:gosec // the same 64 bits, as the databases know no unsigned numbers
}

// signalID is the id of the signal that is stored under key.
func signalID(key int64) string {
	return fmt.Sprintf("%016x", uint64(key)) //nolint:gosec // the same 64 bits, see key8
}
