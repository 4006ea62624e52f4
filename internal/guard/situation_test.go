package guard

import (
	"time"

	"github.com/cordonhq/cordon"
)

const (
	ada  = "aaaaaaaa-0000-0000-0000-000000000001"
	self = "cccccccc-0000-0000-0000-000000000003"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// base is a situation in which a playbook may disable a user.
func base() Situation {
	return Situation{
		Now: noon(), Mode: cordon.ModeEnforce, Requester: cordon.Requester{Playbook: "contain"}, RunID: "run", PlaybookOn: true,
		Step:   cordon.PlannedStep{Action: cordon.ActionDisableUser, Target: cordon.NewUser(ada, "ada@contoso.test", "")},
		Effect: cordon.EffectContain, Detectors: []cordon.Detector{cordon.DetectorEndpoint, cordon.DetectorIdentityProtection},
		Target:       Target{ObjectID: ada, UPN: "ada@contoso.test", Known: true},
		GlobalAdmins: []string{"g1", "g2", "g3"}, GlobalAdminsKnown: true, Users: 1000, OwnApp: self,
	}
}

// setBack makes it that the state was set back since it was as wanted.
func setBack(s *Situation) { s.Unmet, s.Settles = true, 2*time.Minute }

// tried returns an attempt of another run by a playbook, so long ago.
func tried(a cordon.ActionName, target string, ago time.Duration) Attempt {
	return Attempt{At: noon().Add(-ago), Action: a, TargetID: target, RunID: "run of " + target}
}

// undid returns a person's undo of something on the target, so long ago.
func undid(target string, ago time.Duration) Attempt {
	return Attempt{At: noon().Add(-ago), Action: cordon.ActionEnableUser, TargetID: target, RunID: "undo", Person: true, Undo: true}
}

// disabled returns disablings of so many other users, one a minute.
func disabled(n int, ago time.Duration) []Attempt {
	var out []Attempt
	for i := range n {
		out = append(out, tried(cordon.ActionDisableUser, string(rune('b'+i)), ago-time.Duration(i)*time.Minute))
	}
	return out
}

// revoked is like disabled, with an action that has no cap of its own.
func revoked(n int, ago time.Duration) []Attempt {
	out := disabled(n, ago)
	for i := range out {
		out[i].Action = cordon.ActionRevokeSessions
	}
	return out
}

func person(s *Situation)   { s.Requester, s.PlaybookOn = cordon.Requester{Person: "sam"}, false }
func undo(s *Situation)     { s.Effect, s.Step.Action = cordon.EffectRestore, cordon.ActionEnableUser }
func selfMend(s *Situation) { s.SelfMend, s.Step.Action = true, cordon.ActionRevokeSessions }

// act makes the step another action.
func act(a cordon.ActionName) func(*Situation) { return func(s *Situation) { s.Step.Action = a } }

// elsewhere turns disablings into ones with other providers.
func elsewhere(attempts []Attempt) []Attempt {
	for i := range attempts {
		attempts[i].Action = []cordon.ActionName{cordon.ActionDisableOnPremises, cordon.ActionDisableOkta}[i%2]
	}
	return attempts
}

func posture(s *Situation) {
	s.Effect, s.Step = cordon.EffectPosture, cordon.PlannedStep{Action: cordon.ActionEnableSecurityDefaults, Target: cordon.NewTenantEntity("t1")}
	s.Target = Target{}
}

// all makes one change of several.
func all(changes ...func(*Situation)) func(*Situation) {
	return func(s *Situation) {
		for _, c := range changes {
			c(s)
		}
	}
}

func mode(m cordon.Mode) func(*Situation) { return func(s *Situation) { s.Mode = m } }

func recent(a ...Attempt) func(*Situation) {
	return func(s *Situation) { s.Recent = append(s.Recent, a...) }
}
