package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/goccy/go-yaml"
)

// A world is a simulated cloud and a house that watches it.
type world struct {
	t      *testing.T
	cloud  *sim.Cloud
	tenant sim.TenantInfo
	file   string // cordon.yaml
	told   told
}

// told is a channel that remembers.
type told struct {
	mu      sync.Mutex
	notices []cordon.Notice
}

func (c *told) Name() string { return "told" }

func (c *told) Send(_ context.Context, n cordon.Notice) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notices = append(c.notices, n)
	return nil
}

func (c *told) of(kind cordon.NoticeKind) (found []cordon.Notice) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.notices {
		if n.Kind == kind {
			found = append(found, n)
		}
	}
	return found
}

// tenantYAML is what a test may change of the tenant in the configuration.
type tenantYAML struct {
	mode       string   // default enforce
	breakGlass []string // listed
	on         []string // playbooks; default contain-token-theft
	expires    string   // day on which the secret expires
}

// newWorld starts a cloud and writes the configuration that watches its first
// tenant.
func newWorld(t *testing.T, scenario string, y tenantYAML) *world {
	t.Helper()
	dir := t.TempDir()
	cloud, err := sim.Start(t.Context(), sim.Options{Scenario: scenario, StateDir: filepath.Join(dir, "sim")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	w := &world{t: t, cloud: cloud, tenant: cloud.Info().Tenants[0], file: filepath.Join(dir, "cordon.yaml")}
	w.configure(y)
	return w
}

func (w *world) configure(y tenantYAML) {
	w.t.Helper()
	if y.mode == "" {
		y.mode = "enforce"
	}
	if y.on == nil {
		y.on = []string{"contain-token-theft"}
	}
	info := w.cloud.Info()
	credential := map[string]any{"client_id": w.tenant.ClientID, "secret": "file:secret"}
	if y.expires != "" {
		credential["expires"] = y.expires
	}
	b, err := yaml.Marshal(map[string]any{
		"storage":   map[string]any{"url": "sqlite://cordon.db"},
		"endpoints": map[string]any{"login": info.LoginURL, "graph": info.GraphURL, "defender": info.DefenderURL, "ca_file": info.CAFile},
		"tenants": []any{map[string]any{
			"id": w.tenant.ID, "name": "contoso", "mode": y.mode, "break_glass": y.breakGlass,
			"credential": credential,
		}},
		"playbooks": map[string]any{"on": y.on},
		"budget":    map[string]any{"share": 1},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(w.file, string(b))
	w.write(filepath.Join(filepath.Dir(w.file), "secret"), w.tenant.ClientSecret)
}

func (w *world) write(file, text string) {
	w.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// open builds the house.
func (w *world) open(o app.Options) *app.House {
	w.t.Helper()
	c, err := app.ReadConfig(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	o.Channels = append(o.Channels, &w.told)
	h, err := app.Open(w.t.Context(), c, "test", o)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// sync reads everything once and carries what follows to its end.
func (w *world) sync() {
	w.t.Helper()
	h := w.open(app.Options{})
	if err := h.Engine.Once(w.t.Context(), nil); err != nil {
		w.t.Fatalf("sync: %v", err)
	}
	if err := h.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// ask runs do on the store.
func ask[T any](w *world, do func(context.Context, *store.Tx) (T, error)) T {
	w.t.Helper()
	c, err := app.ReadConfig(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := store.OpenReader(w.t.Context(), c.Storage.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	var got T
	err = s.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		got, err = do(w.t.Context(), tx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) runs() []cordon.Run {
	w.t.Helper()
	return ask(w, func(ctx context.Context, tx *store.Tx) ([]cordon.Run, error) { return tx.Runs(ctx, store.RunFilter{}) })
}

// runOn returns the newest run on a user.
func (w *world) runOn(userID string) cordon.Run {
	w.t.Helper()
	runs := w.runs()
	i := slices.IndexFunc(runs, func(r cordon.Run) bool { return r.Steps[0].Target.Called(userID) })
	if i < 0 {
		w.t.Fatalf("no run acts on %s; runs: %s", userID, brief(runs))
	}
	return runs[i]
}

func (w *world) signals() []cordon.Signal {
	w.t.Helper()
	return ask(w, func(ctx context.Context, tx *store.Tx) ([]cordon.Signal, error) {
		return tx.Signals(ctx, store.SignalFilter{})
	})
}

func (w *world) incidents() []cordon.Incident {
	w.t.Helper()
	return ask(w, func(ctx context.Context, tx *store.Tx) ([]cordon.Incident, error) {
		return tx.Incidents(ctx, store.IncidentFilter{Signals: true})
	})
}

func (w *world) coverage() map[cordon.Source]cordon.Coverage {
	w.t.Helper()
	return ask(w, func(ctx context.Context, tx *store.Tx) (map[cordon.Source]cordon.Coverage, error) {
		rows, err := tx.Coverage(ctx)
		found := map[cordon.Source]cordon.Coverage{}
		for _, c := range rows {
			found[c.Source] = c
		}
		return found, err
	})
}

// verify checks the audit and returns the entries about tenants, oldest first.
func (w *world) verify() []cordon.Entry {
	w.t.Helper()
	return ask(w, func(ctx context.Context, tx *store.Tx) ([]cordon.Entry, error) {
		reports, err := engine.VerifyAudit(ctx, tx, nil, nil, nil)
		for _, r := range reports {
			if !r.OK {
				w.t.Errorf("audit: %+v", r)
			}
		}
		entries, more := tx.Entries(ctx, store.EntryFilter{})
		slices.Reverse(entries)
		return slices.DeleteFunc(entries, func(e cordon.Entry) bool { return e.Chain == cordon.FleetChain }), errors.Join(err, more)
	})
}

// writes are the state-changing requests that the cloud received and did, as
// "METHOD path body".
func (w *world) writes() []string {
	lines := []string{}
	for _, e := range w.cloud.Ledger(false) {
		path := strings.TrimPrefix(e.Path, "/v1.0")
		line := fmt.Sprintf("%s %s", e.Method, path)
		if len(e.Body) > 0 && string(e.Body) != "null" {
			line += " " + string(e.Body)
		}
		lines = append(lines, line)
	}
	return lines
}

// person finds a user of the cloud by part of the name.
func (w *world) person(name string) string {
	w.t.Helper()
	for _, u := range w.cloud.Outcome().Users {
		if strings.Contains(strings.ToLower(u.Name), name) {
			return u.ID
		}
	}
	w.t.Fatalf("nobody is called %s", name)
	return ""
}

func (w *world) inject(resource string, object any) {
	w.t.Helper()
	b, err := json.Marshal(object)
	if err == nil {
		err = w.cloud.Inject("", resource, b)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func brief(runs []cordon.Run) string {
	var b strings.Builder
	for _, r := range runs {
		fmt.Fprintf(&b, "\n  %s %s by %s:", r.ID, r.State, r.Requester)
		for _, s := range r.Steps {
			fmt.Fprintf(&b, " [%s %s: %s %s, %s, %q]", s.Action, s.Target.Label(), s.Verdict.Decision, s.Verdict.Reason, s.Outcome, s.Proof)
		}
	}
	return b.String()
}

// containment is the two writes that contain a user.
func containment(id string) []string {
	return []string{"POST /users/" + id + "/revokeSignInSessions", "PATCH /users/" + id + ` {"accountEnabled":false}`}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
