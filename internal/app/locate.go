package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
)

// Locate returns the tenant and the object id of the user that a name stands
// for: an object id, UPN, mail address, SID or account name. The directory of
// every tenant given is asked. Where it knows no such name, the user of an
// incident of that name is meant, for an account of Active Directory may be
// known by its SID alone. It wants exactly one answer, and says which users
// there are when there are several.
func Locate(ctx context.Context, c *Config, tenants []engine.Tenant, typed string) (engine.Tenant, cordon.Entity, error) {
	name, ok := nameOf(typed)
	if !ok {
		return engine.Tenant{}, cordon.Entity{}, noUser(ctx, c, tenants, typed)
	}
	users, err := lookUp(ctx, tenants, name)
	if err == nil && len(users) == 0 {
		users, err = knownUsers(ctx, c, tenants, typed, false)
	}
	switch {
	case err != nil:
		return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("look for %s: %w", cordon.Quote(typed), err)
	case len(users) == 0:
		return engine.Tenant{}, cordon.Entity{}, noUser(ctx, c, tenants, typed)
	case len(users) > 1:
		return engine.Tenant{}, cordon.Entity{}, severalUsers(typed, users)
	}
	return users[0].tenant, users[0].who, nil
}

// nameOf reads which kind of name was typed. A display name is none by which
// anybody is contained: several people may have it.
func nameOf(typed string) (cordon.Name, bool) {
	typed = strings.TrimSpace(typed)
	id, isCloudSID := cordon.ObjectIDFromSID(typed)
	kind := cordon.NameAccount
	switch {
	case isCloudSID:
		return cordon.Name{Kind: cordon.NameObjectID, Value: id}, true
	case cordon.IsGUID(typed):
		kind = cordon.NameObjectID
	case strings.HasPrefix(strings.ToUpper(typed), "S-1-"):
		kind = cordon.NameSID
	case strings.Contains(typed, `\`):
	case strings.Contains(typed, "@"):
		kind = cordon.NameUPN
	case typed == "" || strings.ContainsAny(typed, " \t"):
		return cordon.Name{}, false
	}
	return cordon.Name{Kind: kind, Value: strings.ToLower(typed)}, true
}

// A locatedUser is a user of one of the tenants asked.
type locatedUser struct {
	tenant engine.Tenant
	who    cordon.Entity
}

// lookUp asks the directory of every tenant for a name.
func lookUp(ctx context.Context, tenants []engine.Tenant, name cordon.Name) (all []locatedUser, err error) {
	answers := ask(ctx, tenants, func(ctx context.Context, t engine.Tenant) ([]microsoft.User, error) {
		return t.Client.Users.Find(ctx, name)
	})
	var errs []error
	for i, a := range answers {
		if a.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", tenants[i].Name, a.err))
		}
		for _, u := range a.value {
			all = append(all, locatedUser{tenants[i], cordon.NewUser(u.ID, u.UserPrincipalName, "")})
		}
	}
	return all, errors.Join(errs...)
}

// knownUsers returns the users by object id that incidents know by a name, or
// by a display name.
func knownUsers(ctx context.Context, c *Config, tenants []engine.Tenant, typed string, display bool) ([]locatedUser, error) {
	stored, err := store.OpenReader(ctx, c.Storage.URL)
	if errors.Is(err, store.ErrNoStore) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer stored.Close()
	byID := map[string]locatedUser{}
	err = stored.Read(ctx, func(tx *store.Tx) error {
		for _, t := range tenants {
			found, err := tx.Incidents(ctx, store.IncidentFilter{Tenants: []string{t.ID}, Names: []string{typed}})
			if err != nil {
				return err
			}
			for _, in := range found {
				if id := in.Entity.Name(cordon.NameObjectID); id != "" && in.Entity.Kind == cordon.KindUser && calledSo(in.Entity, typed, display) {
					byID[t.ID+id] = locatedUser{t, cordon.NewUser(id, in.Entity.Name(cordon.NameUPN), "")}
				}
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrNoStore) {
		err = nil
	}
	var all []locatedUser
	for _, key := range slices.Sorted(maps.Keys(byID)) {
		all = append(all, byID[key])
	}
	return all, err
}

func calledSo(e cordon.Entity, typed string, display bool) bool {
	return slices.ContainsFunc(e.Names, func(n cordon.Name) bool {
		return strings.EqualFold(n.Value, typed) && (n.Kind == cordon.NameDisplayName) == display
	})
}

// severalUsers says which users a name may mean.
func severalUsers(typed string, users []locatedUser) error {
	tenants := map[string]bool{}
	for _, u := range users {
		tenants[u.tenant.ID] = true
	}
	hint := "give the UPN or object id of one"
	if len(tenants) > 1 {
		hint = fmt.Sprintf("they are users of %d tenants: name one with --tenant", len(tenants))
	}
	return fmt.Errorf("%s may be %d users, and nothing was done: %s: %s", cordon.Quote(typed), len(users), hint, listUsers(users))
}

func listUsers(users []locatedUser) string {
	var all []string
	for _, u := range users {
		all = append(all, strings.TrimSpace(u.who.Name(cordon.NameUPN)+" "+u.who.Name(cordon.NameObjectID))+" in "+u.tenant.Name)
	}
	return cordon.Plain(strings.Join(all, ", "), 1000)
}

// giveName says which names of a user are taken.
const giveName = `give the UPN, object id, mail address, SID or DOMAIN\user`

// noUser says what to give for a name that means no user.
func noUser(ctx context.Context, c *Config, tenants []engine.Tenant, typed string) error {
	where := fmt.Sprintf("any of %d tenants", len(tenants))
	if len(tenants) == 1 {
		where = "tenant " + tenants[0].Name
	}
	text := fmt.Sprintf("user %s: %v in %s: %s", cordon.Quote(typed), cordon.ErrNotFound, where, giveName)
	known, err := knownUsers(ctx, c, tenants, typed, true)
	if err == nil && len(known) > 0 {
		text = fmt.Sprintf("%s is a display name, and several people may have it: %s, such as %s", cordon.Quote(typed), giveName, listUsers(known))
	}
	return &noUserError{text}
}

// A noUserError is cordon.ErrNotFound in words of its own.
type noUserError struct{ text string }

// Error implements error.
func (e *noUserError) Error() string { return e.text }

// Is makes it ErrNotFound.
func (e *noUserError) Is(target error) bool { return target == cordon.ErrNotFound }

// Synced reports whether Active Directory keeps the user, as Entra says.
func Synced(ctx context.Context, t engine.Tenant, who cordon.Entity) (bool, error) {
	u, err := t.Client.Users.Get(ctx, who.ID())
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", who.ID(), err)
	}
	return u.OnPremisesSyncEnabled != nil && *u.OnPremisesSyncEnabled, nil
}
