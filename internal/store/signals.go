package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/cordonhq/cordon"
)

const signalColumns = `tenant_id, updated_us, key8, source, detector, repeats, native_id, version, kind, title,
	severity, state, confirmed, discounted, occurred_us, detected_us, entities, named`

// PutSignals stores those of the signals that are new and marks them for
// correlation. It returns how many were new.
func (t *Tx) PutSignals(ctx context.Context, signals []cordon.Signal) (int, error) {
	added := 0
	for part := range slices.Chunk(signals, rowsPerInsert) {
		stored, err := t.insertSignals(ctx, part)
		if err != nil {
			return added, err
		}
		if err := t.addToSignals(ctx, stored); err != nil {
			return added, err
		}
		added += len(stored)
	}
	return added, nil
}

// A storedSignal is a signal and where it is.
type storedSignal struct {
	seq int64
	cordon.Signal
}

// insertSignals returns those of the signals that are new.
func (t *Tx) insertSignals(ctx context.Context, signals []cordon.Signal) ([]storedSignal, error) {
	rows := make([][]any, 0, len(signals))
	byKey := map[int64]cordon.Signal{}
	for _, s := range signals {
		key, err := key8(s.ID)
		if err != nil {
			return nil, err
		}
		byKey[key] = s
		rows = append(rows, plain([]any{s.TenantID, us(s.UpdatedAt), key, s.Source, s.Detector, asJSON(s.Repeats), s.NativeID, s.Version, s.Kind, s.Title,
			s.Severity, s.State, flag(s.Confirmed), s.Discounted, us(s.OccurredAt), us(s.DetectedAt), asJSON(s.Entities), asJSON(s.Named)}))
	}
	values, args := placeholders(rows)
	return all(ctx, t, func(r scanner) (s storedSignal, err error) {
		var key int64
		err = r.Scan(&s.seq, &key)
		s.Signal = byKey[key]
		return s, err
	}, `INSERT INTO signals (`+signalColumns+`) VALUES `+values+` ON CONFLICT DO NOTHING RETURNING seq, key8`, args...)
}

// addToSignals stores what lies beside new signals: the item as it came, the
// names, and that correlation is to take them.
func (t *Tx) addToSignals(ctx context.Context, stored []storedSignal) error {
	codec, err := t.raw()
	if err != nil {
		return err
	}
	var raws, pending [][]any
	for _, s := range stored {
		raws = append(raws, []any{s.seq, codec.packed(s.Raw)})
		pending = append(pending, []any{s.TenantID, us(s.UpdatedAt), s.seq})
		if err := t.addSignalNames(ctx, s); err != nil {
			return err
		}
	}
	return errors.Join(t.addRows(ctx, "signal_raw", "seq, raw", raws), t.addRows(ctx, "pending_signals", "tenant_id, updated_us, seq", pending))
}

func (t *Tx) addSignalNames(ctx context.Context, s storedSignal) error {
	var rows [][]any
	for _, name := range names8(namesOf(append(slices.Clone(s.Entities), s.Named...)...)) {
		rows = append(rows, []any{name, us(s.UpdatedAt), s.seq})
	}
	return t.addRows(ctx, "signal_names", "name8, updated_us, seq", rows)
}

// PendingSignals returns up to limit signals of the tenant that correlation
// has not taken, oldest first.
func (t *Tx) PendingSignals(ctx context.Context, tenantID string, limit int) ([]cordon.Signal, error) {
	return t.wholeSignals(ctx, `pending_signals p JOIN signals s ON s.seq = p.seq`,
		` WHERE p.tenant_id = $1 ORDER BY p.updated_us, s.key8 LIMIT $2`, tenantID, limit)
}

// TakePending says that correlation has taken these signals. It is
// cordon.ErrConflict when one of them was taken already.
func (t *Tx) TakePending(ctx context.Context, signals []cordon.Signal) error {
	for _, s := range signals {
		key, err := key8(s.ID)
		if err != nil {
			return err
		}
		taken, err := all(ctx, t, scanNumber, `DELETE FROM pending_signals WHERE tenant_id = $1 AND updated_us = $2
			AND seq = (SELECT seq FROM signals WHERE updated_us = $2 AND key8 = $3) RETURNING seq`, s.TenantID, us(s.UpdatedAt), key)
		if err == nil && len(taken) == 0 {
			err = fmt.Errorf("store: signal %s was correlated already: %w", s.ID, cordon.ErrConflict)
		}
		if err != nil {
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

// listing is how signals are found.
func (f SignalFilter) listing() listing {
	l := listing{table: "signals", columns: signalColumns, key: "seq", order: []string{"updated_us DESC", "key8"}}
	l.by("t.seq IN (SELECT seq FROM signal_names WHERE name8 IN (?))", names8(f.Names), "SELECT seq FROM signal_names WHERE name8 = ? ORDER BY updated_us DESC")
	l.by("tenant_id", anys(f.Tenants), "")
	if !f.Since.IsZero() {
		l.since.and("updated_us >= ?", us(f.Since))
	}
	if f.Source != "" {
		l.rest.and("source = ?", string(f.Source))
	}
	if f.Discounted {
		l.rest.and("(discounted != '' OR kind = 'unreadable_item')")
	}
	return l
}

// Signals returns signals, newest first, without the items as they came.
func (t *Tx) Signals(ctx context.Context, f SignalFilter) ([]cordon.Signal, error) {
	found, _, err := t.ListSignals(ctx, f)
	return found, err
}

// ListSignals returns signals as Signals does, and whether there are more.
func (t *Tx) ListSignals(ctx context.Context, f SignalFilter) ([]cordon.Signal, More, error) {
	found, more, err := listed(ctx, t, f.listing(), scanSignal, f.Limit)
	if len(f.Names) == 0 {
		return found, more, err
	}
	return slices.DeleteFunc(found, func(s cordon.Signal) bool { return !called(f.Names, s.Entities...) && !called(f.Names, s.Named...) }), more, err
}

// SignalsOf returns the signals of an incident, oldest first, without the items
// as they came.
func (t *Tx) SignalsOf(ctx context.Context, incidentID string) ([]cordon.Signal, error) {
	return all(ctx, t, scanSignal, `SELECT `+prefixed("s", signalColumns)+` FROM incident_signals i JOIN signals s ON s.seq = i.seq
		WHERE i.incident_id = $1 ORDER BY i.updated_us, i.key8`, incidentID)
}

// WholeSignalsOf is SignalsOf with the items as they came.
func (t *Tx) WholeSignalsOf(ctx context.Context, incidentID string) ([]cordon.Signal, error) {
	return t.wholeSignals(ctx, `incident_signals i JOIN signals s ON s.seq = i.seq`,
		` WHERE i.incident_id = $1 ORDER BY i.updated_us, i.key8`, incidentID)
}

// HeldVersions returns the versions of a signal that incidents hold.
func (t *Tx) HeldVersions(ctx context.Context, s cordon.Signal) ([]cordon.Signal, error) {
	return t.wholeSignals(ctx, `incident_signals i JOIN signals s ON s.seq = i.seq`, ` WHERE i.fact8 = $1
		AND s.tenant_id = $2 AND s.source = $3 AND s.native_id = $4 ORDER BY s.updated_us, s.key8`, fact8(s), s.TenantID, string(s.Source), s.NativeID)
}

// fact8 is the hash of what all versions of a signal share.
func fact8(s cordon.Signal) int64 { return hash8(s.TenantID, string(s.Source), s.NativeID) }

// wholeSignals returns signals with the items as they came.
func (t *Tx) wholeSignals(ctx context.Context, from, rest string, args ...any) ([]cordon.Signal, error) {
	codec, err := t.raw()
	if err != nil {
		return nil, err
	}
	return all(ctx, t, func(r scanner) (cordon.Signal, error) {
		var packed []byte
		s, err := scanSignal(and(r, &packed))
		if err == nil {
			s.Raw, err = codec.unpacked(packed)
		}
		return s, err
	}, `SELECT `+prefixed("s", signalColumns)+`, w.raw FROM `+from+` JOIN signal_raw w ON w.seq = s.seq`+rest, args...)
}

// and is a row that has more columns at its end than its reader knows.
func and(r scanner, more ...any) scanner { return longer{r, more} }

type longer struct {
	row  scanner
	more []any
}

// Scan implements scanner.
func (l longer) Scan(dest ...any) error { return l.row.Scan(append(dest, l.more...)...) }

func scanSignal(r scanner) (cordon.Signal, error) {
	var s cordon.Signal
	var updated, key, occurred, detected int64
	var confirmed int
	var repeats, entities, named string
	err := r.Scan(&s.TenantID, &updated, &key, &s.Source, &s.Detector, &repeats, &s.NativeID, &s.Version, &s.Kind, &s.Title,
		&s.Severity, &s.State, &confirmed, &s.Discounted, &occurred, &detected, &entities, &named)
	if err != nil {
		return s, err
	}
	s.ID, s.Confirmed = signalID(key), confirmed != 0
	s.UpdatedAt, s.OccurredAt, s.DetectedAt = fromUS(updated), fromUS(occurred), fromUS(detected)
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
