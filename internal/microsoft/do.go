package microsoft

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
)

// How often one call is repeated, at most.
const (
	quickRetries    = 2 // after a 5xx or a broken connection
	throttleRetries = 5 // after a 429 with a person waiting
)

// An attempt is what one call remembers between its exchanges.
type attempt struct {
	prio      Priority
	token     *token        // of the last exchange; nil when none could be had
	claims    string        // that a challenge demanded for the next token
	renewed   bool          // a token was refused once already
	quick     int           // quick retries so far
	throttled int           // waits after a 429 so far
	waited    time.Duration // in all
}

// do makes a call: it waits for the budget, gets a token, and returns the body
// of the answer. Reads are repeated where that helps; a write leaves once, and
// again only after a 401, which says that nothing was done.
func (c *core) do(ctx context.Context, q *request) ([]byte, error) {
	a := attempt{prio: priorityOf(ctx)}
	b := c.account.bucket(q.family)
	for {
		if err := c.await(ctx, q, b, &a); err != nil {
			return nil, err
		}
		body, err := c.once(ctx, q, &a)
		if err == nil {
			b.served()
			return body, nil
		}
		var e *Error
		if !errors.As(err, &e) || !c.again(ctx, q, b, e, &a) {
			return nil, err
		}
	}
}

// once makes one exchange with a token that is good as far as we know.
func (c *core) once(ctx context.Context, q *request, a *attempt) (body []byte, err error) {
	if a.token, err = c.token(ctx, q.service, a.claims); err != nil {
		return nil, err
	}
	return c.exchange(ctx, q, a.token)
}

// await waits until the budget lets the call go, or gives up when that takes
// too long.
func (c *core) await(ctx context.Context, q *request, b *bucket, a *attempt) error {
	for {
		wait := b.take(c.hub, q.family, q.cost, a.prio, c.hub.now())
		if wait <= 0 {
			return nil
		}
		if !c.patient(ctx, a, wait) {
			return c.fail(q, &Error{RetryAfter: wait, kind: cordon.ErrThrottled,
				Message: fmt.Sprintf("the budget %s of this tenant is spent for %s", q.family, wait.Round(time.Millisecond))})
		}
		if err := c.hub.sleep(ctx, wait); err != nil {
			return c.fail(q, ended(ctx))
		}
	}
}

// patient reports whether the call may wait that long, and notes that it does.
func (c *core) patient(ctx context.Context, a *attempt, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	if a.waited+wait > c.hub.maxWait {
		return false
	}
	a.waited += wait
	return true
}

// again notes what a failed exchange means for the budget and the token, and
// reports whether the call should be repeated.
func (c *core) again(ctx context.Context, q *request, b *bucket, e *Error, a *attempt) bool {
	if a.token == nil || ctx.Err() != nil {
		return false
	}
	switch {
	case e.Status == 401 && errors.Is(e, cordon.ErrDenied) && !a.renewed:
		c.slot(q.service).drop(a.token)
		a.renewed, a.claims = true, e.claims
		return true
	case errors.Is(e, cordon.ErrThrottled), e.RetryAfter > 0:
		b.refused(c.hub, c.hub.now(), e.RetryAfter)
		a.throttled++
		return !q.write() && a.prio != PriorityPoll && a.throttled <= throttleRetries && c.worthWaiting(ctx, q, b, a)
	case errors.Is(e, cordon.ErrUnavailable) && !q.write() && !e.late && a.quick < quickRetries:
		a.quick++
		pause := c.hub.pause(a.quick)
		return c.patient(ctx, a, pause) && c.hub.sleep(ctx, pause) == nil
	}
	return false
}

// pause is how long to wait before a quick retry: 0.1 s, then 0.4 s, give or
// take a half.
func (h *Hub) pause(try int) time.Duration {
	return time.Duration((0.5 + h.jitter()) * float64(try*try) * float64(100*time.Millisecond))
}

// worthWaiting reports whether the bucket opens in time for this call, so that
// the caller gets the service's own error at once when it does not.
func (c *core) worthWaiting(ctx context.Context, q *request, b *bucket, a *attempt) bool {
	probe := *a
	b.mu.Lock()
	wait := b.due(c.hub.paces[q.family], a.prio, c.hub.now().Sub(c.hub.start))
	b.mu.Unlock()
	return wait <= 0 || c.patient(ctx, &probe, wait)
}

// fail completes an error with what the call was.
func (c *core) fail(q *request, e *Error) *Error {
	e.Method, e.Path, e.Tenant = q.method, q.path, c.tenant
	if e.RequestID == "" {
		e.RequestID = q.requestID
	}
	return e
}
