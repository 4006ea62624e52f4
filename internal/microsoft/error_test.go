package microsoft

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// An error is one line of bounded length, however hostile the answer.
func TestErrorIsOneBoundedLine(t *testing.T) {
	t.Parallel()
	hostile := "line\r\nlevel=INFO msg=forged\x1b[31m\u202Egpj.exe\u2066\u200b\x00\u2028end " + strings.Repeat("ж", 10_000)
	f := newFake(t, refuse(403, "Code\n"+hostile, hostile))
	_, err := f.client(t, Options{}).Users.Get(t.Context(), userID)
	text := err.Error()
	if len(text) > 700 || strings.ContainsAny(text, "\r\n\x1b\x00\u202e\u2066\u200b\u2028") {
		t.Errorf("%d bytes: %q", len(text), text)
	}
	if !strings.HasPrefix(text, "microsoft: GET /v1.0/users/"+userID+": 403 Code line level=INFO") || !strings.HasSuffix(text, "… (request inner-1)") {
		t.Errorf("got %q", text)
	}
}

// The id that support asks for is found, wherever it stands.
func TestRequestIDIsFound(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"error":{"code":"a","message":"b","innerError":{"request-id":"i1"}}}`:               "i1",
		`{"error":{"code":"a","message":"b","innererror":{"requestId":"i2","date":"x"}}}`:     "i2",
		`{"error":{"code":"a","message":"b","innerError":null,"target":"t1"}}`:                "req-1",
		`{"error":{"code":"a","message":"b","innerError":{"innerError":{"request-id":"x"}}}}`: "req-1",
	} {
		f := newFake(t, say(400, body))
		_, err := f.client(t, Options{}).Users.Get(t.Context(), userID)
		var e *Error
		if !errors.As(err, &e) || e.RequestID != want || e.Code != "a" || e.Tenant != tenantID || e.Method != "GET" {
			t.Errorf("%s: got %+v", body, e)
		}
	}
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		_, _ = w.Write([]byte(`{"error":{"code":"ResourceNotFound","message":"Machine 1 was not found","target":"t1"}}`))
	})
	_, err := f.client(t, Options{}).Endpoint.Machine(t.Context(), "1")
	var e *Error
	if !errors.As(err, &e) || e.RequestID != "t1" || !errors.Is(err, cordon.ErrNotFound) {
		t.Errorf("got %+v", e)
	}
}

// An Error that somebody else builds has a kind, too.
func TestErrorKinds(t *testing.T) {
	t.Parallel()
	for want, e := range map[error]*Error{
		cordon.ErrThrottled:      {Status: 429, Method: "GET", RetryAfter: time.Second},
		cordon.ErrUnknownOutcome: {Status: 502, Method: "PATCH"},
		cordon.ErrUnavailable:    {Status: 502, Method: "GET"},
		cordon.ErrConflict:       {Status: 400, Method: "POST", Message: "Action is already in progress"},
		cordon.ErrNotFound:       {Status: 404},
	} {
		if !errors.Is(e, want) || errors.Is(e, cordon.ErrGone) || e.Is(nil) {
			t.Errorf("%v is not %v", e, want)
		}
	}
	if (&Error{}).Kind() != nil {
		t.Error("an error without anything has a kind")
	}
}

func TestUserPath(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		userID:                    "/v1.0/users/" + userID,
		"ada@contoso.com":         "/v1.0/users/ada@contoso.com",
		"$ada@contoso.com":        "/v1.0/users('$ada@contoso.com')",
		"a#EXT#@contoso.com":      "/v1.0/users('a%23EXT%23@contoso.com')",
		"o'neil#EXT#@contoso.com": "/v1.0/users('o%27%27neil%23EXT%23@contoso.com')",
		"o'neil@contoso.com":      "/v1.0/users/o%27neil@contoso.com",
		"a?b=c&d@contoso.com":     "/v1.0/users/a%3Fb=c&d@contoso.com",
		"ä b%2f@contoso.com":      "/v1.0/users/%C3%A4%20b%252f@contoso.com",
		"":                        "", ".": "", "..": "", "a/b": "", `a\b`: "", "a\nb": "", "a\x00": "", "\xff": "", strings.Repeat("a", 513): "",
	} {
		got, ok := userPath(id)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%.40q: got %q, %v; want %q", id, got, ok, want)
		}
		if u, err := url.Parse("https://h" + got); ok && (err != nil || u.EscapedPath() != got || u.Host != "h" || u.RawQuery != "") {
			t.Errorf("%q does not survive a URL: %v", got, err)
		}
	}
}
