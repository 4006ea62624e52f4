package microsoft

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/cordonhq/cordon"
)

// partialWords returns why an answer is not complete, as its status and its
// headers say, or "". Graph answers so when one of the products behind a list
// did not answer in time.
//
// Source: microsoft-graph-docs#4184; RFC 9110 and RFC 9111 for the header.
func partialWords(resp *http.Response) string {
	warning := clean(strings.Join(resp.Header.Values("Warning"), "; "), 300)
	switch {
	case resp.StatusCode == http.StatusPartialContent && warning == "":
		return "206 Partial Content"
	case resp.StatusCode == http.StatusPartialContent:
		return "206 Partial Content: " + warning
	case warning != "":
		return "Warning: " + warning
	}
	return ""
}

// partial makes the error of an answer that is not complete.
func (c *core) partial(q *request, words string) *Error {
	return c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrPartial, Message: "the answer is not complete: " + words})
}

// errorWords returns code and words of an error beside what an answer of
// success carries, or "".
func errorWords(body []byte) (code, words string) {
	if !bytes.Contains(body, []byte(`"error"`)) {
		return "", ""
	}
	inside, err := Decode[struct {
		Error *struct {
			Code    Text `json:"code"`
			Message Text `json:"message"`
		} `json:"error"`
	}](body)
	if err != nil || inside.Error == nil {
		return "", ""
	}
	code, words = clean(string(inside.Error.Code), 80), clean(string(inside.Error.Message), 300)
	return code, strings.Trim(code+": "+words, ": ")
}

// errorInside returns an error when the answer of success to a call carries an
// error of the service.
func (c *core) errorInside(q *request, body []byte) error {
	code, words := errorWords(body)
	if words == "" {
		return nil
	}
	kind := cordon.ErrMalformed
	if q.write() {
		kind = cordon.ErrUnknownOutcome
	}
	return c.fail(q, &Error{Status: http.StatusOK, Code: code, kind: kind, Message: "answered as a success, with an error inside: " + words})
}
