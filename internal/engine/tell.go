package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/notify"
	"github.com/cordonhq/cordon/internal/store"
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

// tellAtOnce is how many deliveries one job takes.
const tellAtOnce = 100

// Tell sends what is due now, for callers that stop the engine.
func (e *Engine) Tell(ctx context.Context) error { return e.tell(ctx) }

// tell sends what is due. A crash between sending and writing down that it
// was sent sends it twice: rather twice than never.
func (e *Engine) tell(ctx context.Context) error {
	defer e.runs.lock("outbox")()
	var due []store.Delivery
	err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.DueDeliveries(ctx, e.Now(), tellAtOnce)
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range due {
		failed := e.send(ctx, d)
		if err := e.Store.Write(ctx, func(tx *store.Tx) error { return e.sent(ctx, tx, d, failed) }); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) send(ctx context.Context, d store.Delivery) error {
	for _, c := range e.Channels {
		if c.Name() == d.Channel {
			return c.Send(ctx, d.Notice)
		}
	}
	return fmt.Errorf("%w: no channel is called %s any more", cordon.ErrGone, d.Channel)
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
