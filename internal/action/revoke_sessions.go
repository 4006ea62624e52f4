package action

import (
	"context"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// revokeSessions ends every session of a user. Access tokens already issued
// live on, for up to an hour, where the resource does not evaluate access
// continuously.
func revokeSessions() Verb {
	return Verb{
		Name:     cordon.ActionRevokeSessions,
		About:    "End every session of the user; signing in again is possible",
		Wire:     "POST /users/{id}/revokeSignInSessions",
		Needs:    []string{"User.RevokeSessions.All"},
		Effect:   cordon.EffectContain,
		SelfMend: true,
		Breaks:   "the user signs in again on every device",
		Settles:  15 * time.Minute,
		Read:     readUser,
		Met: func(prior *State, now State) bool {
			return prior != nil && after(now.SessionsValidFrom, prior.SessionsValidFrom)
		},
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			return "", c.Users.RevokeSessions(ctx, o.Target.ID(), o.RequestID)
		},
	}
}

// after reports whether the moment before which sessions are void has moved.
// Both are the service's own times, so no clock of ours matters.
func after(now, prior *time.Time) bool {
	return now != nil && (prior == nil || now.After(*prior))
}

// readUser reads what the verbs on users change.
func readUser(ctx context.Context, c *microsoft.Client, target cordon.Entity) (State, error) {
	u, err := c.Users.Get(ctx, target.ID())
	if err != nil {
		return State{}, err
	}
	s := State{AccountEnabled: u.AccountEnabled, Synced: synced(u)}
	if u.AccountEnabled == nil {
		return s, fmt.Errorf("user %s: accountEnabled is missing: %w", target.ID(), cordon.ErrMalformed)
	}
	if from, err := cordon.ParseTime(u.SignInSessionsValidFromDateTime); err == nil && !from.IsZero() {
		s.SessionsValidFrom = &from
	}
	return s, nil
}
