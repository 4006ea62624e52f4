package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// An Account is one that another provider than Entra keeps for a user, as
// Defender for Identity knows it.
type Account struct {
	Identity string                       `json:"identity"` // whose accounts it is among
	ID       string                       `json:"id"`
	Offers   []microsoft.IdentityAction   `json:"offers,omitempty"` // what may be done to it now; none: not told
	Enabled  *bool                        `json:"enabled,omitempty"`
	Others   []microsoft.IdentityProvider `json:"others,omitempty"` // who else keeps an account, and may be whom Enabled is about
}

// A Needless error says that a verb has no account to act on, and why.
type Needless struct{ Why string }

// Error implements error.
func (e *Needless) Error() string { return e.Why }

// errMastered says that a change was refused because Active Directory keeps
// the user.
var errMastered = errors.New("active directory keeps this user")

// NotOffered says why the account that was read does not take the verb, or "".
func (v Verb) NotOffered(now State) string {
	if v.Asks == "" || now.Account == nil || now.offers(v.Asks) || v.Met(nil, now) {
		return ""
	}
	var words []string
	for _, a := range now.Account.Offers {
		words = append(words, string(a))
	}
	return fmt.Sprintf("Defender for Identity does not offer %s on this account, only %s", v.Asks, strings.Join(words, ", "))
}

// offers reports whether the account may take an action. One of which no
// actions are told may.
func (s State) offers(a microsoft.IdentityAction) bool {
	return s.Account != nil && (len(s.Account.Offers) == 0 || slices.Contains(s.Account.Offers, a))
}

// readAccount returns what reads a user's account with a provider.
func readAccount(p microsoft.IdentityProvider) func(context.Context, *microsoft.Client, cordon.Entity) (State, error) {
	return func(ctx context.Context, c *microsoft.Client, target cordon.Entity) (State, error) {
		u, err := c.Users.Get(ctx, target.ID())
		if err != nil {
			return State{}, err
		}
		s := State{AccountEnabled: u.AccountEnabled, Synced: synced(u), PasswordChanged: passwordChanged(u)}
		identity, err := identityOf(ctx, c, u)
		if err != nil {
			return s, unknownAccount(p, s.Synced, err)
		}
		s.Account, err = accountOf(identity, p)
		if err == nil && s.Account == nil {
			err = unknownAccount(p, s.Synced, nil)
		}
		return s, err
	}
}

func synced(u microsoft.User) bool { return u.OnPremisesSyncEnabled != nil && *u.OnPremisesSyncEnabled }

// identityOf finds a user among the identities: by the SID that follows from
// the object id, else by that of Active Directory. Microsoft shows only the
// second filter in its pages, so the first may be refused. Without an
// identity the answer is empty.
func identityOf(ctx context.Context, c *microsoft.Client, u microsoft.User) (microsoft.Identity, error) {
	sid, _ := cordon.SIDFromObjectID(u.ID)
	found, err := c.Identities.Accounts(ctx, microsoft.IdentityFilter{CloudSID: sid})
	if refused := errors.Is(err, cordon.ErrBadRequest); (refused || err == nil && len(found) == 0) && u.OnPremisesSecurityIdentifier != "" {
		found, err = c.Identities.Accounts(ctx, microsoft.IdentityFilter{OnPremisesSID: u.OnPremisesSecurityIdentifier})
	}
	switch {
	case err != nil || len(found) == 0:
		return microsoft.Identity{}, err
	case len(found) > 1:
		return microsoft.Identity{}, fmt.Errorf("%d identities carry the SID of user %s: %w", len(found), u.ID, cordon.ErrMalformed)
	case !isOf(found[0], u, sid):
		return microsoft.Identity{}, fmt.Errorf("identity %s carries one SID of user %s and another one of somebody else, and nothing says whose accounts it has: %w", found[0].ID, u.ID, cordon.ErrMalformed)
	}
	return found[0], nil
}

// isOf reports whether an identity is that of a user and of nobody else: guard
// judged this user, and no other one whose account it might be.
func isOf(i microsoft.Identity, u microsoft.User, cloudSID string) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
	entra := 0
	for _, a := range i.Accounts {
		if a.Provider == microsoft.ProviderEntraID {
			entra++
		}
	}
	return entra <= 1 && !differ(i.CloudSecurityIdentifier, cloudSID) && !differ(i.OnPremisesSecurityIdentifier, u.OnPremisesSecurityIdentifier)
}

// accountOf picks the account of a provider, or nil. Of two nobody can say
// which one is meant.
func accountOf(i microsoft.Identity, p microsoft.IdentityProvider) (*Account, error) {
	var found *Account
	var others []microsoft.IdentityProvider
	for _, a := range i.Accounts {
		switch {
		case a.Provider != p:
			others = append(others, a.Provider)
		case found != nil:
			return nil, fmt.Errorf("identity %s has more than one account of %s, and nothing says which is meant: %w", i.ID, p, cordon.ErrMalformed)
		default:
			found = &Account{Identity: i.ID, ID: a.Identifier, Offers: a.Actions, Enabled: i.IsEnabled}
		}
	}
	if found != nil {
		found.Others = others
	}
	return found, nil
}

// unknownAccount says what it means that Defender for Identity names no
// account, or that it could not be asked. A tenant without the product has no
// accounts there. But a user whom Active Directory keeps has an account in it
// all the same: that one is out of reach, and not absent.
func unknownAccount(p microsoft.IdentityProvider, synced bool, err error) error {
	without := errors.Is(err, cordon.ErrNotProvisioned) || errors.Is(err, cordon.ErrUnlicensed) || errors.Is(err, cordon.ErrNotInCloud)
	onPremises := p == microsoft.ProviderActiveDirectory
	switch {
	case onPremises && synced && err == nil:
		return errors.New("active directory keeps this user, but Defender for Identity does not know the account: act there")
	case onPremises && synced && without:
		return fmt.Errorf("active directory keeps this user, and without Defender for Identity it is out of reach: act there: %w", err)
	case onPremises && !synced && (without || errors.Is(err, cordon.ErrBadRequest)):
		return &Needless{"Active Directory does not keep this user, as Entra says"}
	case without:
		return &Needless{"the tenant has no Defender for Identity, so no account of " + string(p) + " is known"}
	case err == nil:
		return &Needless{"the user has no account of " + string(p) + " that Defender for Identity knows"}
	}
	return err
}

// mastered says what became of a change in Entra to a user whom Active
// Directory may keep. When Microsoft refuses it and there is a road to Active
// Directory, nothing is to be done in Entra: what is done there follows here.
func mastered(ctx context.Context, c *microsoft.Client, o Order, there microsoft.IdentityAction, err error) (string, error) {
	switch {
	case !o.Before.Synced:
		return "", err
	case err == nil:
		return "Active Directory keeps this user: what it says replaces this change at the next synchronisation", nil
	case !errors.Is(err, cordon.ErrBadRequest):
		return "", err
	}
	s, unread := readAccount(microsoft.ProviderActiveDirectory)(ctx, c, o.Target)
	if unread == nil && s.offers(there) {
		return "", &Needless{"Active Directory keeps this user and Microsoft takes no such change in Entra: it has to be made there. The answer: " + err.Error()}
	}
	return "", fmt.Errorf("%w: %w", errMastered, err)
}
