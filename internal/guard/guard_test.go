package guard

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

type verdictCase struct {
	name   string
	change func(*Situation)
	want   cordon.Reason
}

// cases holds every reason, and both sides of every boundary.
// It is long because it is one table.
func cases() []verdictCase {
	const day, tick = 24 * time.Hour, time.Microsecond
	admins := func(ids ...string) func(*Situation) { return func(s *Situation) { s.GlobalAdmins = ids } }
	return []verdictCase{
		{"playbook", func(*Situation) {}, cordon.ReasonWithin},
		{"person", person, cordon.ReasonWithin},
		{"person, posture", all(person, posture), cordon.ReasonWithin},
		{"person, undo", all(person, undo), cordon.ReasonWithin},

		{"observe", mode(cordon.ModeObserve), cordon.ReasonObserve},
		{"observe, person", all(person, mode(cordon.ModeObserve)), cordon.ReasonObserve},
		{"observe, undo", all(person, undo, mode(cordon.ModeObserve)), cordon.ReasonObserve},
		{"observe, nothing else known", func(s *Situation) { *s = Situation{Mode: cordon.ModeObserve} }, cordon.ReasonObserve},

		{"zero", func(s *Situation) { *s = Situation{} }, cordon.ReasonUnreadable},
		{"something unreadable", func(s *Situation) { s.Unreadable = []string{"roles: 503"} }, cordon.ReasonUnreadable},
		{"something unreadable, undo", all(person, undo, func(s *Situation) { s.Unreadable = []string{"user"} }), cordon.ReasonUnreadable},
		{"no mode", mode(""), cordon.ReasonUnreadable},
		{"unknown mode", mode("attack"), cordon.ReasonUnreadable},
		{"no effect", func(s *Situation) { s.Effect = "" }, cordon.ReasonUnreadable},
		{"unknown effect", func(s *Situation) { s.Effect = "delete" }, cordon.ReasonUnreadable},
		{"no requester", func(s *Situation) { s.Requester = cordon.Requester{} }, cordon.ReasonUnreadable},
		{"no time", func(s *Situation) { s.Now = time.Time{} }, cordon.ReasonUnreadable},
		{"no action", func(s *Situation) { s.Step.Action = "" }, cordon.ReasonUnreadable},
		{"no target", func(s *Situation) { s.Step.Target = cordon.Entity{} }, cordon.ReasonUnreadable},
		{"target without a name", func(s *Situation) { s.Step.Target = cordon.Entity{Kind: cordon.KindUser} }, cordon.ReasonUnreadable},
		{"disabling a device", func(s *Situation) { s.Step.Target = cordon.NewDevice("m1", "") }, cordon.ReasonUnreadable},
		{"user not found", func(s *Situation) { s.Target.Known = false }, cordon.ReasonUnreadable},
		{"user not found, undo", all(person, undo, func(s *Situation) { s.Target = Target{} }), cordon.ReasonUnreadable},
		{"known is another user", func(s *Situation) { s.Target.ObjectID = "b" }, cordon.ReasonUnreadable},
		{"by UPN", func(s *Situation) { s.Step.Target = cordon.NewUser("", "Ada@contoso.test", "") }, cordon.ReasonWithin},
		{"by UPN, known is another user", func(s *Situation) { s.Step.Target = cordon.NewUser("", "lin@contoso.test", "") }, cordon.ReasonUnreadable},
		{"by on-premises SID", func(s *Situation) { s.Step.Target = cordon.NewUser("", "", "s-1-5-21-1") }, cordon.ReasonUnreadable},

		{"own app", func(s *Situation) { s.Target.OwnApp = true }, cordon.ReasonOwnApp},
		{"own app, by its id", func(s *Situation) { s.OwnApp = ada }, cordon.ReasonOwnApp},
		{"break-glass, listed", func(s *Situation) { s.Target.BreakGlass = true }, cordon.ReasonBreakGlass},
		{"break-glass, found", func(s *Situation) { s.Target.BreakGlassFound = true }, cordon.ReasonBreakGlass},
		{"break-glass, person", all(person, func(s *Situation) { s.Target.BreakGlass = true }), cordon.ReasonBreakGlass},
		{"break-glass, self-mend", all(selfMend, func(s *Situation) { s.Target.BreakGlass = true }), cordon.ReasonBreakGlass},
		{"break-glass, undo", all(person, undo, func(s *Situation) { s.Target.BreakGlass = true }), cordon.ReasonWithin},
		{"break-glass, disabled as an undo", all(person, func(s *Situation) { s.Effect, s.Target.BreakGlass = cordon.EffectRestore, true }), cordon.ReasonBreakGlass},
		{"sync account", func(s *Situation) { s.Target.SyncAccount = true }, cordon.ReasonSyncAccount},
		{"one of two admins", admins("g1", ada), cordon.ReasonLastAdmins},
		{"one of two admins, person, named twice", all(person, admins("g1", ada, "G1", "AAAAAAAA-0000-0000-0000-000000000001")), cordon.ReasonLastAdmins},
		{"one of three admins", admins("g1", "g2", ada), cordon.ReasonTwoPeople},
		{"two admins, not the target", admins("g1", "g2"), cordon.ReasonWithin},
		{"admins not known, holds the role", func(s *Situation) {
			s.GlobalAdminsKnown, s.Target.Roles = false, []string{"global administrator"}
		}, cordon.ReasonLastAdmins},
		{"admins not known, holds no such role", func(s *Situation) { s.GlobalAdminsKnown = false }, cordon.ReasonWithin},

		{"blocking policies", all(person, posture, func(s *Situation) { s.BlockingPolicies = []string{"MFA for all"} }), cordon.ReasonPolicyExists},
		{"blocking policies, disabling defaults", all(person, posture, func(s *Situation) {
			s.BlockingPolicies, s.Step.Action = []string{"MFA for all"}, cordon.ActionDisableSecurityDefaults
		}), cordon.ReasonWithin},

		{"not offered", func(s *Situation) { s.NotOffered = "only enable" }, cordon.ReasonNotOffered},
		{"not offered, undo", all(person, undo, func(s *Situation) { s.NotOffered = "only disable" }), cordon.ReasonNotOffered},

		{"too old", func(s *Situation) { s.TooOld = "older than 48h" }, cordon.ReasonTooOld},
		{"too old, person", all(person, func(s *Situation) { s.TooOld = "asked for more than 1h0m0s ago" }), cordon.ReasonTooOld},
		{"too old, giving back", all(person, undo, func(s *Situation) { s.TooOld = "asked for more than 1h0m0s ago" }), cordon.ReasonWithin},
		{"undone, a little less than a day ago", recent(undid(ada, day-tick)), cordon.ReasonUndone},
		{"undone, a day ago", recent(undid(ada, day)), cordon.ReasonWithin},
		{"undone, by UPN", recent(undid("ADA@contoso.test", time.Hour)), cordon.ReasonUndone},
		{"undone for another user", recent(undid("b", time.Hour)), cordon.ReasonWithin},
		{"undone, person asks", all(person, recent(undid(ada, time.Hour))), cordon.ReasonWithin},
		{"this run was undone, person asks", all(person, func(s *Situation) { s.RunUndone = true }), cordon.ReasonUndone},
		{"this run was undone, giving back", all(person, undo, func(s *Situation) { s.RunUndone = true }), cordon.ReasonWithin},
		{"undone by Cordon", recent(func() Attempt { a := undid(ada, time.Hour); a.Person = false; return a }()), cordon.ReasonWithin},
		{"undone, posture", all(posture, recent(undid("t1", time.Hour))), cordon.ReasonUndone},

		{"tried, a little less than a day ago", recent(tried(cordon.ActionDisableUser, ada, day-tick)), cordon.ReasonCoolDown},
		{"tried, a day ago", recent(tried(cordon.ActionDisableUser, ada, day)), cordon.ReasonWithin},
		{"tried, person asks", all(person, recent(tried(cordon.ActionDisableUser, ada, time.Hour))), cordon.ReasonCoolDown},
		{"tried, by UPN", recent(tried(cordon.ActionDisableUser, "ada@contoso.test", time.Hour)), cordon.ReasonCoolDown},
		{"tried at an unknown time", recent(Attempt{Action: cordon.ActionDisableUser, TargetID: ada}), cordon.ReasonCoolDown},
		{"tried in the future", recent(tried(cordon.ActionDisableUser, ada, -time.Hour)), cordon.ReasonCoolDown},
		{"tried, already as wanted", all(recent(tried(cordon.ActionDisableUser, ada, time.Hour)), func(s *Situation) { s.Already = true }), cordon.ReasonWithin},
		{"tried, set back since", all(recent(tried(cordon.ActionDisableUser, ada, time.Hour)), setBack), cordon.ReasonWithin},
		{"tried, set back since, person", all(person, recent(tried(cordon.ActionDisableUser, ada, time.Hour)), setBack), cordon.ReasonWithin},
		{"tried just now, does not show yet", all(recent(tried(cordon.ActionDisableUser, ada, 2*time.Minute-tick)), setBack), cordon.ReasonCoolDown},
		{"tried just now, should show", all(recent(tried(cordon.ActionDisableUser, ada, 2*time.Minute)), setBack), cordon.ReasonWithin},
		{"tried at an unknown time, set back", all(recent(Attempt{Action: cordon.ActionDisableUser, TargetID: ada}), setBack), cordon.ReasonCoolDown},
		{"tried twice, set back each time", all(recent(tried(cordon.ActionDisableUser, ada, 5*time.Hour), Attempt{At: noon().Add(-time.Hour), Action: cordon.ActionDisableUser, TargetID: ada, RunID: "second"}), setBack), cordon.ReasonFlipFlop},
		{"tried twice in one run, set back", all(recent(tried(cordon.ActionDisableUser, ada, 5*time.Hour), tried(cordon.ActionDisableUser, ada, time.Hour)), setBack), cordon.ReasonWithin},
		{"sessions ended, accused since", all(act(cordon.ActionRevokeSessions), recent(tried(cordon.ActionRevokeSessions, ada, time.Hour)), func(s *Situation) { s.Newest = noon().Add(-time.Minute) }), cordon.ReasonWithin},
		{"sessions ended, accused before", all(act(cordon.ActionRevokeSessions), recent(tried(cordon.ActionRevokeSessions, ada, time.Hour)), func(s *Situation) { s.Newest = noon().Add(-time.Hour) }), cordon.ReasonCoolDown},
		{"another action tried", recent(tried(cordon.ActionRevokeSessions, ada, time.Hour)), cordon.ReasonWithin},
		{"tried on another user", recent(tried(cordon.ActionDisableUser, "b", time.Hour)), cordon.ReasonWithin},
		{"tried in this run", recent(Attempt{At: noon(), Action: cordon.ActionDisableUser, TargetID: ada, RunID: "run"}), cordon.ReasonWithin},
		{"no run has no own attempts", all(func(s *Situation) { s.RunID = "" }, recent(Attempt{At: noon(), Action: cordon.ActionDisableUser, TargetID: ada})), cordon.ReasonCoolDown},
		{"tried and undone since, person", all(person, recent(tried(cordon.ActionDisableUser, ada, 2*time.Hour), undid(ada, time.Hour))), cordon.ReasonWithin},
		{"tried and undone since, playbook", recent(tried(cordon.ActionDisableUser, ada, 2*time.Hour), undid(ada, time.Hour)), cordon.ReasonUndone},
		{"undone, then tried, person", all(person, recent(undid(ada, 2*time.Hour), tried(cordon.ActionDisableUser, ada, time.Hour))), cordon.ReasonCoolDown},
		{"tried and another user undone, person", all(person, recent(tried(cordon.ActionDisableUser, ada, 2*time.Hour), undid("b", time.Hour))), cordon.ReasonCoolDown},
		{"tried, undo", all(person, undo, recent(tried(cordon.ActionDisableUser, ada, 0), tried(cordon.ActionEnableUser, ada, 0))), cordon.ReasonWithin},

		{"administrator", func(s *Situation) { s.Target.Roles = []string{"User Administrator"} }, cordon.ReasonTwoPeople},
		{"administrator, person", all(person, func(s *Situation) { s.Target.Roles = []string{"User Administrator"} }), cordon.ReasonTwoPeople},
		{"administrator, undo", all(person, undo, func(s *Situation) { s.Target.Roles = []string{"User Administrator"} }), cordon.ReasonWithin},
		{"app", func(s *Situation) {
			s.Step = cordon.PlannedStep{Action: "disable_app", Target: cordon.Entity{Kind: cordon.KindServicePrincipal}.Add(cordon.NameObjectID, "p1")}
		}, cordon.ReasonTwoPeople},

		{"one detector", func(s *Situation) { s.Detectors = s.Detectors[:1] }, cordon.ReasonCorroborate},
		{"one detector, twice", func(s *Situation) { s.Detectors = []cordon.Detector{"a", "A", ""} }, cordon.ReasonCorroborate},
		{"one detector and our own word", func(s *Situation) { s.Detectors = []cordon.Detector{"a", cordon.DetectorCordon} }, cordon.ReasonCorroborate},
		{"one detector, confirmed", func(s *Situation) { s.Detectors, s.Confirmed = s.Detectors[:1], true }, cordon.ReasonWithin},
		{"no detector, person", all(person, func(s *Situation) { s.Detectors = nil }), cordon.ReasonWithin},
		{"unknown store", func(s *Situation) { s.UnknownStore = "the store is new" }, cordon.ReasonUnknownStore},
		{"unknown store, confirmed", func(s *Situation) { s.Confirmed, s.UnknownStore = true, "the store is new" }, cordon.ReasonUnknownStore},
		{"unknown store, person", all(person, func(s *Situation) { s.UnknownStore = "the store is new" }), cordon.ReasonWithin},
		{"history", func(s *Situation) { s.History = "noticed before" }, cordon.ReasonHistory},
		{"history, confirmed", func(s *Situation) { s.Confirmed, s.History = true, "noticed before" }, cordon.ReasonHistory},
		{"history, person", all(person, func(s *Situation) { s.History = "noticed before" }), cordon.ReasonWithin},
		{"a source unread", func(s *Situation) { s.Unread = []cordon.Source{cordon.SourceAlerts} }, cordon.ReasonFloor},
		{"a source unread, confirmed", func(s *Situation) { s.Confirmed, s.Unread = true, []cordon.Source{cordon.SourceAlerts} }, cordon.ReasonFloor},
		{"a source unread, person", all(person, func(s *Situation) { s.Unread = []cordon.Source{cordon.SourceAlerts} }), cordon.ReasonWithin},

		{"three disabled, a little less than 15 minutes ago", recent(disabled(3, 15*time.Minute-tick)...), cordon.ReasonCapDisables},
		{"three disabled, the first 15 minutes ago", recent(disabled(3, 15*time.Minute)...), cordon.ReasonWithin},
		{"three disabled, person", all(person, recent(disabled(3, time.Minute)...)), cordon.ReasonCapDisables},
		{"three disabled, revoking", all(selfMend, recent(disabled(3, 10*time.Minute)...)), cordon.ReasonWithin},
		{"three disabled in this run", recent(Attempt{At: noon(), Action: cordon.ActionDisableUser, TargetID: "b", RunID: "run"}, disabled(2, 10*time.Minute)[0], disabled(2, 10*time.Minute)[1]), cordon.ReasonWithin},
		{"three disabled, enabled again", recent(append(disabled(3, 10*time.Minute), undid("b", 0), undid("c", 0))...), cordon.ReasonCapDisables},
		{"three enabled", recent(undid("b", 0), undid("c", 0), undid("d", 0)), cordon.ReasonWithin},
		{"two revoked and two disabled", recent(append(revoked(2, 10*time.Minute), disabled(2, 10*time.Minute)...)...), cordon.ReasonWithin},

		{"three disabled with other providers", recent(elsewhere(disabled(3, 10*time.Minute))...), cordon.ReasonCapDisables},
		{"three disabled, disabling with another provider", all(act(cordon.ActionDisableOnPremises), recent(disabled(3, 10*time.Minute)...)), cordon.ReasonCapDisables},
		{"three disabled, a new password", all(act(cordon.ActionForcePasswordReset), recent(disabled(3, 10*time.Minute)...)), cordon.ReasonWithin},
		{"three accounts of one user by one run", recent(tried(cordon.ActionDisableUser, "b", 0), tried(cordon.ActionDisableOnPremises, "b", 0), tried(cordon.ActionDisableOkta, "b", 0)), cordon.ReasonWithin},
		{"three accounts of one user by nobody knows whom", recent(Attempt{At: noon(), Action: cordon.ActionDisableUser, TargetID: "b"},
			Attempt{At: noon(), Action: cordon.ActionDisableOnPremises, TargetID: "b"}, Attempt{At: noon(), Action: cordon.ActionDisableOkta, TargetID: "b"}), cordon.ReasonCapDisables},
		{"enabled with other providers", recent(tried(cordon.ActionEnableOnPremises, "b", 0), tried(cordon.ActionEnableOkta, "c", 0), tried(cordon.ActionEnableOnPremises, "d", 0),
			tried(cordon.ActionEnableOkta, "e", 0), tried(cordon.ActionEnableOkta, "f", 0)), cordon.ReasonWithin},
		{"the same with another provider was tried", all(act(cordon.ActionDisableOkta), recent(tried(cordon.ActionDisableUser, ada, time.Hour))), cordon.ReasonWithin},
		{"the same with this provider was tried", all(act(cordon.ActionDisableOkta), recent(tried(cordon.ActionDisableOkta, ada, time.Hour))), cordon.ReasonCoolDown},

		{"five others, a little less than an hour ago", recent(revoked(5, time.Hour-tick)...), cordon.ReasonCapUsers},
		{"five others, the first an hour ago", recent(revoked(5, time.Hour)...), cordon.ReasonWithin},
		{"four others", recent(revoked(4, 30*time.Minute)...), cordon.ReasonWithin},
		{"four others and the target", recent(append(revoked(4, 30*time.Minute), tried(cordon.ActionRevokeSessions, ada, time.Minute))...), cordon.ReasonWithin},
		{"one other, five times", recent(revoked(1, time.Minute)[0], revoked(1, time.Minute)[0], revoked(1, time.Minute)[0], revoked(1, time.Minute)[0], revoked(1, time.Minute)[0]), cordon.ReasonWithin},
		{"five others, self-mend, person", all(person, selfMend, recent(revoked(5, 30*time.Minute)...)), cordon.ReasonCapUsers},
		{"five others, undo", all(person, undo, recent(revoked(5, 30*time.Minute)...)), cordon.ReasonWithin},
		{"settings are not users", recent(tried(cordon.ActionEnableSecurityDefaults, "b", 0), tried(cordon.ActionDisableSecurityDefaults, "c", 0), tried(cordon.ActionEnableUser, "d", 0), tried(cordon.ActionEnableUser, "e", 0), tried(cordon.ActionEnableUser, "f", 0)), cordon.ReasonWithin},
		{"399 users, three others", all(func(s *Situation) { s.Users = 399 }, recent(revoked(3, 30*time.Minute)...)), cordon.ReasonCapUsers},
		{"400 users, three others", all(func(s *Situation) { s.Users = 400 }, recent(revoked(3, 30*time.Minute)...)), cordon.ReasonWithin},
		{"ten users, none other", func(s *Situation) { s.Users = 10 }, cordon.ReasonWithin},
		{"ten users, one other", all(func(s *Situation) { s.Users = 10 }, recent(revoked(1, time.Minute)...)), cordon.ReasonCapUsers},
		{"size not known, none other", func(s *Situation) { s.Users = -1 }, cordon.ReasonWithin},
		{"size not known, one other", all(func(s *Situation) { s.Users = -1 }, recent(revoked(1, time.Minute)...)), cordon.ReasonCapUsers},

		{"approve", mode(cordon.ModeApprove), cordon.ReasonModeApprove},
		{"approve, self-mend", all(selfMend, mode(cordon.ModeApprove)), cordon.ReasonModeApprove},
		{"approve, undo", all(undo, mode(cordon.ModeApprove)), cordon.ReasonModeApprove},
		{"approve, person", all(person, mode(cordon.ModeApprove)), cordon.ReasonWithin},
		{"protect", mode(cordon.ModeProtect), cordon.ReasonModeProtect},
		{"protect, self-mend", all(selfMend, mode(cordon.ModeProtect)), cordon.ReasonWithin},
		{"protect, the risk is confirmed", all(act(cordon.ActionConfirmCompromised), mode(cordon.ModeProtect)), cordon.ReasonModeProtect},
		{"protect, person", all(person, mode(cordon.ModeProtect)), cordon.ReasonWithin},

		{"shadow", func(s *Situation) { s.PlaybookOn = false }, cordon.ReasonShadow},
		{"shadow, undo", all(undo, func(s *Situation) { s.PlaybookOn = false }), cordon.ReasonShadow},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range cases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := base()
			tt.change(&s)
			got := Check(Defaults(), s)
			if got.Reason != tt.want || got.Decision != decisions()[tt.want] || got.Detail == "" {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

// decisions maps every reason to what guard decides for it.
func decisions() map[cordon.Reason]cordon.Decision {
	return map[cordon.Reason]cordon.Decision{
		cordon.ReasonWithin: cordon.Allow,

		cordon.ReasonObserve: cordon.Refuse, cordon.ReasonUnreadable: cordon.Refuse, cordon.ReasonOwnApp: cordon.Refuse,
		cordon.ReasonBreakGlass: cordon.Refuse, cordon.ReasonSyncAccount: cordon.Refuse, cordon.ReasonLastAdmins: cordon.Refuse,
		cordon.ReasonNotOffered: cordon.Refuse, cordon.ReasonPolicyExists: cordon.Refuse, cordon.ReasonTooOld: cordon.Refuse, cordon.ReasonUndone: cordon.Refuse, cordon.ReasonCoolDown: cordon.Refuse, cordon.ReasonFlipFlop: cordon.Refuse, cordon.ReasonShadow: cordon.Refuse,

		cordon.ReasonTwoPeople: cordon.Hold, cordon.ReasonCorroborate: cordon.Hold, cordon.ReasonFloor: cordon.Hold, cordon.ReasonUnknownStore: cordon.Hold, cordon.ReasonHistory: cordon.Hold, cordon.ReasonCapDisables: cordon.Hold,
		cordon.ReasonCapUsers: cordon.Hold, cordon.ReasonModeApprove: cordon.Hold, cordon.ReasonModeProtect: cordon.Hold,
	}
}

func TestEveryReasonHasACase(t *testing.T) {
	t.Parallel()
	seen := map[cordon.Reason]bool{}
	for _, tt := range cases() {
		seen[tt.want] = true
	}
	for r := range decisions() {
		if !seen[r] {
			t.Errorf("no case gives %s", r)
		}
	}
}

// Everything wrong at once: each rule in its turn is what decides, once those
// before it are mended.
func TestOrder(t *testing.T) {
	t.Parallel()
	s := base()
	s.Mode, s.Unreadable, s.PlaybookOn, s.Users = cordon.ModeObserve, []string{"x"}, false, 10
	s.Target.OwnApp, s.Target.BreakGlass, s.Target.SyncAccount, s.Target.Roles = true, true, true, []string{"Global Administrator"}
	s.NotOffered, s.TooOld = "only enable", "older than 48h"
	s.UnknownStore, s.History = "the store is new", "noticed before"
	s.GlobalAdminsKnown, s.Detectors, s.Unread = false, nil, []cordon.Source{cordon.SourceAlerts}
	s.Recent = append(disabled(5, 5*time.Minute), tried(cordon.ActionDisableUser, ada, time.Hour), undid(ada, time.Minute))
	mend := []struct {
		want cordon.Reason
		mend func()
	}{
		{cordon.ReasonObserve, func() { s.Mode = cordon.ModeApprove }},
		{cordon.ReasonUnreadable, func() { s.Unreadable = nil }},
		{cordon.ReasonOwnApp, func() { s.Target.OwnApp = false }},
		{cordon.ReasonBreakGlass, func() { s.Target.BreakGlass = false }},
		{cordon.ReasonSyncAccount, func() { s.Target.SyncAccount = false }},
		{cordon.ReasonLastAdmins, func() { s.GlobalAdminsKnown = true }},
		{cordon.ReasonNotOffered, func() { s.NotOffered = "" }},
		{cordon.ReasonTooOld, func() { s.TooOld = "" }},
		{cordon.ReasonUndone, func() { s.Recent = s.Recent[:6] }},
		{cordon.ReasonCoolDown, func() { s.Recent = s.Recent[:5] }},
		{cordon.ReasonTwoPeople, func() { s.Target.Roles = nil }},
		{cordon.ReasonUnknownStore, func() { s.UnknownStore = "" }},
		{cordon.ReasonHistory, func() { s.History = "" }},
		{cordon.ReasonCorroborate, func() { s.Confirmed = true }},
		{cordon.ReasonFloor, func() { s.Unread = nil }},
		{cordon.ReasonCapDisables, func() { s.Recent = revoked(5, 5*time.Minute) }},
		{cordon.ReasonCapUsers, func() { s.Recent = nil }},
		{cordon.ReasonModeApprove, func() { s.Mode = cordon.ModeProtect }},
		{cordon.ReasonModeProtect, func() { s.Mode = cordon.ModeEnforce }},
		{cordon.ReasonShadow, func() { s.PlaybookOn = true }},
		{cordon.ReasonWithin, func() {}},
	}
	for _, m := range mend {
		if got := Check(Defaults(), s); got.Reason != m.want {
			t.Fatalf("got %+v, want %s", got, m.want)
		}
		m.mend()
	}
}

// Details are for people: they say what, and until when or what to do.
func TestDetail(t *testing.T) {
	t.Parallel()
	const (
		act       = "a person may act with cordon contain or cordon account"
		elsewhere = "whoever cannot wait acts where the account is kept, such as the Microsoft Entra admin center"
		both      = "that takes two people, and there is no way to approve it here: act where the account is kept, such as the Microsoft Entra admin center"
	)
	tests := []struct {
		name   string
		change func(*Situation)
		want   string
	}{
		{"cool-down", recent(tried(cordon.ActionDisableUser, ada, time.Hour), tried(cordon.ActionDisableUser, ada, 2*time.Hour)),
			"disable_user was tried on this target at 2026-03-01T11:00:00Z: not again until 2026-03-02T11:00:00Z; if it had no effect, find out why"},
		{"cool-down, time not known", recent(Attempt{Action: cordon.ActionDisableUser, TargetID: ada}),
			"disable_user was tried on this target: not again until 2026-03-02T12:00:00Z; if it had no effect, find out why"},
		{"undone", recent(undid(ada, time.Hour)),
			"a person undid an action on this target at 2026-03-01T11:00:00Z: playbooks leave it alone until 2026-03-02T11:00:00Z; a person may act"},
		{"cap of disables: free once the second of four is old", recent(disabled(4, 10*time.Minute)...),
			"4 users were disabled in this tenant within 15m, the cap is 3: it is free again at 2026-03-01T12:06:00Z, and then " + act + "; " + elsewhere},
		{"cap of users", recent(revoked(5, 30*time.Minute)...),
			"5 other users were acted on in this tenant within 1h, the cap is 5: it is free again at 2026-03-01T12:30:00Z, and then " + act + "; " + elsewhere},
		{"corroboration", func(s *Situation) { s.Detectors = s.Detectors[:1] },
			`1 of 2 independent detectors noticed ("defender_for_endpoint"): ` + act + `, or confirm the compromise`},
		{"administrator", func(s *Situation) { s.Target.Roles = []string{"User Administrator"} }, `the target is an administrator ("User Administrator"): ` + both},
		{"Global Administrator", func(s *Situation) { s.GlobalAdmins = []string{"g1", "g2", ada} }, "the target is a Global Administrator: " + both},
		{"a source unread", func(s *Situation) { s.Unread = []cordon.Source{cordon.SourceAlerts} },
			`could not be read: "alerts"; it is judged again when that can be read, and ` + act},
		{"mode approve", mode(cordon.ModeApprove), "approve mode leaves every action to a person: use cordon contain or cordon account"},
		{"mode protect", mode(cordon.ModeProtect), "protect mode automates only sign-out; disabling needs a person: use cordon contain or cordon account"},
		{"mode protect, risk", all(mode(cordon.ModeProtect), func(s *Situation) { s.Step.Action = cordon.ActionConfirmCompromised }),
			"protect mode automates only sign-out; confirm_compromised needs a person: use cordon contain or cordon account"},
		{"hostile names, many", all(person, posture, func(s *Situation) { s.BlockingPolicies = []string{"a\n\x1b[31m\u202e", "b", "c", "d", "e", "f", "g"} }),
			`Conditional Access policies are enabled, and Microsoft allows either them or security defaults: "a\n\x1b[31m\u202e", "b", "c", "d", "e" and 2 more; switch them off first, or keep them and leave security defaults off`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := base()
			tt.change(&s)
			if got := Check(Defaults(), s).Detail; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// What protects a user protects all accounts, whatever the action is called
// and whatever effect it claims to have.
func TestProtectionsHoldForEveryProvider(t *testing.T) {
	t.Parallel()
	protect := map[cordon.Reason]func(*Situation){
		cordon.ReasonBreakGlass: func(s *Situation) { s.Target.BreakGlass = true }, cordon.ReasonSyncAccount: func(s *Situation) { s.Target.SyncAccount = true },
		cordon.ReasonLastAdmins: func(s *Situation) { s.GlobalAdmins = []string{"g1", ada} }, cordon.ReasonTwoPeople: func(s *Situation) { s.Target.Roles = []string{"x"} },
		cordon.ReasonUnreadable: func(s *Situation) { s.Step.Target = cordon.NewDevice("m1", "") },
	}
	for _, w := range cordon.Words() {
		for _, a := range w.Actions() {
			for want, change := range protect {
				s := base()
				person(&s)
				s.Step.Action = a
				if w == cordon.WordEnable {
					s.Effect = cordon.EffectRestore
				}
				change(&s)
				got := Check(Defaults(), s)
				if w == cordon.WordEnable && want != cordon.ReasonUnreadable {
					want = cordon.ReasonWithin
				}
				if got.Reason != want {
					t.Errorf("%s: got %+v, want %s", a, got, want)
				}
				if s.Effect = cordon.EffectRestore; Check(Defaults(), s).Reason != want {
					t.Errorf("%s, called a restoring: got %+v", a, Check(Defaults(), s))
				}
			}
		}
	}
}
