package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/notify"
	"github.com/cordonhq/cordon/internal/store"
	"golang.org/x/sync/errgroup"
)

// notice puts a notice into the outbox, in the transaction of what it tells.
func (e *Engine) notice(ctx context.Context, tx *store.Tx, t Tenant, n cordon.Notice) error {
	if len(e.Channels) == 0 {
		return nil
	}
	n.ID, n.TenantID, n.Tenant, n.At = e.NewID(), t.ID, t.Name, e.Now().UTC()
	names := make([]string, len(e.Channels))
	for i, c := range e.Channels {
		names[i] = c.Name()
	}
	if err := tx.AddNotice(ctx, n, names); err != nil {
		return err
	}
	return tx.Enqueue(ctx, tellJob{}, time.Time{})
}

// tellAtOnce is how many deliveries are looked up at once.
const tellAtOnce = 100

// Tell sends what is due now, for callers that stop the engine.
func (e *Engine) Tell(ctx context.Context) error { return e.tell(ctx) }

// An outlet is a channel and who sends through it.
type outlet struct {
	notify.Channel
	busy sync.Mutex
	news atomic.Bool // there may be notices that nobody has looked for
}

// tell sends what is due, each channel beside the others.
func (e *Engine) tell(ctx context.Context) error {
	var g errgroup.Group
	for _, o := range e.outlets {
		g.Go(func() error { return e.tellOutlet(ctx, o) })
	}
	return g.Wait()
}

// tellOutlet sends what is due through one channel. One sends at a time; who
// comes meanwhile leaves it to the one that does, so that a receiver that
// hangs holds up nobody else. A crash between sending and writing down that it
// was sent sends it twice: rather twice than never.
func (e *Engine) tellOutlet(ctx context.Context, o *outlet) error {
	o.news.Store(true)
	for o.news.Load() && o.busy.TryLock() {
		o.news.Store(false)
		more, err := e.tellChannel(ctx, o)
		o.busy.Unlock()
		if err != nil || ctx.Err() != nil {
			return err
		}
		if more {
			o.news.Store(true)
		}
	}
	return nil
}

// tellChannel sends some of what is due through one channel and reports
// whether there may be more.
func (e *Engine) tellChannel(ctx context.Context, c notify.Channel) (more bool, err error) {
	var due []store.Delivery
	err = e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.DueDeliveries(ctx, c.Name(), e.Now(), tellAtOnce)
		return err
	})
	for _, d := range due {
		if ctx.Err() != nil {
			return false, ctx.Err() // the rest stays due
		}
		failed := c.Send(ctx, d.Notice)
		ctx := context.WithoutCancel(ctx) // what was sent is written down
		if err := e.Store.Write(ctx, func(tx *store.Tx) error { return e.sent(ctx, tx, d, failed) }); err != nil {
			return false, err
		}
	}
	return len(due) == tellAtOnce, err
}

func (e *Engine) sent(ctx context.Context, tx *store.Tx, d store.Delivery, failed error) error {
	if failed == nil {
		return tx.Delivered(ctx, d)
	}
	next := notify.Retry(d.Attempts+1, e.Now())
	e.Log.WarnContext(ctx, "notice not delivered", "tenant", d.Notice.TenantID, "channel", d.Channel, "error", failed, "next", next)
	if err := tx.Undelivered(ctx, d, failed.Error(), next); err != nil || next.IsZero() {
		return err
	}
	return tx.Enqueue(ctx, tellJob{}, next)
}
