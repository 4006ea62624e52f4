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
	if err := c.offered(q); err != nil {
		return nil, err
	}
	a := attempt{prio: priorityOf(ctx)}
	b := c.account.bucket(q.family)
	for {
		if err := c.await(ctx, q, b.gate, &a); err != nil {
			return nil, err
		}
		body, err := c.once(ctx, q, &a)
		b.gate.leave()
		if err == nil {
			b.served()
			return body, nil
		}
		var e *Error
		if !errors.As(err, &e) || !c.again(ctx, q, e, &a) {
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

// await waits until there is a place for the call and the budget lets it go,
// or gives up when that takes too long. The place is the caller's to leave.
func (c *core) await(ctx context.Context, q *request, g *gate, a *attempt) error {
	for {
		if err := c.enter(ctx, q, g, a); err != nil {
			return err
		}
		wait := c.pay(q.family, q.cost, a.prio, c.hub.now())
		if wait <= 0 {
			return nil
		}
		g.leave()
		if !c.patient(ctx, a, wait) {
			return c.fail(q, &Error{RetryAfter: wait, kind: cordon.ErrThrottled,
				Message: fmt.Sprintf("the budget %s of this tenant is spent for %s", q.family, wait.Round(time.Millisecond))})
		}
		if err := c.hub.sleep(ctx, wait); err != nil {
			return c.fail(q, ended(ctx))
		}
	}
}

// enter waits for a place among the calls under way at once.
func (c *core) enter(ctx context.Context, q *request, g *gate, a *attempt) error {
	if g == nil {
		return nil
	}
	inner, cancel := context.WithTimeout(ctx, c.hub.maxWait-a.waited)
	defer cancel()
	start := c.hub.now()
	err := g.enter(inner, a.prio)
	a.waited += c.hub.now().Sub(start)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return c.fail(q, ended(ctx))
	}
	return c.fail(q, &Error{kind: cordon.ErrThrottled,
		Message: fmt.Sprintf("%d calls of %s are under way in this tenant already", limits[q.family].concurrent, q.family)})
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
func (c *core) again(ctx context.Context, q *request, e *Error, a *attempt) bool {
	if a.token == nil || ctx.Err() != nil {
		return false
	}
	switch {
	case e.Status == 403 && errors.Is(e, cordon.ErrDenied) && c.way().kept.all == nil: // what is kept knows best when to renew
		c.slot(q.service).outgrow(a.token, c.hub.now())
	case e.Status == 401 && errors.Is(e, cordon.ErrDenied) && !a.renewed:
		c.slot(q.service).drop(a.token)
		a.renewed, a.claims = true, e.claims
		return true
	case errors.Is(e, cordon.ErrThrottled), e.RetryAfter > 0:
		c.refused(q.family, e)
		a.throttled++
		return !q.write() && a.prio != PriorityPoll && a.throttled <= throttleRetries && c.worthWaiting(ctx, q, a)
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

// worthWaiting reports whether the budget lets this call go in time, so that
// the caller gets the service's own error at once when it does not.
func (c *core) worthWaiting(ctx context.Context, q *request, a *attempt) bool {
	probe := *a
	wait := c.due(q.family, a.prio, c.hub.now())
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
