package engine

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// Every change of a source away from complete is told once, also when the
// licence lapsed; a product that the tenant never had is no news.
func TestLostSourceIsTold(t *testing.T) {
	t.Parallel()
	const (
		lost  = "high risk_detections is no longer licensed: Cordon no longer sees what Entra ID Protection detects about sign-ins and users"
		again = "informational risk_detections is read whole again"
	)
	ok, unlicensed, denied := "", "Your tenant is not licensed for this feature.", "Insufficient privileges."
	tests := []struct {
		name     string
		readings []string // what Microsoft says; "" for a good answer
		told     []string
	}{
		{"never had", []string{unlicensed, unlicensed}, nil},
		{"licence bought", []string{unlicensed, ok}, nil},
		{"licence lapsed, and was assigned again", []string{ok, unlicensed, unlicensed, ok}, []string{lost, again}},
		{"consent lost, then the licence", []string{ok, denied, unlicensed}, []string{"medium risk_detections is denied", lost}},
		{"consent given, without a licence", []string{denied, unlicensed}, []string{
			"medium risk_detections is denied", "informational risk_detections cannot be read because the tenant does not have the product"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{})
			f := &feed{tenant: &w.engine.Tenants[0], source: cordon.SourceRiskDetections}
			ctx := microsoft.WithPriority(t.Context(), microsoft.PriorityCommand)
			for _, said := range tt.readings {
				if said != ok {
					w.fault(sim.Fault{Path: "/v1.0/identityProtection/riskDetections", Status: 403, Code: "Forbidden", Message: said})
				}
				if err := errors.Join(w.engine.read(ctx, f), w.engine.flushQuiet(ctx), w.engine.tell(ctx)); err != nil {
					t.Fatal(err)
				}
				w.cloud.ClearFaults()
			}
			var told []string
			for _, n := range w.told {
				told = append(told, string(n.Severity)+" "+strings.SplitN(strings.SplitN(n.Title, ". If", 2)[0], ": grant", 2)[0])
			}
			for i := range told {
				if i < len(tt.told) && strings.HasPrefix(told[i], tt.told[i]) {
					told[i] = tt.told[i]
				}
			}
			if !reflect.DeepEqual(told, tt.told) {
				t.Errorf("told %q, want %q", told, tt.told)
			}
		})
	}
}
