package engine

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"golang.org/x/sync/errgroup"
)

// A feed is one source of one tenant and when it is to be read next. It is
// all that a quiet source costs: no goroutine, no timer.
type feed struct {
	tenant  Tenant
	source  cordon.Source
	due     time.Time
	last    cordon.Coverage // as stored
	known   collect.Known   // hashes of the last reading
	retries int             // failures in a row
}

// feeds is a heap: the one that is due first is at the top.
type feeds []*feed

func (f feeds) Len() int           { return len(f) }
func (f feeds) Less(i, j int) bool { return f[i].due.Before(f[j].due) }
func (f feeds) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *feeds) Push(x any)        { *f = append(*f, x.(*feed)) } //nolint:forcetypeassert,errcheck // heap's own contract
func (f *feeds) Pop() any {
	old := *f
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*f = old[:len(old)-1]
	return last
}

// newFeeds returns every source that is read of every tenant, due now, knowing what was
// read before.
func (e *Engine) newFeeds(ctx context.Context) (feeds, error) {
	stored, err := e.coverage(ctx)
	if err != nil {
		return nil, err
	}
	var all feeds
	now := e.Now()
	for _, source := range e.Sources {
		for _, t := range e.Tenants {
			all = append(all, &feed{tenant: t, source: source, due: now, last: stored[feedKey{t.ID, source}]})
		}
	}
	return all, nil
}

// readAll reads every feed once, InFlight at a time.
func (e *Engine) readAll(ctx context.Context, progress func(done, all int)) error {
	all, err := e.newFeeds(ctx)
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(e.InFlight)
	done := make(chan struct{}, len(all))
	for _, f := range all {
		g.Go(func() error {
			defer func() { done <- struct{}{} }()
			return e.read(gctx, f)
		})
	}
	for i := range all {
		select {
		case <-done:
		case <-gctx.Done():
			return g.Wait()
		}
		if progress != nil {
			progress(i+1, len(all))
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return e.flushQuiet(ctx)
}

// schedule hands each feed to a worker when it is due, until ctx ends: one
// heap, one goroutine, InFlight workers.
func (e *Engine) schedule(ctx context.Context) error {
	all, err := e.newFeeds(ctx)
	if err != nil {
		return err
	}
	heap.Init(&all)
	work, back := make(chan *feed), make(chan *feed)
	g, ctx := errgroup.WithContext(ctx)
	for range e.InFlight {
		g.Go(func() error { return e.readFeeds(ctx, work, back) })
	}
	g.Go(func() error { return e.dispatch(ctx, all, work, back) })
	return g.Wait()
}

// readFeeds is one worker.
func (e *Engine) readFeeds(ctx context.Context, work <-chan *feed, back chan<- *feed) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f := <-work:
			if err := e.read(ctx, f); err != nil && ctx.Err() == nil {
				e.Log.ErrorContext(ctx, "reading could not be stored", "tenant", f.tenant.ID, "source", f.source, "error", err)
			}
			f.due = e.next(f)
			select {
			case back <- f:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// first returns the feed that is due first. One whose budget is spent is put
// off to when it is not, so that no worker waits for it.
func (f feeds) first(now time.Time) *feed {
	for range f {
		first := f[0]
		if first.due.After(now) {
			break
		}
		ready := first.tenant.Client.Ready(collect.Family(first.source), now)
		if !ready.After(now) {
			break
		}
		first.due = ready
		heap.Fix(&f, 0)
	}
	return f[0]
}

// dispatch owns the heap.
func (e *Engine) dispatch(ctx context.Context, waiting feeds, work chan<- *feed, back <-chan *feed) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var out chan<- *feed
		var first *feed
		if len(waiting) > 0 {
			first = waiting.first(e.Now())
			if wait := first.due.Sub(e.Now()); wait > 0 {
				timer.Reset(wait)
			} else {
				out = work
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case out <- first:
			heap.Pop(&waiting)
		case f := <-back:
			heap.Push(&waiting, f)
		}
	}
}

// maxBackoff is the longest pause after failures in a row.
const maxBackoff = 15 * time.Minute

// next says when a feed is due again: after its rhythm, with a tenth of
// jitter so that tenants do not march in step; after failures ever later.
func (e *Engine) next(f *feed) time.Time {
	wait := e.Poll.Posture
	if f.source.TellsOfThreats() {
		wait = e.Poll.Threats
	}
	if wait == 0 {
		wait = 30 * time.Second
	}
	if f.retries > 0 {
		wait = min(wait<<min(f.retries-1, 10), maxBackoff)
	}
	return e.Now().Add(wait + rand.N(wait/10+1))
}
