package engine

import (
	"context"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/correlate"
	"github.com/cordonhq/cordon/internal/store"
)

const (
	incidentWindow     = 24 * time.Hour // signals this close about the same entity are one incident
	correlateAtOnce    = 500            // signals in one transaction
	noticeFromDetector = 2              // an incident is told of once so many detectors speak
)

// correlate puts the tenant's new signals into incidents, until none waits.
func (e *Engine) correlate(ctx context.Context, tenantID string) error {
	t, err := e.tenant(tenantID)
	if err != nil {
		return err
	}
	var toDecide []string
	wanted := false
	for more := true; more; {
		err := e.Store.Write(ctx, func(tx *store.Tx) error {
			news, err := tx.PendingSignals(ctx, tenantID, correlateAtOnce)
			if err != nil || len(news) == 0 {
				more = false
				return err
			}
			more = len(news) == correlateAtOnce
			changed, wants, err := e.join(ctx, tx, t, news)
			if err != nil {
				return err
			}
			toDecide, wanted = append(toDecide, changed...), wanted || wants
			return tx.TakePending(ctx, news)
		})
		if err != nil {
			return err
		}
	}
	if wanted {
		e.resolver.wake()
	}
	return e.decide(ctx, toDecide)
}

// join puts news into incidents and returns those to decide on. It reports
// whether names of their users are to be looked up.
func (e *Engine) join(ctx context.Context, tx *store.Tx, t Tenant, news []cordon.Signal) (toDecide []string, wanted bool, err error) {
	if err := e.recall(ctx, tx, t.ID, news); err != nil {
		return nil, false, err
	}
	open, known, err := e.joinable(ctx, tx, t, news)
	if err != nil {
		return nil, false, err
	}
	coverage, err := e.coverageIn(ctx, tx, t.ID)
	if err != nil {
		return nil, false, err
	}
	j := joining{known: known}
	if j.acts, err = acts(ctx, tx, t.ID, oldest(news, e.Now().UTC())); err != nil {
		return nil, false, err
	}
	opts := correlate.Options{Window: incidentWindow, NewID: e.NewID, Now: e.Now().UTC(), Acts: j.acts}
	changed := correlate.Join(open, known, news, coverage, opts)
	before := map[string]cordon.Incident{}
	for _, in := range open {
		before[in.ID] = in
	}
	for _, s := range news {
		known[s.ID] = s
	}
	for _, in := range changed {
		wants, err := e.putJoined(ctx, tx, t, before[in.ID], in, j)
		if err != nil {
			return nil, false, err
		}
		wanted = wanted || wants
		if in.State == cordon.IncidentOpen {
			toDecide = append(toDecide, in.ID)
		}
	}
	return toDecide, wanted, tx.Enqueue(ctx, decideJob{Incidents: toDecide}, time.Time{})
}

// putJoined stores an incident, and notes which names of its user the
// directory is to be asked for.
func (e *Engine) putJoined(ctx context.Context, tx *store.Tx, t Tenant, before, in cordon.Incident, j joining) (bool, error) {
	if err := e.putIncident(ctx, tx, t, before, in, j); err != nil {
		return false, err
	}
	return e.wantNames(ctx, tx, in, j.signals(in))
}

// joinable returns the incidents that news may belong to, with their signals.
func (e *Engine) joinable(ctx context.Context, tx *store.Tx, t Tenant, news []cordon.Signal) ([]cordon.Incident, map[string]cordon.Signal, error) {
	candidates, err := tx.Incidents(ctx, store.IncidentFilter{
		Tenants: []string{t.ID}, Since: oldest(news, e.Now().UTC()).Add(-incidentWindow),
		States: []cordon.IncidentState{cordon.IncidentOpen, cordon.IncidentContained},
	})
	if err != nil {
		return nil, nil, err
	}
	holding, err := e.holding(ctx, tx, news)
	if err != nil {
		return nil, nil, err
	}
	var open []cordon.Incident
	known := map[string]cordon.Signal{}
	for _, in := range candidates {
		if in.Entity.Kind != cordon.KindTenant && !holding[in.ID] && !anyAbout(news, in.Entity) {
			continue
		}
		signals, err := tx.SignalsOf(ctx, in.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range signals {
			in.Signals = append(in.Signals, s.ID)
			known[s.ID] = s
		}
		open = append(open, in)
	}
	return open, known, nil
}

// oldest returns when the first of the news happened; now for want of times.
func oldest(news []cordon.Signal, now time.Time) time.Time {
	for _, s := range news {
		if !s.OccurredAt.IsZero() && s.OccurredAt.Before(now) {
			now = s.OccurredAt
		}
	}
	return now
}

// holding returns the incidents that hold an older version of the news.
func (e *Engine) holding(ctx context.Context, tx *store.Tx, news []cordon.Signal) (map[string]bool, error) {
	found := map[string]bool{}
	for _, s := range news {
		ids, err := tx.IncidentsHolding(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			found[id] = true
		}
	}
	return found, nil
}

func anyAbout(news []cordon.Signal, e cordon.Entity) bool {
	for _, s := range news {
		if s.About(e) {
			return true
		}
	}
	return false
}

// putIncident stores an incident that is new or changed, and tells of it when
// it is worth a person's time.
func (e *Engine) putIncident(ctx context.Context, tx *store.Tx, t Tenant, before, in cordon.Incident, j joining) error {
	if err := tx.PutIncident(ctx, in, j.known); err != nil {
		return err
	}
	if in.State == cordon.IncidentMerged {
		return tx.MoveRuns(ctx, in.ID, in.MergedTo)
	}
	was, is := j.evidence(before), j.evidence(in)
	detectors := correlate.Independent(in.Entity, is)
	if many := len(detectors); many >= noticeFromDetector && many > len(correlate.Independent(before.Entity, was)) {
		if err := e.notice(ctx, tx, t, incidentNotice(t, in, detectors)); err != nil {
			return err
		}
	}
	if in.State == cordon.IncidentContained && correlate.SpeaksAgain(in.Entity, was, is, j.acts) {
		n := incidentNotice(t, in, detectors)
		n.Title = "Speaks again after containment: " + n.Title
		return e.notice(ctx, tx, t, n)
	}
	return nil
}

// incidentNotice names the detectors that hold something against the entity.
func incidentNotice(t Tenant, in cordon.Incident, detectors []cordon.Detector) cordon.Notice {
	title, between := t.Label(in.Entity), ": "
	for _, d := range detectors {
		title, between = title+between+string(d), " and "
	}
	return cordon.Notice{
		Kind: cordon.NoticeIncident, Severity: cordon.SeverityHigh, Title: title,
		IncidentID: in.ID, Target: in.Entity.ID(),
	}
}

// review looks anew at what depends on the tenant's coverage: the scores, the
// incidents that wait for a source to be read, and the runs that guard held.
func (e *Engine) review(ctx context.Context, tenantID string) error {
	t, err := e.tenant(tenantID)
	if err != nil {
		return err
	}
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		now := e.Now().UTC()
		coverage, err := e.coverageIn(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		live, err := tx.Incidents(ctx, store.IncidentFilter{
			Tenants: []string{t.ID}, Since: now.Add(-e.lookBack()),
			States: []cordon.IncidentState{cordon.IncidentOpen, cordon.IncidentContained},
		})
		if err != nil {
			return err
		}
		var toDecide []string
		for _, in := range live {
			signals, err := evidence(ctx, tx, in)
			if err != nil {
				return err
			}
			if err := tx.SetScore(ctx, in.ID, correlate.Score(in.Entity, signals, coverage, now)); err != nil {
				return err
			}
			if in.State == cordon.IncidentOpen {
				toDecide = append(toDecide, in.ID)
			}
		}
		if err := tx.Enqueue(ctx, decideJob{Incidents: toDecide}, time.Time{}); err != nil {
			return err
		}
		return e.wakeHeld(ctx, tx, store.RunFilter{Tenants: []string{t.ID}}, cordon.ReasonFloor)
	})
}

// wakeHeld has guard look again at held steps: those whose reason may be gone.
// A run of which another step is to be taken up again is not called held.
func (e *Engine) wakeHeld(ctx context.Context, tx *store.Tx, f store.RunFilter, reasons ...cordon.Reason) error {
	if len(reasons) == 0 {
		return nil
	}
	f.States = []cordon.RunState{cordon.RunHeld, cordon.RunRunning}
	held, err := tx.Runs(ctx, f)
	if err != nil {
		return err
	}
	for _, r := range held {
		for _, s := range r.Steps {
			if s.Verdict.Decision != cordon.Hold || !slices.Contains(reasons, s.Verdict.Reason) {
				continue
			}
			if err := e.wake(ctx, tx, r, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// wake takes a verdict back, so that guard gives a new one.
func (e *Engine) wake(ctx context.Context, tx *store.Tx, r cordon.Run, s cordon.Step) error {
	s.Verdict = cordon.Verdict{}
	if err := tx.PutStep(ctx, r, s); err != nil {
		return err
	}
	if err := tx.SetRunState(ctx, r.ID, cordon.RunRunning, time.Time{}); err != nil {
		return err
	}
	return tx.Enqueue(ctx, advanceJob{Run: r.ID}, time.Time{})
}
