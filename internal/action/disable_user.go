package action

import (
	"context"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// disableUser blocks sign-in.
func disableUser() Verb {
	return Verb{
		Name:     cordon.ActionDisableUser,
		About:    "Block sign-in of the user",
		Wire:     "PATCH /users/{id} accountEnabled=false",
		Needs:    []string{"User.EnableDisableAccount.All", "User.Read.All"},
		Effect:   cordon.EffectContain,
		UndoneBy: cordon.ActionEnableUser,
		Breaks:   "the user cannot sign in anywhere until enabled again",
		Settles:  2 * time.Minute,
		Read:     readUser,
		Met:      func(_ *State, now State) bool { return now.AccountEnabled != nil && !*now.AccountEnabled },
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			return mastered(ctx, c, o, microsoft.IdentityDisable, c.Users.SetEnabled(ctx, o.Target.ID(), false, o.RequestID))
		},
	}
}

// enableUser lets a user sign in again.
func enableUser() Verb {
	return Verb{
		Name:    cordon.ActionEnableUser,
		About:   "Let the user sign in again",
		Wire:    "PATCH /users/{id} accountEnabled=true",
		Needs:   []string{"User.EnableDisableAccount.All", "User.Read.All"},
		Effect:  cordon.EffectRestore,
		Breaks:  "nothing",
		Settles: 2 * time.Minute,
		Read:    readUser,
		Met:     func(_ *State, now State) bool { return now.AccountEnabled != nil && *now.AccountEnabled },
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			return mastered(ctx, c, o, microsoft.IdentityEnable, c.Users.SetEnabled(ctx, o.Target.ID(), true, o.RequestID))
		},
	}
}
