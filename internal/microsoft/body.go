package microsoft

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	// bodyCeiling bounds the body of an answer. The largest pages asked for
	// are 500 items of at most some 20 kB.
	bodyCeiling = 16 << 20
	// errorCeiling bounds the body of an error, of which some hundred bytes
	// are ever used.
	errorCeiling = 64 << 10
)

var errHuge = errors.New("the answer is larger than")

// byteOrderMark is what some services and proxies put before JSON.
var byteOrderMark = []byte("\xef\xbb\xbf")

// readBody reads the body of an answer and closes it, without a byte-order
// mark. Of one that is larger than most it reads no more than needed to know.
func readBody(resp *http.Response, most int64) ([]byte, error) {
	body, err := readAll(resp, most)
	return bytes.TrimPrefix(body, byteOrderMark), err
}

func readAll(resp *http.Response, most int64) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	ceiling := most
	if resp.StatusCode >= 300 {
		ceiling = errorCeiling
	}
	size := resp.ContentLength
	if size > ceiling && resp.StatusCode < 300 {
		return nil, huge(most)
	}
	if size >= 0 && size <= ceiling {
		body := make([]byte, size)
		n, err := io.ReadFull(resp.Body, body)
		return body[:n], err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, ceiling+1))
	if err == nil && int64(len(body)) > ceiling {
		return body[:ceiling], huge(most)
	}
	return body, err
}

func huge(most int64) error { return fmt.Errorf("%w %d MiB", errHuge, most>>20) }
