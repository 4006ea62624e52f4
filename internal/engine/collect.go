package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/store"
)

type feedKey struct {
	tenant string
	source cordon.Source
}

// coverage returns what has been read, by feed.
func (e *Engine) coverage(ctx context.Context) (map[feedKey]cordon.Coverage, error) {
	stored := map[feedKey]cordon.Coverage{}
	err := e.Store.Read(ctx, func(tx *store.Tx) error {
		rows, err := e.coverageIn(ctx, tx)
		for _, c := range rows {
			stored[feedKey{c.TenantID, c.Source}] = c
		}
		return err
	})
	return stored, err
}

// coverageIn returns what has been read of the tenants, or of all when none is
// named, with how long it stays good in the rhythm in which it is read.
func (e *Engine) coverageIn(ctx context.Context, tx *store.Tx, tenants ...string) ([]cordon.Coverage, error) {
	rows, err := tx.Coverage(ctx, tenants...)
	return e.Poll.Rate(rows), err
}

// read reads one feed and stores what it said. Pages are committed as they
// come; the last one commits together with the coverage and the jobs. What
// could not be read is stored as such, unless it is put off: the error
// returned is ours.
func (e *Engine) read(ctx context.Context, f *feed) error {
	req := collect.Request{
		TenantID: f.tenant.ID, Source: f.source, Last: f.last, Known: f.known, Hasher: e.hasher, Now: e.Now().UTC().Truncate(time.Microsecond),
	}
	var page collect.Batch
	var known collect.Known
	pages := 0
	for batch, err := range collect.Read(ctx, f.tenant.Client, &req) {
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return e.unread(ctx, f, &req, page, pages, err)
		}
		if pages > 0 {
			if err := e.storePage(ctx, f, page); err != nil {
				return err
			}
		}
		page, pages = batch, pages+1
		known = known.With(batch.Hashes)
	}
	if err := e.store(ctx, f, page, req.Whole(), page.Alarms...); err != nil {
		return err
	}
	f.known, f.retries, f.putOff = known, 0, nil
	return nil
}

// unread notes a reading that ended with err. One that calls were too many
// for, by our own budget or by Microsoft's word, is put off: the source is not
// read yet, which is not to say that it cannot be read.
func (e *Engine) unread(ctx context.Context, f *feed, req *collect.Request, page collect.Batch, pages int, err error) error {
	f.retries++
	if !errors.Is(err, cordon.ErrThrottled) {
		f.putOff = nil
		return e.store(ctx, f, page, req.Failed(err, pages), failure(f, req, err)...)
	}
	if f.putOff == nil {
		f.putOff = &putOff{since: req.Now}
	}
	f.putOff.wait = ownWait(err)
	err = fmt.Errorf("put off since %s: %w", f.putOff.since.Format(time.RFC3339), err)
	f.putOff.tell = func(ctx context.Context) error {
		return e.store(ctx, f, collect.Batch{}, req.Failed(err, pages), failure(f, req, err)...)
	}
	e.Log.DebugContext(ctx, "reading put off", "tenant", f.tenant.ID, "source", f.source, "error", err)
	return e.storePage(ctx, f, page)
}

// failure is what there is to say about a reading that failed, besides its
// coverage.
func failure(f *feed, req *collect.Request, err error) (signals []cordon.Signal) {
	if errors.Is(err, cordon.ErrUnsafeLink) {
		signals = append(signals, req.UnsafeLink(err))
	}
	if f.source == cordon.SourceCredential { // one that is refused may have come to its end
		signals = append(append(signals, req.Ending(f.tenant.Client.Credential())...), req.Lost(err)...)
	}
	return signals
}

// storePage commits a page that is not the last.
func (e *Engine) storePage(ctx context.Context, f *feed, page collect.Batch) error {
	if len(page.Signals) == 0 {
		return nil
	}
	return e.writePage(ctx, f, func(tx *store.Tx) error { return e.putPage(ctx, tx, f, page.Signals) })
}

func (e *Engine) putSignals(ctx context.Context, tx *store.Tx, t Tenant, signals []cordon.Signal) error {
	added, err := tx.PutSignals(ctx, signals)
	if err != nil || added == 0 {
		return err
	}
	return tx.Enqueue(ctx, correlateJob{Tenant: t.ID}, time.Time{})
}

// store commits the last page of a reading, its coverage and the jobs that
// follow: durable point 1. A reading without news goes with others of its
// kind.
func (e *Engine) store(ctx context.Context, f *feed, page collect.Batch, now cordon.Coverage, more ...cordon.Signal) error {
	now.GoodFor = e.Poll.StaleAfter(f.source)
	moved, fresh := now.State != f.last.State, grewStale(f.last, now) && !now.Missing()
	setBack := now.CheckedAt.Before(f.last.CheckedAt) // the clock was
	if len(page.Signals)+len(more) == 0 && page.Observation == nil && !moved && !setBack {
		return e.storeQuiet(ctx, f, now, fresh)
	}
	err := e.writePage(ctx, f, func(tx *store.Tx) error {
		if err := e.observe(ctx, tx, f, page.Observation, now); err != nil {
			return err
		}
		if err := e.putPage(ctx, tx, f, page.Signals); err != nil {
			return err
		}
		if err := e.alarm(ctx, tx, f, more); err != nil {
			return err
		}
		if moved {
			if err := e.coverageMoved(ctx, tx, f, now); err != nil {
				return err
			}
		}
		if err := tx.PutCoverage(ctx, now); err != nil || !fresh {
			return err
		}
		return e.refresh(ctx, tx, []string{f.tenant.ID})
	})
	if err != nil {
		return err
	}
	f.last = now
	if setBack {
		f.renewed = time.Time{}
	}
	e.At(PointCollected)
	if len(page.Signals)+len(more) > 0 {
		e.soon(ctx, func(ctx context.Context) error { return e.correlate(ctx, f.tenant.ID) })
	}
	return nil
}

// alarm stores signals about ourselves, and tells of those that are new: that
// somebody tampers with what we read, or that our way in comes to its end.
func (e *Engine) alarm(ctx context.Context, tx *store.Tx, f *feed, signals []cordon.Signal) error {
	signals, err := untold(ctx, tx, f, signals)
	if err != nil {
		return err
	}
	for _, s := range signals {
		added, err := tx.PutSignals(ctx, []cordon.Signal{s})
		if err != nil {
			return err
		}
		if added == 0 {
			continue
		}
		if err := e.notice(ctx, tx, *f.tenant, cordon.Notice{Kind: cordon.NoticeSecurity, Severity: s.Severity, Title: s.Title, Reason: s.Kind}); err != nil {
			return err
		}
		if err := e.hand(ctx, tx, s); err != nil {
			return err
		}
	}
	return nil
}

// hand gives an alarm to correlation. One about our own credential says
// nothing about the tenant: it makes no incident, so that no playbook takes
// it for a reason to act there, or for news of an incident that is old.
func (e *Engine) hand(ctx context.Context, tx *store.Tx, s cordon.Signal) error {
	if s.Source == cordon.SourceCredential {
		return tx.TakePending(ctx, []cordon.Signal{s})
	}
	return tx.Enqueue(ctx, correlateJob{Tenant: s.TenantID}, time.Time{})
}

// untold drops what was told already since our credential last opened the
// tenant: a loss is told once, however often it is met.
func untold(ctx context.Context, tx *store.Tx, f *feed, signals []cordon.Signal) ([]cordon.Signal, error) {
	if len(signals) == 0 || f.source != cordon.SourceCredential {
		return signals, nil
	}
	told, err := tx.Signals(ctx, store.SignalFilter{Tenants: []string{f.tenant.ID}, Source: f.source, Since: f.last.ReadUntil})
	return slices.DeleteFunc(slices.Clone(signals), func(s cordon.Signal) bool {
		return slices.ContainsFunc(told, func(o cordon.Signal) bool { return o.ID == s.ID })
	}), err
}

// observe stores a posture reading and the signal of its change. A reading
// that failed leaves the last value where it was, marked as unreadable.
func (e *Engine) observe(ctx context.Context, tx *store.Tx, f *feed, o *cordon.Observation, now cordon.Coverage) error {
	if f.source.TellsOfThreats() {
		return nil
	}
	if o == nil {
		o = &cordon.Observation{TenantID: f.tenant.ID, Source: f.source, State: cordon.ObservedUnreadable, Reason: now.Reason, ObservedAt: now.CheckedAt}
	}
	before, err := tx.Observation(ctx, f.tenant.ID, f.source)
	if err != nil && !errors.Is(err, cordon.ErrNotFound) {
		return err
	}
	if changed, ok := collect.Changed(before, *o); ok {
		if f.source == cordon.SourceCredential {
			err = e.alarm(ctx, tx, f, []cordon.Signal{changed})
		} else {
			err = e.defaultsSwitched(ctx, tx, *f.tenant, f.last.ReadUntil, changed)
		}
		if err != nil {
			return err
		}
	}
	return tx.PutObservation(ctx, *o)
}

// coverageMoved notifies of a source that is no longer complete, or is so
// again, and has everything looked at anew that depends on it. A product that
// the tenant never had is no news.
func (e *Engine) coverageMoved(ctx context.Context, tx *store.Tx, f *feed, now cordon.Coverage) error {
	lost, _ := collect.LossOf(now) // that is told as such
	news := now.Missing() || now.Lost() || f.last.State != "" && (f.last.Missing() || f.last.Lost())
	if news && (lost == "" || f.source != cordon.SourceCredential) {
		if err := e.notice(ctx, tx, *f.tenant, coverageNotice(f, now)); err != nil {
			return err
		}
	}
	if !f.source.TellsOfThreats() {
		return nil
	}
	return tx.Enqueue(ctx, reviewJob{Tenant: f.tenant.ID}, time.Time{})
}

func coverageNotice(f *feed, now cordon.Coverage) cordon.Notice {
	n := cordon.Notice{Kind: cordon.NoticeCoverage, Severity: cordon.SeverityMedium, Reason: string(now.State)}
	switch {
	case now.Lost():
		if f.source.TellsOfThreats() {
			n.Severity = cordon.SeverityHigh
		}
		n.Title = string(f.source) + " is no longer licensed: Cordon no longer sees " + f.source.Shows() + ". If that is not intended, assign the licence again: " + now.Reason
	case now.Missing():
		n.Title = string(f.source) + " is " + string(now.State) + ": " + now.Reason
	case now.State == cordon.CoverageUnlicensed:
		n.Severity, n.Title = cordon.SeverityInformational, string(f.source)+" cannot be read because the tenant does not have the product: "+now.Reason
	default:
		n.Severity, n.Title, n.Reason = cordon.SeverityInformational, string(f.source)+" is read whole again", ""
	}
	return n
}

// A quiet reading without news waits for others of its kind: at most this
// long, and at most this many together. A crash loses at most the knowledge
// that nothing was new.
const (
	quietEvery = 500 * time.Millisecond
	quietGroup = 500
)

// quietLag is how far the stored coverage of a quiet source is behind at
// most. It is well under the time after which a reading is stale.
const quietLag = 4 * time.Minute

// grewStale reports whether others may have taken the last whole reading for
// stale before now: what is stored of it may be quietLag older.
func grewStale(last, now cordon.Coverage) bool {
	age := now.CheckedAt.Sub(last.CheckedAt)
	return last.State == cordon.CoverageWhole && (age > max(last.GoodFor, cordon.StaleAfter)-quietLag || age < 0)
}

// refresh looks anew at what waited for stale sources of tenants to be read
// again.
func (e *Engine) refresh(ctx context.Context, tx *store.Tx, tenants []string) error {
	floors, err := tx.TenantsWithFloors(ctx, tenants)
	if err != nil {
		return err
	}
	for _, id := range floors {
		if err := tx.Enqueue(ctx, reviewJob{Tenant: id}, time.Time{}); err != nil {
			return err
		}
	}
	return e.wakeHeld(ctx, tx, store.RunFilter{Tenants: tenants}, cordon.ReasonFloor)
}

// storeQuiet notes a reading without news. The first of a process is stored;
// after that only so often that nobody takes the source for stale.
// fresh says that the reading before was stale: runs may have been held for
// it.
func (e *Engine) storeQuiet(ctx context.Context, f *feed, c cordon.Coverage, fresh bool) error {
	f.last = c
	if c.CheckedAt.Before(f.renewed) {
		return nil
	}
	f.renewed = c.CheckedAt.Add(quietLag/2 + rand.N(quietLag/2))
	e.quietMu.Lock()
	e.quiet = append(e.quiet, c)
	if fresh {
		e.fresh = append(e.fresh, c.TenantID)
	}
	full := len(e.quiet) >= quietGroup
	e.quietMu.Unlock()
	if full {
		return e.flushQuiet(ctx)
	}
	return nil
}

func (e *Engine) commitQuiet(ctx context.Context) error {
	tick := time.NewTicker(quietEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := e.flushQuiet(ctx); err != nil && ctx.Err() == nil {
				e.Log.ErrorContext(ctx, "coverage could not be stored", "error", err)
			}
		}
	}
}

// flushQuiet commits the readings without news that wait.
func (e *Engine) flushQuiet(ctx context.Context) error {
	e.quietMu.Lock()
	waiting, fresh := e.quiet, e.fresh
	e.quiet, e.fresh = nil, nil
	e.quietMu.Unlock()
	if len(waiting) == 0 {
		return nil
	}
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.MoveCoverage(ctx, waiting); err != nil || len(fresh) == 0 {
			return err
		}
		return e.refresh(ctx, tx, fresh)
	})
}
