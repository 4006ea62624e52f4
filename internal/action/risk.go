package action

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// The words for a risk.
const (
	riskNone        = "none"
	riskCompromised = "confirmedCompromised"
)

// confirmCompromised tells Entra that the user is compromised. Policies that
// look at the risk of a user then shut the account out.
func confirmCompromised() Verb {
	compromised := func(_ *State, now State) bool { return strings.EqualFold(now.RiskState, riskCompromised) }
	return Verb{
		Name:    cordon.ActionConfirmCompromised,
		About:   "Tell Entra ID Protection that the user is compromised",
		Wire:    "POST /identityProtection/riskyUsers/confirmCompromised",
		Needs:   []string{"IdentityRiskyUser.ReadWrite.All"},
		Effect:  cordon.EffectContain,
		Breaks:  "policies that look at the risk of a user block the sign-in or ask for a new password",
		Settles: 10 * time.Minute,
		Read:    readRisk,
		Met:     compromised,
		Shows:   func(now State) bool { return !laterWord(now.RiskState) },
		Do: func(ctx context.Context, c *microsoft.Client, o Order) (string, error) {
			return "", c.Risk.ConfirmCompromised(unhurried(ctx), []string{o.Target.ID()}, o.RequestID)
		},
	}
}

// unhurried keeps to the budget. Identity Protection lets one request a second
// through for all apps: overdrawing it, as containment does, would have the
// word refused, and it is not the word that shuts anybody out.
func unhurried(ctx context.Context) context.Context {
	return microsoft.WithPriority(ctx, microsoft.PriorityPoll)
}

// laterWord reports whether a state is one that somebody set after the
// compromise was known, such as by a new password: it contradicts nothing.
func laterWord(state string) bool {
	return strings.EqualFold(state, "remediated") || strings.EqualFold(state, "dismissed") || strings.EqualFold(state, "confirmedSafe")
}

// readRisk reads the risk of a user. Who never was at risk has none.
func readRisk(ctx context.Context, c *microsoft.Client, target cordon.Entity) (State, error) {
	u, err := c.Risk.RiskyUser(unhurried(ctx), target.ID())
	if errors.Is(err, cordon.ErrNotFound) {
		return State{RiskState: riskNone}, nil
	}
	if err == nil && u.RiskState == "" {
		err = cordon.ErrMalformed
	}
	return State{RiskState: u.RiskState}, err
}
