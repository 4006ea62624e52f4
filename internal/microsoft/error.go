package microsoft

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// An Error is a call to Microsoft that gave no usable answer. Callers ask for
// its kind with errors.Is and the kinds of the root package.
type Error struct {
	Status     int           // HTTP status; zero when no answer came
	Code       string        // service code, such as "Authorization_RequestDenied"
	Message    string        // the service's own words, or ours when it had none; hostile text
	RequestID  string        // what Microsoft support asks for
	RetryAfter time.Duration // how long to wait; zero when nobody named a time
	Method     string        // HTTP method
	Path       string        // escaped path, without the query
	Tenant     string        // directory id

	kind   error  // set when status and code do not tell it
	cause  error  // what went wrong underneath; nil for an answer
	late   bool   // it took its time; to ask again would take as long
	claims string // that the next token must satisfy; of a 401
	scope  string // whose limit was met; of a 429
	unsent bool   // no request was made: there is nothing to name but what was in the way
}

// Error is one line of bounded length, whatever the service sent.
func (e *Error) Error() string {
	if e.unsent {
		return clean(e.Message, 300)
	}
	parts := []string{"microsoft", e.Method + " " + clean(e.Path, 120)}
	if e.Status != 0 {
		parts = append(parts, strings.TrimSpace(strconv.Itoa(e.Status)+" "+clean(e.Code, 80)))
	}
	if words := e.words(); words != "" {
		parts = append(parts, words)
	}
	text := strings.Join(parts, ": ")
	if e.RequestID != "" {
		text += " (request " + clean(e.RequestID, 64) + ")"
	}
	return text
}

// words are the service's, or the kind and the cause when it had none.
func (e *Error) words() string {
	text := e.Message
	if text == "" && e.cause != nil {
		text = e.cause.Error()
	}
	if kind := e.Kind(); e.Status == 0 && kind != nil {
		text = strings.TrimSuffix(kind.Error()+": "+text, ": ")
	}
	return clean(text, 300)
}

// Is lets callers ask what went wrong without knowing HTTP.
func (e *Error) Is(target error) bool { return target != nil && target == e.Kind() }

// Unwrap returns what went wrong underneath, such as the end of a context.
func (e *Error) Unwrap() error { return e.cause }

// Kind returns the kind of the root package, or nil for a call that the
// caller itself broke off.
func (e *Error) Kind() error {
	return cmp.Or(e.kind, kindOf(e))
}

// kindOf judges an answer by status, and by code and words where they are
// ambiguous.
func kindOf(e *Error) error {
	words := strings.ToLower(e.Message)
	switch kind := lackOf(e); {
	case kind != nil:
		return kind
	case e.Status == http.StatusBadRequest && (strings.Contains(words, "policies are enabled") || strings.Contains(words, "already in progress")):
		return cordon.ErrConflict
	case e.Status >= 500 || e.Status == http.StatusRequestTimeout:
		if e.Method != http.MethodGet {
			return cordon.ErrUnknownOutcome // it may have been done
		}
		return cordon.ErrUnavailable
	}
	return kindOfStatus(e.Status)
}

func kindOfStatus(status int) error {
	switch status {
	case 0:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusPaymentRequired:
		return cordon.ErrDenied
	case http.StatusNotFound:
		return cordon.ErrNotFound
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusLocked:
		return cordon.ErrConflict
	case http.StatusTooManyRequests:
		return cordon.ErrThrottled
	}
	if status < 400 {
		return cordon.ErrMalformed
	}
	return cordon.ErrBadRequest
}
