package engine

import (
	"context"
	"errors"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

const (
	goneEvery   = time.Second      // how often the store's files are looked at
	goneTimeout = 10 * time.Second // for telling that it is gone
)

// stillOurs fails when the store is no longer the one that this engine took:
// then an intent is not written, so that no action leaves, and the engine ends.
func (e *Engine) stillOurs(ctx context.Context, tx *store.Tx) error {
	if e.Standing.StoreID == "" { // it was never taken
		return nil
	}
	e.headMu.Lock()
	seen := e.head
	e.headMu.Unlock()
	err := tx.StillOurs(ctx, e.Standing, seen)
	if errors.Is(err, store.ErrGone) {
		select {
		case e.gone <- err:
		default:
		}
	}
	return err
}

// sawHead notes the fleet's head, which the store holds from now on.
func (e *Engine) sawHead(h cordon.Head) {
	e.headMu.Lock()
	defer e.headMu.Unlock()
	if h.Seq > e.head.Seq {
		e.head = h
	}
}

// watchStore ends with store.ErrGone when the store is no longer ours.
func (e *Engine) watchStore(ctx context.Context) error {
	tick := time.NewTicker(goneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-e.gone:
			return err
		case <-tick.C:
			if err := e.Store.Gone(); err != nil {
				return err
			}
		}
	}
}

// tellGone tells through every channel that the store is gone: from memory,
// for the outbox is gone with it.
func (e *Engine) tellGone(ctx context.Context, gone error) {
	if !errors.Is(gone, store.ErrGone) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneTimeout)
	defer cancel()
	n := cordon.Notice{
		ID: e.NewID(), Kind: cordon.NoticeSecurity, Severity: cordon.SeverityHigh, At: e.Now().UTC(),
		Title: "Cordon has stopped, nobody is watched: " + gone.Error(),
	}
	for _, c := range e.Channels {
		if err := c.Send(ctx, n); err != nil {
			e.Log.ErrorContext(ctx, "nobody could be told that the store is gone", "channel", c.Name(), "error", err)
		}
	}
}
