package microsoft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cordonhq/cordon"
)

// exchange sends a call once and judges what comes back.
func (c *core) exchange(ctx context.Context, q *request, t *token) ([]byte, error) {
	inner, cancel := within(ctx, q.timeout(c.hub))
	defer cancel()
	var left atomic.Bool
	if q.write() {
		inner = noteLeaving(inner, &left)
	}
	req, err := q.http(inner, c.at.hosts[q.service], t)
	if err != nil {
		return nil, c.fail(q, &Error{kind: cordon.ErrBadRequest, Message: "the path is malformed"})
	}
	start := c.hub.now()
	resp, err := c.hub.transport.RoundTrip(req) //nolint:bodyclose // readBody closes it
	if err != nil {
		c.observe(q, start, 0, "")
		return nil, c.unanswered(ctx, q, left.Load(), err)
	}
	body, err := readBody(resp, cmp.Or(q.most, bodyCeiling))
	c.observe(q, start, resp.StatusCode, resp.Header.Get("Request-Id"))
	c.heed(q, resp.Header)
	answer, err := c.judge(ctx, q, t, resp, body, err)
	var e *Error
	if errors.As(err, &e) && c.hub.now().Sub(start) > c.hub.timeout {
		e.late = true
	}
	return answer, err
}

// timeout is how long one exchange may take.
func (q *request) timeout(h *Hub) time.Duration { return max(q.patience, h.timeout) }

// within bounds an exchange, unless the caller has done so.
func within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= most {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, most)
}

// noteLeaving sets left when a connection is at hand, before the first byte is
// written. From then on nobody but the service knows what was done.
func noteLeaving(ctx context.Context, left *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { left.Store(true) },
	})
}

func (c *core) observe(q *request, start time.Time, status int, id string) {
	if c.hub.observe == nil {
		return
	}
	c.hub.observe(Call{
		Tenant: c.tenant, Service: q.service.String(), Method: q.method, Path: q.path,
		Status: status, Duration: c.hub.now().Sub(start), RequestID: clean(id, 64),
	})
}

// unanswered makes the error of an exchange without an answer.
func (c *core) unanswered(ctx context.Context, q *request, left bool, err error) error {
	e := &Error{kind: cordon.ErrUnavailable, cause: err}
	switch {
	case ctx.Err() != nil:
		e = ended(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		e = late(q.timeout(c.hub))
	}
	if left {
		e.kind = cordon.ErrUnknownOutcome
	}
	return c.fail(q, e)
}

// ended makes the error of a call whose context has ended. One that the caller
// broke off has no kind: it says nothing about the tenant.
func ended(ctx context.Context) *Error {
	e := &Error{cause: ctx.Err(), late: true}
	if errors.Is(e.cause, context.DeadlineExceeded) {
		e.kind = cordon.ErrUnavailable
	}
	return e
}

// late makes the error of a service that took longer than we allow. It does
// not wrap the end of the context, which was ours and not the caller's.
func late(most time.Duration) *Error {
	return &Error{kind: cordon.ErrUnavailable, late: true, Message: fmt.Sprintf("no answer within %s", most)}
}

// judge returns the body of a success, or the error that the answer is.
func (c *core) judge(ctx context.Context, q *request, t *token, resp *http.Response, body []byte, readErr error) ([]byte, error) {
	switch status := resp.StatusCode; {
	case status >= 300 && status < 400:
		return nil, c.fail(q, redirected(resp))
	case status >= 400:
		return nil, c.fail(q, q.settle(c.answerError(t, resp, body)))
	case q.write():
		return body, c.doubt(q, resp, body)
	case errors.Is(readErr, errHuge):
		return nil, c.fail(q, &Error{Status: status, kind: cordon.ErrMalformed, Message: readErr.Error(), RequestID: resp.Header.Get("Request-Id")})
	case readErr != nil:
		return nil, c.unanswered(ctx, q, false, fmt.Errorf("the answer broke off: %w", readErr))
	}
	q.partial = partialWords(resp)
	return body, nil
}

// doubt returns an error when the success of a write is none: a proxy that
// answers 200 with a page of its own has done nothing, and what a service has
// done that answers 200 with an error is known to nobody. Reading the state
// back tells.
func (c *core) doubt(q *request, resp *http.Response, body []byte) error {
	text := strings.TrimSpace(string(body[:min(len(body), 64)]))
	if text == "" {
		return nil
	}
	if text[0] == '{' {
		return c.errorInside(q, body)
	}
	return c.fail(q, &Error{Status: resp.StatusCode, kind: cordon.ErrUnknownOutcome, Message: "the answer is not JSON"})
}

// redirected makes the error of an API call that was sent elsewhere. No
// redirect is followed: the API has none, and the token must not travel.
func redirected(resp *http.Response) *Error {
	e := &Error{Status: resp.StatusCode, kind: cordon.ErrMalformed, Message: "an API does not redirect", RequestID: resp.Header.Get("Request-Id")}
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Host != "" && (to.Scheme != "https" && to.Scheme != "" || !sameHost(to.Host, resp.Request.URL.Host)) || to.Opaque != "" {
		e.kind, e.Message = cordon.ErrUnsafeLink, "redirected to another host"
	}
	return e
}
