package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/store"
)

// unreadableEvery is how often people are notified of one source's items that
// cannot be read: a feed that changed its format may be full of them.
const unreadableEvery = time.Hour

// writePage runs do in a transaction, and notes when people were notified of
// items that cannot be read, unless the transaction failed.
func (e *Engine) writePage(ctx context.Context, f *feed, do func(*store.Tx) error) error {
	before := f.unreadableAt
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		f.unreadableAt = before // it may be tried again
		return do(tx)
	})
	if err != nil {
		f.unreadableAt = before
	}
	return err
}

// putPage stores the signals of a page. Of items that are new and cannot be
// read people are notified: they are kept, and no playbook acts on them.
func (e *Engine) putPage(ctx context.Context, tx *store.Tx, f *feed, signals []cordon.Signal) error {
	var readable, odd []cordon.Signal
	for _, s := range signals {
		if collect.Unreadable(s) {
			odd = append(odd, s)
		} else {
			readable = append(readable, s)
		}
	}
	if err := e.putSignals(ctx, tx, *f.tenant, readable); err != nil || len(odd) == 0 {
		return err
	}
	added, err := tx.PutSignals(ctx, odd)
	if err != nil || added == 0 {
		return err
	}
	if err := tx.Enqueue(ctx, correlateJob{Tenant: f.tenant.ID}, time.Time{}); err != nil {
		return err
	}
	return e.notifyUnreadable(ctx, tx, f, odd[0], added)
}

// notifyUnreadable notifies of items that cannot be read, once in a while.
func (e *Engine) notifyUnreadable(ctx context.Context, tx *store.Tx, f *feed, first cordon.Signal, many int) error {
	now := e.Now()
	if age := now.Sub(f.unreadableAt); age >= 0 && age < unreadableEvery {
		return nil
	}
	f.unreadableAt = now
	why := first.Discounted
	if why == "" {
		why = first.Title
	}
	about := ""
	if len(first.Entities) > 0 {
		about = " (" + f.tenant.Label(first.Entities[0]) + ")"
	}
	return e.notice(ctx, tx, *f.tenant, cordon.Notice{
		Kind: cordon.NoticeCoverage, Severity: cordon.SeverityMedium, Reason: "unreadable_item",
		Title: fmt.Sprintf("%s: %d of the new items cannot be read, and no playbook acts on them. The first%s: %s. Look at them with cordon signal list --source %s --discounted; more within the next hour are not notified",
			f.source, many, about, why, f.source),
	})
}
