package microsoft_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// TestAdminsThroughGroups: who holds the role directly, through a group or in
// both ways is an administrator once; the app that holds it is none.
func TestAdminsThroughGroups(t *testing.T) {
	t.Parallel()
	const tenant = `name: groups
tenant:
  users:
    - {key: ruth, name: Ruth Amsel, roles: [Global Administrator]}
    - {key: gus, name: Gus Brandt, disabled: true}
    - {key: ian, name: Ian Castell}
  groups:
    - {key: admins, name: Administrators, members: [ruth, inner], roles: [Global Administrator]}
    - {key: inner, name: Inner, members: [gus]}
    - {key: staff, name: Staff, members: [ian]}
  directory_roles: [Global Administrator]
`
	path := filepath.Join(t.TempDir(), "groups.yaml")
	if err := os.WriteFile(path, []byte(tenant), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, sim.Options{Calm: true, Scenario: path})
	people := w.people(t)
	admins, err := w.Directory.GlobalAdmins(t.Context())
	got := map[string]bool{}
	for _, a := range admins {
		got[a.DisplayName] = *a.AccountEnabled
	}
	if want := map[string]bool{"Ruth Amsel": true, "Gus Brandt": false}; err != nil || len(admins) != 2 || !maps.Equal(got, want) {
		t.Errorf("got %+v, %v; want %v", admins, err, want)
	}
	roles, err := w.Directory.RolesOf(t.Context(), people["Gus Brandt"].ID)
	if want := []microsoft.Role{{TemplateID: microsoft.RoleGlobalAdministrator, Name: "Global Administrator"}}; err != nil || !slices.Equal(roles, want) {
		t.Errorf("roles through a group: %v, %v", roles, err)
	}
	held, err := w.Users.Memberships(t.Context(), people["Gus Brandt"].ID)
	var names, groups []string
	for _, m := range held {
		names = append(names, m.DisplayName)
		if m.Type == "#microsoft.graph.group" {
			groups = append(groups, m.ID)
		}
	}
	if want := []string{"Global Administrator", "Inner", "Administrators"}; err != nil || !slices.Equal(names, want) {
		t.Fatalf("memberships: %q, %v; want %q", names, err, want)
	}
	if in, err := w.Users.CheckMemberGroups(t.Context(), people["Ian Castell"].ID, groups); err != nil || len(in) != 0 {
		t.Errorf("groups of another: %v, %v", in, err)
	}
	if in, err := w.Users.CheckMemberGroups(t.Context(), people["Gus Brandt"].ID, groups); err != nil || !slices.Equal(in, groups) {
		t.Errorf("groups: %v, %v; want %v", in, err, groups)
	}
	w.fault(t, sim.Fault{RevokeRoles: []string{"GroupMember.Read.All"}})
	if admins, err := w.Directory.GlobalAdmins(t.Context()); !errors.Is(err, cordon.ErrDenied) || admins != nil {
		t.Errorf("a part of the administrators: %v, %v", admins, err)
	}
}
