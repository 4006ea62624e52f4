package microsoft

import "slices"

// Support says how sure it is that a provider takes an action.
type Support uint8

// How sure.
const (
	SupportNone     Support = iota // no page says so
	SupportDisputed                // the page of the account does, the page of the call does not
	SupportAgreed                  // both pages do
)

// onAccount and onCall are what two pages of Microsoft say of the same call,
// and they disagree. ProviderAccount.Actions says what an account takes now,
// and is the better word when it is not empty.
//
// Source: microsoft-graph-docs security-account, security-identityaccounts-invokeaction.
func onAccount(a IdentityAction) []IdentityProvider {
	switch a {
	case IdentityDisable, IdentityEnable:
		return []IdentityProvider{ProviderActiveDirectory, ProviderEntraID, ProviderOkta}
	case IdentityForcePasswordReset:
		return []IdentityProvider{ProviderActiveDirectory}
	case IdentityRevokeAllSessions:
		return []IdentityProvider{ProviderEntraID, ProviderOkta}
	case IdentityRequireSignIn, IdentityMarkCompromised:
		return []IdentityProvider{ProviderEntraID}
	}
	return nil
}

func onCall(a IdentityAction) []IdentityProvider {
	switch a {
	case IdentityDisable, IdentityEnable:
		return []IdentityProvider{ProviderActiveDirectory, ProviderOkta}
	case IdentityForcePasswordReset:
		return []IdentityProvider{ProviderActiveDirectory}
	case IdentityRevokeAllSessions:
		return []IdentityProvider{ProviderOkta}
	case IdentityRequireSignIn, IdentityMarkCompromised:
	}
	return nil
}

// Supports says whether the provider takes the action, by the pages.
func (p IdentityProvider) Supports(a IdentityAction) Support {
	switch {
	case slices.Contains(onCall(a), p):
		return SupportAgreed
	case slices.Contains(onAccount(a), p):
		return SupportDisputed
	}
	return SupportNone
}
