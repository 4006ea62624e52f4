// Package notify tells people and systems what happened, one file per
// channel.
//
// It sends one notice once. That a notice is kept until it is sent, and sent
// again when it failed, is the outbox's part: see Retry for when.
package notify

import (
	"context"
	"time"

	"github.com/cordonhq/cordon"
)

// A Channel carries notices somewhere. Its name is unique in an
// installation, for it stands beside each delivery in the outbox.
type Channel interface {
	Name() string
	Send(ctx context.Context, n cordon.Notice) error
}

// maxAttempts is how often a delivery is tried: a little over two days with
// the waits of Retry.
const maxAttempts = 29

// Retry returns when a delivery that failed for the attempts-th time is due
// again, or the zero time when it is given up.
func Retry(attempts int, now time.Time) time.Time {
	if attempts >= maxAttempts {
		return time.Time{}
	}
	wait := time.Second << min(max(attempts, 0), 14)
	return now.Add(min(wait, 3*time.Hour))
}
