// Package web answers browsers.
//
// So far it knows one page: the one that Entra sends an administrator to who
// has let our app into a tenant. It decides nothing: whether to believe the
// answer is its caller's word.
package web

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// An Onboard adds the tenant that a consent answer names, after proof.
type Onboard func(ctx context.Context, state, tenantID string) (cordon.Tenant, error)

// Options are what the pages are built from.
type Options struct {
	Callback string // path of the consent answer
	Onboard  Onboard
	Log      *slog.Logger
}

// Handler returns the pages.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+o.Callback, o.consent)
	return secured(mux)
}

// maxConsent bounds the proof of a tenant.
const maxConsent = 30 * time.Second

// consent answers an administrator who comes back from Entra.
func (o Options) consent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if refusal := q.Get("error"); refusal != "" {
		o.Log.WarnContext(r.Context(), "consent declined", "error", cordon.Plain(refusal, 80))
		show(w, http.StatusForbidden, page{"Not connected", declined(refusal) + " Nothing was changed; the link can be used again."})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxConsent)
	defer cancel()
	t, err := o.Onboard(ctx, q.Get("state"), q.Get("tenant"))
	if err != nil {
		o.Log.WarnContext(ctx, "consent refused", "tenant", cordon.Plain(q.Get("tenant"), 80), "error", err)
		status, text := reason(err)
		show(w, status, page{"Not connected", text})
		return
	}
	o.Log.InfoContext(ctx, "tenant consented", "tenant", t.ID)
	show(w, http.StatusOK, page{t.Name + " is connected", "Cordon now observes this tenant and changes nothing in it. You may close this window."})
}

// declined says what Entra answered. Anybody can send a browser here with any
// text: only what can be an error's code is repeated.
func declined(refusal string) string {
	if len(refusal) > 40 || strings.Trim(refusal, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "Entra answered with an error."
	}
	return "Entra answered: " + refusal + "."
}

// reason is what a stranger may know of a refusal.
func reason(err error) (status int, text string) {
	switch {
	case errors.Is(err, cordon.ErrConflict):
		return http.StatusConflict, "This link was used before, or the tenant is connected already."
	case errors.Is(err, cordon.ErrGone), errors.Is(err, cordon.ErrUnavailable), errors.Is(err, cordon.ErrThrottled):
		return http.StatusServiceUnavailable, "Microsoft does not show the consent yet. Wait a minute and reload this page."
	case errors.Is(err, cordon.ErrBlocked):
		return http.StatusForbidden, "A policy of your tenant, such as Conditional Access, does not let Cordon in. Exclude Cordon's service principal from it, and reload this page."
	}
	return http.StatusForbidden, "The answer could not be proved. Ask for a new link."
}

type page struct{ Title, Text string }

var layout = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}} – Cordon</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p></main></body></html>
`))

func show(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = layout.Execute(w, p) // a browser that is gone is no news
}

// secured sets the headers that keep a page to itself. The state of a link
// stands in the address: no referrer carries it on.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// Run answers browsers on listener until ctx ends.
func Run(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: maxConsent + 10*time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
