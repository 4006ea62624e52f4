package app

import (
	"context"
	"errors"
	"testing"
	"time"
)

// What cannot be had is asked for once a minute, what was had never again, and
// nobody waits for another's question.
func TestLate(t *testing.T) {
	t.Parallel()
	now, asked, missing := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC), 0, errors.New("the key service is down")
	var l *late[string]
	l = newLate(t.Context(), func() time.Time { return now }, func(ctx context.Context) (string, error) {
		asked++
		if l != nil { // somebody else, meanwhile
			if got, err := l.get(ctx); got != "" || !errors.Is(err, missing) {
				t.Errorf("while it is asked for: got %q, %v", got, err)
			}
		}
		if asked == 3 {
			return "", ctx.Err()
		}
		if asked == 4 {
			return "s3cret", nil
		}
		return "", missing
	})
	gone, giveUp := context.WithCancel(t.Context())
	giveUp()
	for i, step := range []struct {
		after time.Duration
		ctx   context.Context //nolint:containedctx // one step is asked by a caller who gave up
		want  string
		asked int
	}{
		{0, t.Context(), "", 1}, {59 * time.Second, t.Context(), "", 1}, {time.Second, t.Context(), "", 2}, {time.Second, t.Context(), "", 2},
		{time.Minute, gone, "", 3}, {time.Second, t.Context(), "", 3}, {time.Minute, t.Context(), "s3cret", 4}, {time.Hour, t.Context(), "s3cret", 4},
	} {
		now = now.Add(step.after)
		got, err := l.get(step.ctx)
		if got != step.want || asked != step.asked || (step.want == "") != errors.Is(err, missing) {
			t.Errorf("step %d: got %q, %v, asked %d times; want %q, %d", i, got, err, asked, step.want, step.asked)
		}
	}
}
