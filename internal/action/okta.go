package action

import (
	"slices"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// switchOkta disables or enables the account at Okta.
func switchOkta(enabled bool) Verb {
	v, asks := switching(microsoft.ProviderOkta, enabled, cordon.ActionDisableOkta, cordon.ActionEnableOkta,
		"at Okta", "the user cannot sign in with Okta until enabled again")
	v.Met = func(prior *State, now State) bool {
		return now.Account.is(enabled, prior == nil, asks) && (prior == nil || now.speaksOfOkta(enabled, asks))
	}
	v.Shows = func(now State) bool {
		return now.Account != nil && now.Account.Enabled != nil && len(now.Account.Others) == 0
	}
	return v
}

// speaksOfOkta reports whether the flag of the identity can be about nobody
// but Okta: no other account is there, or the account itself agrees, or there
// is none in Active Directory and Entra says the opposite of its own.
func (s State) speaksOfOkta(wish bool, asks microsoft.IdentityAction) bool {
	others := s.Account.Others
	if len(others) == 0 || s.Account.turned(asks) {
		return true
	}
	foreign := slices.ContainsFunc(others, func(p microsoft.IdentityProvider) bool { return p != microsoft.ProviderEntraID })
	return !foreign && s.AccountEnabled != nil && *s.AccountEnabled != wish
}

// revokeSessionsOkta ends every session at Okta. Nothing that can be read
// shows it.
func revokeSessionsOkta() Verb {
	v := byIdentity(microsoft.ProviderOkta, microsoft.IdentityRevokeAllSessions)
	v.Name, v.SelfMend = cordon.ActionRevokeSessionsOkta, true
	v.About = "End every session of the user at Okta; signing in again is possible"
	v.Breaks = "the user signs in to Okta again on every device"
	return v
}
