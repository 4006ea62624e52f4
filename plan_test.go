package cordon_test

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func plan() cordon.Plan {
	user := cordon.NewUser(recordedID, "ada@contoso.com", "")
	return cordon.Plan{
		Schema: cordon.PlanSchema, TenantID: "5611623b-9128-461e-9d7f-a0d9c270ead2", Playbook: "contain-token-theft", Version: 1,
		Steps: []cordon.PlannedStep{{Action: cordon.ActionRevokeSessions, Target: user}, {Action: cordon.ActionDisableUser, Target: user}},
	}
}

// Approvals that were given keep their hash: when this value changes, so must
// PlanSchema, and plans of the old schema must still hash as they did.
func TestPlanHashIsStable(t *testing.T) {
	t.Parallel()
	const want = "e938a28d5c3f86bff5624f3394c9ab1b2b3314208b00d212e5ce7c66c6b0b21e"
	if got := plan().Hash(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPlanHashCoversEverything(t *testing.T) {
	t.Parallel()
	other := cordon.NewUser("11111111-1111-4111-8111-111111111111", "ada@contoso.com", "")
	changes := map[string]func(*cordon.Plan){
		"compromised":   func(p *cordon.Plan) { p.CompromisedAt = &time.Time{} },
		"schema":        func(p *cordon.Plan) { p.Schema++ },
		"tenant":        func(p *cordon.Plan) { p.TenantID = "11111111-1111-4111-8111-111111111111" },
		"playbook":      func(p *cordon.Plan) { p.Playbook += "x" },
		"version":       func(p *cordon.Plan) { p.Version++ },
		"action":        func(p *cordon.Plan) { p.Steps[1].Action = cordon.ActionEnableUser },
		"target":        func(p *cordon.Plan) { p.Steps[1].Target = other },
		"target's kind": func(p *cordon.Plan) { p.Steps[1].Target.Kind = cordon.KindDevice },
		"target's name": func(p *cordon.Plan) { p.Steps[1].Target = p.Steps[1].Target.Add(cordon.NameSID, onPremSID) },
		"order":         func(p *cordon.Plan) { p.Steps[0], p.Steps[1] = p.Steps[1], p.Steps[0] },
		"one less":      func(p *cordon.Plan) { p.Steps = p.Steps[:1] },
		"one more":      func(p *cordon.Plan) { p.Steps = append(p.Steps, p.Steps[0]) },
		"none":          func(p *cordon.Plan) { p.Steps = nil },
	}
	seen := map[string]string{plan().Hash(): "the plan itself"}
	for name, change := range changes {
		p := plan()
		change(&p)
		if before, ok := seen[p.Hash()]; ok {
			t.Errorf("%s: the same hash as %s", name, before)
		}
		seen[p.Hash()] = name
	}
}
