package microsoft

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// An Identity is a person or an app with all accounts that Defender for
// Identity joined to it.
//
// Source: v1.0 metadata, security.identityAccounts.
type Identity struct {
	ID                           string            `json:"id"`
	DisplayName                  string            `json:"displayName"`
	Domain                       string            `json:"domain"`
	OnPremisesSecurityIdentifier string            `json:"onPremisesSecurityIdentifier"`
	CloudSecurityIdentifier      string            `json:"cloudSecurityIdentifier"`
	IsEnabled                    *bool             `json:"isEnabled"`
	Accounts                     []ProviderAccount `json:"accounts"`
}

// A ProviderAccount is one account of an identity, and what may be done to it
// now.
type ProviderAccount struct {
	Identifier string
	Provider   IdentityProvider
	Actions    []IdentityAction
}

// UnmarshalJSONFrom reads an account. The pages name the provider otherwise
// than the metadata does, and in other letters; both are read.
func (a *ProviderAccount) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	wire, _ := Decode[struct {
		Identifier Text             `json:"identifier"`
		Provider   Text             `json:"identityProvider"`
		Sample     Text             `json:"provider"`
		Actions    []IdentityAction `json:"actions"`
	}](raw) // what is no object stays empty
	*a = ProviderAccount{Identifier: string(wire.Identifier), Provider: ReadProvider(string(cmp.Or(wire.Provider, wire.Sample)))}
	for _, action := range wire.Actions {
		a.Actions = append(a.Actions, ReadAction(string(action)))
	}
	return nil
}

// A StartedAction is an action that Defender for Identity has begun.
//
// Source: v1.0 metadata, security.invokeActionResult.
type StartedAction struct {
	AccountID     string
	Action        IdentityAction
	Provider      IdentityProvider
	CorrelationID string // empty when the answer named none
}

// UnmarshalJSONFrom reads the answer bare, as the metadata has it, or wrapped
// in a value, as the pages show it.
func (a *StartedAction) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	type result struct {
		AccountID     Text `json:"accountId"`
		Action        Text `json:"action"`
		Provider      Text `json:"identityProvider"`
		Sample        Text `json:"provider"`
		CorrelationID Text `json:"correlationId"`
	}
	wire, err := Decode[struct {
		result
		Value *result `json:"value"`
	}](raw)
	if err != nil {
		return err
	}
	r := wire.result
	if wire.Value != nil {
		r = *wire.Value
	}
	*a = StartedAction{AccountID: string(r.AccountID), Action: ReadAction(string(r.Action)),
		Provider: ReadProvider(string(cmp.Or(r.Provider, r.Sample))), CorrelationID: string(r.CorrelationID)}
	return nil
}

// An IdentityProvider is who keeps an account.
type IdentityProvider string

// The providers.
const (
	ProviderEntraID         IdentityProvider = "entraID"
	ProviderActiveDirectory IdentityProvider = "activeDirectory"
	ProviderOkta            IdentityProvider = "okta"
)

// ReadProvider returns the provider that s names in any letters. A word that
// we do not know stays as it is.
func ReadProvider(s string) IdentityProvider {
	return known(IdentityProvider(s), ProviderEntraID, ProviderActiveDirectory, ProviderOkta)
}

// An IdentityAction is what Defender for Identity can do to an account.
type IdentityAction string

// The actions.
const (
	IdentityDisable            IdentityAction = "disable"
	IdentityEnable             IdentityAction = "enable"
	IdentityForcePasswordReset IdentityAction = "forcePasswordReset"
	IdentityRevokeAllSessions  IdentityAction = "revokeAllSessions"
	IdentityRequireSignIn      IdentityAction = "requireUserToSignInAgain"
	IdentityMarkCompromised    IdentityAction = "markUserAsCompromised"
)

// ReadAction returns the action that s names in any letters. A word that we do
// not know stays as it is.
func ReadAction(s string) IdentityAction {
	return known(IdentityAction(s), IdentityDisable, IdentityEnable, IdentityForcePasswordReset,
		IdentityRevokeAllSessions, IdentityRequireSignIn, IdentityMarkCompromised)
}

// known returns the word among the known ones that s is, whatever its letters,
// or s.
func known[T ~string](s T, words ...T) T {
	if i := slices.IndexFunc(words, func(w T) bool { return strings.EqualFold(string(w), string(s)) }); i >= 0 {
		return words[i]
	}
	return s
}
