package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// How the job queue is set. Stations run right after the commit that asks for
// them; the jobs are the safety net, so they may wait a moment, and an idle
// engine costs little.
//
// A job has no time limit here: its worker knows what may take how long. The
// queue leaves jobs without a limit alone, however long they run.
const (
	jobTimeout    = -1
	fetchCooldown = 5 * time.Millisecond
	fetchPoll     = 200 * time.Millisecond
)

// Jobs works the queue until ctx ends, with up to parallel jobs at once. Jobs
// that a dead process left running are released first: the caller holds the
// store, so nobody else works on them.
func (s *Store) Jobs(ctx context.Context, workers *river.Workers, parallel int, log *slog.Logger) error {
	if err := s.ReleaseJobs(ctx); err != nil {
		return err
	}
	client, err := river.NewClient(riversqlite.New(s.write), &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: parallel}},
		Workers:           workers,
		Logger:            slog.New(fromWarning{log.Handler()}),
		FetchCooldown:     fetchCooldown,
		FetchPollInterval: fetchPoll,
		PollOnly:          true, // the listener would poll the file, too
		JobTimeout:        jobTimeout,
	})
	if err != nil {
		return fmt.Errorf("store: job queue: %w", err)
	}
	// The queue's listener spins when its context meets a deadline instead of
	// being cancelled (v0.47.0), so it gets one that can only be cancelled.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	if err := client.Start(work); err != nil {
		return fmt.Errorf("store: start job queue: %w", err)
	}
	<-client.Stopped()
	return nil
}

// ReleaseJobs gives back the jobs that are noted as under way, for a caller
// that knows that nobody works on them.
func (s *Store) ReleaseJobs(ctx context.Context) error {
	return s.Write(ctx, func(t *Tx) error {
		return t.exec(ctx, `UPDATE river_job SET state = 'available', attempted_by = NULL, scheduled_at = $1 WHERE state = 'running'`,
			time.Now().UTC().Format("2006-01-02 15:04:05.000"))
	})
}

// A JobCount says what waits in the queue.
type JobCount struct {
	Due     int // to be worked by now, or under way
	Running int // of these, noted as under way
	Failing int // failed, and to be tried again later
}

// CountJobs counts the jobs that wait at now.
func (s *Store) CountJobs(ctx context.Context, now time.Time) (c JobCount, err error) {
	err = s.Read(ctx, func(t *Tx) error {
		c, err = one(ctx, t, func(r scanner) (c JobCount, err error) { return c, r.Scan(&c.Due, &c.Running, &c.Failing) },
			`SELECT count(CASE WHEN state IN ('available', 'running', 'pending') OR scheduled_at <= $1 THEN 1 END),
			count(CASE WHEN state = 'running' THEN 1 END),
			count(CASE WHEN state = 'retryable' AND scheduled_at > $1 THEN 1 END)
			FROM river_job WHERE state IN ('available', 'running', 'pending', 'scheduled', 'retryable')`,
			now.UTC().Format("2006-01-02 15:04:05.000"))
		return err
	})
	return c, err
}

// fromWarning drops what a part says below a warning: when it starts and ends.
type fromWarning struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h fromWarning) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}
