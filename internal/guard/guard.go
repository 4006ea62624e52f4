// Package guard judges every step before it is taken: plan and situation in,
// verdict out.
//
// It is pure. It neither reads the situation nor acts; what could not be read
// is said to it, and it refuses. The limits are in defaults.yaml, with the
// reason beside each.
package guard

import "github.com/cordonhq/cordon"

// A rule returns its verdict, or the zero verdict when it does not apply.
type rule func(Policy, Situation) cordon.Verdict

// rules returns the rules in their order: the first that applies decides. A
// refusal that no waiting and no approval changes comes before one that it
// does, and the switch of the playbook comes last, so that the report of a
// playbook in shadow says what would have happened.
func rules() []rule {
	return []rule{
		observe, unreadable,
		ownApp, breakGlass, syncAccount, lastAdmins,
		blockingPolicies, notOffered,
		tooOld, undone, coolDown,
		twoPeople,
		unknownStore, history,
		corroboration, coverageFloor,
		capDisables, capUsers,
		modeApprove, modeProtect,
		shadow,
	}
}

// Check judges one step. Every verdict has a named reason and a detail for
// people. A situation that is odd or incomplete is refused. A step that is not
// taken whatever guard says, for it is only observed or in shadow, gets a
// shadow verdict besides.
func Check(p Policy, s Situation) cordon.Verdict {
	v := judge(p, s)
	if s.onlyShown() {
		would := rehearse(p, s)
		v.Would = &would
	}
	return v
}

// rehearse judges a step as if the tenant's mode were enforce and the playbook
// on. Its word allows nothing.
func rehearse(p Policy, s Situation) cordon.Verdict {
	if s.NoAccount != "" {
		return cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonNoAccount, Detail: s.NoAccount}
	}
	s.Mode, s.PlaybookOn = cordon.ModeEnforce, true
	v := judge(p, s)
	if v.Decision == cordon.Allow && s.Already {
		v.Detail = "already in the desired state: nothing would be changed"
	}
	return v
}

func judge(p Policy, s Situation) cordon.Verdict {
	for _, r := range rules() {
		if v := r(p, s); v.Decision != "" {
			return v
		}
	}
	return cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonWithin, Detail: "within all guardrails"}
}
