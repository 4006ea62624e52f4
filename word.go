package cordon

import (
	"slices"
	"strings"
)

// A Word is what is wanted of a user's accounts, whoever keeps them. It
// stands for one action for each provider that has it.
type Word string

// The words.
const (
	WordRevokeAllSessions     Word = "revokeAllSessions"
	WordDisable               Word = "disable"
	WordEnable                Word = "enable"
	WordForcePasswordReset    Word = "forcePasswordReset"
	WordMarkUserAsCompromised Word = "markUserAsCompromised"
)

// A Provider is who keeps an account.
type Provider string

// The providers.
const (
	ProviderEntra           Provider = "entra"
	ProviderActiveDirectory Provider = "active_directory"
	ProviderOkta            Provider = "okta"
)

// Providers lists them.
func Providers() []Provider { return []Provider{ProviderEntra, ProviderActiveDirectory, ProviderOkta} }

// Words lists the words in the order in which it is safe to take what they
// stand for: first what the user mends alone and guard therefore holds least,
// then what shuts an attacker out, and last what only passes the word on.
func Words() []Word {
	return []Word{WordRevokeAllSessions, WordDisable, WordForcePasswordReset, WordMarkUserAsCompromised, WordEnable}
}

// Actions returns what the word stands for. Entra comes first: it takes
// effect at once, while Active Directory and Okta are reached through others.
func (w Word) Actions() []ActionName {
	switch w {
	case WordRevokeAllSessions:
		return []ActionName{ActionRevokeSessions, ActionRevokeSessionsOkta}
	case WordDisable:
		return []ActionName{ActionDisableUser, ActionDisableOnPremises, ActionDisableOkta}
	case WordEnable:
		return []ActionName{ActionEnableUser, ActionEnableOnPremises, ActionEnableOkta}
	case WordForcePasswordReset:
		return []ActionName{ActionForcePasswordReset, ActionForcePasswordResetOnPremises}
	case WordMarkUserAsCompromised:
		return []ActionName{ActionConfirmCompromised}
	}
	return nil
}

// Word returns the word that stands for the action, or "".
func (a ActionName) Word() Word {
	i := slices.IndexFunc(Words(), func(w Word) bool { return slices.Contains(w.Actions(), a) })
	if i < 0 {
		return ""
	}
	return Words()[i]
}

// Provider returns who keeps the accounts that the action changes. Names of
// actions end with it; those without are for Entra.
func (a ActionName) Provider() Provider {
	switch {
	case strings.HasSuffix(string(a), "_on_premises"):
		return ProviderActiveDirectory
	case strings.HasSuffix(string(a), "_okta"):
		return ProviderOkta
	}
	return ProviderEntra
}

// ForUsers reports whether the action is for users.
func (a ActionName) ForUsers() bool { return a.Word() != "" || a == ActionForcePasswordChange }

// Contains reports whether the action takes something away from a user.
func (a ActionName) Contains() bool { return a.ForUsers() && a.Word() != WordEnable }
