package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
)

const (
	resolveAtOnce   = 64                  // tenants in which names are looked up at a time
	resolveSweep    = 30 * time.Second    // how often the table is searched for names that are due
	resolveTimeout  = 30 * time.Second    // longest lookup of one name
	resolveOnce     = 10 * time.Second    // how long reading everything once waits for lookups
	resolutionsKept = 30 * 24 * time.Hour // after the last signal that waited for the name
)

// A resolver looks names up in the directory, beside correlation: signals are
// joined at once on the names they have. What is to be looked up is in the
// table resolutions; this holds only who works on it.
type resolver struct {
	news chan struct{} // there may be names to look up

	mu     sync.Mutex
	busy   map[string]bool // tenants in which names are looked up
	swept  time.Time       // when old rows were removed last
	places chan struct{}
}

func newResolver() *resolver {
	return &resolver{news: make(chan struct{}, 1), busy: map[string]bool{}, places: make(chan struct{}, resolveAtOnce)}
}

// wake has the table searched now.
func (r *resolver) wake() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// begin reports whether a tenant has no worker yet, and gives it one.
func (r *resolver) begin(tenantID string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[tenantID] {
		return false
	}
	r.busy[tenantID] = true
	return true
}

func (r *resolver) end(tenantID string) {
	r.mu.Lock()
	delete(r.busy, tenantID)
	r.mu.Unlock()
	r.wake()
}

func (r *resolver) idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.busy) == 0
}

// resolveForever looks up the names that signals wait for, until ctx ends.
func (e *Engine) resolveForever(ctx context.Context) error {
	ctx = microsoft.WithPriority(ctx, microsoft.PriorityPoll)
	var workers sync.WaitGroup
	defer workers.Wait()
	for {
		wait, err := e.startLookups(ctx, &workers)
		if err != nil && ctx.Err() == nil {
			e.Log.ErrorContext(ctx, "names to look up could not be read", "error", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-e.resolver.news:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// startLookups gives every tenant with names that are due a worker, and
// returns how long nothing more falls due.
func (e *Engine) startLookups(ctx context.Context, workers *sync.WaitGroup) (time.Duration, error) {
	tenants, next, err := e.toResolve(ctx)
	if err != nil {
		return resolveSweep, err
	}
	for _, t := range tenants {
		if !e.resolver.begin(t.ID) {
			continue
		}
		workers.Go(func() {
			defer e.resolver.end(t.ID)
			if err := e.resolveTenant(ctx, t); err != nil && ctx.Err() == nil {
				e.Log.ErrorContext(ctx, "what the directory said could not be stored", "tenant", t.ID, "error", err)
			}
		})
	}
	if next.IsZero() {
		return resolveSweep, e.forgetResolutions(ctx)
	}
	return min(max(next.Sub(e.Now()), 10*time.Millisecond), resolveSweep), e.forgetResolutions(ctx)
}

// toResolve returns the tenants that are watched and have names to look up
// now, and when more fall due.
func (e *Engine) toResolve(ctx context.Context) (tenants []Tenant, next time.Time, err error) {
	var ids []string
	err = e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ids, next, err = tx.TenantsToResolve(ctx, e.Now())
		return err
	})
	for _, id := range ids {
		if t, configured := e.roster.find(id); configured && (e.Only == nil || e.Only[id]) {
			tenants = append(tenants, *t)
		}
	}
	return tenants, next, err
}

// forgetResolutions removes, once an hour, what no signal waits for any more.
func (e *Engine) forgetResolutions(ctx context.Context) error {
	now := e.Now()
	if now.Sub(e.resolver.swept) < time.Hour && !now.Before(e.resolver.swept) {
		return nil
	}
	e.resolver.swept = now
	return e.Store.Write(ctx, func(tx *store.Tx) error { return tx.ForgetResolutions(ctx, now.Add(-resolutionsKept)) })
}

// resolveTenant looks up the names of a tenant that are due, one after the
// other: the budget lets one request a second through.
func (e *Engine) resolveTenant(ctx context.Context, t Tenant) error {
	for {
		var due []cordon.Resolution
		err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
			due, err = tx.DueResolutions(ctx, t.ID, e.Now(), 1)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		if err := e.lookUp(ctx, t, due[0]); err != nil {
			return err
		}
	}
}

// lookUp asks the directory for one name, and stores what it says with all
// that follows.
func (e *Engine) lookUp(ctx context.Context, t Tenant, r cordon.Resolution) error {
	select {
	case e.resolver.places <- struct{}{}:
		defer func() { <-e.resolver.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	asking, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	users, err := t.Client.Users.Find(asking, r.Name)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r = answered(r, users, err, e.Now().UTC().Truncate(time.Microsecond))
	if err != nil {
		e.Log.WarnContext(ctx, "lookup of a name deferred", "tenant", t.ID, "kind", r.Name.Kind, "next", r.DueAt, "error", err)
	}
	if err := e.Store.Write(ctx, func(tx *store.Tx) error { return e.learn(ctx, tx, t, r) }); err != nil {
		return err
	}
	if r.State == cordon.ResolutionFound {
		e.soon(ctx, func(ctx context.Context) error { return e.correlate(ctx, t.ID) })
	}
	return nil
}

// answered notes what the directory said of a name, or that it said nothing.
func answered(r cordon.Resolution, users []microsoft.User, err error, now time.Time) cordon.Resolution {
	if err != nil {
		r.State, r.Users, r.Reason = cordon.ResolutionPending, nil, "deferred: "+cordon.Plain(err.Error(), 300)
		r.DueAt = now.Add(deferral(err, r.Attempts))
		r.Attempts++
		return r
	}
	r.Users, r.Reason, r.AnsweredAt = nil, "", now
	for _, u := range users {
		r.Users = append(r.Users, cordon.DirectoryUser{ObjectID: u.ID, UPN: u.UserPrincipalName, DisplayName: cordon.Plain(u.DisplayName, 200), UserType: u.UserType})
	}
	if len(users) == 1 {
		r.State, r.DueAt, r.Attempts = cordon.ResolutionFound, time.Time{}, 0
		return r
	}
	if r.State = cordon.ResolutionNotFound; len(users) > 1 {
		r.State = cordon.ResolutionAmbiguous
	}
	r.DueAt = now.Add(min(cordon.MissingLasts<<min(r.Attempts, 10), cordon.FoundLasts))
	r.Attempts++
	return r
}

// deferral is how long a lookup waits that failed: as long as the service
// says, else ever longer.
func deferral(err error, attempts int) time.Duration {
	if answer, ok := errors.AsType[*microsoft.Error](err); ok && answer.RetryAfter > 0 {
		return min(max(answer.RetryAfter, time.Second), 5*time.Minute)
	}
	return min(2*time.Second<<min(attempts, 10), cordon.MissingLasts)
}

// awaitLookups waits until no name is due any more, until the end at most, and
// reports whether it waited for any.
func (e *Engine) awaitLookups(ctx context.Context, end time.Time) (waited bool, err error) {
	for time.Now().Before(end) {
		due, _, err := e.toResolve(ctx)
		if err != nil || len(due) == 0 && e.resolver.idle() {
			return waited, err
		}
		waited = true
		select {
		case <-ctx.Done():
			return waited, ctx.Err()
		case <-time.After(25 * time.Millisecond):
		}
	}
	return false, nil
}
