package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// The tenant is called by its name wherever it is what something is about:
// alone in JSON, where the id has a field, and with the id elsewhere.
func TestTenantsAreCalledByName(t *testing.T) {
	t.Parallel()
	const id, gone = "588d7c15-8565-448e-bc2d-57f2b7c4c58a", "0f3a1c9e-8565-448e-bc2d-57f2b7c4c58a"
	about := subject{names: map[string]string{id: "contoso"}}
	itself := cordon.NewTenantEntity(id)
	step := cordon.Step{Action: cordon.ActionEnableSecurityDefaults, Target: itself, Outcome: cordon.OutcomeUnknown, Proof: cordon.ProofUnknown}
	run := cordon.Run{ID: "r1", TenantID: id, State: cordon.RunRunning, Steps: []cordon.Step{step}}
	signal := cordon.Signal{TenantID: id, Entities: []cordon.Entity{itself}, Named: []cordon.Entity{cordon.NewUser("", "ada@contoso.com", "")}}
	for name, tt := range map[string]struct {
		print func(*Deps) error
		json  string
	}{
		"run":  {func(d *Deps) error { return print(d, []runRow{runRowOf(run, about)}, runColumns()) }, `"target_name": "contoso"`},
		"step": {func(d *Deps) error { return print(d, runRowOf(run, about).Steps, stepColumns()) }, `"target_name": "contoso"`},
		"incident": {func(d *Deps) error {
			return print(d, []incidentRow{incidentRowOf(cordon.Incident{TenantID: id, Entity: itself}, about)}, incidentColumns())
		}, `"entity_name": "contoso"`},
		"signal": {func(d *Deps) error { return print(d, []signalRow{signalRowOf(signal, about)}, signalColumns()) }, "\"entity_names\": [\n      \"contoso\",\n      \"ada@contoso.com\"\n    ]"},
	} {
		for format, want := range map[string]string{"table": "contoso (" + id + ")", "json": tt.json} {
			var out bytes.Buffer
			if err := tt.print(&Deps{Out: &out, format: format}); err != nil || !strings.Contains(out.String(), want) {
				t.Errorf("%s: error %v, want %s in %s", name, err, want, &out)
			}
		}
	}
	var said bytes.Buffer
	row := runRowOf(run, about)
	row.Steps[0].unproved = "why"
	(&Deps{Err: &said}).sayUnproved([]runRow{row})
	texts := said.String() + about.unfinishedText([]cordon.Run{run}) + about.wentAstray(run, step).Error()
	if strings.Count(texts, "enable_security_defaults contoso ("+id+")") != 3 {
		t.Errorf("got %s", texts)
	}
	if got := about.label(gone, cordon.NewTenantEntity(gone)); got != gone {
		t.Errorf("a tenant that is no longer configured is called %s", got)
	}
}
