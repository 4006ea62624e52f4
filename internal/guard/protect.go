package guard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// observe refuses everything, to people as well.
func observe(_ Policy, s Situation) cordon.Verdict {
	if s.Mode != cordon.ModeObserve {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonObserve, "the tenant's mode is observe, which never writes: set it to approve, protect or enforce to let Cordon act")
}

// unreadable refuses what guard cannot judge.
func unreadable(p Policy, s Situation) cordon.Verdict {
	why := unfit(p, s)
	if why == "" {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonUnreadable, "guard cannot judge: %s; nothing is done until that is known", why)
}

// unfit says what is missing or odd, or "".
func unfit(p Policy, s Situation) string {
	e := s.Step.Target
	switch {
	case len(s.Unreadable) > 0:
		return "could not be read: " + whole(s.Unreadable)
	case !p.whole():
		return "the limits are not set"
	case !slices.Contains(cordon.Modes(), s.Mode):
		return fmt.Sprintf("the mode %q is not known", s.Mode)
	case s.Effect != cordon.EffectContain && s.Effect != cordon.EffectRestore && s.Effect != cordon.EffectPosture:
		return fmt.Sprintf("the effect %q is not known", s.Effect)
	case s.Requester == cordon.Requester{}:
		return "no requester"
	case s.Now.IsZero():
		return "the time is not known"
	case s.Step.Action == "" || e.ID() == "":
		return "the step names no action or no target"
	case e.Kind != cordon.KindUser && s.Step.Action.ForUsers():
		return fmt.Sprintf("%s is for users, the target is a %q", s.Step.Action, e.Kind)
	case e.Kind == cordon.KindUser && !s.isKnown():
		return "the user was not found, or what is known is about another one"
	}
	return ""
}

// The protections that follow are for containment. No approval lifts them.

func ownApp(_ Policy, s Situation) cordon.Verdict {
	if !s.contains() || !s.Target.OwnApp && !s.isTarget(s.OwnApp) {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonOwnApp, "the target is Cordon's own app: Cordon would lock itself out")
}

func breakGlass(_ Policy, s Situation) cordon.Verdict {
	switch {
	case !s.contains():
		return cordon.Verdict{}
	case s.Target.BreakGlass:
		return refuse(cordon.ReasonBreakGlass, "the target is listed as a break-glass account: a person must look after it")
	case s.Target.BreakGlassFound:
		return refuse(cordon.ReasonBreakGlass, "the target is a permanent Global Administrator that every Conditional Access policy that can apply to it excludes, so a break-glass account: a person must look after it")
	}
	return cordon.Verdict{}
}

func syncAccount(_ Policy, s Situation) cordon.Verdict {
	if !s.contains() || !s.Target.SyncAccount {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonSyncAccount, "the target synchronises the directory: without it changes on premises stop arriving; a person must look after it")
}

// lastAdmins keeps the last enabled Global Administrators. When they are not
// known, whoever holds the role may be one of them.
func lastAdmins(p Policy, s Situation) cordon.Verdict {
	if !s.contains() {
		return cordon.Verdict{}
	}
	if !s.GlobalAdminsKnown && slices.ContainsFunc(s.Target.Roles, isGlobalAdmin) {
		return refuse(cordon.ReasonLastAdmins, "the target is a Global Administrator, and how many others are enabled is not known")
	}
	enabled := distinct(s.GlobalAdmins)
	if len(enabled) > p.KeepAdmins || !slices.ContainsFunc(enabled, s.isTarget) {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonLastAdmins, "the target is one of the last %d enabled Global Administrators; enable another one first", len(enabled))
}

// isGlobalAdmin reports whether a role is that of Global Administrators,
// which older tenants call by its first name.
func isGlobalAdmin(role string) bool {
	return slices.ContainsFunc([]string{"Global Administrator", "Company Administrator", globalAdmin},
		func(name string) bool { return strings.EqualFold(name, role) })
}

// blockingPolicies refuses what Microsoft would refuse.
func blockingPolicies(_ Policy, s Situation) cordon.Verdict {
	if s.restores() || s.Step.Action != cordon.ActionEnableSecurityDefaults || len(s.BlockingPolicies) == 0 {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonPolicyExists, "Conditional Access policies are enabled, and Microsoft allows either them or security defaults: %s; switch them off first, or keep them and leave security defaults off",
		listed(s.BlockingPolicies))
}

// notOffered refuses what the keeper of the account does not offer, before
// anything leaves.
func notOffered(_ Policy, s Situation) cordon.Verdict {
	if s.NotOffered == "" {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonNotOffered, "%s: act where the account is kept", cordon.Plain(s.NotOffered, longReason))
}

func refuse(r cordon.Reason, format string, args ...any) cordon.Verdict {
	return cordon.Verdict{Decision: cordon.Refuse, Reason: r, Detail: fmt.Sprintf(format, args...)}
}

func hold(r cordon.Reason, format string, args ...any) cordon.Verdict {
	return cordon.Verdict{Decision: cordon.Hold, Reason: r, Detail: fmt.Sprintf(format, args...)}
}
