package engine

import (
	"context"
	"errors"
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

// correlate puts the tenant's new signals into incidents, until none waits, and
// has playbooks asked about those that changed.
func (e *Engine) correlate(ctx context.Context, tenantID string) error {
	t, err := e.tenant(tenantID)
	if err != nil {
		return err
	}
	toDecide, err := e.joinAll(ctx, t)
	if err != nil {
		return err
	}
	return e.decide(ctx, toDecide)
}

// joinAll joins what waits of a tenant, one goroutine at a time, and returns
// the incidents to decide on.
func (e *Engine) joinAll(ctx context.Context, t Tenant) (toDecide []string, err error) {
	defer e.correlating.lock(t.ID)()
	for more := true; more && err == nil; {
		err = retried(func() error {
			j, err := e.joinSome(ctx, t)
			more = len(j.news) == correlateAtOnce
			if err == nil {
				toDecide = append(toDecide, j.toDecide()...)
			}
			return err
		})
	}
	return toDecide, err
}

// joinSome joins the signals that have waited longest, as many as one
// transaction takes.
func (e *Engine) joinSome(ctx context.Context, t Tenant) (j joined, err error) {
	if err := e.Store.Read(ctx, func(tx *store.Tx) (err error) { j, err = e.join(ctx, tx, t); return err }); err != nil || len(j.news) == 0 {
		return j, err
	}
	wanted := false
	if err := e.Store.Write(ctx, func(tx *store.Tx) (err error) { wanted, err = e.putJoined(ctx, tx, t, j); return err }); err != nil {
		return j, err
	}
	if wanted {
		e.resolver.wake()
	}
	return j, nil
}

// retries is how often what was worked out beside the writers is worked out
// anew, when one of them changed what it was worked out from.
const retries = 5

// retried repeats do while what it read is changed by others.
func retried(do func() error) (err error) {
	for range retries {
		if err = do(); !errors.Is(err, cordon.ErrConflict) {
			return err
		}
	}
	return err
}

// A joined is what correlation has worked out of signals that waited for it.
type joined struct {
	news     []cordon.Signal
	resolved []cordon.Signal // those of the news that were given a user
	changed  []change
}

// A change is what becomes of an incident.
type change struct {
	before, in cordon.Incident
	gained     []cordon.Signal
	lost       []string // ids of signals that it holds no longer
	notices    []cordon.Notice
	until      time.Time // until when its user's names are wanted; zero: they are not
}

// toDecide are the incidents that playbooks are to be asked about.
func (j joined) toDecide() (ids []string) {
	for _, c := range j.changed {
		if c.in.State != cordon.IncidentMerged {
			ids = append(ids, c.in.ID)
		}
	}
	return ids
}

// join works out which incidents the signals belong to that wait. It writes
// nothing: an incident may hold many thousands of signals, and others wait for
// the one writer.
func (e *Engine) join(ctx context.Context, tx *store.Tx, t Tenant) (out joined, err error) {
	if out.news, err = tx.PendingSignals(ctx, t.ID, correlateAtOnce); err != nil || len(out.news) == 0 {
		return out, err
	}
	if out.resolved, err = e.recall(ctx, tx, t.ID, out.news); err != nil {
		return out, err
	}
	open, known, err := e.joinable(ctx, tx, t, out.news)
	if err != nil {
		return out, err
	}
	coverage, err := e.coverageIn(ctx, tx, t.ID)
	if err != nil {
		return out, err
	}
	j := joining{known: known}
	if j.acts, err = acts(ctx, tx, t.ID, oldest(out.news, e.Now().UTC())); err != nil {
		return out, err
	}
	opts := correlate.Options{Window: incidentWindow, NewID: e.NewID, Now: e.Now().UTC(), Acts: j.acts}
	changed := correlate.Join(open, known, out.news, coverage, opts)
	before := map[string]cordon.Incident{}
	for _, in := range open {
		before[in.ID] = in
	}
	for _, s := range out.news {
		known[s.ID] = s
	}
	for _, in := range changed {
		out.changed = append(out.changed, e.change(t, before[in.ID], in, j))
	}
	return out, nil
}

// change works out what is to be written of an incident, and told when it is
// worth a person's time.
func (e *Engine) change(t Tenant, before, in cordon.Incident, j joining) change {
	c := change{before: before, in: in}
	c.gained, c.lost = j.moved(before, in)
	if in.State == cordon.IncidentMerged {
		return c
	}
	c.until = e.wantedUntil(in, j.signals(in))
	was, is := j.evidence(before), j.evidence(in)
	detectors := correlate.Independent(in.Entity, is)
	if many := len(detectors); many >= noticeFromDetector && many > len(correlate.Independent(before.Entity, was)) {
		c.notices = append(c.notices, incidentNotice(t, in, detectors))
	}
	if in.State == cordon.IncidentContained && correlate.SpeaksAgain(in.Entity, was, is, j.acts) {
		n := incidentNotice(t, in, detectors)
		n.Title = "Speaks again after containment: " + n.Title
		c.notices = append(c.notices, n)
	}
	return c
}

// putJoined stores what was worked out and all that follows from it. It reports
// whether names of users are to be looked up, and is cordon.ErrConflict when it
// was worked out from what is so no longer.
func (e *Engine) putJoined(ctx context.Context, tx *store.Tx, t Tenant, j joined) (wanted bool, err error) {
	for _, s := range j.resolved {
		if err := tx.SetEntities(ctx, s); err != nil {
			return false, err
		}
	}
	for _, c := range j.changed {
		wants, err := e.putChange(ctx, tx, t, c)
		if err != nil {
			return false, err
		}
		wanted = wanted || wants
	}
	if err := tx.TakePending(ctx, j.news); err != nil {
		return false, err
	}
	return wanted, tx.Enqueue(ctx, decideJob{Incidents: j.toDecide()}, time.Time{})
}

func (e *Engine) putChange(ctx context.Context, tx *store.Tx, t Tenant, c change) (wanted bool, err error) {
	if err := tx.PutIncident(ctx, c.in, c.gained, c.lost); err != nil {
		return false, err
	}
	if c.in.State == cordon.IncidentMerged {
		return false, tx.MoveRuns(ctx, c.in.ID, c.in.MergedTo)
	}
	for _, n := range c.notices {
		if err := e.notice(ctx, tx, t, n); err != nil {
			return false, err
		}
	}
	if c.until.IsZero() {
		return false, nil
	}
	return want(ctx, tx, t.ID, c.in.Entity, e.Now().UTC(), c.until)
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
