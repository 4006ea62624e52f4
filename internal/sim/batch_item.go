package sim

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveItem answers one item as if it had come by itself, or refuses it
// because one that it depends on has failed.
func (c *Cloud) serveItem(x *exchange, it batchItem, dead bool) *slip {
	s := &slip{header: http.Header{}, batch: x.writer}
	r, err := it.request(x)
	if err != nil {
		s.status = http.StatusBadRequest
		_, _ = s.body.Write(x.refused(badRequest("The url is malformed.")).body) // a buffer takes everything
		return s
	}
	if !dead {
		c.serveGraph(s, r)
		return s
	}
	item := c.open(serviceGraph, s, r)
	_, _ = item.readBody(), item.identify() // the batch has been through both
	item.run(func() (answer, error) {
		return answer{}, refuse(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on has failed.")
	})
	return s
}

// request turns an item into a request of the batch's own caller. No other
// header of the batch is the item's.
func (it batchItem) request(x *exchange) (*http.Request, error) {
	body := []byte(it.Body)
	if string(body) == "null" {
		body = nil
	}
	address, err := url.Parse(x.cloud.info.GraphURL + "/v1.0/" + strings.TrimPrefix(it.URL, "/"))
	if err != nil {
		return nil, fmt.Errorf("read the url of an item: %w", err)
	}
	r := *x.request
	r.Method, r.URL, r.Header = it.Method, address, http.Header{}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if x.entry.ClientRequestID != "" {
		r.Header.Set("client-request-id", x.entry.ClientRequestID)
	}
	for name, v := range it.Headers {
		r.Header.Set(name, v)
	}
	r.Header.Set("Authorization", x.request.Header.Get("Authorization"))
	return &r, nil
}

// shuffle brings the answers of a batch into an order that depends on the
// seed and is never that of the requests.
func (c *Cloud) shuffle(answers []*object) {
	before := slices.Clone(answers)
	key := func(o *object) string { return seededHex(c.opts.Seed, 16, "batch", o.text("id")) }
	slices.SortStableFunc(answers, func(a, b *object) int { return cmp.Compare(key(a), key(b)) })
	if slices.Equal(before, answers) {
		slices.Reverse(answers)
	}
}

// A slip takes the answer of one item. Hanging up hangs up on the whole batch.
type slip struct {
	status int
	header http.Header
	body   bytes.Buffer
	batch  http.ResponseWriter
}

func (s *slip) Header() http.Header         { return s.header }
func (s *slip) Write(b []byte) (int, error) { return s.body.Write(b) }
func (s *slip) WriteHeader(status int)      { s.status = status }
func (s *slip) Unwrap() http.ResponseWriter { return s.batch }

// answer writes an item's answer in the envelope of a batch. A body that is
// not JSON travels as base64.
func (s *slip) answer(id string) *object {
	header := map[string]string{}
	for name := range s.header {
		if name != "Date" && name != "Content-Length" {
			header[name] = s.header.Get(name)
		}
	}
	out := newObject("id", id, "status", cmp.Or(s.status, http.StatusBadGateway), "headers", header)
	switch body := s.body.Bytes(); {
	case len(body) == 0:
	case json.Valid(body):
		out.set("body", json.RawMessage(body))
	default:
		out.set("body", base64.StdEncoding.EncodeToString(body))
	}
	return out
}
