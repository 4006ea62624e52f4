package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/sim"
)

// would are the shadow verdicts of a run's steps.
func would(r cordon.Run) (all []string) {
	for _, s := range r.Steps {
		all = append(all, s.Verdict.WouldBe())
	}
	return all
}

// TestShadowVerdictInEveryMode: one sees what a playbook would do to a victim
// and to a break-glass account before anything is armed: in mode observe, and
// of a playbook in shadow in every mode. Nothing is written.
func TestShadowVerdictInEveryMode(t *testing.T) {
	t.Parallel()
	tests := map[string]tenantYAML{
		"observe, on":      {mode: "observe"},
		"observe, shadow":  {mode: "observe", on: []string{}},
		"approve, shadow":  {mode: "approve", on: []string{}},
		"protect, shadow":  {mode: "protect", on: []string{}},
		"enforce, shadow":  {mode: "enforce", on: []string{}},
		"observe, listed":  {mode: "observe", breakGlass: []string{"ffffffff-0000-0000-0000-000000000001"}},
		"enforce, listed ": {mode: "enforce", on: []string{}, breakGlass: []string{"ffffffff-0000-0000-0000-000000000001"}},
	}
	for name, y := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "token-theft", y)
			w.sync()
			victim, glass := w.runOn(w.person("mira")), w.runOn(w.person("glass one"))
			if got := would(victim); !slices.Equal(got, []string{"allow", "allow"}) {
				t.Errorf("the victim: %q in %s", got, brief([]cordon.Run{victim}))
			}
			if got := would(glass); !slices.Contains(got, "refuse break_glass") || slices.Contains(got, "allow") {
				t.Errorf("the break-glass account: %q in %s", got, brief([]cordon.Run{glass}))
			}
			if got := w.writes(); len(got) != 0 {
				t.Errorf("written: %q", got)
			}
			w.verify()
		})
	}
}

// TestShadowVerdictForPeople: a person in a tenant that is only observed sees
// it too, and one notification says so.
func TestShadowVerdictForPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{mode: "observe"})
	run := w.contain("glass one")
	if got := would(run); !slices.Equal(got, []string{"refuse break_glass", "refuse break_glass"}) || run.State != cordon.RunRefused || len(w.writes()) != 0 {
		t.Errorf("%s, would be %q, written %q", brief([]cordon.Run{run}), got, w.writes())
	}
	notices := w.told.of(cordon.NoticeRefused)
	if len(notices) != 1 || !strings.HasSuffix(notices[0].Title, ", would be: refuse break_glass") || notices[0].Reason != string(cordon.ReasonObserve) {
		t.Errorf("notified: %+v", notices)
	}
}

// TestShadowVerdictOfWhatCannotBeRead: a missing permission shows before
// anything is armed.
func TestShadowVerdictOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "token-theft", tenantYAML{mode: "observe"})
	w.fault(sim.Fault{RevokeRoles: []string{"RoleManagement.Read.Directory"}})
	run := w.contain("mira")
	v := run.Steps[0].Verdict
	if v.WouldBe() != "refuse situation_unreadable" || !strings.Contains(v.Would.Detail, "grant the app RoleManagement.Read.Directory") {
		t.Errorf("got %+v", v.Would)
	}
}

// contain carries a person's wish to contain a user.
func (w *world) contain(name string) cordon.Run {
	w.t.Helper()
	h := w.open(app.Options{})
	defer func() { _ = h.Close() }()
	user := cordon.NewUser(w.person(name), "", "")
	wish := engine.Wish{TenantID: w.tenant.ID, Person: "sam@desk", Why: fmt.Sprintf("test of %s", name)}
	for _, a := range []cordon.ActionName{cordon.ActionRevokeSessions, cordon.ActionDisableUser} {
		wish.Steps = append(wish.Steps, cordon.PlannedStep{Action: a, Target: user})
	}
	run, err := h.Engine.Grant(w.t.Context(), wish)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}
