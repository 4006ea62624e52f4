package microsoft

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
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
}

// get returns the read of a path.
func get(s service, f Family, cost float64, path, query string) *request {
	return &request{method: http.MethodGet, service: s, family: f, cost: cost, path: path, query: query}
}

func (q *request) write() bool { return q.method != http.MethodGet }

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
	if q.write() || q.eventual || q.text {
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
	if q.write() {
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
