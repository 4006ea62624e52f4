package microsoft_test

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// With the published throttles on, a walk within the budgets is never refused.
func TestBudgetsAvoidRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Scenario: "token-theft"})
	for range 40 {
		whole[microsoft.RiskDetection](t, w.Risk.Detections(t.Context(), time.Time{}))
		whole[microsoft.ConditionalAccessPolicy](t, w.Policies.ConditionalAccess(t.Context()))
		whole[microsoft.Alert](t, w.Alerts.List(t.Context(), time.Time{}))
		whole[microsoft.EndpointAlert](t, w.Endpoint.Alerts(t.Context(), time.Time{}))
		if _, err := w.Directory.GlobalAdmins(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.refused.Load(); n != 0 {
		t.Errorf("%d requests were refused", n)
	}
}
