package microsoft

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cordonhq/cordon"
)

// write sends a change once. The request id is the caller's, written down
// before the change leaves. When no answer comes back, or the service failed
// while it worked, the error is ErrUnknownOutcome; ErrThrottled and
// ErrUnavailable mean that nothing was done.
func (c *core) write(ctx context.Context, method string, f Family, path string, body any, requestID string) error {
	q := &request{method: method, service: graph, family: f, cost: 1, path: path, requestID: requestID}
	if !cordon.IsGUID(requestID) {
		return c.fail(q, &Error{kind: cordon.ErrBadRequest, Message: "a write needs a GUID as its request id"})
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("microsoft: encode %s: %w", path, err)
		}
		q.body = raw
	}
	_, err := c.do(ctx, q)
	return err
}

// read gets one object.
func read[T any](ctx context.Context, c *core, q *request) (T, error) {
	body, err := c.do(ctx, q)
	if err != nil {
		var zero T
		return zero, err
	}
	v, err := Decode[T](body)
	if err != nil {
		return v, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: err.Error()})
	}
	return v, nil
}

// collect reads a whole collection of small things. One that cannot be read
// is an error: no part of it is passed off as the whole.
func collect[T any](ctx context.Context, c *core, q *request) ([]T, error) {
	var all []T
	for page, err := range c.pages(ctx, q) {
		if err != nil {
			return nil, err
		}
		if page.Skipped > 0 {
			return nil, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "the collection holds what is no object"})
		}
		for _, raw := range page.Items {
			v, err := Decode[T](raw)
			if err != nil {
				return nil, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: err.Error()})
			}
			all = append(all, v)
		}
	}
	return all, nil
}
