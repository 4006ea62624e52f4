package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	pathBatch = "/v1.0/$batch"
	// batchMost is how many calls one request carries.
	//
	// Source: microsoft-graph-docs concepts/json-batching.
	batchMost = 20
)

// A BatchItem is one call to Graph among those of a batch.
type BatchItem struct {
	Method    string  // GET when empty
	URL       string  // escaped path below the version, with its query, such as "/users?$top=5"
	Body      any     // made JSON; nil for none
	RequestID string  // a GUID, for writes
	Cost      float64 // in units of its family; 1 when zero
}

// A BatchResult is what became of one call.
type BatchResult struct {
	Status int             // HTTP status; zero when no answer came
	Body   json.RawMessage // of a success, as it came
	Err    error           // of the same kinds as that of a call alone
}

// Batch makes many calls in few requests, and returns the result of each in
// their order. The service works them off in any order. Each call pays its own
// family's budget before it leaves, and is one of the calls under way until
// the answer comes, so a batch is as slow as its calls, and saves round trips
// alone. Reads that fail for a moment are repeated; a write
// leaves once. The error is of a list that is refused as a whole, of which
// nothing leaves.
//
// Wire:  POST /$batch
// Needs: the permissions of its calls
func (c *Client) Batch(ctx context.Context, items []BatchItem) ([]BatchResult, error) {
	calls := make([]*batchCall, 0, len(items))
	for i, item := range items {
		call, err := item.call()
		if err == nil && call.q.write() && !cordon.IsGUID(item.RequestID) {
			err = errors.New("a write needs a GUID as its request id")
		}
		if err != nil {
			return nil, c.bad(&request{method: http.MethodPost, path: pathBatch}, fmt.Sprintf("call %d of the batch: %v", i+1, err))
		}
		calls = append(calls, call)
	}
	c.runBatch(ctx, calls)
	results := make([]BatchResult, 0, len(calls))
	for _, call := range calls {
		results = append(results, call.result)
	}
	return results, nil
}

// A batchCall is one call on its way.
type batchCall struct {
	q      *request
	url    string // as the batch names it
	a      attempt
	result BatchResult
}

// runBatch makes requests until every call has its result.
func (c *core) runBatch(ctx context.Context, queue []*batchCall) {
	queue = slices.DeleteFunc(slices.Clone(queue), func(call *batchCall) bool {
		call.a.prio = priorityOf(ctx)
		call.result.Err = c.offered(call.q)
		return call.result.Err != nil
	})
	for len(queue) > 0 {
		var now []*batchCall
		if now, queue = c.admit(ctx, queue); len(now) == 0 {
			continue // one gave up waiting
		}
		c.sendBatch(ctx, now)
		for _, call := range now {
			c.gate(call).leave()
		}
		queue = append(queue, c.repeated(ctx, now)...)
	}
}

// admit takes places and pays for the calls that may leave now, and returns the others, too.
// When none may, it waits for the one that must wait longest: the others need
// not ask again in between.
func (c *core) admit(ctx context.Context, queue []*batchCall) (now, later []*batchCall) {
	now, later = c.admitFree(queue, batchMost)
	if len(now) > 0 {
		return now, later
	}
	last := slices.MaxFunc(later, func(x, y *batchCall) int { return int(c.wait(x) - c.wait(y)) })
	later = slices.DeleteFunc(later, func(call *batchCall) bool { return call == last })
	if err := c.await(ctx, last.q, c.gate(last), &last.a); err != nil {
		if last.result.Err == nil || ctx.Err() != nil { // else the service's own error says more
			last.result.Err = err
		}
		return nil, later
	}
	more, later := c.admitFree(later, batchMost-1)
	return append(more, last), later
}

// gate is where the calls of the same family under way at once are counted.
func (c *core) gate(call *batchCall) *gate { return c.account.bucket(call.q.family).gate }

// goes takes a place for a call and pays for it, or neither.
func (c *core) goes(call *batchCall) bool {
	g := c.gate(call)
	if !g.try(call.a.prio) {
		return false
	}
	paid := c.pay(call.q.family, call.q.cost, call.a.prio, c.hub.now()) <= 0
	if !paid {
		g.leave()
	}
	return paid
}

// admitFree pays for those calls that need not wait.
func (c *core) admitFree(queue []*batchCall, most int) (now, later []*batchCall) {
	for _, call := range queue {
		if len(now) < most && c.goes(call) {
			now = append(now, call)
		} else {
			later = append(later, call)
		}
	}
	return now, later
}

// wait returns how long a call must wait.
func (c *core) wait(call *batchCall) time.Duration {
	return c.due(call.q.family, call.a.prio, c.hub.now())
}

// repeated returns the reads that are worth another try, after a pause if the
// service named no time.
func (c *core) repeated(ctx context.Context, calls []*batchCall) []*batchCall {
	var again []*batchCall
	pause := time.Duration(0)
	for _, call := range calls {
		var e *Error
		if !errors.As(call.result.Err, &e) || call.q.write() || e.late || ctx.Err() != nil {
			continue
		}
		switch throttled := errors.Is(e, cordon.ErrThrottled) || e.RetryAfter > 0; {
		case throttled && call.a.prio == PriorityPoll, !throttled && !errors.Is(e, cordon.ErrUnavailable), call.a.quick >= quickRetries:
			continue
		case !throttled:
			pause = max(pause, c.hub.pause(call.a.quick+1))
		}
		call.a.quick++
		again = append(again, call)
	}
	if pause > 0 && c.hub.sleep(ctx, pause) != nil {
		return nil
	}
	return again
}
