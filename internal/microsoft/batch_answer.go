package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/cordonhq/cordon"
)

// A batchEntry is one call in a batch.
type batchEntry struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

// sendBatch makes one request of calls that have paid, and gives each its
// result. The request itself is never repeated here, except when its token is
// refused, which says that nothing was done.
func (c *core) sendBatch(ctx context.Context, calls []*batchCall) {
	q := &request{method: http.MethodPost, service: graph, family: calls[0].q.family, path: pathBatch}
	entries := make([]batchEntry, 0, len(calls))
	for i, call := range calls {
		entries = append(entries, call.entry(i))
		if q.requestID == "" {
			q.requestID = call.q.requestID
		}
	}
	var err error
	if q.body, err = json.Marshal(map[string][]batchEntry{"requests": entries}); err != nil {
		give(calls, func(call *batchCall) error { return c.bad(call.q, err.Error()) })
		return
	}
	t, body, err := c.exchangeBatch(ctx, q)
	if err != nil {
		c.refusedAll(calls[1:], err)
		give(calls, func(call *batchCall) error { return c.share(call.q, err) })
		return
	}
	c.deal(calls, t, body)
}

func (call *batchCall) entry(i int) batchEntry {
	headers := map[string]string{"Prefer": "include-unknown-enum-members"}
	if call.q.requestID != "" {
		headers["client-request-id"] = call.q.requestID
	}
	if call.q.body != nil {
		headers["Content-Type"] = "application/json"
	}
	return batchEntry{ID: strconv.Itoa(i + 1), Method: call.q.method, URL: call.url, Headers: headers, Body: call.q.body}
}

// exchangeBatch sends the request, which its calls have paid for.
func (c *core) exchangeBatch(ctx context.Context, q *request) (*token, []byte, error) {
	a := attempt{prio: priorityOf(ctx)}
	for {
		body, err := c.once(ctx, q, &a)
		var e *Error
		if err == nil || !errors.As(err, &e) || !c.again(ctx, q, e, &a) {
			return a.token, body, err
		}
	}
}

// refusedAll closes the budgets of calls whose batch was refused as a whole. That of
// the first call was closed with the request.
func (c *core) refusedAll(calls []*batchCall, err error) {
	var e *Error
	if !errors.As(err, &e) || e.Status == 0 || !errors.Is(e, cordon.ErrThrottled) && e.RetryAfter == 0 {
		return
	}
	var closed [families]bool
	for _, call := range calls {
		if f := call.q.family; !closed[f] {
			c.refused(f, e)
			closed[f] = true
		}
	}
}

// give gives every call an error.
func give(calls []*batchCall, err func(*batchCall) error) {
	for _, call := range calls {
		call.result = BatchResult{Err: err(call)}
	}
}

// share makes the error of a call whose batch failed. What is unknown of the
// batch is unknown of its writes alone: a read did nothing, and may be asked
// again.
func (c *core) share(q *request, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	mine := *e
	if mine.kind = e.Kind(); errors.Is(e, cordon.ErrUnknownOutcome) && !q.write() {
		mine.kind = cordon.ErrUnavailable
	}
	return c.fail(q, &mine)
}

// A batchAnswer is the result of one call. The services write ids as text; a
// number is read, too.
type batchAnswer struct {
	ID      Text            `json:"id"`
	Status  int             `json:"status"`
	Headers map[string]Text `json:"headers"`
	Body    json.RawMessage `json:"body"`
}

// deal gives each call the answer that carries its id, whatever their order.
// A call that is left out, or answered twice, has none.
func (c *core) deal(calls []*batchCall, t *token, body []byte) {
	answers, err := batchAnswers(body)
	if err != nil {
		give(calls, func(call *batchCall) error { return c.odd(call.q, err.Error()) })
		return
	}
	for i, call := range calls {
		switch found := answers[Text(strconv.Itoa(i+1))]; len(found) {
		case 1:
			call.result = c.judgeItem(call.q, t, found[0])
		case 0:
			kind := cordon.ErrUnavailable
			if call.q.write() {
				kind = cordon.ErrUnknownOutcome
			}
			call.result = BatchResult{Err: c.fail(call.q, &Error{kind: kind, Message: "the answer of the batch leaves this call out"})}
		default:
			call.result = BatchResult{Err: c.odd(call.q, "the answer of the batch holds two answers to this call")}
		}
	}
}

// batchAnswers reads the answer of a batch, by id.
func batchAnswers(body []byte) (map[Text][]batchAnswer, error) {
	answer, err := Decode[struct {
		Responses []json.RawMessage `json:"responses"`
	}](body)
	switch {
	case err != nil:
		return nil, err
	case answer.Responses == nil:
		return nil, errors.New("the answer of the batch holds no responses")
	}
	found := map[Text][]batchAnswer{}
	for _, raw := range answer.Responses {
		if a, err := Decode[batchAnswer](raw); err == nil {
			found[a.ID] = append(found[a.ID], a) // one that cannot be read is left out, and so missing
		}
	}
	return found, nil
}

// judgeItem judges one answer as that of a call alone, and notes in the call's
// own budget what it says.
func (c *core) judgeItem(q *request, t *token, a batchAnswer) BatchResult {
	switch {
	case a.Status >= 200 && a.Status < 300:
		c.account.bucket(q.family).served()
		return BatchResult{Status: a.Status, Body: a.Body}
	case a.Status < 400 || a.Status > 599:
		return BatchResult{Status: a.Status, Err: c.odd(q, "a status that no call answers with")}
	}
	resp := &http.Response{StatusCode: a.Status, Header: http.Header{}}
	for name, value := range a.Headers {
		resp.Header.Set(name, string(value))
	}
	e := c.fail(q, q.settle(c.answerError(t, resp, a.Body)))
	if errors.Is(e, cordon.ErrThrottled) || e.RetryAfter > 0 {
		c.refused(q.family, e)
	}
	return BatchResult{Status: a.Status, Err: e}
}
