package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// securityDefaults switches security defaults on or off.
func securityDefaults(enabled bool) Verb {
	v := Verb{
		Name:     cordon.ActionEnableSecurityDefaults,
		About:    "Switch security defaults on",
		Wire:     "PATCH /policies/identitySecurityDefaultsEnforcementPolicy isEnabled=true",
		Needs:    []string{"Policy.Read.All", "Policy.ReadWrite.SecurityDefaults"},
		Effect:   cordon.EffectPosture,
		UndoneBy: cordon.ActionDisableSecurityDefaults,
		Breaks:   "users must register for multifactor authentication; legacy authentication stops",
		Settles:  2 * time.Minute,
		Read: func(ctx context.Context, c *microsoft.Client, _ cordon.Entity) (State, error) {
			p, err := c.Policies.SecurityDefaults(ctx)
			if errors.Is(err, cordon.ErrNotFound) {
				err = fmt.Errorf("the tenant does not have this setting: %w", err)
			}
			return State{SecurityDefaults: p.IsEnabled}, err
		},
		Met: func(_ *State, now State) bool { return now.SecurityDefaults != nil && *now.SecurityDefaults == enabled },
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			return "", c.Policies.SetSecurityDefaults(ctx, enabled, o.RequestID)
		},
	}
	if !enabled {
		v.Name, v.UndoneBy = cordon.ActionDisableSecurityDefaults, cordon.ActionEnableSecurityDefaults
		v.About = "Switch security defaults off"
		v.Wire = "PATCH /policies/identitySecurityDefaultsEnforcementPolicy isEnabled=false"
		v.Breaks = "multifactor authentication is no longer demanded, unless Conditional Access demands it"
	}
	return v
}
