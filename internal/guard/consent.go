package guard

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// What a person can do about a step that is held. Nothing takes an approval,
// so no text asks for one.
const (
	byCommand = "use cordon contain or cordon account"
	byPerson  = "a person may act with cordon contain or cordon account"
	byHand    = "that takes two people, and there is no way to approve it here: act where the account is kept, such as the Microsoft Entra admin center"
)

// twoPeople holds the containment of those who have power over others: of an
// administrator, and of an app.
func twoPeople(_ Policy, s Situation) cordon.Verdict {
	switch {
	case !s.contains():
		return cordon.Verdict{}
	case len(s.Target.Roles) > 0:
		return hold(cordon.ReasonTwoPeople, "the target is an administrator (%s): %s", listed(s.Target.Roles), byHand)
	case slices.ContainsFunc(s.GlobalAdmins, s.isTarget):
		return hold(cordon.ReasonTwoPeople, "the target is a Global Administrator: %s", byHand)
	case s.Step.Target.Kind == cordon.KindServicePrincipal:
		return hold(cordon.ReasonTwoPeople, "the target is an app, and others may depend on it: %s", byHand)
	}
	return cordon.Verdict{}
}

// The rules that follow are for playbooks: a person has judged, and answers
// for it.

// unknownStore holds everything while the store is not the one that was
// expected: it may know nothing of what was done, and of what a person gave
// back.
func unknownStore(_ Policy, s Situation) cordon.Verdict {
	if s.restores() || s.Requester.IsPerson() || s.UnknownStore == "" {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonUnknownStore, "%s: put the right store back, or let cordon store accept say that it is; %s", s.UnknownStore, byPerson)
}

// history holds what was noticed before the store was known: whether it was
// looked after then stands nowhere.
func history(_ Policy, s Situation) cordon.Verdict {
	if s.restores() || s.Requester.IsPerson() || s.History == "" {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonHistory, "%s: it is judged again with the next new signal, and %s", s.History, byPerson)
}

// corroboration holds what fewer independent detectors noticed than must, and
// no administrator confirmed. Cordon's own word is none.
func corroboration(p Policy, s Situation) cordon.Verdict {
	if s.restores() || s.Requester.IsPerson() || s.Confirmed {
		return cordon.Verdict{}
	}
	var detectors []string
	for _, o := range s.Detectors {
		if o != cordon.DetectorCordon {
			detectors = append(detectors, string(o))
		}
	}
	detectors = distinct(detectors)
	if len(detectors) >= p.MinDetectors {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonCorroborate, "%d of %d independent detectors noticed (%s): %s, or confirm the compromise", len(detectors), p.MinDetectors, listed(detectors), byPerson)
}

// coverageFloor holds what rests on a partial view.
func coverageFloor(_ Policy, s Situation) cordon.Verdict {
	if s.restores() || s.Requester.IsPerson() || len(s.Unread) == 0 {
		return cordon.Verdict{}
	}
	var sources []string
	for _, src := range s.Unread {
		sources = append(sources, string(src))
	}
	return hold(cordon.ReasonFloor, "could not be read: %s; it is judged again when that can be read, and %s", listed(sources), byPerson)
}

func modeApprove(_ Policy, s Situation) cordon.Verdict {
	if s.Requester.IsPerson() || s.Mode != cordon.ModeApprove {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonModeApprove, "approve mode leaves every action to a person: %s", byCommand)
}

func modeProtect(_ Policy, s Situation) cordon.Verdict {
	if s.Requester.IsPerson() || s.Mode != cordon.ModeProtect || s.SelfMend {
		return cordon.Verdict{}
	}
	what := string(s.Step.Action)
	if s.Step.Action.Word() == cordon.WordDisable {
		what = "disabling"
	}
	return hold(cordon.ReasonModeProtect, "protect mode automates only sign-out; %s needs a person: %s", what, byCommand)
}

func shadow(_ Policy, s Situation) cordon.Verdict {
	if s.Requester.IsPerson() || s.PlaybookOn {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonShadow, "the playbook %s is in shadow: it is judged, and nothing is done", quoted(s.Requester.Playbook))
}
