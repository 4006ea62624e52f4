// Package action holds the verbs that change a tenant, one file each.
//
// A verb describes itself, reads the state that it changes, changes it, and
// says from a later reading whether the wish is met. Whether it may is
// guard's word; that it is written down before and after is the engine's.
package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A Verb is one way to change a tenant.
type Verb struct {
	Name     cordon.ActionName
	About    string            // one sentence for people
	Wire     string            // method and path
	Needs    []string          // application permissions, least privileged
	Effect   cordon.Effect     //
	SelfMend bool              // the user mends it alone, by signing in again
	UndoneBy cordon.ActionName // "" when nothing undoes it
	Breaks   string            // what stops working for the target
	Settles  time.Duration     // how long Microsoft may take to show the effect

	// Asks is what Defender for Identity is asked to do; "" for the other verbs.
	Asks microsoft.IdentityAction

	// Read reads the state that the verb changes.
	Read func(ctx context.Context, c *microsoft.Client, target cordon.Entity) (State, error)
	// Met reports whether now is what the verb is to bring about. prior is the
	// state before the attempt, nil before the first.
	Met func(prior *State, now State) bool
	// Shows reports whether a reading can tell that the wish is not met. nil: it
	// always can.
	Shows func(now State) bool
	// Do makes the change, and says what a person should know of it. A Needless
	// error means that there was nothing to act on after all.
	Do func(ctx context.Context, c *microsoft.Client, o Order) (detail string, err error)

	// Since reports whether the state shows that the verb took effect after a
	// time, whoever did it; nil where no reading tells.
	Since func(now State, at time.Time) bool

	// Leaves says what the action does not stop, which a notification must say
	// too; nil or "" for nothing.
	Leaves func(before State) string

	hearsay bool // it goes by the call that Microsoft does not document
}

// Lasts reports whether one reading tells if the verb's effect is there: it
// stays until something undoes it.
func (v Verb) Lasts() bool { return v.UndoneBy != "" }

// Left says what the action does not stop, "" for nothing.
func (v Verb) Left(before State) string {
	if v.Leaves == nil {
		return ""
	}
	return v.Leaves(before)
}

// An Order is one change to make.
type Order struct {
	Target    cordon.Entity
	Before    State  // as read just before
	RequestID string // sent as the client-request-id
}

// A State is what a verb reads before and after, kept for undo.
type State struct {
	AccountEnabled    *bool      `json:"account_enabled,omitempty"`
	SessionsValidFrom *time.Time `json:"sessions_valid_from,omitempty"`
	SecurityDefaults  *bool      `json:"security_defaults,omitempty"`
	PasswordChanged   *time.Time `json:"password_changed,omitempty"`
	RiskState         string     `json:"risk_state,omitempty"`
	Synced            bool       `json:"synced,omitempty"`  // Active Directory keeps the user
	Guest             bool       `json:"guest,omitempty"`   // of another tenant, where the account is kept
	Account           *Account   `json:"account,omitempty"` // with the provider that the verb is for
}

// JSON returns the state as it is written down.
func (s State) JSON() json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("action: a state of bools and times does not marshal: %v", err))
	}
	return b
}

// ParseState reads a state that was written down. Nothing is nil, and so is
// null: a state without values would pass for one that was read.
func ParseState(b json.RawMessage) (*State, error) {
	if len(b) == 0 {
		return nil, nil //nolint:nilnil // no state was written down: that is the answer
	}
	var s *State
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("action: prior state: %w", err)
	}
	return s, nil
}

// Prove says what a reading at now shows about an attempt made at acted.
func (v Verb) Prove(prior *State, now State, acted, at time.Time) cordon.Proof {
	switch {
	case v.Met(prior, now):
		return cordon.ProofConfirmed
	case at.Sub(acted) < v.Settles:
		return cordon.ProofPending
	case v.Shows != nil && !v.Shows(now):
		return cordon.ProofUnknown
	default:
		return cordon.ProofContradicted
	}
}

// Explain says in a sentence what to do about an answer that refused the
// change. The answer itself, with its request id, follows.
func (v Verb) Explain(err error) string {
	advice := "try again, and ask Microsoft with the request id if it stays so"
	switch {
	case v.hearsay && (errors.Is(err, cordon.ErrBadRequest) || errors.Is(err, cordon.ErrNotFound)):
		advice = "Microsoft documents no such call, and this answer is the expected one: take actions.backend out of the configuration, or set it to documented, and try again"
	case errors.Is(err, errMastered):
		advice = "Active Directory keeps this user and Cordon has no road to it: change the account there, or let Defender for Identity know it"
	case errors.Is(err, cordon.ErrConflict) && v.Effect == cordon.EffectPosture:
		advice = "Conditional Access or other policies are enabled, and Microsoft allows either them or security defaults: switch those policies off first, or keep them and leave security defaults off"
	case errors.Is(err, cordon.ErrDenied):
		advice = "grant the app " + strings.Join(v.Needs, " and ") + " and consent as an administrator"
		if v.Effect != cordon.EffectPosture && v.Asks == "" {
			advice += "; for an administrator's account the app also needs a directory role such as Privileged Authentication Administrator"
		}
	case errors.Is(err, cordon.ErrBadRequest) && v.Asks != "":
		advice = "Defender for Identity does not take " + string(v.Asks) + " on this account: act where the account is kept"
	case errors.Is(err, cordon.ErrBadRequest):
		advice = "Microsoft does not understand the request, and trying again does not help: report it with the request id"
	case errors.Is(err, cordon.ErrNotFound):
		advice = "the target no longer exists"
	case errors.Is(err, cordon.ErrCredential), errors.Is(err, cordon.ErrGone), errors.Is(err, cordon.ErrBlocked):
		advice = "Cordon can no longer enter the tenant: check its credential and consent with cordon doctor"
	case errors.Is(err, cordon.ErrNotInCloud):
		advice = "the tenant's cloud has no such API"
	case errors.Is(err, cordon.ErrUnlicensed), errors.Is(err, cordon.ErrNotProvisioned):
		advice = "the tenant lacks the licence or the product"
	}
	return advice + ". The answer: " + err.Error()
}
