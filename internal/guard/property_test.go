package guard

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cordonhq/cordon"
)

// drawSituation draws situations near the base: most are judgeable, all
// fields vary.
func drawSituation(t *rapid.T) Situation {
	s := base()
	flag := rapid.Bool()
	s.Mode = rapid.SampledFrom(append(cordon.Modes(), cordon.ModeEnforce, cordon.ModeEnforce, "", "odd")).Draw(t, "mode")
	s.Effect = rapid.SampledFrom([]cordon.Effect{cordon.EffectContain, cordon.EffectContain, cordon.EffectRestore, cordon.EffectPosture, "", "odd"}).Draw(t, "effect")
	s.Requester = rapid.SampledFrom([]cordon.Requester{{Person: "sam"}, {Playbook: "p"}, {Person: "sam", Playbook: "p"}, {}}).Draw(t, "requester")
	s.Step.Action = rapid.SampledFrom([]cordon.ActionName{cordon.ActionDisableUser, cordon.ActionRevokeSessions, cordon.ActionEnableUser,
		cordon.ActionEnableSecurityDefaults, cordon.ActionDisableOnPremises, cordon.ActionEnableOkta, cordon.ActionRevokeSessionsOkta,
		cordon.ActionConfirmCompromised, "isolate_device", ""}).Draw(t, "action")
	s.Step.Target = rapid.SampledFrom([]cordon.Entity{cordon.NewUser(ada, "", ""), cordon.NewUser("", "ada@contoso.test", ""), cordon.NewDevice("m1", ""),
		cordon.NewTenantEntity("t1"), {}}).Draw(t, "target")
	s.PlaybookOn, s.SelfMend, s.Confirmed = flag.Draw(t, "on"), flag.Draw(t, "self-mend"), flag.Draw(t, "confirmed")
	s.Target.Known = rapid.SampledFrom([]bool{true, true, true, false}).Draw(t, "known")
	s.Detectors = rapid.SliceOfN(rapid.SampledFrom([]cordon.Detector{"a", "b", cordon.DetectorCordon, ""}), 0, 3).Draw(t, "detectors")
	s.Users = rapid.SampledFrom([]int{-1, 0, 50, 300, 100000}).Draw(t, "users")
	s.GlobalAdmins = rapid.SliceOfN(rapid.SampledFrom([]string{ada, "g1", "g2", "g3"}), 0, 4).Draw(t, "admins")
	s.GlobalAdminsKnown = flag.Draw(t, "admins known")
	s.Target.Roles = rapid.SampledFrom([][]string{nil, nil, {"Global Administrator"}, {"User Administrator"}}).Draw(t, "roles")
	if rapid.IntRange(0, 9).Draw(t, "not offered") == 0 {
		s.NotOffered = "only enable"
	}
	if flag.Draw(t, "unread") {
		s.Unread = []cordon.Source{cordon.SourceAlerts}
	}
	if rapid.IntRange(0, 9).Draw(t, "unknown store") == 0 {
		s.UnknownStore = "the store is new"
	}
	if rapid.IntRange(0, 9).Draw(t, "history") == 0 {
		s.History = "noticed before"
	}
	if rapid.IntRange(0, 9).Draw(t, "unreadable") == 0 {
		s.Unreadable = []string{"something"}
	}
	s.Recent = rapid.SliceOfN(rapid.Custom(drawAttempt), 0, 6).Draw(t, "recent")
	return s
}

func drawAttempt(t *rapid.T) Attempt {
	a := Attempt{
		Action: rapid.SampledFrom([]cordon.ActionName{cordon.ActionDisableUser, cordon.ActionRevokeSessions, cordon.ActionEnableUser,
			cordon.ActionDisableOnPremises, cordon.ActionDisableOkta, cordon.ActionEnableOnPremises, "odd", ""}).Draw(t, "tried"),
		TargetID: rapid.SampledFrom([]string{ada, "ada@contoso.test", "b", "c", "d", "e", "f", ""}).Draw(t, "whom"),
		RunID:    rapid.SampledFrom([]string{"run", "other", ""}).Draw(t, "run"),
		Person:   rapid.Bool().Draw(t, "by a person"), Undo: rapid.Bool().Draw(t, "as undo"),
	}
	if rapid.IntRange(0, 9).Draw(t, "dated") > 0 {
		a.At = noon().Add(-time.Duration(rapid.SampledFrom([]int{-5, 0, 1, 14, 15, 59, 60, 1439, 1440}).Draw(t, "minutes ago")) * time.Minute)
	}
	return a
}

// containments are the actions that take something away from a user.
func containments() (out []cordon.ActionName) {
	for _, w := range cordon.Words() {
		if w != cordon.WordEnable {
			out = append(out, w.Actions()...)
		}
	}
	return append(out, cordon.ActionForcePasswordChange)
}

func check(t *testing.T, property func(*rapid.T, Situation)) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { property(t, drawSituation(t)) })
}

func TestVerdictIsAlwaysNamed(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		v := Check(Defaults(), s)
		if want, ok := decisions()[v.Reason]; !ok || v.Decision != want || v.Detail == "" {
			t.Fatalf("got %+v", v)
		}
	})
}

func TestNothingInObserve(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		s.Mode = cordon.ModeObserve
		if v := Check(Defaults(), s); v.Reason != cordon.ReasonObserve {
			t.Fatalf("got %+v", v)
		}
	})
}

func TestProtectedIsNeverContained(t *testing.T) {
	protect := []func(*Situation){
		func(s *Situation) { s.Target.BreakGlass = true },
		func(s *Situation) { s.Target.BreakGlassFound = true },
		func(s *Situation) { s.Target.SyncAccount = true },
		func(s *Situation) { s.Target.OwnApp = true },
		func(s *Situation) { s.GlobalAdmins = []string{"g1", ada} },
		func(s *Situation) { s.GlobalAdminsKnown, s.Target.Roles = false, []string{"Global Administrator"} },
	}
	check(t, func(t *rapid.T, s Situation) {
		rapid.SampledFrom(protect).Draw(t, "protected")(&s)
		// Whatever it is called, disabling and revoking contain.
		s.Step.Action = rapid.SampledFrom(containments()).Draw(t, "containment")
		if v := Check(Defaults(), s); v.Decision != cordon.Refuse {
			t.Fatalf("got %+v", v)
		}
	})
}

// One more attempt never loosens. Only for persons an undo does: it takes the
// containment back that it is about.
func TestMoreAttemptsNeverAllow(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		before := Check(Defaults(), s)
		more := drawAttempt(t)
		if s.Requester.IsPerson() {
			more.Undo = false
		}
		s.Recent = append(slices.Clone(s.Recent), more)
		if after := Check(Defaults(), s); after.Decision == cordon.Allow && before.Decision != cordon.Allow {
			t.Fatalf("%+v became %+v through %+v", before, after, more)
		}
	})
}

func TestUnknownIsNeverAllowed(t *testing.T) {
	unknown := []func(*Situation){
		func(s *Situation) { *s = Situation{} },
		func(s *Situation) { s.Unreadable = []string{"x"} },
		func(s *Situation) { s.Mode = "" },
		func(s *Situation) { s.Effect = "" },
		func(s *Situation) { s.Now = time.Time{} },
		func(s *Situation) { s.Requester = cordon.Requester{} },
		func(s *Situation) { s.Step = cordon.PlannedStep{} },
		func(s *Situation) { s.Step.Target, s.Target.Known = cordon.NewUser(ada, "", ""), false },
		func(s *Situation) { s.Step.Target, s.Target = cordon.NewUser(ada, "", ""), Target{} },
	}
	check(t, func(t *rapid.T, s Situation) {
		rapid.SampledFrom(unknown).Draw(t, "unknown")(&s)
		if v := Check(Defaults(), s); v.Decision != cordon.Refuse {
			t.Fatalf("got %+v", v)
		}
	})
}

// A playbook acts alone only when it is on, corroborated, on a whole view and
// in a mode that lets it.
func TestPlaybookActsAloneOnlyWhenAllIsWell(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		s.Requester = cordon.Requester{Playbook: "p"}
		if Check(Defaults(), s).Decision != cordon.Allow {
			return
		}
		detectors := slices.DeleteFunc(slices.Clone(s.Detectors), func(o cordon.Detector) bool { return o == "" || o == cordon.DetectorCordon })
		slices.Sort(detectors)
		corroborated := s.Confirmed || len(slices.Compact(detectors)) >= 2 || s.restores()
		alone := s.Mode == cordon.ModeEnforce || s.Mode == cordon.ModeProtect && s.SelfMend
		if !s.PlaybookOn || !corroborated || !alone || (len(s.Unread) > 0 || s.UnknownStore != "" || s.History != "") && !s.restores() || len(s.Unreadable) > 0 || s.contains() && len(s.Target.Roles) > 0 {
			t.Fatalf("allowed %+v", s)
		}
	})
}

// What a playbook may do alone a person may do, too.
func TestPersonMayWhatAPlaybookMay(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		s.Requester = cordon.Requester{Playbook: "p"}
		alone := Check(Defaults(), s)
		s.Requester = cordon.Requester{Person: "sam"}
		if v := Check(Defaults(), s); alone.Decision == cordon.Allow && v.Decision != cordon.Allow {
			t.Fatalf("a person got %+v", v)
		}
	})
}

// Time alone never forbids what was allowed.
func TestTimeOnlyLoosens(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		before := Check(Defaults(), s)
		if !s.Now.IsZero() {
			s.Now = s.Now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "minutes later")) * time.Minute)
		}
		if v := Check(Defaults(), s); before.Decision == cordon.Allow && v.Decision != cordon.Allow {
			t.Fatalf("later %+v", v)
		}
	})
}

// Nobody escapes by the letters of a name, or by the order in which things
// were read.
func TestLettersAndOrderDoNotMatter(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		before := Check(Defaults(), s)
		s.GlobalAdmins, s.Recent = slices.Clone(s.GlobalAdmins), slices.Clone(s.Recent)
		for i := range s.GlobalAdmins {
			s.GlobalAdmins[i] = strings.ToUpper(s.GlobalAdmins[i])
		}
		for i := range s.Recent {
			s.Recent[i].TargetID = strings.ToUpper(s.Recent[i].TargetID)
		}
		s.Target.ObjectID, s.Target.UPN = strings.ToUpper(s.Target.ObjectID), strings.ToUpper(s.Target.UPN)
		slices.Reverse(s.GlobalAdmins)
		slices.Reverse(s.Recent)
		if v := Check(Defaults(), s); v.Decision != before.Decision || v.Reason != before.Reason {
			t.Fatalf("%+v became %+v", before, v)
		}
	})
}

// Of a run that was undone nothing more is done, whoever asked for it, save
// giving back.
func TestUndoneRunIsOver(t *testing.T) {
	check(t, func(t *rapid.T, s Situation) {
		s.RunUndone = true
		if v := Check(Defaults(), s); v.Decision != cordon.Refuse && !s.restores() {
			t.Fatalf("got %+v", v)
		}
	})
}
