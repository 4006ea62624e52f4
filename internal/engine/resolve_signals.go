package engine

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/correlate"
	"github.com/cordonhq/cordon/internal/store"
)

// defaultMaxAge is how old a signal may be to be acted on where no playbook
// says so.
const defaultMaxAge = 48 * time.Hour

// maxAge is how old a signal may be at most for any playbook to act on it.
func (e *Engine) maxAge() time.Duration {
	longest := time.Duration(0)
	for _, p := range e.Playbooks {
		longest = max(longest, p.MaxAge)
	}
	if longest == 0 {
		return defaultMaxAge
	}
	return longest
}

// lookBack is how far back an incident may lie that a playbook may act on, or
// whose score a person looks at.
func (e *Engine) lookBack() time.Duration { return max(2*incidentWindow, e.maxAge()) }

// recall gives new signals what the directory said lately of the names in
// them, and returns those that it changed. A new version of a signal that is in
// an incident already keeps its user, whoever has the name by now.
func (e *Engine) recall(ctx context.Context, tx *store.Tx, tenantID string, news []cordon.Signal) (resolved []cordon.Signal, err error) {
	for i, s := range news {
		if !anyUnresolved(s) {
			continue
		}
		said, err := tx.Resolutions(ctx, tenantID, collect.Unresolved(s))
		if err != nil {
			return nil, err
		}
		held, err := tx.HeldVersions(ctx, s)
		if err != nil {
			return nil, err
		}
		told, changed := resolveSignal(s, held, said, e.Now())
		if changed {
			news[i], resolved = told, append(resolved, told)
		}
	}
	return resolved, nil
}

// anyUnresolved reports whether a signal names a user without object id.
func anyUnresolved(s cordon.Signal) bool {
	open := func(e cordon.Entity) bool { return len(e.Unresolved()) > 0 }
	return slices.ContainsFunc(s.Entities, open) || slices.ContainsFunc(s.Named, open)
}

// resolveSignal gives a signal the users whom versions of it already have, and
// for other names what the directory said lately. It reports whether that is
// news.
func resolveSignal(s cordon.Signal, versions []cordon.Signal, said map[cordon.Name]cordon.Resolution, now time.Time) (told cordon.Signal, changed bool) {
	var known []cordon.Entity
	for _, v := range versions {
		known = append(append(known, v.Entities...), v.Named...)
	}
	told = collect.Resolve(s, func(e cordon.Entity) cordon.Entity {
		e = e.Recall(known)
		for _, n := range e.Unresolved() {
			if r := said[n]; r.State == cordon.ResolutionFound && r.Fresh(now) {
				return e.Resolve(r)
			}
		}
		return e
	})
	return told, !reflect.DeepEqual(told.Entities, s.Entities) || !reflect.DeepEqual(told.Named, s.Named)
}

// wantedUntil returns until when the names of an incident's user are to be
// looked up: those of a user without object id, for open signals that accuse
// them and that a playbook may act on. The zero time says that they are not.
func (e *Engine) wantedUntil(in cordon.Incident, signals []cordon.Signal) time.Time {
	if len(in.Entity.Unresolved()) == 0 {
		return time.Time{}
	}
	now := e.Now().UTC()
	until := now
	for _, s := range correlate.Latest(signals) {
		if s.State == cordon.SignalOpen && s.Severity.Rank() >= cordon.SeverityMedium.Rank() && s.Accuses(in.Entity) {
			if t := s.DetectedAt.Add(e.maxAge()); t.After(until) {
				until = t
			}
		}
	}
	if !until.After(now) {
		return time.Time{}
	}
	return until
}

// want has the best name of an entity looked up that the directory has not
// answered lately.
func want(ctx context.Context, tx *store.Tx, tenantID string, e cordon.Entity, now, until time.Time) (bool, error) {
	names := e.Unresolved()
	said, err := tx.Resolutions(ctx, tenantID, names)
	if err != nil {
		return false, err
	}
	for _, n := range names {
		r, known := said[n]
		missing := known && r.State != cordon.ResolutionFound && r.Fresh(now)
		switch {
		case !known:
			r = cordon.Resolution{TenantID: tenantID, Name: n, State: cordon.ResolutionPending, DueAt: now}
		case !missing && r.State != cordon.ResolutionPending:
			r.DueAt = now // it was answered too long ago
		}
		if until.After(r.WantedUntil) {
			r.WantedUntil = until
		}
		if err := tx.PutResolution(ctx, r); err != nil || !missing {
			return err == nil, err
		}
	}
	return false, nil
}

// learn stores what the directory said of a name. A name that was found is
// given to the incidents and signals that wait for it, and those are
// correlated again; of one that was not, the next name is looked up.
func (e *Engine) learn(ctx context.Context, tx *store.Tx, t Tenant, r cordon.Resolution) error {
	if err := tx.PutResolution(ctx, r); err != nil || r.State == cordon.ResolutionPending {
		return err
	}
	waiting, err := tx.Incidents(ctx, store.IncidentFilter{
		Tenants: []string{t.ID}, Names: []string{r.Name.Value}, Since: e.Now().Add(-e.maxAge() - 2*incidentWindow),
		States: []cordon.IncidentState{cordon.IncidentOpen, cordon.IncidentContained},
	})
	if err != nil {
		return err
	}
	var found []string
	for _, in := range waiting {
		if !slices.Contains(in.Entity.Unresolved(), r.Name) {
			continue
		}
		if r.State == cordon.ResolutionFound {
			found, err = append(found, in.ID), e.giveName(ctx, tx, in, r)
		} else {
			_, err = want(ctx, tx, t.ID, in.Entity, e.Now().UTC(), r.WantedUntil)
		}
		if err != nil {
			return err
		}
	}
	if len(found) == 0 {
		return nil
	}
	if err := tx.Enqueue(ctx, decideJob{Incidents: found}, time.Time{}); err != nil {
		return err
	}
	return tx.Enqueue(ctx, correlateJob{Tenant: t.ID}, time.Time{})
}

// giveName gives an incident and its signals the user that was found.
func (e *Engine) giveName(ctx context.Context, tx *store.Tx, in cordon.Incident, r cordon.Resolution) error {
	signals, err := tx.WholeSignalsOf(ctx, in.ID)
	if err != nil {
		return err
	}
	var names []cordon.Name
	for _, s := range signals {
		names = append(names, collect.Unresolved(s)...)
	}
	said, err := tx.Resolutions(ctx, in.TenantID, names)
	if err != nil {
		return err
	}
	for _, s := range signals {
		if told, changed := resolveSignal(s, []cordon.Signal{s}, said, e.Now()); changed {
			if err := tx.SetEntities(ctx, told); err != nil {
				return err
			}
		}
	}
	if err := tx.SetEntity(ctx, in.ID, in.Entity.Resolve(r)); err != nil {
		return err
	}
	return tx.Correlate(ctx, signals)
}
