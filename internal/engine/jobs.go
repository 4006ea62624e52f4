package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/riverqueue/river"
)

// The jobs: each wakes one station for one thing. Doing one twice, or one
// that has nothing to do any more, does no harm.
type (
	correlateJob struct {
		Tenant string `json:"tenant"`
	}
	reviewJob struct {
		Tenant string `json:"tenant"`
	}
	decideJob struct {
		Incidents []string `json:"incidents"`
	}
	advanceJob struct {
		Run string `json:"run"`
	}
	proveJob struct {
		Run  string `json:"run"`
		Step int    `json:"step"`
	}
	tellJob struct{}
)

// Kind names the job in the queue.
func (correlateJob) Kind() string { return "correlate" }

// Kind names the job in the queue.
func (reviewJob) Kind() string { return "review" }

// Kind names the job in the queue.
func (decideJob) Kind() string { return "decide" }

// Kind names the job in the queue.
func (advanceJob) Kind() string { return "advance" }

// Kind names the job in the queue.
func (proveJob) Kind() string { return "prove" }

// Kind names the job in the queue.
func (tellJob) Kind() string { return "tell" }

// parallelJobs is how many jobs are worked at once: actions wait for
// Microsoft, the rest is short.
const parallelJobs = 16

// work works the queue until ctx ends.
func (e *Engine) work(ctx context.Context) error {
	workers := river.NewWorkers()
	handle(e, workers, func(ctx context.Context, j correlateJob) error { return e.correlate(ctx, j.Tenant) })
	handle(e, workers, func(ctx context.Context, j reviewJob) error { return e.review(ctx, j.Tenant) })
	handle(e, workers, func(ctx context.Context, j decideJob) error { return e.decide(ctx, j.Incidents) })
	handle(e, workers, func(ctx context.Context, j advanceJob) error { return e.takeTurn(ctx, j.Run) })
	handle(e, workers, func(ctx context.Context, j proveJob) error { return e.prove(ctx, j.Run, j.Step) })
	handle(e, workers, func(ctx context.Context, _ tellJob) error { return e.tell(ctx) })
	return e.Store.Jobs(ctx, workers, parallelJobs, e.Log)
}

// handle registers a station. What no longer exists is not tried again; what
// was throttled is tried again soon, what was cut short at once: neither is a
// failure.
func handle[J river.JobArgs](e *Engine, workers *river.Workers, do func(context.Context, J) error) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[J]) error {
		defer e.pace.begin()()
		err := do(ctx, job.Args)
		cut := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
		switch {
		case err == nil:
			e.pace.moved()
		case cut:
			e.Log.InfoContext(ctx, "job goes on: its time was too short", "job", job.Kind, "args", string(job.EncodedArgs), "error", err)
		case ctx.Err() == nil:
			e.Log.WarnContext(ctx, "job failed", "job", job.Kind, "args", string(job.EncodedArgs), "error", err)
		}
		switch {
		case cut:
			return river.JobSnooze(0)
		case errors.Is(err, cordon.ErrNotFound):
			return river.JobCancel(err)
		case errors.Is(err, cordon.ErrThrottled), errors.Is(err, cordon.ErrUnavailable):
			return river.JobSnooze(pause(err))
		}
		return err
	}))
}

// pause is how long a job waits that the service put off.
func pause(err error) time.Duration {
	var answer *microsoft.Error
	if errors.As(err, &answer) {
		return min(max(answer.RetryAfter, 2*time.Second), 5*time.Minute)
	}
	return 2 * time.Second
}

// sweepEvery is how often the tables are searched for work that no job wakes.
const sweepEvery = 30 * time.Second

func (e *Engine) sweepForever(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := e.sweep(ctx, e.doSoon); err != nil && ctx.Err() == nil {
			e.Log.ErrorContext(ctx, "sweep failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// errand is what a sweep found due.
type errand struct {
	job river.JobArgs
	do  func(context.Context) error
}

// sweep hands over what is due in the tables of the configured tenants: runs
// that go on, signals that were not correlated, notices that were not sent.
func (e *Engine) sweep(ctx context.Context, hand func(context.Context, []errand) error) error {
	due := []errand{{tellJob{}, e.tell}}
	err := e.Store.Read(ctx, func(tx *store.Tx) error {
		running, err := tx.Runs(ctx, store.RunFilter{States: []cordon.RunState{cordon.RunRunning}})
		if err != nil {
			return err
		}
		for _, r := range running {
			if _, configured := e.roster.find(r.TenantID); configured {
				due = append(due, errand{advanceJob{Run: r.ID}, func(ctx context.Context) error { return e.takeTurn(ctx, r.ID) }})
			}
		}
		pending, err := tx.TenantsWithPending(ctx)
		for _, t := range pending {
			if _, configured := e.roster.find(t); configured {
				due = append(due, errand{correlateJob{Tenant: t}, func(ctx context.Context) error { return e.correlate(ctx, t) }})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return hand(ctx, due)
}

// enqueue makes jobs of errands.
func (e *Engine) enqueue(ctx context.Context, due []errand) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		for _, d := range due {
			if err := tx.Enqueue(ctx, d.job, time.Time{}); err != nil {
				return fmt.Errorf("sweep: %w", err)
			}
		}
		return nil
	})
}

// doSoon runs errands without jobs: the next sweep finds again what is left.
func (e *Engine) doSoon(ctx context.Context, due []errand) error {
	for _, d := range due {
		e.soon(ctx, d.do)
	}
	return nil
}
