package engine

import (
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// Whom guard protects it protects by every name, and every account of theirs,
// whoever keeps it.
func TestProtectedByEveryNameInEveryAccount(t *testing.T) {
	t.Parallel()
	sid, _ := cordon.SIDFromObjectID(adaID)
	names := map[string]cordon.Entity{
		"object id": cordon.NewUser("588D7C15-8565-448E-BC2D-57F2B7C4C58A", "", ""), "principal name": cordon.NewUser("", "ADA@Contoso.com", ""),
		"cloud SID": cordon.NewUser("", "", sid), "both SIDs": cordon.NewUser("", "", sid).Add(cordon.NameSID, "S-1-5-21-1-2-3-4711"),
	}
	role := func(template string) func(*world) {
		return func(w *world) {
			w.inject("roleManagement/directory/roleAssignments", `{"id":"a","principalId":"`+adaID+`","roleDefinitionId":"`+template+`","directoryScopeId":"/"}`)
		}
	}
	tests := []struct {
		name   string
		make   func(*world)
		reason cordon.Reason
	}{
		{"break-glass", func(w *world) { w.breakGlass("ADA@CONTOSO.COM") }, cordon.ReasonBreakGlass},
		{"administrator", role("fe930be7-5e62-47db-91af-98c3a49a38b1"), cordon.ReasonTwoPeople},
		{"sync account", role("a92aed5d-d78a-4d16-b381-09adb37eb3b0"), cordon.ReasonSyncAccount},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory", "okta")
			tt.make(w)
			w.withoutPolicies()
			for name, who := range names {
				for _, word := range cordon.Words() {
					for _, a := range word.Actions() {
						if !a.Contains() || a == cordon.ActionConfirmCompromised && name != "object id" { // one a second may be asked
							continue
						}
						if run, err := w.do(who, a); err != nil || run.Steps[0].Verdict.Reason != tt.reason {
							t.Errorf("by %s, %s: %s, %v", name, a, story(run), err)
						}
					}
				}
			}
			if w.writes() != 0 {
				t.Errorf("%d writes", w.writes())
			}
		})
	}
}

// breakGlass lists a name among those that are never acted on.
func (w *world) breakGlass(name string) {
	t := w.engine.Tenants[0]
	t.BreakGlass = []string{name}
	w.engine.roster = newRoster([]Tenant{t})
}

// withoutPolicies has Conditional Access read already: it may be asked for
// once a second.
func (w *world) withoutPolicies() {
	w.T.Helper()
	o := cordon.Observation{TenantID: w.tenant, Source: cordon.SourceConditionalAccess, State: cordon.ObservedValue, Value: []byte("[]"), ObservedAt: w.now()}
	if err := w.engine.Store.Write(w.T.Context(), func(tx *store.Tx) error { return tx.PutObservation(w.T.Context(), o) }); err != nil {
		w.T.Fatal(err)
	}
}
