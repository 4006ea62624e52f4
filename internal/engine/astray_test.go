package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
)

// What the account does not offer is refused before anything leaves.
func TestRefusedByOffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	sid, _ := cordon.SIDFromObjectID(adaID)
	w.identity(sid, `{"identifier":"a","identityProvider":"activeDirectory","actions":["forcePasswordReset"]}`)
	run, err := w.engine.Grant(t.Context(), Wish{TenantID: w.tenant, Person: "sam@desk", Why: "test", Steps: []cordon.PlannedStep{
		{Action: cordon.ActionDisableOnPremises, Target: cordon.NewUser(adaID, "ada@contoso.com", "")},
	}})
	if got := story(run); err != nil || got != "refused; disable_on_premises skipped action_not_offered" || w.writes() != 0 ||
		!strings.Contains(run.Steps[0].Detail, "only forcePasswordReset") {
		t.Errorf("got %s, %q, %d writes, %v", got, run.Steps[0].Detail, w.writes(), err)
	}
}

// A user whom Active Directory keeps, without a road to it, is not called
// contained: the account there is out of reach, not absent.
func TestOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	w.identity("S-1-12-1-1-2-3-4", "")
	run, err := w.grant(cordon.WordDisable)
	if err != nil || run.State != cordon.RunFailed || !strings.Contains(run.Steps[0].Detail, "change the account there") {
		t.Errorf("%s, %q, %v", story(run), run.Steps[0].Detail, err)
	}
}

// The answer is lost: the step is unknown until a reading proves it.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	w.fault(sim.Fault{Method: "POST", Path: "/v1.0/" + identities + "/*", Drop: "after", Count: 1})
	run, err := w.grant(cordon.WordDisable)
	if !errors.Is(err, cordon.ErrUnknownOutcome) || story(run) != "running; disable_user skipped no_account; disable_on_premises unknown pending; disable_okta skipped no_account" {
		t.Fatalf("%s, %v", story(run), err)
	}
	w.cloud.Advance(10 * time.Second)
	if err := w.engine.advance(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	run, err = w.engine.loadRun(t.Context(), run.ID)
	want := "done; disable_user skipped no_account; disable_on_premises unknown confirmed; disable_okta skipped no_account"
	if err != nil || story(run) != want || w.writes() != 2 {
		t.Errorf("got  %s, %v, %d writes\nwant %s", story(run), err, w.writes(), want)
	}
}

// The answer is lost and then the account is gone: that is not passed over.
func TestLostAnswerThenNoAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "okta")
	w.fault(sim.Fault{Method: "POST", Path: "/v1.0/" + identities + "/*", Drop: "before", Count: 1})
	run, err := w.grant(cordon.WordRevokeAllSessions)
	if !errors.Is(err, cordon.ErrUnknownOutcome) {
		t.Fatalf("%s, %v", story(run), err)
	}
	sid, _ := cordon.SIDFromObjectID(adaID)
	w.identity(sid, "")
	if err := w.engine.advance(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	run, err = w.engine.loadRun(t.Context(), run.ID)
	if s := run.Steps[1]; err != nil || run.State != cordon.RunFailed || s.Outcome != cordon.OutcomeFailed || !strings.HasPrefix(s.Detail, "no answer came back, and then: the user has no account of okta") {
		t.Errorf("%s, %q, %v", story(run), s.Detail, err)
	}
}

// A password whose answers are all lost is not called unmet: nothing shows it.
func TestLostAnswersOfWhatNothingShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	w.fault(sim.Fault{Method: "POST", Path: "/v1.0/" + identities + "/*", Drop: "after"})
	run, err := w.grant(cordon.WordForcePasswordReset)
	for range maxAttempts {
		if err == nil {
			t.Fatalf("settled without an answer: %s", story(run))
		}
		w.ahead.Add(int64(4 * time.Minute))
		err = w.engine.advance(t.Context(), run.ID)
	}
	w.ahead.Add(int64(10 * time.Minute))
	err = w.engine.advance(t.Context(), run.ID)
	run, _ = w.engine.loadRun(t.Context(), run.ID)
	if s := run.Steps[1]; err != nil || run.State != cordon.RunFailed || s.Attempts != maxAttempts || !strings.HasSuffix(s.Detail, unseen) {
		t.Errorf("%s, %d attempts, %q, %v", story(run), s.Attempts, s.Detail, err)
	}
}

// What no reading shows stays pending, then is unknown, with what to ask
// Microsoft about; it is never called confirmed.
func TestUnseenStaysUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory", "okta")
	for word, step := range map[cordon.Word]int{cordon.WordForcePasswordReset: 1, cordon.WordRevokeAllSessions: 1} {
		run, err := w.grant(word)
		if err != nil || run.Steps[step].Proof != cordon.ProofPending {
			t.Fatalf("%s, %v", story(run), err)
		}
		w.cloud.Advance(time.Hour)
		w.ahead.Add(int64(time.Hour))
		for range 2 { // once more changes nothing
			if err := w.engine.prove(t.Context(), run.ID, step); err != nil {
				t.Fatal(err)
			}
		}
		run, err = w.engine.loadRun(t.Context(), run.ID)
		s := run.Steps[step]
		if err != nil || run.State != cordon.RunDone || s.Proof != cordon.ProofUnknown || !strings.Contains(s.Detail, "correlation id ") || strings.Count(s.Detail, unseen) != 1 {
			t.Errorf("%s, %q, %v", story(run), s.Detail, err)
		}
	}
}

// Throttled, a person is told at once, and nothing was done.
func TestThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	w.fault(sim.Fault{Method: "POST", Path: "/v1.0/" + identities + "/*", Status: 429})
	run, err := w.grant(cordon.WordDisable)
	if err != nil || story(run) != "failed; disable_user skipped no_account; disable_on_premises failed; disable_okta skipped no_account" {
		t.Errorf("%s, %v", story(run), err)
	}
}

// What keeps the account on premises from being disabled does not keep the
// one at Okta open: all that can be contained is, and the run is failed.
func TestOneAccountDoesNotKeepTheOthersOpen(t *testing.T) {
	t.Parallel()
	const entra, okta = "disable_user skipped no_account", "disable_okta done pending"
	tests := []struct {
		name  string
		fault sim.Fault
		want  string // of the account on premises
		lost  bool   // no answer came: the command says so
		state cordon.RunState
	}{
		{"refused by Microsoft", sim.Fault{Method: "POST", Status: 400, Count: 1}, "failed", false, cordon.RunFailed},
		{"throttled", sim.Fault{Method: "POST", Status: 429, Count: 1}, "failed", false, cordon.RunFailed},
		{"no answer", sim.Fault{Method: "POST", Drop: "before", Count: 1}, "unknown pending", true, cordon.RunRunning},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory", "okta")
			tt.fault.Path = "/v1.0/" + identities + "/*"
			w.fault(tt.fault)
			run, err := w.grant(cordon.WordDisable)
			want := fmt.Sprintf("%s; %s; disable_on_premises %s; %s", tt.state, entra, tt.want, okta)
			if got := story(run); got != want || errors.Is(err, cordon.ErrUnknownOutcome) != tt.lost || err != nil && !tt.lost {
				t.Errorf("got  %s, %v\nwant %s", got, err, want)
			}
			if got := w.failures(); len(got) != 1 || !strings.HasPrefix(got[0], "disable_on_premises ada@contoso.com: ") {
				t.Errorf("told of %q", got)
			}
		})
	}
}

// An account that does not take the action keeps no other one open either.
func TestNotOfferedKeepsNoOtherOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	sid, _ := cordon.SIDFromObjectID(adaID)
	w.identity(sid, `{"identifier":"a","identityProvider":"activeDirectory","actions":["enable"]},{"identifier":"o","identityProvider":"okta","actions":["disable"]}`)
	run, err := w.grant(cordon.WordDisable)
	if got := story(run); err != nil || !strings.HasPrefix(got, "failed; ") || !strings.HasSuffix(got, "disable_on_premises skipped action_not_offered; disable_okta done pending") {
		t.Errorf("got %s, %v", got, err)
	}
}

// A run of which one step is held and another got no answer is not called
// held: the sweep takes the other one up again, and then it is.
func TestHeldWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	w.engine.Guard.Disables, w.engine.Guard.Users, w.engine.Guard.UsersLeast = 1, 99, 99
	const lin = "7f1c1a9e-4a52-4b52-9d0c-000000000001"
	w.inject("users", fmt.Sprintf(`{"id":%q,"userPrincipalName":"lin@contoso.com","accountEnabled":true}`, lin))
	if run, err := w.do(cordon.NewUser(lin, "", ""), cordon.ActionDisableUser); err != nil || run.State != cordon.RunDone {
		t.Fatalf("%s, %v", story(run), err)
	}
	w.fault(sim.Fault{Method: "POST", Path: "/v1.0/users/*/revokeSignInSessions", Drop: "before", Count: 1})
	run, err := w.do(cordon.NewUser(adaID, "", ""), cordon.ActionRevokeSessions, cordon.ActionDisableUser)
	if !errors.Is(err, cordon.ErrUnknownOutcome) || story(run) != "running; revoke_sessions unknown pending; disable_user planned cap_disables" {
		t.Fatalf("%s, %v", story(run), err)
	}
	if err := w.engine.advance(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	if run, err = w.engine.loadRun(t.Context(), run.ID); err != nil || story(run) != "held; revoke_sessions done confirmed; disable_user planned cap_disables" {
		t.Errorf("%s, %v", story(run), err)
	}
}
