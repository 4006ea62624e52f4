package app_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordonhq/cordon/internal/app"
)

// TestWebhookWithoutItsSecret: notifications fail open. A webhook whose address
// or secret cannot be read keeps no account from being contained and no other
// channel from being notified; what waits is sent once both can be read.
func TestWebhookWithoutItsSecret(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"hook", "address"} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			w := r.world(t)
			dir := filepath.Dir(w.file)
			want := map[string]string{"hook": " #ID: secret: open ", "address": "notify.webhooks[0]: notify: webhook #ID: url: open "}[missing]
			text, err := os.ReadFile(filepath.Join(dir, missing))
			if err = errors.Join(err, os.Remove(filepath.Join(dir, missing))); err != nil {
				t.Fatal(err)
			}
			want = strings.ReplaceAll(want, "ID", addressID)

			c, err := app.ReadConfig(w.file)
			if err == nil {
				_, err = c.Verify(t.Context(), app.Options{})
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("config check: %v", err)
			}
			var log bytes.Buffer
			h := w.open(app.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			warned := log.String()
			if err := errors.Join(h.Engine.Once(t.Context(), nil), h.Close()); err != nil {
				t.Fatal(err)
			}
			if run := w.runOn(receiverUser); run.State != "done" || len(r.ids()) != 0 || !strings.Contains(warned, "level=WARN") || !strings.Contains(warned, want) {
				t.Errorf("%s; %d calls; warned %q", run.State, len(r.ids()), warned)
			}
			waiting := w.told.notices
			w.write(filepath.Join(dir, missing), string(text))
			w.syncAt(time.Hour)
			got := r.ids()
			for _, n := range waiting {
				if !got[n.ID] {
					t.Errorf("not sent later: %+v", n)
				}
			}
			if len(waiting) == 0 {
				t.Error("no channel was notified of anything")
			}
		})
	}
}

// receiverUser is who is attacked in the worlds of a receiver.
const receiverUser = "11111111-1111-4111-8111-111111111111"

// addressID is the fingerprint of the reference file:address.
const addressID = "5a7ea763"

// A receiver is a webhook's other end.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got map[string]bool
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{got: map[string]bool{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got[q.Header.Get("Cordon-Notice")] = true
	}))
	t.Cleanup(r.Close)
	return r
}

// ids are the notices that arrived.
func (r *receiver) ids() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.got)
}

// world is one with an attacked user and this receiver.
func (r *receiver) world(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "empty", tenantYAML{})
	w.inject("users", map[string]any{"id": receiverUser, "userPrincipalName": "ada@contoso.example", "displayName": "Ada", "accountEnabled": true})
	w.attack(receiverUser)
	config, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	w.write(w.file, string(config)+"notify: {webhooks: [{url: \"file:address\", secret: \"file:hook\", private: true}]}\n")
	w.write(filepath.Join(filepath.Dir(w.file), "address"), r.URL+"/in")
	w.write(filepath.Join(filepath.Dir(w.file), "hook"), "hook-secret")
	return w
}
