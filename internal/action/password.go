package action

import (
	"context"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// forcePasswordReset replaces the password with a random one that nobody
// knows. Whoever stole the old one is out at once; the user gets in by
// self-service reset, or with what an administrator gives out.
func forcePasswordReset() Verb {
	v := password(cordon.ActionForcePasswordReset, (*microsoft.UsersService).ResetPassword)
	v.About = "Replace the user's password with a random one; the user chooses a new one by self-service reset"
	v.Wire = "PATCH /users/{id} passwordProfile password=… forceChangePasswordNextSignIn=true"
	v.Breaks = "the user cannot sign in with the old password; without self-service reset somebody must help"
	v.Shows = func(now State) bool { return now.PasswordChanged != nil }
	return v
}

// forcePasswordChange makes the user choose a new password at the next
// sign-in. The old one opens once more, and to whoever comes first: an
// attacker who holds it chooses the new one. It is not for containment alone.
func forcePasswordChange() Verb {
	v := password(cordon.ActionForcePasswordChange, (*microsoft.UsersService).ForcePasswordChange)
	v.About = "Make the user choose a new password at the next sign-in; the old one opens once more"
	v.Wire = "PATCH /users/{id} passwordProfile forceChangePasswordNextSignIn=true"
	v.Breaks = "the user must choose a new password"
	v.Shows = func(State) bool { return false } // the date moves when the user has chosen, or not at all
	return v
}

func password(name cordon.ActionName, change func(s *microsoft.UsersService, ctx context.Context, id, requestID string) error) Verb {
	return Verb{
		Name:    name,
		Needs:   []string{"User-PasswordProfile.ReadWrite.All", "User.Read.All"},
		Effect:  cordon.EffectContain,
		Settles: 2 * time.Minute,
		Read:    readPassword,
		Met:     changedSince,
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			return mastered(ctx, c, o, microsoft.IdentityForcePasswordReset, change(c.Users, ctx, o.Target.ID(), o.RequestID))
		},
	}
}

// readPassword reads when the password was last changed.
func readPassword(ctx context.Context, c *microsoft.Client, target cordon.Entity) (State, error) {
	u, err := c.Users.Get(ctx, target.ID())
	return State{AccountEnabled: u.AccountEnabled, Synced: synced(u), PasswordChanged: passwordChanged(u)}, err
}

// passwordChanged is when, or nil when Entra does not tell.
func passwordChanged(u microsoft.User) *time.Time {
	at, err := cordon.ParseTime(u.LastPasswordChangeDateTime)
	if err != nil || at.IsZero() {
		return nil
	}
	return &at
}

// changedSince reports whether the password is another one than before.
func changedSince(prior *State, now State) bool {
	return prior != nil && after(now.PasswordChanged, prior.PasswordChanged)
}
