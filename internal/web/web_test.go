package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/web"
)

// What a browser is shown: the tenant's name as text, a sentence without
// details for every refusal, and headers that keep the address to itself.
func TestConsentPage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		query  string
		tenant string
		err    error
		status int
		says   string
	}{
		{"connected", "state=s&tenant=t", "Contoso", nil, 200, "Contoso is connected"},
		{"a hostile name", "state=s&tenant=t", "<script>alert(1)</script>", nil, 200, "&lt;script&gt;"},
		{"declined", "error=consent_required", "", nil, 403, "Entra answered: consent_required."},
		{"declined in a stranger's words", "error=canary+call+0555", "", nil, 403, "answered with an error"},
		{"declined at length", "error=" + strings.Repeat("canary_", 9), "", nil, 403, "answered with an error"},
		{"not proved", "state=s&tenant=t", "", fmt.Errorf("canary: %w", cordon.ErrDenied), 403, "could not be proved"},
		{"used before", "state=s&tenant=t", "", fmt.Errorf("canary: %w", cordon.ErrConflict), 409, "used before"},
		{"not seen yet", "state=s&tenant=t", "", fmt.Errorf("canary: %w", cordon.ErrGone), 503, "reload"},
		{"blocked by a policy", "state=s&tenant=t", "", fmt.Errorf("canary: %w", cordon.ErrBlocked), 403, "does not let Cordon in"},
		{"our own fault", "state=s&tenant=t", "", errors.New("canary"), 403, "could not be proved"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onboard := func(_ context.Context, state, tenant string) (cordon.Tenant, error) {
				if state != "s" || tenant != "t" {
					t.Errorf("asked about state %q, tenant %q", state, tenant)
				}
				return cordon.Tenant{Name: tt.tenant}, tt.err
			}
			h := web.Handler(web.Options{Callback: "/cb", Onboard: onboard, Log: slog.New(slog.DiscardHandler)})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/cb?"+tt.query, nil))
			body, err := io.ReadAll(w.Result().Body)
			if err != nil || w.Code != tt.status || !strings.Contains(string(body), tt.says) {
				t.Errorf("status %d: %s", w.Code, body)
			}
			if strings.Contains(string(body), "canary") || strings.Contains(string(body), "<script>") {
				t.Errorf("the page tells too much: %s", body)
			}
			if h := w.Header(); h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("headers %v", h)
			}
		})
	}
}

// Only GET on the one path is answered.
func TestNothingElse(t *testing.T) {
	t.Parallel()
	h := web.Handler(web.Options{Callback: "/cb", Log: slog.New(slog.DiscardHandler)})
	for _, r := range []*http.Request{httptest.NewRequest(http.MethodPost, "/cb", nil), httptest.NewRequest(http.MethodGet, "/", nil)} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code < 400 {
			t.Errorf("%s %s: status %d", r.Method, r.URL, w.Code)
		}
	}
}
