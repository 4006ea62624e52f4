package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A putOff is what a feed remembers while its readings are throttled in a row.
type putOff struct {
	since time.Time
	wait  time.Duration               // until our own budget allows it, as far as is known
	tell  func(context.Context) error // stores that the source could not be read
}

// ownWait returns how long our own budget puts a call off; zero when it was
// Microsoft that did.
func ownWait(err error) time.Duration {
	if e, ok := errors.AsType[*microsoft.Error](err); ok && e.Status == 0 {
		return e.RetryAfter
	}
	return 0
}

// tellPutOff has it told that a source was not read because calls were too
// many, once that has lasted: longer than the last reading stands, and than
// two times its rhythm.
func (e *Engine) tellPutOff(ctx context.Context, f *feed) error {
	now := e.Now()
	if f.putOff == nil || !f.last.At(now).Missing() || now.Sub(f.putOff.since) < 2*e.rhythm(f.source) {
		return nil
	}
	return f.putOff.tell(ctx)
}

const (
	onceTries = 3           // of a source that is throttled, when each is read once
	onceWaits = time.Minute // and the longest wait for another one
)

// readAll reads every feed once; those that were put off are tried twice more,
// when their budgets allow it. It is told of what was not read then, unless
// the reading before still stands.
func (e *Engine) readAll(ctx context.Context, progress func(done, all int)) error {
	late, err := e.newFeeds(ctx, e.roster.all())
	if err != nil {
		return err
	}
	for tries := 0; len(late) > 0 && tries < onceTries && (tries == 0 || e.awaitBudgets(ctx, late)); tries++ {
		if err := e.readOnce(ctx, late, progress); err != nil {
			return err
		}
		late = slices.DeleteFunc(late, func(f *feed) bool { return f.putOff == nil })
	}
	for _, f := range late {
		if !f.last.At(e.Now()).Missing() {
			continue
		}
		if err := f.putOff.tell(ctx); err != nil {
			return err
		}
	}
	return e.flushQuiet(ctx)
}

// awaitBudgets waits until the feeds may be tried again, and reports whether
// any may be in time.
func (e *Engine) awaitBudgets(ctx context.Context, late feeds) bool {
	now := e.Now()
	longest := time.Duration(-1)
	for _, f := range late {
		ready := f.tenant.Client.Ready(collect.Family(f.source), now).Sub(now)
		if wait := max(ready, f.putOff.wait); wait <= onceWaits {
			longest = max(longest, wait)
		}
	}
	if longest < 0 {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(longest):
		return true
	}
}
