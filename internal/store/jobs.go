package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// How the job queue is set: measured so that a job starts 5 to 15 ms after
// its commit, and a stuck one comes back in half a minute.
const (
	jobTimeout    = 20 * time.Second
	rescueAfter   = 30 * time.Second
	fetchCooldown = 5 * time.Millisecond
	fetchPoll     = 50 * time.Millisecond
)

// Jobs works the queue until ctx ends, with up to parallel jobs at once. Jobs
// that a dead process left running are released first: the caller holds the
// store, so nobody else works on them.
func (s *Store) Jobs(ctx context.Context, workers *river.Workers, parallel int, log *slog.Logger) error {
	if err := s.releaseJobs(ctx); err != nil {
		return err
	}
	client, err := river.NewClient(riversqlite.New(s.write), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: parallel}},
		Workers:              workers,
		Logger:               log,
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    fetchPoll,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: rescueAfter,
	})
	if err != nil {
		return fmt.Errorf("store: job queue: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("store: start job queue: %w", err)
	}
	<-client.Stopped()
	return nil
}

func (s *Store) releaseJobs(ctx context.Context) error {
	return s.Write(ctx, func(t *Tx) error {
		return t.exec(ctx, `UPDATE river_job SET state = 'available', attempted_by = NULL, scheduled_at = $1 WHERE state = 'running'`,
			time.Now().UTC().Format("2006-01-02 15:04:05.000"))
	})
}

// JobsDue counts the jobs that are to be worked by the time until.
func (s *Store) JobsDue(ctx context.Context, until time.Time) (n int, err error) {
	err = s.Read(ctx, func(t *Tx) error {
		n, err = one(ctx, t, func(r scanner) (n int, err error) { return n, r.Scan(&n) },
			`SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'pending')
			OR (state IN ('scheduled', 'retryable') AND scheduled_at <= $1)`, until.UTC().Format("2006-01-02 15:04:05.000"))
		return err
	})
	return n, err
}
