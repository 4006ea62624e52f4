package guard

import (
	"fmt"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// tooOld refuses what was called for so long ago that a person has to look
// anew: while Cordon stood still, or was put back from a backup, others acted.
func tooOld(_ Policy, s Situation) cordon.Verdict {
	if s.TooOld == "" || s.restores() {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonTooOld, "%s: needs manual review", s.TooOld)
}

// undone ends a run that a person undid, whoever asked for it: what is left of
// it must not take the undoing back. It keeps playbooks off a target for which
// a person undid something.
func undone(p Policy, s Situation) cordon.Verdict {
	switch {
	case s.restores():
		return cordon.Verdict{}
	case s.RunUndone:
		return refuse(cordon.ReasonUndone, "a person undid this run: nothing more of it is done; a person may act anew")
	case s.Requester.IsPerson():
		return cordon.Verdict{}
	}
	at, ok := s.latest(func(a Attempt) bool {
		return a.Undo && a.Person && s.isTarget(a.TargetID) && s.within(a.At, p.UndoCoolDown)
	})
	if !ok {
		return cordon.Verdict{}
	}
	return refuse(cordon.ReasonUndone, "a person undid an action on this target%s: playbooks leave it alone until %s; a person may act", ago(at), until(at, p.UndoCoolDown, s.Now))
}

// coolDown refuses the same containment of the same target twice, to
// everybody. Where the state is as wanted nothing is done, so nothing is
// refused. Against a person neither what was undone since counts, nor what
// the target mends alone: who finishes by hand what a playbook began ends the
// sessions once more. What has lost its effect is repeated once; if it loses it
// again, somebody else acts on the target, too, and a person has to look.
func coolDown(p Policy, s Situation) cordon.Verdict {
	if !s.contains() || s.Already || s.Requester.IsPerson() && s.SelfMend {
		return cordon.Verdict{}
	}
	fits := func(a Attempt) bool {
		return s.counts(a) && a.Action == s.Step.Action && s.isTarget(a.TargetID) && s.within(a.At, p.CoolDown) &&
			(!s.Requester.IsPerson() || !s.undoneSince(a))
	}
	at, ok := s.latest(fits)
	switch {
	case !ok:
		return cordon.Verdict{}
	case !s.lostEffect(at):
		return refuse(cordon.ReasonCoolDown, "%s was tried on this target%s: not again until %s; if it had no effect, find out why", s.Step.Action, ago(at), until(at, p.CoolDown, s.Now))
	case s.runs(fits) > 1:
		return refuse(cordon.ReasonFlipFlop, "%s was done on this target %d times within %s and lost its effect each time: somebody or something takes it back, and a person has to find out who; not again until %s",
			s.Step.Action, s.runs(fits), span(p.CoolDown), until(at, p.CoolDown, s.Now))
	}
	return cordon.Verdict{}
}

// lostEffect reports whether what was tried at a time has no effect any more:
// the state was set back since, or, where no reading tells, the target was
// accused anew.
func (s Situation) lostEffect(at time.Time) bool {
	if at.IsZero() {
		return false
	}
	if s.Unmet {
		return s.Now.Sub(at) >= s.Settles
	}
	return s.Newest.After(at)
}

// runs returns in how many runs there were attempts that fit.
func (s Situation) runs(fits func(Attempt) bool) int {
	seen := map[string]bool{}
	for _, a := range s.Recent {
		if fits(a) {
			seen[a.RunID] = true
		}
	}
	return len(seen)
}

// undoneSince reports whether somebody took back what an attempt did to the
// target.
func (s Situation) undoneSince(a Attempt) bool {
	return !a.At.IsZero() && slices.ContainsFunc(s.Recent, func(u Attempt) bool {
		return u.Undo && s.isTarget(u.TargetID) && u.At.After(a.At)
	})
}

// latest returns when the newest of the attempts was that fit.
func (s Situation) latest(fits func(Attempt) bool) (at time.Time, ok bool) {
	for _, a := range s.Recent {
		if fits(a) {
			ok = true
			if a.At.After(at) {
				at = a.At
			}
		}
	}
	return at, ok
}

// capDisables holds a disabling, with whatever provider, when there were
// enough of them lately.
func capDisables(p Policy, s Situation) cordon.Verdict {
	if s.Step.Action.Word() != cordon.WordDisable {
		return cordon.Verdict{}
	}
	times := s.disables(p.DisablesWithin)
	if len(times) < p.Disables {
		return cordon.Verdict{}
	}
	return hold(cordon.ReasonCapDisables, "%d users were disabled in this tenant within %s, the cap is %d: %s",
		len(times), span(p.DisablesWithin), p.Disables, onceFree(times, p.Disables, p.DisablesWithin, s.Now))
}

// disables returns when accounts were disabled. The accounts that one run
// disables of one user are one: otherwise a single user with three of them
// would use up the cap.
func (s Situation) disables(window time.Duration) (times []time.Time) {
	type user struct{ run, target string }
	seen := map[user]bool{}
	for _, a := range s.Recent {
		if !s.counts(a) || a.Action.Word() != cordon.WordDisable || !s.within(a.At, window) {
			continue
		}
		u := user{a.RunID, folded(a.TargetID)}
		if a.RunID == "" || a.TargetID == "" || !seen[u] {
			times = append(times, a.At)
		}
		seen[u] = true
	}
	return times
}

// capUsers holds an action on one user more than may be acted on. The target
// is counted once, whatever was done to it before.
func capUsers(p Policy, s Situation) cordon.Verdict {
	if !s.contains() {
		return cordon.Verdict{}
	}
	last := map[string]time.Time{} // when each of the others was last acted on
	for _, a := range s.Recent {
		if id := folded(a.TargetID); s.counts(a) && !s.isTarget(a.TargetID) && s.within(a.At, p.UsersWithin) {
			if at, ok := last[id]; !ok || a.At.After(at) {
				last[id] = a.At
			}
		}
	}
	most := p.usersCap(s.Users)
	if len(last) < most {
		return cordon.Verdict{}
	}
	var times []time.Time
	for _, at := range last {
		times = append(times, at)
	}
	return hold(cordon.ReasonCapUsers, "%d other users were acted on in this tenant within %s, the cap is %d: %s",
		len(last), span(p.UsersWithin), most, onceFree(times, most, p.UsersWithin, s.Now))
}

// onceFree says what a person can do, and when: the cap is free again when
// fewer than limit of the times lie within the window. The step stays held.
func onceFree(times []time.Time, limit int, window time.Duration, now time.Time) string {
	slices.SortFunc(times, time.Time.Compare)
	return fmt.Sprintf("it is free again at %s, and then %s; whoever cannot wait acts where the account is kept, such as the Microsoft Entra admin center",
		until(times[len(times)-limit], window, now), byPerson)
}
