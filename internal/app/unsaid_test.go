package app_test

import (
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// Of one user Microsoft does not say whether the account is enabled: sessions
// are ended all the same, disabling is refused, and people are notified of that
// once.
func TestUnsaidAccountEnabled(t *testing.T) {
	t.Parallel()
	const user = "11111111-1111-4111-8111-111111111111"
	w := newWorld(t, "empty", tenantYAML{})
	w.inject("users", map[string]any{"id": user, "userPrincipalName": "ada@contoso.example", "displayName": "Ada", "accountEnabled": nil})
	w.attack(user)
	w.sync()
	run := w.runOn(user)
	got := map[cordon.ActionName]string{}
	for _, s := range run.Steps {
		got[s.Action] = string(s.Outcome) + " " + string(s.Verdict.Reason)
		if s.Action == cordon.ActionDisableUser && !strings.Contains(s.Detail, "Microsoft does not say whether the account") {
			t.Errorf("the detail is %q", s.Detail)
		}
	}
	if got[cordon.ActionRevokeSessions] != "done within_guardrails" || got[cordon.ActionDisableUser] != "skipped situation_unreadable" {
		t.Errorf("got %v", got)
	}
	var about []string
	for _, n := range w.told.notices {
		if n.RunID == run.ID && n.Action == cordon.ActionDisableUser {
			about = append(about, n.Title+" "+n.Reason)
		}
	}
	if len(about) != 1 {
		t.Errorf("notified of it %d times: %q", len(about), about)
	}
	w.sync()
	if n := len(w.told.of(cordon.NoticeRefused)); n != 1 {
		t.Errorf("%d refusals are told after another sync", n)
	}
}

// One administrator of whom Microsoft does not say it hinders nobody's
// containment.
func TestUnsaidAdministrator(t *testing.T) {
	t.Parallel()
	const user = "11111111-1111-4111-8111-111111111111"
	w := newWorld(t, "token-theft", tenantYAML{})
	mira := w.person("mira")
	w.inject("users", map[string]any{"id": user, "userPrincipalName": "root@contoso.example", "displayName": "Root", "accountEnabled": nil})
	w.inject("directoryRoles/62e90394-69f5-4237-9190-012177145e10/members", map[string]any{"id": user})
	w.sync()
	if run := w.runOn(mira); run.State != cordon.RunDone {
		t.Errorf("got %s", brief(w.runs()))
	}
}

// The sessions of a guest in the home tenant live on, and people are told.
func TestGuestSessionsLiveOn(t *testing.T) {
	t.Parallel()
	const user = "11111111-1111-4111-8111-111111111111"
	const note = "the user is a guest: sessions in the home tenant live on, and only that tenant can end them"
	w := newWorld(t, "empty", tenantYAML{})
	w.inject("users", map[string]any{"id": user, "userPrincipalName": "ada_fabrikam.example#EXT#@contoso.example", "displayName": "Ada", "accountEnabled": true, "userType": "Guest"})
	w.attack(user)
	w.sync()
	for _, s := range w.runOn(user).Steps {
		if want := s.Action == cordon.ActionRevokeSessions; strings.Contains(s.Detail, note) != want {
			t.Errorf("%s: the detail is %q", s.Action, s.Detail)
		}
	}
	told := 0
	for _, n := range w.told.of(cordon.NoticeContained) {
		if strings.Contains(n.Title, note) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times: %+v", told, w.told.notices)
	}
}
