package cordon_test

import (
	"slices"
	"testing"

	"github.com/cordonhq/cordon"
)

// Every action belongs to one word at most and to one provider, and each word
// has at most one action for a provider.
func TestWords(t *testing.T) {
	t.Parallel()
	seen := map[cordon.ActionName]bool{}
	for _, w := range cordon.Words() {
		providers := map[cordon.Provider]bool{}
		for _, a := range w.Actions() {
			if seen[a] || providers[a.Provider()] || a.Word() != w || !a.ForUsers() || a.Contains() == (w == cordon.WordEnable) {
				t.Errorf("%s: %s of %s", w, a, a.Provider())
			}
			seen[a], providers[a.Provider()] = true, true
		}
		if !providers[cordon.ProviderEntra] {
			t.Errorf("%s has no action for Entra", w)
		}
	}
	for a, want := range map[cordon.ActionName]cordon.Provider{
		"disable_user": "entra", "force_password_change": "entra", "disable_on_premises": "active_directory", "force_password_reset_on_premises": "active_directory",
		"enable_okta": "okta", "revoke_sessions_okta": "okta", "revoke_sessions": "entra",
	} {
		if a.Provider() != want {
			t.Errorf("%s: provider %s, want %s", a, a.Provider(), want)
		}
	}
	if len(seen) != 11 || cordon.Word("Disable").Actions() != nil {
		t.Errorf("%d actions have a word", len(seen))
	}
	for _, a := range []cordon.ActionName{cordon.ActionEnableSecurityDefaults, cordon.ActionDisableSecurityDefaults, "", "other"} {
		if a.Word() != "" || a.ForUsers() || a.Contains() {
			t.Errorf("%s is taken for an action on users", a)
		}
	}
	if a := cordon.ActionForcePasswordChange; a.Word() != "" || !a.Contains() {
		t.Errorf("%s: word %q", a, a.Word())
	}
}

func TestBarren(t *testing.T) {
	t.Parallel()
	over := func(a cordon.ActionName) cordon.Step {
		return cordon.Step{Action: a, Outcome: cordon.OutcomeSkipped, Verdict: cordon.Verdict{Reason: cordon.ReasonNoAccount}}
	}
	done := func(a cordon.ActionName) cordon.Step { return cordon.Step{Action: a, Outcome: cordon.OutcomeDone} }
	r := cordon.Run{Steps: []cordon.Step{
		over(cordon.ActionRevokeSessions), over(cordon.ActionDisableUser), done(cordon.ActionDisableOkta), over(cordon.ActionRevokeSessionsOkta), over(cordon.ActionForcePasswordChange),
	}}
	var got []cordon.ActionName
	for _, s := range r.Barren() {
		got = append(got, s.Action)
	}
	if want := []cordon.ActionName{cordon.ActionRevokeSessionsOkta, cordon.ActionForcePasswordChange}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
