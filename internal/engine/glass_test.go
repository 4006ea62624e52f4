package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
)

// grouped is a tenant as most are: who is excluded from Conditional Access,
// and who is a Global Administrator, is decided by groups.
const grouped = `name: grouped
tenant:
  users:
    - {key: glass, name: Glass}
    - {key: half, name: Half}
    - {key: plain, name: Plain, roles: [Global Administrator]}
    - {key: guest, name: Guest}
  groups:
    - {key: admins, name: Administrators, members: [glass, half], roles: [Global Administrator]}
    - {key: emergency, name: Emergency access, members: [inner, guest]}
    - {key: inner, name: Emergency accounts, members: [glass, half]}
    - {key: pilot, name: Pilot, members: [glass, guest]}
    - {key: testers, name: Testers, members: [guest]}
  policies:
    - {name: Second factor, exclude_groups: [emergency], controls: [mfa]}
    - {name: No legacy clients, exclude_groups: [pilot, admins], controls: [block]}
    - {name: Devices, exclude: [glass], exclude_groups: [pilot], controls: [compliantDevice]}
    - {name: For the pilot, groups: [testers], controls: [mfa]}
    - {name: For readers, roles: [Directory Readers], controls: [mfa]}
    - {name: Tomorrow, state: enabledForReportingButNotEnforced, controls: [mfa]}
    - {name: Off, state: disabled, controls: [block]}
`

// newGrouped makes a world of a scenario and returns its users by name.
func newGrouped(t *testing.T, scenario string) (*world, map[string]cordon.Entity) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "grouped.yaml")
	if err := os.WriteFile(path, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, action.Documented, sim.Options{Scenario: path})
	raw, err := w.cloud.State(w.tenant, "users")
	if err != nil {
		t.Fatal(err)
	}
	var users []struct{ ID, DisplayName string }
	if err := json.Unmarshal(raw, &users); err != nil {
		t.Fatal(err)
	}
	people := map[string]cordon.Entity{}
	for _, u := range users {
		people[u.DisplayName] = cordon.NewUser(u.ID, "", "")
	}
	return w, people
}

// TestBreakGlassByGroup: a Global Administrator whom every live policy
// excludes, by a group or by object id, is a break-glass account, and nobody
// else is. Groups are asked for where they decide, and else are not.
func TestBreakGlassByGroup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, who, want string
		asked           int
		fault           sim.Fault
	}{
		{name: "excluded from all", who: "Glass", asked: 1, want: "refused; disable_user skipped break_glass"},
		{name: "excluded from all but one", who: "Half", asked: 1, want: "held; disable_user planned two_people"},
		{name: "excluded from none", who: "Plain", asked: 1, want: "held; disable_user planned two_people"},
		{name: "no administrator", who: "Guest", want: "done; disable_user done confirmed"},
		{name: "groups unreadable", who: "Glass", asked: 1, fault: sim.Fault{Path: "*/checkMemberGroups", Status: 403},
			want: "refused; disable_user skipped situation_unreadable"},
		{name: "administrators unreadable", who: "Glass", fault: sim.Fault{RevokeRoles: []string{"GroupMember.Read.All"}},
			want: "refused; disable_user skipped situation_unreadable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, people := newGrouped(t, grouped)
			if tt.fault.Path != "" || tt.fault.RevokeRoles != nil {
				w.fault(tt.fault)
			}
			run, err := w.do(people[tt.who], cordon.ActionDisableUser)
			if asked := w.asked()["POST users/{id}/checkMemberGroups"]; story(run) != tt.want || err != nil || asked != tt.asked {
				t.Errorf("%s, %v, groups asked for %d times; want %s, %d", story(run), err, asked, tt.want, tt.asked)
			}
		})
	}
}

// TestBreakGlassBesidePoliciesForOthers: a policy that cannot apply to the
// account takes no exclusion of it, or has none; the account stays found. One
// that can apply takes the protection away.
func TestBreakGlassBesidePoliciesForOthers(t *testing.T) {
	t.Parallel()
	const apps, found, bound = `"applications":{"includeApplications":["All"]}`, "refused; disable_user skipped break_glass", "held; disable_user planned two_people"
	for name, tt := range map[string]struct{ conditions, want string }{
		"workloads":           {`{"users":{"includeUsers":["None"]},"clientApplications":{"includeServicePrincipals":["ServicePrincipalsInMyTenant"]},"servicePrincipalRiskLevels":["high"],` + apps + `}`, found},
		"agents":              {`{"users":{"includeUsers":["None"]},"clientApplications":{"includeAgentIdServicePrincipals":["All"]},` + apps + `}`, found},
		"guests":              {`{"users":{"includeUsers":["GuestsOrExternalUsers"]},` + apps + `}`, found},
		"guests by kind":      {`{"users":{"includeUsers":[],"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"b2bCollaborationGuest","externalTenants":{"membershipKind":"all"}}},` + apps + `}`, found},
		"null conditions":     {`null`, found},
		"null users":          {`{"users":null,` + apps + `}`, found},
		"null lists":          {`{"users":{"includeUsers":null,"includeGroups":null,"includeRoles":null},"applications":null}`, found},
		"of another shape":    {`{"users":{"includeUsers":"Everybody"},` + apps + `}`, found},
		"everybody":           {`{"users":{"includeUsers":["All"]},` + apps + `}`, bound},
		"everybody, narrowed": {`{"users":{"includeUsers":["All"]},"platforms":{"includePlatforms":["android"]},"signInRiskLevels":["high"],` + apps + `}`, bound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, people := newGrouped(t, grouped)
			w.inject("identity/conditionalAccess/policies", `{"id":"77777777-0000-0000-0000-000000000001","displayName":"One more","state":"enabled","conditions":`+tt.conditions+`}`)
			if run, err := w.do(people["Glass"], cordon.ActionDisableUser); story(run) != tt.want || err != nil {
				t.Errorf("%s, %v; want %s", story(run), err, tt.want)
			}
		})
	}
}

// TestLastAdminsThroughGroups: who is a Global Administrator through a group
// counts among the last two.
func TestLastAdminsThroughGroups(t *testing.T) {
	t.Parallel()
	const users = `name: last
tenant:
  users:
    - {key: ann, name: Ann}
    - {key: bob, name: Bob}
    - {key: off, name: Off, disabled: true}
    - {key: cem, name: Cem, roles: [%s]}
  groups:
    - {key: admins, name: Administrators, members: [ann, bob, off], roles: [Global Administrator]}
`
	for name, tt := range map[string]struct{ role, want string }{
		"two in the group":              {"Directory Readers", "refused; disable_user skipped last_global_admins"},
		"two in the group, one besides": {"Global Administrator", "held; disable_user planned two_people"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, people := newGrouped(t, fmt.Sprintf(users, tt.role))
			if run, err := w.do(people["Ann"], cordon.ActionDisableUser); story(run) != tt.want || err != nil {
				t.Errorf("%s, %v; want %s", story(run), err, tt.want)
			}
		})
	}
}
