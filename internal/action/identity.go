package action

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// byIdentity is what the verbs through Defender for Identity have in common.
// They only begin an action, no call tells when it is done, and a sensor or a
// connector carries it out.
func byIdentity(p microsoft.IdentityProvider, a microsoft.IdentityAction) Verb {
	return Verb{
		Wire:    fmt.Sprintf("POST /security/identities/identityAccounts/{id}/invokeAction action=%s identityProvider=%s", a, p),
		Needs:   []string{"SecurityIdentitiesAccount.Read.All", "SecurityIdentitiesActions.ReadWrite.All", "User.Read.All"},
		Effect:  cordon.EffectContain,
		Settles: 10 * time.Minute,
		Asks:    a,
		Read:    readAccount(p),
		Met:     never,
		Shows:   func(State) bool { return false },
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			if o.Before.Account == nil || !cordon.IsGUID(o.Target.ID()) {
				return "", fmt.Errorf("%s: the user is not named by object id, or no account was read: %w", a, cordon.ErrBadRequest)
			}
			started, err := c.Identities.InvokeAction(ctx, o.Before.Account.Identity,
				microsoft.IdentityCommand{AccountID: o.Before.Account.ID, Action: a, Provider: p}, o.RequestID)
			if err != nil {
				return "", err
			}
			return "Defender for Identity began it, correlation id " + cmp.Or(cordon.Plain(started.CorrelationID, 64), "none"), nil
		},
	}
}

// never is the wish of a verb whose effect no reading shows.
func never(*State, State) bool { return false }

// is reports whether the identity is enabled as wished. It has one flag for
// all accounts: before an action it proves nothing about one of several,
// unless what the account takes now agrees.
func (a *Account) is(wish, before bool, asks microsoft.IdentityAction) bool {
	if a == nil || a.Enabled == nil || *a.Enabled != wish {
		return false
	}
	return !before || len(a.Others) == 0 || a.turned(asks)
}

// turned reports whether the account takes the opposite of an action and no
// longer the action itself: it is as the action makes it.
func (a *Account) turned(asks microsoft.IdentityAction) bool {
	opposite := map[microsoft.IdentityAction]microsoft.IdentityAction{
		microsoft.IdentityDisable: microsoft.IdentityEnable, microsoft.IdentityEnable: microsoft.IdentityDisable,
	}[asks]
	return slices.Contains(a.Offers, opposite) && !slices.Contains(a.Offers, asks)
}

// switching disables or enables an account that a provider keeps. In words:
// where that is, and what disabling breaks. What it asks the provider for is
// returned besides.
func switching(p microsoft.IdentityProvider, enabled bool, disable, enable cordon.ActionName, where, breaks string) (Verb, microsoft.IdentityAction) {
	if enabled {
		v := byIdentity(p, microsoft.IdentityEnable)
		v.Name, v.Effect, v.About, v.Breaks = enable, cordon.EffectRestore, "Enable the user's account "+where, "nothing"
		return v, microsoft.IdentityEnable
	}
	v := byIdentity(p, microsoft.IdentityDisable)
	v.Name, v.Effect, v.About, v.Breaks = disable, cordon.EffectContain, "Disable the user's account "+where, breaks
	v.UndoneBy = enable
	return v, microsoft.IdentityDisable
}
