package microsoft

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// Whatever is not the collection that was asked for is an error, and never an
// empty list.
// It is long because every such answer is a row of it.
func TestNoAnswerIsNoEmptyList(t *testing.T) {
	t.Parallel()
	big := `{"value":[{"id":"` + strings.Repeat("x", 1<<20) + `"}`
	tests := map[string]struct {
		api  http.HandlerFunc
		want error
		n    int // requests
	}{
		"html":           {say(200, "<!DOCTYPE html><h1>Sign in</h1>"), cordon.ErrMalformed, 1},
		"empty body":     {say(200, ""), cordon.ErrMalformed, 1},
		"no content":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, cordon.ErrMalformed, 1},
		"truncated":      {say(200, `{"value":[{"id":"1"},{"i`), cordon.ErrMalformed, 1},
		"no value":       {say(200, `{"@odata.context":"x"}`), cordon.ErrMalformed, 1},
		"null value":     {say(200, `{"value":null}`), cordon.ErrMalformed, 1},
		"value no array": {say(200, `{"value":{}}`), cordon.ErrMalformed, 1},
		"an array":       {say(200, `[]`), cordon.ErrMalformed, 1},
		"an error in ok": {say(200, `{"error":{"code":"x"}}`), cordon.ErrMalformed, 1},
		"two answers":    {say(200, `{"value":[]}{"value":[]}`), cordon.ErrMalformed, 1},
		"link no text":   {say(200, `{"value":[],"@odata.nextLink":7}`), cordon.ErrMalformed, 1},
		"deep":           {say(200, `{"value":[`+strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)+`]}`), cordon.ErrMalformed, 1},
		"deep elsewhere": {say(200, `{"x":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`,"value":[]}`), cordon.ErrMalformed, 1},
		"very deep":      {say(200, `{"value":`+strings.Repeat("[", 1<<20)), cordon.ErrMalformed, 1},
		"huge, announced": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "60000000")
			w.WriteHeader(200)
		}, cordon.ErrMalformed, 1},
		"huge, streamed": {func(w http.ResponseWriter, _ *http.Request) {
			for range 64 {
				if _, err := w.Write([]byte(big)); err != nil {
					return
				}
			}
		}, cordon.ErrMalformed, 1},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"value":[`))
		}, cordon.ErrUnavailable, 3},
		"hung up":             {func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, cordon.ErrUnavailable, 4}, // net/http tries a kept connection twice
		"hangs":               {hang, cordon.ErrUnavailable, 1},
		"500":                 {refuse(500, "UnknownError", "x"), cordon.ErrUnavailable, 3},
		"502 of a gateway":    {say(502, "<html>"), cordon.ErrUnavailable, 3},
		"403 no permission":   {refuse(403, "Forbidden", "You cannot perform the requested operation, required scopes are missing in the token."), cordon.ErrDenied, 1},
		"403 a licence role":  {refuse(403, "Forbidden", "Missing application roles. API required roles: LicenseAssignment.Read.All, application roles: ."), cordon.ErrDenied, 1},
		"403 not provisioned": {refuse(403, "Forbidden", "Unauthorized request - Account is not provisioned."), cordon.ErrNotProvisioned, 1},
		"401 not provisioned": {refuse(401, "Unauthorized", "Account is not provisioned."), cordon.ErrNotProvisioned, 1},
		"403 switched off":    {refuse(403, "DisabledFeature", "x"), cordon.ErrDenied, 1},
		"401 for good":        {refuse(401, "InvalidAuthenticationToken", "x"), cordon.ErrDenied, 2},
		"404":                 {refuse(404, "ResourceNotFound", "x"), cordon.ErrNotFound, 1},
		"404 from elsewhere":  {say(404, "<html>nothing here"), cordon.ErrMalformed, 1},
		"400":                 {refuse(400, "BadRequest", "x"), cordon.ErrBadRequest, 1},
		"400 from elsewhere":  {say(400, ""), cordon.ErrMalformed, 1},
		"410":                 {refuse(410, "resyncRequired", "x"), cordon.ErrBadRequest, 1},
		"429 for a minute":    {retryIn("60"), cordon.ErrThrottled, 1},
		"503 for a minute": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			graphError(w, 503, "x", "y")
		}, cordon.ErrUnavailable, 1},
		"odd error":            {say(500, `{"error":"x"}`), cordon.ErrUnavailable, 3},
		"error of other types": {say(403, `{"error":{"code":5,"message":{"a":1},"innerError":"x"}}`), cordon.ErrDenied, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, tt.api)
			c := f.client(t, Options{})
			if err := c.CheckToken(t.Context(), ResourceGraph); err != nil {
				t.Fatal(err)
			}
			if name == "hangs" {
				c.hub.timeout = 3 * time.Second
			}
			start := f.now()
			items, _, err := drain(c.Alerts.List(t.Context(), time.Time{}))
			if !errors.Is(err, tt.want) || len(items) != 0 {
				t.Errorf("got %d items, error %v; want %v", len(items), err, tt.want)
			}
			if f.count() != tt.n {
				t.Errorf("%d requests, want %d", f.count(), tt.n)
			}
			if waited := f.now().Sub(start); waited > 8*time.Second {
				t.Errorf("waited %s", waited)
			}
		})
	}
}

func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) }
}

func refuse(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { graphError(w, status, code, message) }
}

func retryIn(header string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", header)
		graphError(w, 429, "TooManyRequests", "Please retry again later.")
	}
}

// A page keeps every object as it came, and counts what is none.
func TestPageKeepsItems(t *testing.T) {
	t.Parallel()
	body := `{"a":[1],"value":[{"id":"1","n":90071992547409931},null,{"id":"2","id":"3"},7,[],"x",{"t":"` + "\xff" + `"}],"@odata.nextLink":null}`
	f := newFake(t, say(200, body))
	items, skipped, err := drain(f.client(t, Options{}).Alerts.List(t.Context(), time.Time{}))
	want := []string{`{"id":"1","n":90071992547409931}`, `{"id":"2","id":"3"}`, `{"t":"` + "\xff" + `"}`}
	if err != nil || skipped != 4 || strings.Join(items, " ") != strings.Join(want, " ") {
		t.Errorf("got %q, %d skipped, error %v", items, skipped, err)
	}
}

// A reader may stop in the middle of a walk.
func TestWalkStops(t *testing.T) {
	t.Parallel()
	var f *fake
	f = newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, `{"value":[{}],"@odata.nextLink":"`+f.URL+pathAlerts+`?a=1"}`)
	})
	for range f.client(t, Options{}).Alerts.List(t.Context(), time.Time{}) {
		break
	}
	if f.count() != 1 {
		t.Errorf("%d requests", f.count())
	}
}

// Defender promises no next links: a full page is followed by asking for what
// comes after it.
func TestEndpointPagesBySkip(t *testing.T) {
	t.Parallel()
	full := `{"value":[` + strings.Repeat("{},", endpointPage-1) + `{}]}`
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		body := full
		if r.URL.Query().Get("$skip") == "1000" {
			body = `{"value":[{}]}`
		}
		reply(w, 200, body)
	})
	items, _, err := drain(f.client(t, Options{}).Endpoint.Alerts(t.Context(), time.Unix(0, 0)))
	if err != nil || len(items) != 2*endpointPage+1 {
		t.Errorf("got %d items, error %v", len(items), err)
	}
	var queries []string
	for _, r := range f.calls {
		queries = append(queries, r.URL.RawQuery)
	}
	first := "$filter=lastUpdateTime%20ge%201970-01-01T00:00:00Z&$expand=evidence&$top=500"
	want := []string{first, first + "&$skip=500", first + "&$skip=1000"}
	if strings.Join(queries, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", queries)
	}
}

func TestReadCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
	_, err := f.client(t, Options{}).Users.Get(ctx, userID)
	if !errors.Is(err, context.Canceled) || errors.Is(err, cordon.ErrUnavailable) || f.count() != 1 {
		t.Errorf("got %v after %d requests", err, f.count())
	}
}

// The end of the caller's time is the service's fault, as far as one can tell.
func TestReadTimesOut(t *testing.T) {
	t.Parallel()
	f := newFake(t, hang)
	c := f.client(t, Options{})
	if err := c.CheckToken(t.Context(), ResourceGraph); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := c.Users.Get(ctx, userID)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, cordon.ErrUnavailable) || f.count() != 1 {
		t.Errorf("got %v after %d requests", err, f.count())
	}
}

func TestReadHeaders(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `{"value":[]}`) })
	c := f.client(t, Options{UserAgent: "cordon/1.2"})
	since := time.Date(2026, 3, 1, 9, 8, 7, 123456000, time.FixedZone("x", 3600))
	_, _, err := drain(c.Risk.Detections(t.Context(), since))
	_, _, err2 := drain(c.Endpoint.Machines(t.Context()))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	h := f.calls[0].Header
	if h.Get("Prefer") != "include-unknown-enum-members" || h.Get("User-Agent") != "cordon/1.2" || h.Get("Authorization") != "Bearer "+canaryJWT+".1" {
		t.Errorf("got %v", h)
	}
	if got := f.calls[0].URL.RawQuery; got != "$filter=lastUpdatedDateTime%20ge%202026-03-01T08:08:07.123456Z&$top=500" {
		t.Errorf("got %s", got)
	}
	if got := f.calls[1].Header.Get("Authorization"); got != "Bearer "+canaryJWT+".2" {
		t.Errorf("Defender was sent %q", got)
	}
}
