package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// What a write's answer says of whether it was done.
func TestWriteOutcome(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		api  http.HandlerFunc
		want error
	}{
		"done":              {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, nil},
		"done, another 2xx": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) }, nil},
		"done, with a body": {func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, ` {"value":true}`) }, nil},
		"a proxy's page":    {func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, "<html>sign in") }, cordon.ErrUnknownOutcome},
		"no answer":         {func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, cordon.ErrUnknownOutcome},
		"too late":          {hang, cordon.ErrUnknownOutcome},
		"500":               {func(w http.ResponseWriter, _ *http.Request) { graphError(w, 500, "x", "y") }, cordon.ErrUnknownOutcome},
		"503":               {func(w http.ResponseWriter, _ *http.Request) { graphError(w, 503, "x", "y") }, cordon.ErrUnknownOutcome},
		"504 of a gateway":  {func(w http.ResponseWriter, _ *http.Request) { reply(w, 504, "<html>") }, cordon.ErrUnknownOutcome},
		"429":               {func(w http.ResponseWriter, _ *http.Request) { graphError(w, 429, "TooManyRequests", "y") }, cordon.ErrThrottled},
		"403":               {func(w http.ResponseWriter, _ *http.Request) { graphError(w, 403, "AccessDenied", "scopes are missing") }, cordon.ErrDenied},
		"404":               {func(w http.ResponseWriter, _ *http.Request) { graphError(w, 404, "Request_ResourceNotFound", "y") }, cordon.ErrNotFound},
		"policies in force": {func(w http.ResponseWriter, _ *http.Request) {
			graphError(w, 400, "BadRequest", "Conditional access policies are enabled.")
		}, cordon.ErrConflict},
		"400":                {func(w http.ResponseWriter, _ *http.Request) { graphError(w, 400, "BadRequest", "y") }, cordon.ErrBadRequest},
		"409":                {func(w http.ResponseWriter, _ *http.Request) { graphError(w, 409, "Conflict", "y") }, cordon.ErrConflict},
		"404 from elsewhere": {func(w http.ResponseWriter, _ *http.Request) { reply(w, 404, "<html>") }, cordon.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, tt.api)
			c := f.client(t, Options{})
			if err := c.CheckToken(t.Context(), ResourceGraph); err != nil {
				t.Fatal(err)
			}
			if name == "too late" {
				c.hub.timeout = 3 * time.Second
			}
			err := c.Users.SetEnabled(t.Context(), userID, false, requestID)
			if !errors.Is(err, tt.want) || err != nil && tt.want == nil {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if f.count() != 1 {
				t.Errorf("%d requests left, want 1", f.count())
			}
			var e *Error
			if errors.As(err, &e) && e.RequestID != "inner-1" && e.RequestID != requestID && e.RequestID != "req-1" {
				t.Errorf("error names request %q", e.RequestID)
			}
		})
	}
}

func TestWriteOnTheWire(t *testing.T) {
	t.Parallel()
	var bodies []string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Method+" "+r.URL.Path+" "+r.Header.Get("Client-Request-Id")+" "+string(b))
		w.WriteHeader(204)
	})
	c, ctx := f.client(t, Options{}), t.Context()
	err := errors.Join(
		c.Users.SetEnabled(ctx, userID, true, requestID),
		c.Users.RevokeSessions(ctx, userID, requestID),
		c.Policies.SetSecurityDefaults(ctx, false, requestID),
		c.Risk.ConfirmCompromised(ctx, []string{userID}, requestID),
		c.Risk.Dismiss(ctx, []string{userID}, requestID),
	)
	want := []string{
		"PATCH /v1.0/users/" + userID + " " + requestID + ` {"accountEnabled":true}`,
		"POST /v1.0/users/" + userID + "/revokeSignInSessions " + requestID + " ",
		"PATCH " + pathDefaults + " " + requestID + ` {"isEnabled":false}`,
		"POST " + pathRiskyUsers + "/confirmCompromised " + requestID + ` {"userIds":["` + userID + `"]}`,
		"POST " + pathRiskyUsers + "/dismiss " + requestID + ` {"userIds":["` + userID + `"]}`,
	}
	got, _ := json.MarshalIndent(bodies, "", " ")
	wanted, _ := json.MarshalIndent(want, "", " ")
	if err != nil || string(got) != string(wanted) {
		t.Errorf("error %v, got %s\nwant %s", err, got, wanted)
	}
}

func TestWriteThatMustNotLeave(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	c, ctx := f.client(t, Options{}), t.Context()
	for name, err := range map[string]error{
		"no request id":    c.Users.SetEnabled(ctx, userID, false, ""),
		"odd request id":   c.Users.SetEnabled(ctx, userID, false, "x\r\nEvil: 1"),
		"by UPN":           c.Users.RevokeSessions(ctx, "ada@contoso.com", requestID),
		"path trick":       c.Users.RevokeSessions(ctx, "../organization", requestID),
		"nobody":           c.Risk.ConfirmCompromised(ctx, nil, requestID),
		"too many":         c.Risk.Dismiss(ctx, make([]string, 61), requestID),
		"strange risk ids": c.Risk.ConfirmCompromised(ctx, []string{"x"}, requestID),
	} {
		if !errors.Is(err, cordon.ErrBadRequest) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	f.CloseClientConnections()
	_ = f.Listener.Close()
	if err := c.Users.SetEnabled(ctx, userID, false, requestID); !errors.Is(err, cordon.ErrUnavailable) || errors.Is(err, cordon.ErrUnknownOutcome) {
		t.Errorf("unreachable: got %v", err)
	}
	if f.count() != 0 {
		t.Errorf("%d requests left", f.count())
	}
}

// A caller that goes away while its write is under way cannot know either.
func TestWriteCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
	err := f.client(t, Options{}).Users.SetEnabled(ctx, userID, false, requestID)
	if !errors.Is(err, cordon.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	err = f.client(t, Options{}).Users.SetEnabled(ctx, userID, false, requestID)
	if errors.Is(err, cordon.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: got %v", err)
	}
}
