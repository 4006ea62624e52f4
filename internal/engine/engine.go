// Package engine carries facts through the one flow: collect, correlate,
// decide, judge, act, prove, write down, tell. One file per station.
//
// It holds the order of the calls and no decisions: those are made by the
// pure packages that it calls, inside a transaction that also enqueues what
// comes next. What is true about a run stands in our own tables; a job only
// wakes a station up, and a sweep wakes up what no job does.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/capolicy"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/notify"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
	"golang.org/x/sync/errgroup"
)

// A Tenant is one directory and the client that enters it.
type Tenant struct {
	cordon.Tenant
	Client *microsoft.Client
}

// Options are what an engine is built from. Store, Tenants and NewID are
// needed; the rest has defaults.
type Options struct {
	Store     *store.Store
	Tenants   []Tenant
	Playbooks []playbook.Playbook
	On        []string         // names of the playbooks that act; the others are in shadow
	Channels  []notify.Channel // who is told
	Guard     guard.Policy
	Actions   action.Backend // by which calls accounts of Entra are changed; default action.Documented
	Poll      Poll
	Sources   []cordon.Source  // what is read; default all
	Only      map[string]bool  // ids of the tenants that are read; default all
	InFlight  int              // readings at once; default 32
	NewID     func() string    // a new GUID
	Now       func() time.Time // default time.Now
	Log       *slog.Logger     // default: nowhere
	At        func(Point)      // told at each durable point; tests end the process there

	Standing store.Standing // how the store stands that the engine has taken: see Take

	Usage func(time.Time) []cordon.Usage // what was used of Microsoft's limits, to be stored; may be nil
}

// Poll says how often sources are read.
type Poll = cordon.Rhythms

// A Point is an instant at which a crash must lose nothing.
type Point string

// The durable points of the design, and the instant in the middle of an
// action.
const (
	PointCollected Point = "collected" // signals, coverage and jobs are committed
	PointIntent    Point = "intent"    // the intent is committed, the action has not left
	PointActed     Point = "acted"     // the action has left, its outcome is not committed
	PointOutcome   Point = "outcome"   // the outcome is committed
)

// An Engine is the one that works on a store.
type Engine struct {
	Options
	roster  *roster
	verbs   action.Set
	hasher  collect.Hasher
	quietMu sync.Mutex
	quiet   []cordon.Coverage // readings without news, committed in groups
	fresh   []string          // tenants of those among them that were stale before
	places  chan struct{}     // see soon
	ending  chan struct{}     // closed when the engine ends
	outlets []*outlet
	beside  sync.WaitGroup
	runs    keyed // one goroutine at a time on a run

	correlating keyed // one goroutine at a time correlates a tenant
	pace        *pace

	resolver *resolver

	unevaluated unevaluated

	readBackTimeout time.Duration // see readBackSoon

	policiesRead shared[[]capolicy.Policy]
	sizeRead     shared[int] // how many users a tenant has

	told time.Time // when usage was stored last

	entries   atomic.Int64  // of the audit, written by this process
	anchorDue chan struct{} // see anchorForever

	gone   chan error // why the store is no longer ours
	headMu sync.Mutex
	head   cordon.Head // of the fleet's chain, as seen last
}

// New builds an engine. It starts nothing.
func New(o Options) (*Engine, error) {
	if o.Store == nil || o.NewID == nil {
		return nil, errors.New("engine: needs a store and a source of ids")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.At == nil {
		o.At = func(Point) {}
	}
	if o.InFlight == 0 {
		o.InFlight = 32
	}
	if o.Sources == nil {
		o.Sources = cordon.Sources()
	}
	e := &Engine{Options: o, roster: newRoster(o.Tenants), verbs: action.NewSet(o.Actions), hasher: collect.NewHasher(), places: make(chan struct{}, soonAtOnce), anchorDue: make(chan struct{}, 1), gone: make(chan error, 1), pace: newPace(), resolver: newResolver(), readBackTimeout: readBackTimeout}
	e.policiesRead.lasts, e.sizeRead.lasts = policiesLast, sizeLasts
	for _, c := range o.Channels {
		e.outlets = append(e.outlets, &outlet{Channel: c})
	}
	return e, nil
}

// Run reads every source in its rhythm and carries what follows, until ctx
// ends. It ends with store.ErrGone, and tells so, when the store is no longer
// the one that the engine took.
func (e *Engine) Run(ctx context.Context) error {
	err := e.run(ctx)
	e.tellGone(ctx, err)
	return err
}

func (e *Engine) run(ctx context.Context) error {
	defer e.lastUsage(ctx)
	defer e.lastAnchor(ctx)
	defer e.begun()()
	if err := e.begin(ctx); ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to stop
	} else if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return e.work(gctx) })
	g.Go(func() error { return e.commitQuiet(gctx) })
	g.Go(func() error { return e.commitUsage(gctx) })
	g.Go(func() error { return e.anchorForever(gctx) })
	g.Go(func() error { return e.watchStore(gctx) })
	g.Go(func() error { return e.sweepForever(gctx) })
	g.Go(func() error { return e.resolveForever(gctx) })
	g.Go(func() error { return e.schedule(microsoft.WithPriority(gctx, microsoft.PriorityPoll)) })
	if err := g.Wait(); ctx.Err() == nil {
		return err
	}
	return nil // it was told to stop
}

// Once reads every source once, carries what follows to its end, and returns.
// progress is told after each reading; it may be nil.
func (e *Engine) Once(ctx context.Context, progress func(done, all int)) error {
	err := e.once(ctx, progress)
	e.tellGone(ctx, err)
	return err
}

func (e *Engine) once(ctx context.Context, progress func(done, all int)) error {
	defer e.lastUsage(ctx)
	defer e.lastAnchor(ctx)
	defer e.begun()()
	if err := e.begin(ctx); err != nil {
		return err
	}
	workCtx, stop := context.WithCancel(ctx)
	defer stop()
	g, workCtx := errgroup.WithContext(workCtx)
	g.Go(func() error { return e.work(workCtx) })
	g.Go(func() error { return e.commitUsage(workCtx) })
	g.Go(func() error { return e.anchorForever(workCtx) })
	g.Go(func() error { return e.watchStore(workCtx) })
	g.Go(func() error { return e.resolveForever(workCtx) })
	var once error // kept apart: what stop ends may be the first that the group hears of
	g.Go(func() error {
		defer stop()
		once = e.readAndSettle(workCtx, progress)
		return once
	})
	err := g.Wait()
	if once != nil && !errors.Is(once, context.Canceled) && !errors.Is(err, store.ErrGone) {
		return once
	}
	if err != nil && (ctx.Err() != nil || !errors.Is(err, context.Canceled)) {
		return err
	}
	return ctx.Err()
}

// readAndSettle reads every source once and waits until nothing is due.
func (e *Engine) readAndSettle(ctx context.Context, progress func(done, all int)) error {
	if err := e.readAll(ctx, progress); err != nil {
		return err
	}
	if err := e.sweep(ctx, e.enqueue); err != nil {
		return err
	}
	return e.settleAll(ctx)
}

// settleAll waits until no job is due and no name is to be looked up any more;
// for lookups no longer than resolveOnce.
func (e *Engine) settleAll(ctx context.Context) error {
	if err := e.settle(ctx); err != nil {
		return err
	}
	end := time.Now().Add(resolveOnce)
	for {
		waited, err := e.awaitLookups(ctx, end)
		if err != nil {
			return err
		}
		if err := e.settle(ctx); err != nil || !waited {
			return err
		}
	}
}

// lostAfter is how long a job may be noted as under way that no goroutine
// works on. Its end could not be written down: it is done again.
const lostAfter = 30 * time.Second

// settle waits until no job is due any more, for as long as anything moves.
// Jobs that failed and are to be tried again later are an error: the caller
// thinks that all is done.
func (e *Engine) settle(ctx context.Context) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		jobs, err := e.Store.CountJobs(ctx, time.Now()) // jobs keep the computer's time
		if err != nil {
			return err
		}
		if jobs.Due == 0 && jobs.Failing > 0 {
			return fmt.Errorf("%d jobs failed; the warnings say why, and the next sync or serve tries them again", jobs.Failing)
		}
		if jobs.Due == 0 && len(e.places) == 0 {
			return nil
		}
		if e.pace.stuck(jobs.Due) {
			return &UnfinishedError{Jobs: jobs.Due}
		}
		if jobs.Running == jobs.Due && e.pace.idle() > lostAfter {
			if err := e.Store.ReleaseJobs(ctx); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// tenant returns a tenant that is configured, or an error that says so.
func (e *Engine) tenant(id string) (Tenant, error) {
	t, ok := e.roster.find(id)
	if !ok {
		return Tenant{}, fmt.Errorf("tenant %s is no longer configured: %w", id, cordon.ErrNotFound)
	}
	return *t, nil
}
