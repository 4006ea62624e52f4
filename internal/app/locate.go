package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// Locate returns the tenant and the object id of the user that name, an
// object id or UPN, stands for. It asks every tenant given and wants exactly
// one answer.
func Locate(ctx context.Context, tenants []engine.Tenant, name string) (engine.Tenant, cordon.Entity, error) {
	answers := ask(ctx, tenants, func(ctx context.Context, t engine.Tenant) (microsoft.User, error) {
		return t.Client.Users.Get(ctx, name)
	})
	var found []int
	var errs []error
	for i, a := range answers {
		switch {
		case a.err == nil:
			found = append(found, i)
		case !errors.Is(a.err, cordon.ErrNotFound):
			errs = append(errs, fmt.Errorf("%s: %w", tenants[i].Name, a.err))
		}
	}
	switch {
	case len(found) == 1 && len(errs) == 0:
		u := answers[found[0]].value
		if !strings.EqualFold(u.ID, name) && !strings.EqualFold(u.UserPrincipalName, name) {
			return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("asked for %q, Microsoft answered with another user: %w", name, cordon.ErrMalformed)
		}
		return tenants[found[0]], cordon.NewUser(u.ID, u.UserPrincipalName, ""), nil
	case len(found) > 1:
		return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("%q is a user of %d tenants: name one with --tenant", name, len(found))
	case len(errs) > 0:
		return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("look for %q: %w", name, errors.Join(errs...))
	}
	where := fmt.Sprintf("any of %d tenants", len(tenants))
	if len(tenants) == 1 {
		where = "tenant " + tenants[0].Name
	}
	return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("user %q: %w in %s", name, cordon.ErrNotFound, where)
}

// Synced reports whether Active Directory keeps the user, as Entra says.
func Synced(ctx context.Context, t engine.Tenant, who cordon.Entity) (bool, error) {
	u, err := t.Client.Users.Get(ctx, who.ID())
	if err != nil {
		return false, fmt.Errorf("look at %q: %w", who.ID(), err)
	}
	return u.OnPremisesSyncEnabled != nil && *u.OnPremisesSyncEnabled, nil
}
