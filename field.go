package cordon

// A StateField is a part of a target's state that actions set.
type StateField string

// Field returns which part of the target's state an action sets. Two actions
// that set the same part replace each other; what one did is otherwise not
// touched by the other. It is "" for an action that is not known.
func (a ActionName) Field() StateField {
	switch a {
	case ActionDisableUser, ActionEnableUser:
		return "entra.account_enabled"
	case ActionRevokeSessions:
		return "entra.sessions"
	case ActionForcePasswordReset, ActionForcePasswordChange:
		return "entra.password"
	case ActionConfirmCompromised:
		return "entra.risk"
	case ActionDisableOnPremises, ActionEnableOnPremises:
		return "active_directory.account_enabled"
	case ActionForcePasswordResetOnPremises:
		return "active_directory.password"
	case ActionDisableOkta, ActionEnableOkta:
		return "okta.account_enabled"
	case ActionRevokeSessionsOkta:
		return "okta.sessions"
	case ActionEnableSecurityDefaults, ActionDisableSecurityDefaults:
		return "security_defaults"
	}
	return ""
}
