// The three providers share one cloud and one set of helpers, and each case is
// read beside the same case of the others: they stand together for that.

package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/notify"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/google/uuid"
)

const (
	adaID      = "588d7c15-8565-448e-bc2d-57f2b7c4c58a"
	identities = "security/identities/identityAccounts"
)

// A world is a simulated cloud with one user, Ada, and an engine.
type world struct {
	T      *testing.T
	cloud  *sim.Cloud
	engine *Engine
	tenant string
	ahead  atomic.Int64
	told   []cordon.Notice
}

// Name implements notify.Channel.
func (w *world) Name() string { return "told" }

// Send implements notify.Channel: it remembers.
func (w *world) Send(_ context.Context, n cordon.Notice) error {
	w.told = append(w.told, n)
	return nil
}

// failures are the notices that something failed.
func (w *world) failures() (titles []string) {
	for _, n := range w.told {
		if n.Kind == cordon.NoticeFailed {
			titles = append(titles, n.Title)
		}
	}
	return titles
}

// newWorld puts Ada there with accounts of the given providers; whom Active
// Directory keeps is synchronised.
func newWorld(t *testing.T, b action.Backend, o sim.Options, providers ...string) *world {
	t.Helper()
	w := &world{T: t}
	o.NoThrottle, o.Now = true, w.now
	var err error
	if w.cloud, err = sim.Start(context.WithoutCancel(t.Context()), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cloud.Close() })
	info := w.cloud.Info()
	hub, err := microsoft.New(microsoft.Options{Now: w.now, Share: 1,
		Endpoints: microsoft.Endpoints{Login: info.LoginURL, Graph: info.GraphURL, Defender: info.DefenderURL, CAFile: info.CAFile}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	tenant := Tenant{Tenant: cordon.Tenant{ID: info.Tenants[0].ID, Name: "contoso", ClientID: info.Tenants[0].ClientID, Mode: cordon.ModeEnforce}}
	if tenant.Client, err = hub.Client(tenant.Tenant, microsoft.NewSecretCredential(info.Tenants[0].ClientSecret)); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "cordon.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w.tenant = tenant.ID
	w.engine, err = New(Options{Store: s, Tenants: []Tenant{tenant}, Guard: guard.Defaults(), Actions: b, NewID: uuid.NewString, Now: w.now,
		Channels: []notify.Channel{w}})
	if err != nil {
		t.Fatal(err)
	}
	w.ada(providers...)
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) ada(providers ...string) {
	w.T.Helper()
	sid, _ := cordon.SIDFromObjectID(adaID)
	w.inject("users", fmt.Sprintf(`{"id":%q,"userPrincipalName":"ada@contoso.com","accountEnabled":true,"onPremisesSyncEnabled":%v,"securityIdentifier":%q,
		"signInSessionsValidFromDateTime":"2026-01-01T00:00:00Z","lastPasswordChangeDateTime":"2026-01-01T00:00:00Z"}`, adaID, slices.Contains(providers, "activeDirectory"), sid))
	var accounts []string
	for _, p := range providers {
		accounts = append(accounts, fmt.Sprintf(`{"identifier":%q,"identityProvider":%q,"actions":["disable","enable","forcePasswordReset","revokeAllSessions"]}`, "account-"+p, p))
	}
	w.identity(sid, strings.Join(accounts, ","))
}

// identity makes what Defender for Identity knows of Ada, and nothing else.
func (w *world) identity(sid, accounts string) {
	w.T.Helper()
	all, err := w.engine.Tenants[0].Client.Identities.Accounts(w.T.Context(), microsoft.IdentityFilter{})
	if err != nil {
		w.T.Fatal(err)
	}
	for _, i := range all {
		w.inject(identities, fmt.Sprintf(`{"id":%q,"cloudSecurityIdentifier":"","accounts":[]}`, i.ID))
	}
	w.inject(identities, fmt.Sprintf(`{"id":"identity-1","isEnabled":true,"cloudSecurityIdentifier":%q,"accounts":[%s]}`, sid, accounts))
}

func (w *world) inject(resource, object string) {
	w.T.Helper()
	if err := w.cloud.Inject(w.tenant, resource, []byte(object)); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) fault(f sim.Fault) {
	w.T.Helper()
	if err := w.cloud.AddFault(f); err != nil {
		w.T.Fatal(err)
	}
}

// grant carries a person's wish for a word.
func (w *world) grant(word cordon.Word) (cordon.Run, error) {
	wish := Wish{TenantID: w.tenant, Person: "sam@desk", Why: "test"}
	for _, a := range word.Actions() {
		wish.Steps = append(wish.Steps, cordon.PlannedStep{Action: a, Target: cordon.NewUser(adaID, "ada@contoso.com", "")})
	}
	return w.engine.Grant(w.T.Context(), wish)
}

// story is what became of a run, in a few words.
func story(r cordon.Run) string {
	out := []string{string(r.State)}
	for _, s := range r.Steps {
		text := string(s.Action) + " " + string(s.Outcome)
		if s.Verdict.Reason != cordon.ReasonWithin {
			text += " " + string(s.Verdict.Reason)
		}
		out = append(out, strings.TrimSpace(text+" "+string(s.Proof)))
	}
	return strings.Join(out, "; ")
}

func (w *world) writes() int { return len(w.cloud.Ledger(false)) }

func (w *world) enabled() bool {
	w.T.Helper()
	u, err := w.engine.Tenants[0].Client.Users.Get(w.T.Context(), adaID)
	if err != nil || u.AccountEnabled == nil {
		w.T.Fatalf("user: %+v, %v", u, err)
	}
	return *u.AccountEnabled
}

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
			if got := story(run); err != nil || got != tt.want || w.writes() != tt.writes {
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
		entries, err := tx.Entries(t.Context(), store.EntryFilter{})
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
	if !errors.Is(err, cordon.ErrUnknownOutcome) || story(run) != "running; disable_user skipped no_account; disable_on_premises unknown pending; disable_okta planned" {
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
	if err != nil || story(run) != "failed; disable_user skipped no_account; disable_on_premises failed; disable_okta skipped" {
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
		entries, err := tx.Entries(t.Context(), store.EntryFilter{})
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
