package action

import (
	"context"
	"fmt"
	"strings"
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
		Read:     readSessions,
		Met: func(prior *State, now State) bool {
			return prior != nil && after(now.SessionsValidFrom, prior.SessionsValidFrom)
		},
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			return guestSessions(o.Before), c.Users.RevokeSessions(ctx, o.Target.ID(), o.RequestID)
		},
		Since:  func(now State, at time.Time) bool { return after(now.SessionsValidFrom, &at) },
		Leaves: guestSessions,
	}
}

// after reports whether the moment before which sessions are void has moved.
// Both are the service's own times, so no clock of ours matters.
func after(now, prior *time.Time) bool {
	return now != nil && (prior == nil || now.After(*prior))
}

// guestSessions says which sessions of a user live on.
func guestSessions(before State) string {
	if !before.Guest {
		return ""
	}
	return "the user is a guest: sessions in the home tenant live on, and only that tenant can end them"
}

// readUser reads what the verbs that enable and disable change.
func readUser(ctx context.Context, c *microsoft.Client, target cordon.Entity) (State, error) {
	s, err := readSessions(ctx, c, target)
	if err == nil && s.AccountEnabled == nil {
		err = fmt.Errorf("read user %s: Microsoft does not say whether the account is enabled (accountEnabled is null): %w", target.ID(), cordon.ErrMalformed)
	}
	return s, err
}

// readSessions reads a user. Whether the account is enabled need not be known
// to end its sessions.
func readSessions(ctx context.Context, c *microsoft.Client, target cordon.Entity) (State, error) {
	u, err := c.Users.Get(ctx, target.ID())
	if err != nil {
		return State{}, err
	}
	s := State{AccountEnabled: u.AccountEnabled, Synced: synced(u), Guest: strings.EqualFold(u.UserType, "Guest")}
	if from, err := cordon.ParseTime(u.SignInSessionsValidFromDateTime); err == nil && !from.IsZero() {
		s.SessionsValidFrom = &from
	}
	return s, nil
}
