package guard

import (
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// A Situation is everything that guard must know of one step.
type Situation struct {
	Now               time.Time
	Mode              cordon.Mode
	Requester         cordon.Requester
	RunID             string // whose own attempts do not count against it
	TooOld            string // why what called for the step no longer does; "": it does
	UnknownStore      string // why the store is not the one that was expected; "": it is
	History           string // why what called for the step may have been looked after before; "": it was not
	RunUndone         bool   // a person took back what the run had done so far
	PlaybookOn        bool
	Step              cordon.PlannedStep
	Effect            cordon.Effect
	SelfMend          bool              // a user mends it alone
	Detectors         []cordon.Detector // that corroborate each other, for playbooks
	Confirmed         bool              // an administrator confirmed, for playbooks
	Unread            []cordon.Source   // threat sources that could not be read
	Unreadable        []string          // what of this situation could not be read
	Target            Target            // for users
	GlobalAdmins      []string          // object ids of the enabled Global Administrators
	GlobalAdminsKnown bool
	Users             int           // size of the tenant; below zero: not known
	Recent            []Attempt     // attempts in the tenant within the last 24 h, whatever came of them
	BlockingPolicies  []string      // names of the enabled Conditional Access policies
	NoAccount         string        // why there is no account to act on; "": there is one, or it is not known
	Already           bool          // the state is as wanted before anything is done
	Unmet             bool          // the state was read, can be told from one reading, and is not as wanted
	Settles           time.Duration // how long Microsoft may take to show the effect of the action
	Newest            time.Time     // when the newest accusing signal was noticed, for playbooks
	NotOffered        string        // why the account does not take the action now; "": it does, or is not asked
	OwnApp            string        // client id of our own app
}

// A Target says what is known of the user whom a step is about.
type Target struct {
	ObjectID, UPN   string
	Known           bool // the user was found and read
	BreakGlass      bool // listed by the owner
	BreakGlassFound bool // found by FindBreakGlass
	SyncAccount     bool
	OwnApp          bool
	Roles           []string // names of the privileged directory roles held
}

// An Attempt is an action whose intent was written down.
type Attempt struct {
	At       time.Time
	Action   cordon.ActionName
	TargetID string
	RunID    string
	Person   bool // a person asked for it
	Undo     bool // it took back an earlier run
}

// onlyShown reports whether nothing is done whatever guard says: the tenant is
// only observed, or the playbook is in shadow.
func (s Situation) onlyShown() bool {
	return s.Mode == cordon.ModeObserve || !s.Requester.IsPerson() && !s.PlaybookOn
}

// contains reports whether the step takes something away from an account.
// What is known to do so is judged by what it does, not by what it is called:
// taking back the enabling of a user disables the user.
func (s Situation) contains() bool {
	return s.Effect == cordon.EffectContain || s.Step.Action.Contains()
}

// restores reports whether the step does nothing but give back.
func (s Situation) restores() bool { return s.Effect == cordon.EffectRestore && !s.contains() }

// isTarget reports whether id is a name of the target.
func (s Situation) isTarget(id string) bool {
	if id == "" {
		return false
	}
	return strings.EqualFold(id, s.Target.ObjectID) || strings.EqualFold(id, s.Target.UPN) ||
		slices.ContainsFunc(s.Step.Target.Names, func(n cordon.Name) bool {
			return n.Kind != cordon.NameDisplayName && strings.EqualFold(n.Value, id)
		})
}

// isKnown reports whether what is known of the target is about the user whom
// the step names.
func (s Situation) isKnown() bool {
	t := s.Target
	if id := s.Step.Target.Name(cordon.NameObjectID); id != "" {
		return t.Known && strings.EqualFold(id, t.ObjectID)
	}
	upn := s.Step.Target.Name(cordon.NameUPN)
	return t.Known && t.ObjectID != "" && upn != "" && strings.EqualFold(upn, t.UPN)
}

// within reports whether at is less than window ago: what is exactly that old
// does not count any more. A time in the future counts, and so does an
// attempt without one, of which nobody knows how old it is.
func (s Situation) within(at time.Time, window time.Duration) bool {
	return at.IsZero() || s.Now.Sub(at) < window
}

// counts reports whether an attempt counts against the caps and the
// cool-down: it contained somebody, and is not of the same run. Actions that
// guard does not know count.
func (s Situation) counts(a Attempt) bool {
	setting := []cordon.ActionName{cordon.ActionEnableSecurityDefaults, cordon.ActionDisableSecurityDefaults}
	return !slices.Contains(setting, a.Action) && a.Action.Word() != cordon.WordEnable && !a.Undo && (a.RunID == "" || a.RunID != s.RunID)
}
