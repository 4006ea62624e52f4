package cordon

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// An ActionName names a verb that changes a tenant.
type ActionName string

// The actions; package action holds the verbs.
const (
	ActionRevokeSessions          ActionName = "revoke_sessions"
	ActionDisableUser             ActionName = "disable_user"
	ActionEnableUser              ActionName = "enable_user"
	ActionEnableSecurityDefaults  ActionName = "enable_security_defaults"
	ActionDisableSecurityDefaults ActionName = "disable_security_defaults"

	ActionForcePasswordReset  ActionName = "force_password_reset"
	ActionForcePasswordChange ActionName = "force_password_change"
	ActionConfirmCompromised  ActionName = "confirm_compromised"

	ActionDisableOnPremises            ActionName = "disable_on_premises"
	ActionEnableOnPremises             ActionName = "enable_on_premises"
	ActionForcePasswordResetOnPremises ActionName = "force_password_reset_on_premises"

	ActionDisableOkta        ActionName = "disable_okta"
	ActionEnableOkta         ActionName = "enable_okta"
	ActionRevokeSessionsOkta ActionName = "revoke_sessions_okta"
)

// An Effect says what an action is for.
type Effect string

// The effects.
const (
	EffectContain Effect = "contain" // takes something away from an account
	EffectRestore Effect = "restore" // gives back what a containment took
	EffectPosture Effect = "posture" // changes a setting of the tenant
)

// A PlannedStep is one action on one target.
type PlannedStep struct {
	Action ActionName `json:"action"`
	Target Entity     `json:"target"`
}

// A Plan is the exact steps and targets of one run. Approvals are bound to
// its hash.
type Plan struct {
	Schema   int           `json:"schema"` // version of this shape, part of the hash
	TenantID string        `json:"tenant_id"`
	Playbook string        `json:"playbook"`
	Version  int           `json:"version"` // the playbook's
	Steps    []PlannedStep `json:"steps"`

	// CompromisedAt is since when a person holds the account to be
	// compromised. It is Cordon's own: Microsoft takes no such time.
	CompromisedAt *time.Time `json:"compromised_at,omitempty"`
}

// PlanSchema is the version of Plan that is written today.
const PlanSchema = 1

// Hash returns the SHA-256 of the plan in hexadecimal.
func (p Plan) Hash() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("cordon: a plan of strings does not marshal: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
