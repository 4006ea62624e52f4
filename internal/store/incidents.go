package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

const incidentColumns = `id, tenant_id, entity_kind, entity, sources, detectors, score, lower_bound, state, merged_to,
	first_us, last_us, opened_us, updated_us, revision`

// PutIncident stores an incident as it is after a change: with the signals that
// it has gained, and without those, by id, that it holds no longer. It is
// cordon.ErrConflict when the incident was changed since it was read.
func (t *Tx) PutIncident(ctx context.Context, in cordon.Incident, gained []cordon.Signal, lost []string) error {
	stored, err := all(ctx, t, scanNumber, `INSERT INTO incidents (`+incidentColumns+`) VALUES (`+list(1, 14)+`, 1)
		ON CONFLICT (id) DO UPDATE SET entity_kind = excluded.entity_kind, entity = excluded.entity, sources = excluded.sources, detectors = excluded.detectors,
		score = excluded.score, lower_bound = excluded.lower_bound, state = excluded.state, merged_to = excluded.merged_to, first_us = excluded.first_us,
		last_us = excluded.last_us, updated_us = excluded.updated_us, revision = incidents.revision + 1 WHERE incidents.revision = $15 RETURNING revision`,
		in.ID, in.TenantID, string(in.Entity.Kind), asJSON(in.Entity), asJSON(in.Sources), asJSON(in.Detectors), asJSON(in.Score),
		flag(len(in.Score.Unread) > 0), string(in.State), in.MergedTo, us(in.FirstAt), us(in.LastAt), us(in.OpenedAt), us(in.UpdatedAt), in.Revision)
	if err == nil && (len(stored) == 0 || stored[0] != in.Revision+1) {
		err = fmt.Errorf("store: incident %s was changed since it was read: %w", in.ID, cordon.ErrConflict)
	}
	if err != nil {
		return err
	}
	return errors.Join(t.addIncidentNames(ctx, in.ID, in.Entity), t.linkSignals(ctx, in.ID, gained), t.unlinkSignals(ctx, in.ID, lost))
}

func (t *Tx) addIncidentNames(ctx context.Context, id string, e cordon.Entity) error {
	var rows [][]any
	for _, name := range names8(namesOf(e)) {
		rows = append(rows, []any{name, id})
	}
	return t.addRows(ctx, "incident_names", "name8, incident_id", rows)
}

func (t *Tx) linkSignals(ctx context.Context, id string, gained []cordon.Signal) error {
	for _, s := range gained {
		key, err := key8(s.ID)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `INSERT INTO incident_signals (incident_id, updated_us, key8, seq, fact8)
			SELECT $1, updated_us, key8, seq, $2 FROM signals WHERE updated_us = $3 AND key8 = $4`, id, fact8(s), us(s.UpdatedAt), key); err != nil {
			return fmt.Errorf("store: signal %s of incident %s: %w", s.ID, id, err)
		}
	}
	return nil
}

func (t *Tx) unlinkSignals(ctx context.Context, id string, lost []string) error {
	for _, signal := range lost {
		key, err := key8(signal)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM incident_signals WHERE incident_id = $1 AND key8 = $2`, id, key); err != nil {
			return err
		}
	}
	return nil
}

// linked returns the ids of the signals of an incident, the oldest first.
func (t *Tx) linked(ctx context.Context, incidentID string) ([]string, error) {
	return all(ctx, t, func(r scanner) (string, error) {
		key, err := scanNumber(r)
		return signalID(key), err
	}, `SELECT key8 FROM incident_signals WHERE incident_id = $1 ORDER BY updated_us, key8`, incidentID)
}

// SetScore stores what the sources say by now of an incident. It is
// cordon.ErrConflict when the incident was changed since it was read.
func (t *Tx) SetScore(ctx context.Context, in cordon.Incident, score cordon.Score) error {
	if err := t.Unchanged(ctx, in); err != nil {
		return err
	}
	return t.must(ctx, `UPDATE incidents SET score = $2, lower_bound = $3, revision = revision + 1 WHERE id = $1`, in.ID, asJSON(score), flag(len(score.Unread) > 0))
}

// Unchanged is cordon.ErrConflict when an incident was changed since it was
// read.
func (t *Tx) Unchanged(ctx context.Context, in cordon.Incident) error {
	revision, err := one(ctx, t, scanNumber, `SELECT revision FROM incidents WHERE id = $1`, in.ID)
	if err == nil && revision != in.Revision {
		err = fmt.Errorf("store: incident %s was changed since it was read: %w", in.ID, cordon.ErrConflict)
	}
	return err
}

// TenantsWithFloors returns those of the tenants that have an open incident
// whose score was found with a source unread.
func (t *Tx) TenantsWithFloors(ctx context.Context, tenants []string) ([]string, error) {
	return all(ctx, t, scanString, `SELECT DISTINCT tenant_id FROM incidents
		WHERE state = 'open' AND lower_bound = 1 AND tenant_id IN (`+list(1, len(tenants))+`)`, anys(tenants)...)
}

// IncidentsHolding returns the ids of the incidents that hold a version of
// the signal.
func (t *Tx) IncidentsHolding(ctx context.Context, s cordon.Signal) ([]string, error) {
	return all(ctx, t, scanString, `SELECT DISTINCT i.incident_id FROM incident_signals i JOIN signals s ON s.seq = i.seq
		WHERE i.fact8 = $1 AND s.tenant_id = $2 AND s.source = $3 AND s.native_id = $4`, fact8(s), s.TenantID, string(s.Source), s.NativeID)
}

// MoveIncident moves an incident from one state to another; one that is in a
// third stays there.
func (t *Tx) MoveIncident(ctx context.Context, id string, from, to cordon.IncidentState, at time.Time) error {
	return t.exec(ctx, `UPDATE incidents SET state = $3, updated_us = $4, revision = revision + 1 WHERE id = $1 AND state = $2`, id, string(from), string(to), us(at))
}

// An IncidentFilter narrows a list of incidents. Zero fields do not narrow.
type IncidentFilter struct {
	Tenants []string
	Names   []string  // any of these names is one of the entity
	Since   time.Time // with a signal noticed since
	States  []cordon.IncidentState
	Limit   int
	Signals bool // with the ids of their signals
}

// listing is how incidents are found.
func (f IncidentFilter) listing() listing {
	l := listing{table: "incidents", columns: incidentColumns, key: "id", order: []string{"last_us DESC", "id"}}
	l.by("t.id IN (SELECT incident_id FROM incident_names WHERE name8 IN (?))", names8(f.Names), "SELECT incident_id AS id FROM incident_names WHERE name8 = ?")
	l.by("tenant_id", anys(f.Tenants), "")
	l.by("state", anys(f.States), "")
	if !f.Since.IsZero() {
		l.since.and("last_us >= ?", us(f.Since))
	}
	return l
}

// Incidents returns incidents, newest first.
func (t *Tx) Incidents(ctx context.Context, f IncidentFilter) ([]cordon.Incident, error) {
	found, _, err := t.ListIncidents(ctx, f)
	return found, err
}

// ListIncidents returns incidents as Incidents does, and whether there are
// more.
func (t *Tx) ListIncidents(ctx context.Context, f IncidentFilter) ([]cordon.Incident, More, error) {
	found, more, err := listed(ctx, t, f.listing(), scanIncident, f.Limit)
	if len(f.Names) > 0 {
		found = slices.DeleteFunc(found, func(in cordon.Incident) bool { return !called(f.Names, in.Entity) })
	}
	if !f.Signals {
		return found, more, err
	}
	return found, more, errors.Join(err, t.fillSignals(ctx, found))
}

// Incident returns one incident, or cordon.ErrNotFound.
func (t *Tx) Incident(ctx context.Context, id string) (cordon.Incident, error) {
	in, err := one(ctx, t, scanIncident, `SELECT `+incidentColumns+` FROM incidents WHERE id = $1`, id)
	if err != nil {
		return in, err
	}
	found := []cordon.Incident{in}
	err = t.fillSignals(ctx, found)
	return found[0], err
}

func (t *Tx) fillSignals(ctx context.Context, incidents []cordon.Incident) error {
	for i := range incidents {
		var err error
		if incidents[i].Signals, err = t.linked(ctx, incidents[i].ID); err != nil { //nolint:gosec // i ranges over incidents
			return err
		}
	}
	return nil
}

func scanIncident(r scanner) (cordon.Incident, error) {
	var in cordon.Incident
	var kind, entity, sources, detectors, score string
	var lowerBound int
	var first, last, opened, updated int64
	err := r.Scan(&in.ID, &in.TenantID, &kind, &entity, &sources, &detectors, &score, &lowerBound, &in.State, &in.MergedTo,
		&first, &last, &opened, &updated, &in.Revision)
	if err != nil {
		return in, err
	}
	in.FirstAt, in.LastAt, in.OpenedAt, in.UpdatedAt = fromUS(first), fromUS(last), fromUS(opened), fromUS(updated)
	return in, errors.Join(json.Unmarshal([]byte(entity), &in.Entity), json.Unmarshal([]byte(sources), &in.Sources),
		json.Unmarshal([]byte(detectors), &in.Detectors), json.Unmarshal([]byte(score), &in.Score))
}
