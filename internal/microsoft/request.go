package microsoft

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// A request is one call as its resource method wants it.
type request struct {
	method    string
	service   service
	family    Family
	cost      float64 // in units of the family
	path      string  // escaped, with the version
	query     string  // escaped
	body      []byte  // JSON, for writes
	requestID string  // a GUID, for writes
	eventual  bool    // ask with ConsistencyLevel: eventual
	text      bool    // the answer is plain text
	question  bool    // it changes nothing, although it is a POST

	patience time.Duration // longest time for one exchange, when that is more than the hub's
	most     int64         // largest body of an answer; zero: bodyCeiling

	partial string // why the last answer to a read is not complete, as its headers say; "" when they do not
}

// get returns the read of a path.
func get(s service, f Family, cost float64, path, query string) *request {
	return &request{method: http.MethodGet, service: s, family: f, cost: cost, path: path, query: query}
}

// edit returns the write of a path. The request id is the caller's, written
// down before the change leaves.
func edit(method string, s service, f Family, path, requestID string) *request {
	return &request{method: method, service: s, family: f, cost: 1, path: path, requestID: requestID}
}

// ask returns a read whose question is too long for a query.
func ask(f Family, cost float64, path string) *request {
	return &request{method: http.MethodPost, service: graph, family: f, cost: cost, path: path, question: true}
}

func (q *request) write() bool { return q.method != http.MethodGet && !q.question }

// settle tells the failure of a read from that of a write: whatever its
// method, a call that changes nothing has no outcome to be unknown.
func (q *request) settle(e *Error) *Error {
	if !q.write() && e.kind == nil && (e.Status >= 500 || e.Status == http.StatusRequestTimeout) {
		e.kind = cordon.ErrUnavailable
	}
	return e
}

// http builds the request for the wire. The URL is never parsed from text, so
// nothing in a path can turn it to another host.
func (q *request) http(ctx context.Context, h host, t *token) (*http.Request, error) {
	var body io.Reader
	if q.body != nil {
		body = bytes.NewReader(q.body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, h.base, body)
	if err != nil {
		return nil, err
	}
	req.URL.Path, req.URL.RawQuery = q.path, q.query
	if strings.IndexByte(q.path, '%') >= 0 {
		if req.URL.Path, err = url.PathUnescape(q.path); err != nil {
			return nil, err
		}
		req.URL.RawPath = q.path
	}
	req.Header = t.header
	if q.body != nil || q.write() || q.eventual || q.text {
		req.Header = q.header(t)
	}
	return req, nil
}

// header returns the headers of a call that needs more than those which the
// reads of a token share.
func (q *request) header(t *token) http.Header {
	h := t.header.Clone()
	if q.text {
		h.Set("Accept", "text/plain")
	}
	if q.eventual {
		h.Set("ConsistencyLevel", "eventual")
	}
	if q.requestID != "" {
		h.Set("Client-Request-Id", q.requestID)
	}
	if q.body != nil {
		h.Set("Content-Type", "application/json")
	}
	return h
}

// sharedHeader returns the headers of every read with that bearer token. It
// is built once for a token and never changed.
func sharedHeader(s service, bearer, userAgent string) http.Header {
	h := http.Header{
		"Authorization": {"Bearer " + bearer},
		"Accept":        {"application/json"},
		"User-Agent":    {userAgent},
	}
	if s == graph {
		// Without it newer values of an enum come as "unknownFutureValue".
		h.Set("Prefer", "include-unknown-enum-members")
	}
	return h
}
