package engine

import (
	"context"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// usageEvery is how old the stored usage of Microsoft's limits is at most.
const usageEvery = time.Minute

// usageGroup is how many rows are written in one transaction, so that an
// intent that waits to be written is not held up by those of a large fleet.
const usageGroup = 500

// usageTimeout bounds the writing of the last figures when the engine ends.
const usageTimeout = 5 * time.Second

// commitUsage stores once a minute what was used of Microsoft's limits.
func (e *Engine) commitUsage(ctx context.Context) error {
	tick := time.NewTicker(usageEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			e.flushUsage(ctx)
		}
	}
}

// lastUsage stores the figures with which the engine ends.
func (e *Engine) lastUsage(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), usageTimeout)
	defer cancel()
	e.flushUsage(ctx)
}

// flushUsage stores the usage of the limits that were used since the last
// time. It is for people to read, so that a failure is told and no more.
func (e *Engine) flushUsage(ctx context.Context) {
	if e.Usage == nil {
		return
	}
	now := e.Now()
	first := e.told.IsZero()
	rows := slices.DeleteFunc(e.Usage(now), func(u cordon.Usage) bool { return u.UsedAt.Before(e.told) && !now.Before(e.told) })
	for group := range slices.Chunk(rows, usageGroup) {
		err := e.Store.Write(ctx, func(tx *store.Tx) error {
			if first { // what an engine before this one counted is no longer so
				if err := tx.ForgetUsage(ctx); err != nil {
					return err
				}
			}
			return tx.PutUsage(ctx, group)
		})
		if err != nil {
			if ctx.Err() == nil {
				e.Log.WarnContext(ctx, "usage of budgets could not be stored", "error", err)
			}
			return
		}
		first = false
	}
	if len(rows) > 0 {
		e.told = now
	}
}
