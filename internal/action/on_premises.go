package action

import (
	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// switchOnPremises disables or enables the account in Active Directory. Entra
// follows at the next synchronisation. The flag of the identity is taken for
// that of Active Directory when it has an account there.
func switchOnPremises(enabled bool) Verb {
	v, asks := switching(microsoft.ProviderActiveDirectory, enabled, cordon.ActionDisableOnPremises, cordon.ActionEnableOnPremises,
		"in Active Directory", "the user cannot sign in on premises, and soon nowhere, until enabled again")
	v.Met = func(prior *State, now State) bool { return now.Account.is(enabled, prior == nil, asks) }
	v.Shows = func(now State) bool { return now.Account != nil && now.Account.Enabled != nil }
	return v
}

// forcePasswordResetOnPremises makes the user choose a new password at the
// next sign-in to Active Directory. Nothing that can be read shows it, until
// the user has chosen and Entra has heard of it: then it is not asked for
// again.
func forcePasswordResetOnPremises() Verb {
	v := byIdentity(microsoft.ProviderActiveDirectory, microsoft.IdentityForcePasswordReset)
	v.Name, v.Met = cordon.ActionForcePasswordResetOnPremises, changedSince
	v.About = "Make the user's password in Active Directory void; a new one is chosen at the next sign-in"
	v.Breaks = "the user must choose a new password; services that run under the account stop"
	return v
}
