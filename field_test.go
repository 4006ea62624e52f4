package cordon

import "testing"

// What takes an action back sets the same part of the state as the action, and
// nothing else does.
func TestField(t *testing.T) {
	t.Parallel()
	same := map[ActionName]ActionName{
		ActionDisableUser: ActionEnableUser, ActionDisableOnPremises: ActionEnableOnPremises, ActionDisableOkta: ActionEnableOkta,
		ActionEnableSecurityDefaults: ActionDisableSecurityDefaults, ActionForcePasswordReset: ActionForcePasswordChange,
	}
	alone := []ActionName{ActionRevokeSessions, ActionConfirmCompromised, ActionForcePasswordResetOnPremises, ActionRevokeSessionsOkta}
	seen := map[StateField]ActionName{}
	for a, b := range same {
		if a.Field() == "" || a.Field() != b.Field() {
			t.Errorf("%s sets %q, %s sets %q", a, a.Field(), b, b.Field())
		}
		alone = append(alone, a)
	}
	for _, a := range alone {
		if other, twice := seen[a.Field()]; twice || a.Field() == "" {
			t.Errorf("%s and %s set %q", a, other, a.Field())
		}
		seen[a.Field()] = a
	}
}
