package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	batchPath = "/v1.0/$batch"
	maxBatch  = 20 // requests in one batch
)

// A batchItem is one request of a batch.
type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batch answers many requests in one. Every item goes the way of a request of
// its own: faults, ledger, throttles and permissions. Each is answered by
// itself, so the batch as a whole fails only when it cannot be read.
func (c *Cloud) batch(x *exchange) (answer, error) {
	if err := x.alive(); err != nil {
		return answer{}, err
	}
	if x.request.Method != http.MethodPost {
		return answer{}, refuse(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	}
	items, err := readBatch(x.body)
	if err != nil {
		return answer{}, badRequest("Invalid batch payload: " + err.Error() + ".")
	}
	failed, answers := map[string]bool{}, []*object{}
	for _, it := range items {
		dead := slices.ContainsFunc(it.DependsOn, func(id string) bool { return failed[id] })
		s := c.serveItem(x, it, dead)
		failed[it.ID] = s.status >= http.StatusBadRequest
		answers = append(answers, s.answer(it.ID))
	}
	c.shuffle(answers)
	return answer{body: encode(newObject("responses", answers))}, nil
}

// readBatch reads a batch and puts every item after those it depends on.
func readBatch(body []byte) ([]batchItem, error) {
	var in struct {
		Requests []batchItem `json:"requests"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, errors.New("the body is not an object with 'requests'")
	}
	if n := len(in.Requests); n == 0 || n > maxBatch {
		return nil, fmt.Errorf("a batch holds 1 to %d requests, not %d", maxBatch, n)
	}
	seen := map[string]bool{}
	for _, it := range in.Requests {
		if err := it.check(); err != nil {
			return nil, err
		}
		if seen[it.ID] {
			return nil, fmt.Errorf("the id '%s' is not unique", it.ID)
		}
		seen[it.ID] = true
	}
	return inOrder(in.Requests)
}

// check refuses items that could not be served.
func (it batchItem) check() error {
	path, _, _ := strings.Cut(strings.TrimPrefix(it.URL, "/"), "?")
	switch {
	case it.ID == "":
		return errors.New("a request has no id")
	case !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}, it.Method):
		return fmt.Errorf("the method '%s' of request '%s' is not known", it.Method, it.ID)
	case path == "" || strings.Contains(path, "://"):
		return fmt.Errorf("the url of request '%s' is not relative", it.ID)
	case path == "$batch":
		return fmt.Errorf("request '%s' is a batch itself", it.ID)
	case it.Body != nil && string(it.Body) != "null" && !it.hasType():
		return fmt.Errorf("request '%s' has a body and no Content-Type", it.ID)
	}
	return nil
}

func (it batchItem) hasType() bool {
	for name := range it.Headers {
		if strings.EqualFold(name, "Content-Type") {
			return true
		}
	}
	return false
}

// inOrder sorts items so that each comes after those it depends on, and
// otherwise leaves them as they are.
func inOrder(items []batchItem) ([]batchItem, error) {
	var out []batchItem
	done := map[string]bool{}
	for len(items) > 0 {
		ready := func(it batchItem) bool {
			return !slices.ContainsFunc(it.DependsOn, func(id string) bool { return !done[id] })
		}
		i := slices.IndexFunc(items, ready)
		if i < 0 {
			return nil, fmt.Errorf("request '%s' depends on one that does not exist, or on itself", items[0].ID)
		}
		done[items[i].ID] = true
		out = append(out, items[i])
		items = slices.Delete(items, i, i+1)
	}
	return out, nil
}
