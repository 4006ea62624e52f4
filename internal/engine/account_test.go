package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// Each word for each kind of user: what has no account is passed over, the
// rest is done, and a wish without any account is not called done.
func TestWordsByProvider(t *testing.T) {
	t.Parallel()
	const entra, ad, okta = "entraID", "activeDirectory", "okta"
	tests := []struct {
		word      cordon.Word
		providers []string
		want      string
		writes    int
	}{
		{cordon.WordDisable, []string{entra}, "done; disable_user done confirmed; disable_on_premises skipped no_account; disable_okta skipped no_account", 1},
		{cordon.WordDisable, []string{entra, ad}, "done; disable_user skipped no_account; disable_on_premises done pending; disable_okta skipped no_account", 2},
		{cordon.WordDisable, []string{entra, okta}, "done; disable_user done confirmed; disable_on_premises skipped no_account; disable_okta done pending", 2},
		{cordon.WordDisable, []string{entra, ad, okta}, "done; disable_user skipped no_account; disable_on_premises done pending; disable_okta done pending", 3},
		{cordon.WordRevokeAllSessions, []string{entra, okta}, "done; revoke_sessions done confirmed; revoke_sessions_okta done pending", 2},
		{cordon.WordRevokeAllSessions, []string{entra, ad}, "done; revoke_sessions done confirmed; revoke_sessions_okta skipped no_account", 1},
		{cordon.WordForcePasswordReset, []string{entra, okta}, "done; force_password_reset done confirmed; force_password_reset_on_premises skipped no_account", 1},
		{cordon.WordForcePasswordReset, []string{entra, ad}, "done; force_password_reset skipped no_account; force_password_reset_on_premises done pending", 2},
		{cordon.WordMarkUserAsCompromised, []string{entra, ad}, "done; confirm_compromised done pending", 1},
		{cordon.WordEnable, []string{entra}, "done; enable_user already confirmed; enable_on_premises skipped no_account; enable_okta skipped no_account", 0},
	}
	for _, tt := range tests {
		t.Run(string(tt.word)+" "+strings.Join(tt.providers, " "), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, tt.providers...)
			run, err := w.grant(tt.word)
			// The budget may have made us wait until the word on the risk is there.
			got := strings.Replace(story(run), "confirm_compromised done confirmed", "confirm_compromised done pending", 1)
			if err != nil || got != tt.want || w.writes() != tt.writes {
				t.Errorf("got  %s, %d writes, %v\nwant %s, %d writes", got, w.writes(), err, tt.want, tt.writes)
			}
			if got := w.failures(); len(got) != 0 {
				t.Errorf("told of failures: %q", got)
			}
			for _, s := range run.Steps {
				through := s.Action.Provider() != cordon.ProviderEntra && s.Outcome == cordon.OutcomeDone
				if through != strings.Contains(s.Detail, "correlation id ") || s.PassedOver() && s.Detail == "" {
					t.Errorf("%s: detail %q", s.Action, s.Detail)
				}
			}
		})
	}
}

// A user whom Active Directory keeps ends up contained where it counts, and
// in Entra once that follows; giving back takes the same road.
func TestHybridIsContainedWhereItCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	run, err := w.grant(cordon.WordDisable)
	if err != nil || !strings.Contains(run.Steps[0].Detail, "Active Directory keeps this user") || !w.enabled() {
		t.Fatalf("%s, %v", story(run), err)
	}
	w.cloud.Advance(5 * time.Minute)
	w.ahead.Add(int64(5 * time.Minute))
	if err := w.engine.prove(t.Context(), run.ID, 1); err != nil {
		t.Fatal(err)
	}
	run, err = w.engine.loadRun(t.Context(), run.ID)
	if err != nil || run.Steps[1].Proof != cordon.ProofConfirmed || w.enabled() {
		t.Errorf("%s, enabled: %v, %v", story(run), w.enabled(), err)
	}
	wish, err := w.engine.Undo(t.Context(), run.ID, "sam@desk", "false alarm")
	if err != nil || len(wish.Steps) != 1 || wish.Steps[0].Action != cordon.ActionEnableOnPremises {
		t.Fatalf("undo: %+v, %v", wish, err)
	}
	back, err := w.engine.Grant(t.Context(), wish)
	w.cloud.Advance(5 * time.Minute)
	if err != nil || story(back) != "done; enable_on_premises done pending" || !w.enabled() {
		t.Errorf("%s, %v", story(back), err)
	}
}

// When no step of a wish found an account, the run failed and says so, in the
// step, to people and in the audit.
func TestNothingToActOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	user := cordon.NewUser(adaID, "ada@contoso.com", "")
	run, err := w.engine.Grant(t.Context(), Wish{TenantID: w.tenant, Person: "sam@desk", Why: "test", Steps: []cordon.PlannedStep{
		{Action: cordon.ActionRevokeSessions, Target: user}, {Action: cordon.ActionDisableOnPremises, Target: user}, {Action: cordon.ActionDisableOkta, Target: user},
	}})
	want := "failed; revoke_sessions done confirmed; disable_on_premises skipped no_account; disable_okta skipped no_account"
	if err != nil || story(run) != want || !strings.HasSuffix(run.Steps[2].Detail, "no account of the user was changed") || w.writes() != 1 {
		t.Errorf("got  %s, %q, %v\nwant %s", story(run), run.Steps[2].Detail, err, want)
	}
	if got := w.failures(); len(got) != 1 || !strings.HasPrefix(got[0], "disable_okta ada@contoso.com: ") {
		t.Errorf("told of %q", got)
	}
	var kinds []string
	err = w.engine.Store.Read(t.Context(), func(tx *store.Tx) error {
		entries, err := tx.Entries(t.Context(), store.EntryFilter{Tenants: []string{w.tenant}})
		for _, e := range slices.Backward(entries) {
			kinds = append(kinds, fmt.Sprintf("%d %s", e.Step, e.Kind))
		}
		return err
	})
	if want := []string{"0 intent", "0 outcome", "1 verdict", "2 verdict", "2 outcome"}; err != nil || !slices.Equal(kinds, want) {
		t.Errorf("audit: %q, %v; want %q", kinds, err, want)
	}
}

// Where blocking sign-in in Entra alone came to nothing, what comes next is not
// cooled down by it, and reaches the account where it is kept.
func TestTriedInEntraThenWhereItCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID", "activeDirectory")
	run, err := w.engine.Grant(t.Context(), Wish{TenantID: w.tenant, Person: "sam@desk", Why: "test", Steps: []cordon.PlannedStep{
		{Action: cordon.ActionDisableUser, Target: cordon.NewUser(adaID, "ada@contoso.com", "")},
	}})
	if err != nil || story(run) != "failed; disable_user skipped no_account" || len(w.failures()) != 1 {
		t.Fatalf("%s, %v, told %q", story(run), err, w.failures())
	}
	run, err = w.grant(cordon.WordDisable)
	if err != nil || story(run) != "done; disable_user skipped no_account; disable_on_premises done pending; disable_okta skipped no_account" {
		t.Errorf("%s, %v", story(run), err)
	}
}

// The call that Microsoft does not document, where it exists and where not.
func TestHearsay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.RiskyUsers, sim.Options{RiskyUsersInvokeAction: true}, "entraID")
	run, err := w.grant(cordon.WordDisable)
	if err != nil || run.State != cordon.RunDone || run.Steps[0].Proof != cordon.ProofConfirmed || w.enabled() {
		t.Errorf("%s, %v", story(run), err)
	}
	if e := w.cloud.Ledger(false); len(e) != 1 || !strings.HasSuffix(e[0].Path, "/riskyUsers/"+adaID+"/invokeAction") {
		t.Errorf("ledger: %+v", e)
	}
	w = newWorld(t, action.RiskyUsers, sim.Options{}, "entraID")
	run, err = w.grant(cordon.WordDisable)
	if s := run.Steps[0]; err != nil || run.State != cordon.RunFailed || !strings.Contains(s.Detail, "Microsoft documents no such call") || !w.enabled() {
		t.Errorf("%s, %q, %v", story(run), s.Detail, err)
	}
}

// Since when an account is held to be compromised stands with the run.
func TestCompromisedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	since := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	run, err := w.engine.Grant(t.Context(), Wish{TenantID: w.tenant, Person: "sam@desk", Why: "test", CompromisedAt: &since,
		Steps: []cordon.PlannedStep{{Action: cordon.ActionConfirmCompromised, Target: cordon.NewUser(adaID, "ada@contoso.com", "")}}})
	if err != nil || run.Plan.CompromisedAt == nil || !run.Plan.CompromisedAt.Equal(since) || run.PlanHash != run.Plan.Hash() {
		t.Errorf("plan %+v, %v", run.Plan, err)
	}
	_ = w.engine.Store.Read(t.Context(), func(tx *store.Tx) error {
		entries, err := tx.Entries(t.Context(), store.EntryFilter{Tenants: []string{w.tenant}})
		for _, e := range entries {
			if !strings.Contains(string(e.Data), `"compromised_at":"2026-02-28T12:00:00Z"`) {
				t.Errorf("%s: %s", e.Kind, e.Data)
			}
		}
		if err != nil || len(entries) != 2 {
			t.Errorf("%d entries, %v", len(entries), err)
		}
		return err
	})
}

// A user of whom signals tell the user principal name alone is contained all
// the same, and protected all the same; from then on the object id counts.
func TestKnownByPrincipalNameAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	ada := cordon.NewUser("", "Ada@contoso.com", "")
	run, err := w.do(ada, cordon.ActionDisableUser, cordon.ActionConfirmCompromised)
	if err != nil || run.State != cordon.RunDone || run.Steps[0].Target.ID() != adaID || run.PlanHash != run.Plan.Hash() {
		t.Errorf("%s, %v, %q", story(run), err, run.Steps[0].Detail)
	}
	if run, err = w.do(cordon.NewUser(adaID, "", ""), cordon.ActionDisableUser); err != nil || story(run) != "done; disable_user already confirmed" {
		t.Errorf("once more: %s, %v", story(run), err)
	}
	w = newWorld(t, action.Documented, sim.Options{}, "entraID")
	w.breakGlass(adaID)
	if run, err = w.do(ada, cordon.ActionDisableUser); err != nil || story(run) != "refused; disable_user skipped break_glass" {
		t.Errorf("break-glass: %s, %v", story(run), err)
	}
}

// Of an identity that is somebody else's as well nothing is touched: guard
// judged this user, and the account may be that of a break-glass user.
func TestForeignIdentity(t *testing.T) {
	t.Parallel()
	const onPremises = "S-1-5-21-1-2-3-4711"
	sid, _ := cordon.SIDFromObjectID(adaID)
	other, _ := cordon.SIDFromObjectID("7f1c1a9e-4a52-4b52-9d0c-000000000001")
	account := `{"identifier":"a","identityProvider":"activeDirectory","actions":["disable"]}`
	tests := []struct {
		name, cloud, onPremises, accounts string
		want                              string
	}{
		{"of this user", sid, onPremises, account, "done; disable_on_premises done pending"},
		{"of this user, by the SID of Active Directory", "", onPremises, account, "done; disable_on_premises done pending"},
		{"the cloud SID of another user", other, onPremises, account, "refused; disable_on_premises skipped situation_unreadable"},
		{"another SID of Active Directory", sid, "S-1-5-21-1-2-3-500", account, "refused; disable_on_premises skipped situation_unreadable"},
		{"two accounts of Entra", sid, onPremises, account + `,{"identifier":"e","identityProvider":"entraID"},{"identifier":"f","identityProvider":"entraID"}`,
			"refused; disable_on_premises skipped situation_unreadable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, "activeDirectory")
			w.inject("users", fmt.Sprintf(`{"id":%q,"onPremisesSecurityIdentifier":%q}`, adaID, onPremises))
			w.inject(identities, fmt.Sprintf(`{"id":"identity-1","cloudSecurityIdentifier":%q,"onPremisesSecurityIdentifier":%q,"accounts":[%s]}`, tt.cloud, tt.onPremises, tt.accounts))
			run, err := w.do(cordon.NewUser(adaID, "", ""), cordon.ActionDisableOnPremises)
			if got := story(run); err != nil || got != tt.want {
				t.Errorf("got %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}
