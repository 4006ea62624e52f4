package action_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
)

// A password, and the word on a risk: done and proved.
func TestPasswordAndRisk(t *testing.T) {
	t.Parallel()
	tests := []struct {
		verb cordon.ActionName
		call string // a pattern
	}{
		{cordon.ActionForcePasswordReset, `^PATCH /v1.0/users/` + userID + ` {"passwordProfile":{"password":"[^"]+","forceChangePasswordNextSignIn":true}} ` + requestID + `$`},
		{cordon.ActionForcePasswordChange, `^PATCH /v1.0/users/` + userID + ` {"passwordProfile":{"forceChangePasswordNextSignIn":true}} ` + requestID + `$`},
		{cordon.ActionConfirmCompromised, `^POST /v1.0/identityProtection/riskyUsers/confirmCompromised {"userIds":\["` + userID + `"\]} ` + requestID + `$`},
	}
	for _, tt := range tests {
		t.Run(string(tt.verb), func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), find(t, tt.verb)
			user := w.with(t, cloudWide())
			prior, err := v.Read(t.Context(), w.client, user)
			if err != nil || v.Met(nil, prior) {
				t.Fatalf("before: %s, %v", prior.JSON(), err)
			}
			if err := do(t.Context(), w, v, user, prior); err != nil {
				t.Fatal(err)
			}
			if got := w.calls(); !regexp.MustCompile(tt.call).MatchString(got) {
				t.Errorf("got  %s\nwant %s", got, tt.call)
			}
			w.Advance(5 * time.Second)
			now, err := v.Read(t.Context(), w.client, user)
			if err != nil || v.Prove(&prior, now, at, at) != cordon.ProofConfirmed {
				t.Errorf("after: %s, %v", now.JSON(), err)
			}
			if err := do(t.Context(), w, v, cordon.NewUser("11111111-1111-4111-8111-111111111111", "", ""), prior); tt.verb != cordon.ActionConfirmCompromised && !errors.Is(err, cordon.ErrNotFound) {
				t.Errorf("nobody: %v", err)
			}
		})
	}
}

// What shows of a password and of a risk, and what does not.
func TestProofOfPasswordAndRisk(t *testing.T) {
	t.Parallel()
	dated := func(d time.Time) action.State { return action.State{PasswordChanged: &d} }
	risk := func(s string) action.State { return action.State{RiskState: s} }
	tests := []struct {
		name       string
		verb       cordon.ActionName
		prior, now action.State
		want       cordon.Proof
	}{
		{"reset", cordon.ActionForcePasswordReset, dated(at), dated(at.Add(time.Second)), cordon.ProofConfirmed},
		{"not reset", cordon.ActionForcePasswordReset, dated(at), dated(at), cordon.ProofContradicted},
		{"reset, not told", cordon.ActionForcePasswordReset, dated(at), action.State{}, cordon.ProofUnknown},
		{"not changed yet", cordon.ActionForcePasswordChange, dated(at), dated(at), cordon.ProofUnknown},
		{"changed", cordon.ActionForcePasswordChange, dated(at), dated(at.Add(time.Second)), cordon.ProofConfirmed},
		{"compromised", cordon.ActionConfirmCompromised, risk("atRisk"), risk("ConfirmedCompromised"), cordon.ProofConfirmed},
		{"still at risk", cordon.ActionConfirmCompromised, risk("atRisk"), risk("atRisk"), cordon.ProofContradicted},
		{"mended since", cordon.ActionConfirmCompromised, risk("atRisk"), risk("remediated"), cordon.ProofUnknown},
	}
	for _, tt := range tests {
		v := find(t, tt.verb)
		if got := v.Prove(&tt.prior, tt.now, at, at.Add(v.Settles)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if v.Met(nil, tt.now) != (tt.name == "compromised") {
			t.Errorf("%s: met before", tt.name)
		}
	}
}

// Whom Active Directory keeps, Entra does not let be changed: with a road to
// Active Directory that is no failure, without one it is, and says what to do.
func TestMastered(t *testing.T) {
	t.Parallel()
	offersOthers := hybrid()
	offersOthers.accounts = `{"identifier":"ad-1","identityProvider":"activeDirectory","actions":["enable"]}`
	tests := []struct {
		name     string
		verb     cordon.ActionName
		person   person
		needless bool
	}{
		{"disabling", cordon.ActionDisableUser, hybrid(), true},
		{"enabling", cordon.ActionEnableUser, switchedOff(hybrid()), true},
		{"a new password", cordon.ActionForcePasswordReset, hybrid(), true},
		{"nobody knows the account", cordon.ActionDisableUser, person{synced: true, accounts: "-"}, false},
		{"the account does not take it", cordon.ActionDisableUser, offersOthers, false},
	}
	for _, tt := range tests {
		w, v := newWorld(t), find(t, tt.verb)
		user := w.with(t, tt.person)
		prior, err := v.Read(t.Context(), w.client, user)
		if err != nil || !prior.Synced {
			t.Fatalf("%s: %s, %v", tt.name, prior.JSON(), err)
		}
		err = do(t.Context(), w, v, user, prior)
		if _, ok := errors.AsType[*action.Needless](err); ok != tt.needless || err == nil || !strings.Contains(err.Error(), "on-premises mastered") {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if text := v.Explain(err); !tt.needless && !strings.Contains(text, "Active Directory keeps this user and Cordon has no road to it") {
			t.Errorf("%s: %s", tt.name, text)
		}
	}
	// A service that takes the change all the same: it is done, with a word about what may follow.
	w, v := newWorld(t), find(t, cordon.ActionDisableUser)
	user := w.with(t, cloudWide())
	detail, err := v.Do(t.Context(), w.client, action.Order{Target: user, Before: action.State{Synced: true}, RequestID: requestID})
	if err != nil || !strings.Contains(detail, "replaces this change") {
		t.Errorf("got %q, %v", detail, err)
	}
}

// The five words in Entra by the call that Microsoft does not document: where
// it exists it works and is proved as ever, and where it does not, the answer
// is explained.
func TestHearsay(t *testing.T) {
	t.Parallel()
	real := newWorld(t) // as Microsoft's is: without the call
	for word, name := range map[cordon.Word]cordon.ActionName{
		cordon.WordDisable: cordon.ActionDisableUser, cordon.WordEnable: cordon.ActionEnableUser, cordon.WordRevokeAllSessions: cordon.ActionRevokeSessions,
		cordon.WordForcePasswordReset: cordon.ActionForcePasswordReset, cordon.WordMarkUserAsCompromised: cordon.ActionConfirmCompromised,
	} {
		v := findBy(t, action.RiskyUsers, name)
		w, p := newWorldOf(t, sim.Options{RiskyUsersInvokeAction: true}), cloudWide()
		p.off = word == cordon.WordEnable
		user := w.with(t, p)
		prior, err := v.Read(t.Context(), w.client, user)
		if err := errors.Join(err, do(t.Context(), w, v, user, prior)); err != nil {
			t.Fatal(err)
		}
		if want := "POST /v1.0/identityProtection/riskyUsers/" + userID + `/invokeAction {"action":"` + string(word) + `"} ` + requestID; w.calls() != want {
			t.Errorf("got  %s\nwant %s", w.calls(), want)
		}
		if !strings.HasSuffix(v.Wire, "riskyUsers/{id}/invokeAction action="+string(word)) || v.Needs[0] != "IdentityRiskyUser.ReadWrite.All" {
			t.Errorf("%s says %s, %q", name, v.Wire, v.Needs)
		}
		w.Advance(5 * time.Second)
		if now, err := v.Read(t.Context(), w.client, user); err != nil || v.Prove(&prior, now, at, at) != cordon.ProofConfirmed {
			t.Errorf("%s: %s, %v", name, now.JSON(), err)
		}
		if word != cordon.WordDisable && word != cordon.WordMarkUserAsCompromised {
			continue // the budget of Identity Protection is one call a second
		}
		err = do(t.Context(), real, v, real.with(t, p), prior)
		if text := v.Explain(err); !errors.Is(err, cordon.ErrBadRequest) || !strings.Contains(text, "Microsoft documents no such call") || !strings.Contains(text, "actions.backend") {
			t.Errorf("%s: %s", name, text)
		}
	}
	// What Entra does not keep goes the documented way with either.
	for _, v := range action.NewSet(action.RiskyUsers) {
		if documented := find(t, v.Name); (v.Wire != documented.Wire) != (v.Name.Word() != "" && v.Name.Provider() == cordon.ProviderEntra) {
			t.Errorf("%s goes by %s", v.Name, v.Wire)
		}
	}
}
