package app_test

import (
	"bytes"
	"errors"
	"log/slog"
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

// TestWebhookWithoutItsSecret: notices fail open. Whoever cannot be told keeps
// nobody from being contained and nobody else from being told; what waits is
// sent once the secret can be read.
func TestWebhookWithoutItsSecret(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]bool{}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.Header.Get("Cordon-Notice")] = true
	}))
	t.Cleanup(receiver.Close)
	calls := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(got)
	}
	const user = "11111111-1111-4111-8111-111111111111"
	w := newWorld(t, "empty", tenantYAML{})
	w.inject("users", map[string]any{"id": user, "userPrincipalName": "ada@contoso.example", "displayName": "Ada", "accountEnabled": true})
	w.attack(user)
	config, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	w.write(w.file, string(config)+"notify: {webhooks: [{url: \""+receiver.URL+"/in\", secret: \"file:hook\", private: true}]}\n")

	c, err := app.ReadConfig(w.file)
	if err == nil {
		_, err = c.Verify(t.Context(), app.Options{})
	}
	if err == nil || !strings.Contains(err.Error(), "/in: secret: open ") {
		t.Errorf("config check: %v", err)
	}
	var log bytes.Buffer
	h := w.open(app.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	warned := log.String()
	if err := errors.Join(h.Engine.Once(t.Context(), nil), h.Close()); err != nil {
		t.Fatal(err)
	}
	if run := w.runOn(user); run.State != "done" || calls() != 0 || !strings.Contains(warned, "level=WARN") || !strings.Contains(warned, "/in: secret: open ") {
		t.Errorf("%s; %d calls; warned %q", run.State, calls(), warned)
	}
	waiting := w.told.notices
	w.write(filepath.Join(filepath.Dir(w.file), "hook"), "hook-secret")
	w.syncAt(time.Hour)
	mu.Lock()
	defer mu.Unlock()
	for _, n := range waiting {
		if !got[n.ID] {
			t.Errorf("not sent later: %+v", n)
		}
	}
	if len(waiting) == 0 {
		t.Error("nobody was told of anything")
	}
}
