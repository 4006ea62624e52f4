package app_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/seal"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/goccy/go-yaml"
)

// moveToStore takes the tenant out of the file and adds it as a command does,
// with its secret sealed.
func (w *world) moveToStore() {
	w.t.Helper()
	b, err := os.ReadFile(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(b, &file); err != nil {
		w.t.Fatal(err)
	}
	delete(file, "tenants")
	file["secrets"] = map[string]any{"key": "file:key"}
	if b, err = yaml.Marshal(file); err != nil {
		w.t.Fatal(err)
	}
	w.write(w.file, string(b))
	key, err := seal.NewKey()
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(filepath.Join(filepath.Dir(w.file), "key"), string(key))
	w.add(w.tenant, cordon.Tenant{Name: "contoso", Mode: cordon.ModeEnforce})
}

// add adds a tenant of the cloud with its own app's secret.
func (w *world) add(from sim.TenantInfo, t cordon.Tenant) {
	w.t.Helper()
	t.ID = from.ID
	err := w.enlisted().AddTenant(w.t.Context(), t, app.Secret{ClientID: from.ClientID, Text: from.ClientSecret}, "ruth@desk", time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
}

// enlisted returns the configuration with the tenants of the store.
func (w *world) enlisted() *app.Config {
	w.t.Helper()
	c, err := app.ReadConfig(w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.Enlist(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// A tenant is removed while an action of it is on its way. The run ends, what
// has not left never leaves, and of what may have left the audit says that
// nobody knows.
func TestRemovedTenantStopsItsRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{})
	w.moveToStore()
	w.kill(engine.PointIntent)
	victim := w.person("mira")
	if run := w.runOn(victim); run.State != cordon.RunRunning || run.Steps[0].Outcome != cordon.OutcomeIntent {
		t.Fatalf("before: %s", brief([]cordon.Run{run}))
	}
	stopped, err := w.enlisted().RemoveTenant(t.Context(), cordon.Tenant{ID: w.tenant.ID, Name: "contoso"}, "ruth@desk", time.Now())
	if err != nil || stopped == 0 {
		t.Fatalf("stopped %d, error %v", stopped, err)
	}
	run := w.runOn(victim)
	if run.State != cordon.RunFailed || run.EndedAt.IsZero() || run.Steps[0].Outcome != cordon.OutcomeUnknown ||
		run.Steps[0].Proof != cordon.ProofUnknown || run.Steps[1].Outcome != cordon.OutcomeSkipped {
		t.Errorf("after: %s", brief([]cordon.Run{run}))
	}
	entries := w.verify()
	if last := entries[len(entries)-1]; last.Kind != cordon.EntryTenant || !strings.Contains(string(last.Data), `"removed"`) {
		t.Errorf("last entry %+v", last)
	}
	closed := slices.ContainsFunc(entries, func(e cordon.Entry) bool {
		data := string(e.Data)
		return e.Kind == cordon.EntryOutcome && e.RunID == run.ID && strings.Contains(data, `"outcome":"unknown"`) &&
			strings.Contains(data, run.Steps[0].RequestID) && strings.Contains(data, "the tenant was removed")
	})
	if !closed {
		t.Errorf("the intent has no outcome: %+v", entries)
	}
	w.sync() // nothing of the tenant is taken up again
	if got := w.writes(); len(got) != 0 {
		t.Errorf("writes %q", got)
	}
	if got := ask(w, func(ctx context.Context, tx *store.Tx) ([]store.Onboarded, error) { return tx.Tenants(ctx) }); len(got) != 0 {
		t.Errorf("stored %+v", got)
	}
}

// A key that cannot be read closes the tenants whose secrets it sealed, by
// name and with the reason; all others are read, and no consent is taken.
func TestLostKeyStopsOnlyWhatIsSealed(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	p.closeHouse()
	sealed := p.cloud.Info().Tenants[1]
	p.add(sealed, cordon.Tenant{Name: "fabrikam", Mode: cordon.ModeObserve})
	p.openHouse()
	answer := p.consent(p.link(app.Invitation{Tenant: p.cloud.Info().Tenants[2].ID}))
	p.closeHouse()
	if err := os.Remove(filepath.Join(filepath.Dir(p.file), "key")); err != nil {
		t.Fatal(err)
	}
	p.openHouse()
	if err := p.house.Engine.Once(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range ask(p.world, func(ctx context.Context, tx *store.Tx) ([]cordon.Coverage, error) { return tx.Coverage(ctx) }) {
		broken := c.TenantID == sealed.ID
		if broken != (c.State == cordon.CoverageDenied) || broken != strings.Contains(c.Reason, "secrets.key") || broken == (c.State == cordon.CoverageWhole) {
			t.Errorf("%s of %s is %s: %s", c.Source, c.TenantID, c.State, c.Reason)
		}
	}
	if got := p.comeBack(answer, nil); got != http.StatusForbidden {
		t.Errorf("a consent that nobody can open: status %d", got)
	}
	if _, err := p.house.Config.Verify(t.Context(), app.Options{}); err == nil || !strings.Contains(err.Error(), "tenant fabrikam: secrets.key") {
		t.Errorf("the check says %v", err)
	}
}

// Two commands have read the same tenant. What the first one changed, the
// second does not change back unseen.
func TestChangesOfTenantsAreNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.moveToStore()
	first, second := w.enlisted(), w.enlisted()
	picked, err := first.Select(app.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	lowered, tagged := picked[0], picked[0]
	lowered.Mode, tagged.Tags = cordon.ModeObserve, map[string]string{"ring": "wide"}
	if err := first.SetTenant(t.Context(), lowered, app.Secret{}, "ruth@desk", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := second.SetTenant(t.Context(), tagged, app.Secret{}, "omar@desk", time.Now()); !errors.Is(err, cordon.ErrConflict) {
		t.Errorf("a change over another: %v", err)
	}
	if got, err := w.enlisted().Select(app.Selection{}); err != nil || got[0].Mode != cordon.ModeObserve {
		t.Errorf("got %+v, %v", got, err)
	}
	third := w.enlisted()
	if _, err := w.enlisted().RemoveTenant(t.Context(), lowered, "ruth@desk", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := third.SetTenant(t.Context(), tagged, app.Secret{}, "omar@desk", time.Now()); !errors.Is(err, cordon.ErrConflict) {
		t.Errorf("a change of a tenant that is gone: %v", err)
	}
}
