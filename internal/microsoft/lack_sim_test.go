package microsoft_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// TestLacksOfTheSimulator: what a simulated tenant refuses for want of a
// licence or a product is told apart from a missing permission, for each API.
func TestLacksOfTheSimulator(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "poor.yaml")
	if err := os.WriteFile(file, []byte("name: poor\ntenant:\n  licence: free\n  defender: off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, sim.Options{Scenario: file, Calm: true})
	ctx, then := t.Context(), time.Now().Add(-time.Hour)
	someone, _ := cordon.SIDFromObjectID(w.tenant.ID)
	_, identities := w.Identities.Accounts(ctx, microsoft.IdentityFilter{CloudSID: someone})
	for name, tt := range map[string]struct{ got, want error }{
		"risk detections": {first(w.Risk.Detections(ctx, then)), cordon.ErrUnlicensed},
		"risky users":     {first(w.Risk.RiskyUsers(ctx, then)), cordon.ErrUnlicensed},
		"sign-ins":        {first(w.Logs.SignIns(ctx, then, "")), cordon.ErrUnlicensed},
		"alerts":          {first(w.Alerts.List(ctx, then)), cordon.ErrNotProvisioned},
		"incidents":       {first(w.Incidents.List(ctx, then, false)), cordon.ErrNotProvisioned},
		"endpoint alerts": {first(w.Endpoint.Alerts(ctx, then)), cordon.ErrNotProvisioned},
		"identities":      {identities, cordon.ErrNotProvisioned},
		"audits":          {first(w.Logs.DirectoryAudits(ctx, then)), nil},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, tt.got, tt.want)
		}
	}
}
