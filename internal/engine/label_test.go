package engine

import (
	"testing"

	"github.com/cordonhq/cordon"
)

// Notices call the tenant itself by its name, with its id, and everybody else
// as before.
func TestNoticesCallTheTenantByName(t *testing.T) {
	t.Parallel()
	const id = "588d7c15-8565-448e-bc2d-57f2b7c4c58a"
	tenant := Tenant{Tenant: cordon.Tenant{ID: id, Name: "contoso"}}
	for want, entity := range map[string]cordon.Entity{
		"contoso (" + id + ")": cordon.NewTenantEntity(id),
		"ada@contoso.com":      cordon.NewUser("", "ada@contoso.com", ""),
	} {
		step := stepNotice(tenant, cordon.Run{}, cordon.Step{Action: cordon.ActionEnableSecurityDefaults, Target: entity})
		incident := incidentNotice(tenant, cordon.Incident{Entity: entity}, []cordon.Detector{"administrator"})
		if step.Title != "enable_security_defaults "+want || incident.Title != want+": administrator" {
			t.Errorf("got %q and %q", step.Title, incident.Title)
		}
		if step.Target != entity.ID() || incident.Target != entity.ID() {
			t.Errorf("%s: the targets are %s and %s", want, step.Target, incident.Target)
		}
	}
}
