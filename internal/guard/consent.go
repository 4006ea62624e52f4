package guard

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// twoPeople holds the containment of those who have power over others: of an
// administrator, and of an app.
func twoPeople(_ Policy, s Situation) cordon.Verdict {
	switch {
	case !s.contains():
		return cordon.Verdict{}
	case len(s.Target.Roles) > 0:
		return hold(cordon.ReasonTwoPeople, "the target is an administrator (%s): a second person must approve", listed(s.Target.Roles))
	case slices.ContainsFunc(s.GlobalAdmins, s.isTarget):
		return hold(cordon.ReasonTwoPeople, "the target is a Global Administrator: a second person must approve")
	case s.Step.Target.Kind == cordon.KindServicePrincipal:
		return hold(cordon.ReasonTwoPeople, "the target is an app, and others may depend on it: a second person must approve")
	}
	return cordon.Verdict{}
}

// The rules that follow are for playbooks: a person has judged, and answers
// for it.

// corroboration holds what fewer independent origins noticed than must, and
// no administrator confirmed. Cordon's own word is none.
func corroboration(p Policy, s Situation) cordon.Verdict {
	if s.restores() || s.Requester.IsPerson() || s.Confirmed {
		return cordon.Verdict{}
	}
	var origins []string
	for _, o := range s.Origins {
		if o != cordon.OriginCordon {
			origins = append(origins, string(o))
		}
	}
	origins = distinct(origins)
	if len(origins) >= p.MinOrigins {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonCorroborate, "%d of %d independent origins noticed (%s): a person must approve, or confirm the compromise", len(origins), p.MinOrigins, listed(origins))
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
	return hold(cordon.ReasonFloor, "could not be read: %s; a person must approve, or wait until it can", listed(sources))
}

func modeApprove(_ Policy, s Situation) cordon.Verdict {
	if s.Requester.IsPerson() || s.Mode != cordon.ModeApprove {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonModeApprove, "the tenant's mode is approve: a person decides every action")
}

func modeProtect(_ Policy, s Situation) cordon.Verdict {
	if s.Requester.IsPerson() || s.Mode != cordon.ModeProtect || s.SelfMend {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonModeProtect, "the tenant's mode is protect: %s is more than a user mends alone, so a person must approve", s.Step.Action)
}

func shadow(_ Policy, s Situation) cordon.Verdict {
	if s.Requester.IsPerson() || s.PlaybookOn {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonShadow, "the playbook %s is not switched on: this step would have been taken", quoted(s.Requester.Playbook))
}
