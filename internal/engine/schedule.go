package engine

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"golang.org/x/sync/errgroup"
)

// A feed is one source of one tenant and when it is to be read next. It is
// all that a quiet source costs: no goroutine, no timer.
type feed struct {
	tenant  *Tenant
	source  cordon.Source
	due     time.Time
	last    cordon.Coverage // as stored
	known   collect.Known   // hashes of the last reading
	renewed time.Time       // from when on a quiet reading is stored again
	retries int             // failures in a row
	putOff  *putOff         // the last reading was throttled

	unreadableAt time.Time // when people were last notified of items that cannot be read
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

// newFeeds returns every source that is read of the tenants that are read, due
// now, knowing what was read before.
func (e *Engine) newFeeds(ctx context.Context, tenants []*Tenant) (feeds, error) {
	stored, err := e.coverage(ctx)
	if err != nil {
		return nil, err
	}
	var all feeds
	now := e.Now()
	for _, source := range e.Sources {
		for _, t := range tenants {
			if e.Only != nil && !e.Only[t.ID] {
				continue
			}
			all = append(all, &feed{tenant: t, source: source, due: now, last: stored[feedKey{t.ID, source}]})
		}
	}
	return all, nil
}

// readOnce reads feeds, InFlight at a time.
func (e *Engine) readOnce(ctx context.Context, all feeds, progress func(done, all int)) error {
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
	return g.Wait()
}

// A schedule is the heap and who may take from it.
type schedule struct {
	mu      sync.Mutex
	waiting feeds
	watch   chan struct{} // the place of the worker that watches the clock
}

// take returns the feed that is due at now, or how long to wait until one may
// be. A feed whose budget is spent is put off to when it is not, so that no
// worker waits for it.
func (s *schedule) take(now time.Time) (*feed, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range s.waiting {
		first := s.waiting[0]
		if wait := first.due.Sub(now); wait > 0 {
			return nil, min(wait, idle)
		}
		ready := first.tenant.Client.Ready(collect.Family(first.source), now)
		if !ready.After(now) {
			heap.Pop(&s.waiting)
			return first, 0
		}
		first.due = ready
		heap.Fix(&s.waiting, 0)
	}
	return nil, idle
}

func (s *schedule) put(f *feed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heap.Push(&s.waiting, f)
}

// fill puts many feeds at once.
func (s *schedule) fill(all feeds) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, all...)
	heap.Init(&s.waiting)
}

// idle is how long the worker that watches sleeps at most before it looks at the heap again:
// another may have put back a feed that is due sooner.
const idle = 50 * time.Millisecond

// schedule reads each feed when it is due, until ctx ends: one heap, InFlight
// workers, and no goroutine or timer for a feed that waits.
func (e *Engine) schedule(ctx context.Context) error {
	s := &schedule{watch: make(chan struct{}, 1)}
	tenants := e.roster.follow(func(t *Tenant) {
		for _, source := range e.Sources {
			s.put(&feed{tenant: t, source: source, due: e.Now()})
		}
	})
	all, err := e.newFeeds(ctx, tenants)
	if err != nil {
		return err
	}
	s.fill(all)
	g, ctx := errgroup.WithContext(ctx)
	for range e.InFlight {
		g.Go(func() error { return e.readFeeds(ctx, s) })
	}
	return g.Wait()
}

// readFeeds is one worker.
func (e *Engine) readFeeds(ctx context.Context, s *schedule) error {
	for ctx.Err() == nil {
		f, _ := s.take(e.Now())
		if f == nil {
			f = s.await(ctx, e.Now)
		}
		if f == nil {
			break
		}
		if err := e.read(ctx, f); err != nil && ctx.Err() == nil {
			e.Log.ErrorContext(ctx, "reading could not be stored", "tenant", f.tenant.ID, "source", f.source, "error", err)
		}
		if err := e.tellPutOff(ctx, f); err != nil && ctx.Err() == nil {
			e.Log.ErrorContext(ctx, "coverage could not be stored", "tenant", f.tenant.ID, "source", f.source, "error", err)
		}
		f.due = e.next(f)
		s.put(f)
	}
	return ctx.Err()
}

// await returns the next feed that falls due, or nil when ctx ends. One
// worker watches the clock, the others wait for its place: an idle engine
// wakes up seldom.
func (s *schedule) await(ctx context.Context, now func() time.Time) *feed {
	select {
	case s.watch <- struct{}{}:
		defer func() { <-s.watch }()
	case <-ctx.Done():
		return nil
	}
	for {
		f, wait := s.take(now())
		if f != nil {
			return f
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// maxBackoff is the longest pause after failures in a row.
const maxBackoff = 15 * time.Minute

// next says when a feed is due again: after its rhythm, with a tenth of
// jitter so that tenants do not march in step; after failures ever later, but
// when our own budget put it off, once that allows it.
func (e *Engine) next(f *feed) time.Time {
	wait := e.rhythm(f.source)
	switch {
	case f.putOff != nil && f.putOff.wait > 0:
		wait = min(f.putOff.wait, wait)
	case f.retries > 0:
		wait = min(wait<<min(f.retries-1, 10), maxBackoff)
	}
	return e.Now().Add(wait + rand.N(wait/10+1))
}

// rhythm is how often a source is read.
func (e *Engine) rhythm(source cordon.Source) time.Duration { return e.Poll.Of(source) }
