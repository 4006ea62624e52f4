package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const incidentColumns = `id, tenant_id, entity_kind, entity, sources, detectors, score, state, merged_to,
	first_us, last_us, opened_us, updated_us`

// PutIncident stores an incident and which signals belong to it. signals
// holds at least those of in.Signals that are not stored with it yet.
func (t *Tx) PutIncident(ctx context.Context, in cordon.Incident, signals map[string]cordon.Signal) error {
	if err := t.exec(ctx, `INSERT INTO incidents (`+incidentColumns+`) VALUES (`+list(1, 13)+`)
		ON CONFLICT (id) DO UPDATE SET entity = excluded.entity, sources = excluded.sources, detectors = excluded.detectors,
		score = excluded.score, state = excluded.state, merged_to = excluded.merged_to, first_us = excluded.first_us,
		last_us = excluded.last_us, updated_us = excluded.updated_us`,
		in.ID, in.TenantID, string(in.Entity.Kind), asJSON(in.Entity), asJSON(in.Sources), asJSON(in.Detectors), asJSON(in.Score),
		string(in.State), in.MergedTo, us(in.FirstAt), us(in.LastAt), us(in.OpenedAt), us(in.UpdatedAt)); err != nil {
		return err
	}
	if err := t.exec(ctx, `DELETE FROM incident_signals WHERE incident_id = $1`, in.ID); err != nil {
		return err
	}
	for _, id := range in.Signals {
		if err := t.linkSignal(ctx, in, id, signals); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) linkSignal(ctx context.Context, in cordon.Incident, id string, signals map[string]cordon.Signal) error {
	s, ok := signals[id]
	if !ok {
		return errors.New("store: incident " + in.ID + " names the unknown signal " + id)
	}
	key, err := key8(id)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO incident_signals (incident_id, tenant_id, updated_us, key8, source, native_id)
		VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT DO NOTHING`, in.ID, in.TenantID, us(s.UpdatedAt), key, string(s.Source), s.NativeID)
}

// SetScore stores what the sources say of an incident by now.
func (t *Tx) SetScore(ctx context.Context, id string, score cordon.Score) error {
	return t.exec(ctx, `UPDATE incidents SET score = $2 WHERE id = $1`, id, asJSON(score))
}

// TenantsWithFloors returns those of the tenants that have an open incident
// whose score was found with a source unread.
func (t *Tx) TenantsWithFloors(ctx context.Context, tenants []string) ([]string, error) {
	return all(ctx, t, scanString, `SELECT DISTINCT tenant_id FROM incidents
		WHERE state = 'open' AND score LIKE '%"Unread":[%' AND tenant_id IN (`+list(1, len(tenants))+`)`, anys(tenants)...)
}

// IncidentsHolding returns the ids of the incidents that hold a version of
// the signal.
func (t *Tx) IncidentsHolding(ctx context.Context, s cordon.Signal) ([]string, error) {
	return all(ctx, t, scanString, `SELECT DISTINCT incident_id FROM incident_signals
		WHERE tenant_id = $1 AND native_id = $2 AND source = $3`, s.TenantID, s.NativeID, string(s.Source))
}

// MoveIncident moves an incident from one state to another; one that is in a
// third stays there.
func (t *Tx) MoveIncident(ctx context.Context, id string, from, to cordon.IncidentState, at time.Time) error {
	return t.exec(ctx, `UPDATE incidents SET state = $3, updated_us = $4 WHERE id = $1 AND state = $2`, id, string(from), string(to), us(at))
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

// Incidents returns incidents, newest first.
func (t *Tx) Incidents(ctx context.Context, f IncidentFilter) ([]cordon.Incident, error) {
	where, args := []string{"last_us >= $1"}, []any{us(f.Since)}
	if len(f.Tenants) > 0 {
		where = append(where, "tenant_id IN ("+list(len(args)+1, len(f.Tenants))+")")
		args = append(args, anys(f.Tenants)...)
	}
	if len(f.States) > 0 {
		where = append(where, "state IN ("+list(len(args)+1, len(f.States))+")")
		args = append(args, anys(f.States)...)
	}
	if len(f.Names) > 0 {
		named, patterns := namedAny("entity", f.Names, len(args)+1)
		where, args = append(where, named), append(args, patterns...)
	}
	query := `SELECT ` + incidentColumns + ` FROM incidents WHERE ` + strings.Join(where, " AND ") + ` ORDER BY last_us DESC, id`
	found, err := all(ctx, t, scanIncident, limited(query, f.Limit), args...)
	if !f.Signals {
		return found, err
	}
	return found, errors.Join(err, t.fillSignals(ctx, found))
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
		keys, err := all(ctx, t, func(r scanner) (n int64, err error) { return n, r.Scan(&n) },
			`SELECT key8 FROM incident_signals WHERE incident_id = $1 ORDER BY updated_us, key8`, incidents[i].ID)
		if err != nil {
			return err
		}
		for _, key := range keys {
			incidents[i].Signals = append(incidents[i].Signals, signalID(key)) //nolint:gosec // i ranges over incidents
		}
	}
	return nil
}

func scanIncident(r scanner) (cordon.Incident, error) {
	var in cordon.Incident
	var kind, entity, sources, detectors, score string
	var first, last, opened, updated int64
	err := r.Scan(&in.ID, &in.TenantID, &kind, &entity, &sources, &detectors, &score, &in.State, &in.MergedTo,
		&first, &last, &opened, &updated)
	if err != nil {
		return in, err
	}
	in.FirstAt, in.LastAt, in.OpenedAt, in.UpdatedAt = fromUS(first), fromUS(last), fromUS(opened), fromUS(updated)
	return in, errors.Join(json.Unmarshal([]byte(entity), &in.Entity), json.Unmarshal([]byte(sources), &in.Sources),
		json.Unmarshal([]byte(detectors), &in.Detectors), json.Unmarshal([]byte(score), &in.Score))
}
