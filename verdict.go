package cordon

// A Decision is what guard says of a step.
type Decision string

// The decisions.
const (
	Allow  Decision = "allow"
	Hold   Decision = "hold"   // needs approval
	Refuse Decision = "refuse" // no approval helps
)

// A Reason names why guard decided as it did.
type Reason string

// The reasons, each with the decision that it explains.
const (
	ReasonWithin       Reason = "within_guardrails"    // allow
	ReasonObserve      Reason = "mode_observe"         // refuse: the tenant is never written to
	ReasonUnreadable   Reason = "situation_unreadable" // refuse: what guard must know could not be read
	ReasonOwnApp       Reason = "own_app"              // refuse: our own app
	ReasonBreakGlass   Reason = "break_glass"          // refuse: a break-glass account
	ReasonSyncAccount  Reason = "sync_account"         // refuse: the directory-sync account
	ReasonLastAdmins   Reason = "last_global_admins"   // refuse: one of the last two enabled Global Administrators
	ReasonCoolDown     Reason = "cool_down"            // refuse: same user and action within 24 h
	ReasonFlipFlop     Reason = "flip_flop"            // refuse: it was done twice within 24 h and lost its effect each time
	ReasonTooOld       Reason = "too_old"              // refuse: what called for it is too old by now
	ReasonUndone       Reason = "cool_down_undo"       // refuse: a person undid it within 24 h
	ReasonShadow       Reason = "playbook_shadow"      // refuse: the playbook is not switched on
	ReasonTwoPeople    Reason = "two_people"           // hold: an administrator is the target
	ReasonCorroborate  Reason = "corroboration"        // hold: fewer than two independent detectors
	ReasonUnknownStore Reason = "unknown_store"        // hold: the store is not the one that was expected
	ReasonHistory      Reason = "history"              // hold: it was noticed before this store was known
	ReasonFloor        Reason = "coverage_floor"       // hold: a source could not be read
	ReasonCapDisables  Reason = "cap_disables"         // hold: 3 disables in 15 min
	ReasonCapUsers     Reason = "cap_users"            // hold: 5 users or 1 % of users in an hour
	ReasonModeApprove  Reason = "mode_approve"         // hold: a person decides every action
	ReasonModeProtect  Reason = "mode_protect"         // hold: more than a user mends alone
	ReasonPolicyExists Reason = "blocking_policies"    // refuse: Conditional Access policies are enabled
	ReasonNotOffered   Reason = "action_not_offered"   // refuse: the account takes other actions, not this one
	ReasonNoAccount    Reason = "no_account"           // allow: there is no account to act on, the step is passed over
)

// A Verdict is guard's word on one step, always with a named reason.
type Verdict struct {
	Decision Decision `json:"decision"`
	Reason   Reason   `json:"reason"`
	Detail   string   `json:"detail,omitempty"` // for people

	// Would is the shadow verdict: what guard would say if the tenant's mode were
	// enforce and the playbook switched on. It is there when nothing is done
	// whatever guard says: in mode observe, and of a playbook in shadow. Nothing
	// ever acts on it.
	Would *Verdict `json:"would,omitempty"`
}

// WouldBe is the shadow verdict in a few words, or "" when there is none.
func (v Verdict) WouldBe() string {
	switch {
	case v.Would == nil:
		return ""
	case v.Would.Reason == ReasonWithin:
		return string(v.Would.Decision)
	default:
		return string(v.Would.Decision) + " " + string(v.Would.Reason)
	}
}
