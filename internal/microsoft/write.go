package microsoft

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/cordonhq/cordon"
)

// write sends a change to Graph once. The request id is the caller's, written
// down before the change leaves. When no answer comes back, or the service
// failed while it worked, the error is ErrUnknownOutcome; ErrThrottled and
// ErrUnavailable mean that nothing was done.
func (c *core) write(ctx context.Context, method string, f Family, path string, body any, requestID string) error {
	_, err := c.send(ctx, edit(method, graph, f, path, requestID), body)
	return err
}

// send makes a call with a body, which may be nil, and returns the answer.
func (c *core) send(ctx context.Context, q *request, body any) ([]byte, error) {
	if q.write() && !cordon.IsGUID(q.requestID) {
		return nil, c.bad(q, "a write needs a GUID as its request id")
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("microsoft: encode the body of %s: %w", q.path, err)
		}
		q.body = raw
	}
	return c.do(ctx, q)
}

// answered makes a call with a body and reads what it answers. A write whose
// answer cannot be read was taken, but nobody can say as what:
// ErrUnknownOutcome.
func answered[T any](ctx context.Context, c *core, q *request, body any) (T, error) {
	raw, err := c.send(ctx, q, body)
	if err == nil {
		err = c.errorInside(q, raw)
	}
	if err != nil {
		var zero T
		return zero, err
	}
	v, err := Decode[T](raw)
	if err != nil {
		return v, c.odd(q, err.Error())
	}
	return v, nil
}

// bad refuses a call before anything leaves.
func (c *core) bad(q *request, message string) error {
	return c.fail(q, &Error{kind: cordon.ErrBadRequest, Message: message})
}

// odd refuses an answer that is not what was asked for.
func (c *core) odd(q *request, message string) error {
	kind := cordon.ErrMalformed
	if q.write() {
		kind = cordon.ErrUnknownOutcome
	}
	return c.fail(q, &Error{Status: http.StatusOK, kind: kind, Message: message})
}

// read gets one object.
func read[T any](ctx context.Context, c *core, q *request) (T, error) {
	var zero T
	body, err := c.do(ctx, q)
	if err != nil {
		return zero, err
	}
	if strings.HasPrefix(q.partial, "206") {
		return zero, c.partial(q, q.partial)
	}
	if err := c.errorInside(q, body); err != nil {
		return zero, err
	}
	v, err := Decode[T](body)
	if err != nil {
		return v, c.odd(q, err.Error())
	}
	return v, nil
}

// readIf gets one object, which must be the one that was asked for.
func readIf[T any](ctx context.Context, c *core, q *request, is func(T) bool) (T, error) {
	v, err := read[T](ctx, c, q)
	if err == nil && !is(v) {
		err = c.odd(q, "the answer is not what was asked for")
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

// collect reads a whole collection of small things. One that cannot be read
// is an error: no part of it is passed off as the whole.
func collect[T any](ctx context.Context, c *core, q *request) ([]T, error) {
	return collectSome[T](ctx, c, q, 0)
}

// collectSome reads the first items of a collection, or with zero all.
func collectSome[T any](ctx context.Context, c *core, q *request, first int) ([]T, error) {
	var all []T
	for page, err := range c.pages(ctx, q) {
		if err != nil {
			return nil, err
		}
		if page.Skipped > 0 {
			return nil, c.odd(q, "the collection holds what is no object")
		}
		for _, raw := range page.Items {
			v, err := Decode[T](raw)
			if err != nil {
				return nil, c.odd(q, err.Error())
			}
			if all = append(all, v); len(all) == first {
				return all, nil
			}
		}
	}
	return all, nil
}
