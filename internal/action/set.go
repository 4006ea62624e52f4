package action

import (
	"cmp"
	"context"
	"slices"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A Backend says by which calls accounts of Entra are changed.
type Backend string

// The backends.
const (
	// Documented goes by the calls that Microsoft documents.
	Documented Backend = "documented"
	// RiskyUsers goes by riskyUsers/{id}/invokeAction, of which circulating
	// descriptions tell and Microsoft's documentation does not.
	RiskyUsers Backend = "risky_users_invoke_action"
)

// Backends lists them, the default first.
func Backends() []Backend { return []Backend{Documented, RiskyUsers} }

// A Set is the verbs that there are, by name.
type Set []Verb

// NewSet returns every verb. "" is Documented.
func NewSet(b Backend) Set {
	verbs := Set{
		revokeSessions(), disableUser(), enableUser(), securityDefaults(true), securityDefaults(false),
		forcePasswordReset(), forcePasswordChange(), confirmCompromised(),
		switchOnPremises(false), switchOnPremises(true), forcePasswordResetOnPremises(),
		switchOkta(false), switchOkta(true), revokeSessionsOkta(),
	}
	for i, v := range verbs {
		if word := v.Name.Word(); b == RiskyUsers && word != "" && v.Name.Provider() == cordon.ProviderEntra {
			verbs[i] = byHearsay(v, word)
		}
	}
	slices.SortFunc(verbs, func(a, b Verb) int { return cmp.Compare(a.Name, b.Name) })
	return verbs
}

// Find returns the verb of that name.
func (s Set) Find(name cordon.ActionName) (Verb, bool) {
	i := slices.IndexFunc(s, func(v Verb) bool { return v.Name == name })
	if i < 0 {
		return Verb{}, false
	}
	return s[i], true
}

// byHearsay sends a verb by the call that Microsoft does not document. What
// is read before and after stays the same, so the proof does not rest on it.
func byHearsay(v Verb, word cordon.Word) Verb {
	v.Wire = "POST /identityProtection/riskyUsers/{id}/invokeAction action=" + string(word)
	v.Needs = []string{"IdentityRiskyUser.ReadWrite.All", "User.Read.All"}
	v.hearsay = true
	v.Do = func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
		return "", c.Risk.RiskyUsersInvokeAction(ctx, o.Target.ID(), string(word), o.RequestID)
	}
	return v
}
