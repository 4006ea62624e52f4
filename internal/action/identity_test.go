package action_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

const (
	onPremisesSID = "S-1-5-21-1004336348-1177238915-682003330-4711"
	identities    = "security/identities/identityAccounts"
)

// person is a user and what Defender for Identity knows of them.
type person struct {
	synced, off bool
	accounts    string // JSON, without the brackets; "-": no identity at all
	bySID       bool   // the identity carries the SID of Active Directory only
}

const (
	entraAccount = `{"identifier":"` + userID + `","identityProvider":"entraID","actions":[]}`
	adAccount    = `{"identifier":"ad-1","provider":"ActiveDirectory","actions":["disable","enable","forcePasswordReset"]}`
	oktaAccount  = `{"identifier":"okta-1","identityProvider":"okta","actions":["disable","enable","revokeAllSessions"]}`
)

// with puts a person into the cloud and returns who it is.
func (w *world) with(t *testing.T, p person) cordon.Entity {
	t.Helper()
	sid, _ := cordon.SIDFromObjectID(userID)
	onPremises := "null"
	if p.synced {
		onPremises = `"` + onPremisesSID + `"`
	}
	w.inject(t, "users", fmt.Sprintf(`{"id":%q,"accountEnabled":%v,"onPremisesSyncEnabled":%v,"onPremisesSecurityIdentifier":%s,"securityIdentifier":%q,
		"lastPasswordChangeDateTime":"2026-01-01T00:00:00Z"}`, userID, !p.off, p.synced, onPremises, sid))
	if p.accounts == "-" {
		sid, onPremises, p.accounts = "S-1-12-1-1-2-3-4", "null", ""
	}
	if p.bySID {
		sid = ""
	}
	w.inject(t, identities, fmt.Sprintf(`{"id":"identity-1","isEnabled":%v,"cloudSecurityIdentifier":%q,"onPremisesSecurityIdentifier":%s,"accounts":[%s]}`,
		!p.off, sid, onPremises, p.accounts))
	for _, raw := range w.all(t) { // the cloud makes an identity of every user; this one is ours
		if raw.ID != "identity-1" {
			w.inject(t, identities, fmt.Sprintf(`{"id":%q,"cloudSecurityIdentifier":"","onPremisesSecurityIdentifier":"","accounts":[]}`, raw.ID))
		}
	}
	return cordon.NewUser(userID, "ada@contoso.com", "")
}

func (w *world) all(t *testing.T) []microsoft.Identity {
	t.Helper()
	all, err := w.client.Identities.Accounts(t.Context(), microsoft.IdentityFilter{})
	if err != nil && !errors.Is(err, cordon.ErrNotProvisioned) {
		t.Fatal(err)
	}
	return all
}

// cloudWide are the accounts of a user who is in Entra and at Okta; hybrid
// those of one whom Active Directory keeps.
func hybrid() person    { return person{synced: true, accounts: adAccount + "," + entraAccount} }
func cloudWide() person { return person{accounts: oktaAccount + "," + entraAccount} }

func switchedOff(p person) person { p.off = true; return p }

// Every verb through Defender for Identity: read, not met, do, and what the
// cloud shows at once, after its delay, and when the time to settle is over.
func TestIdentityVerbs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		verb        cordon.ActionName
		person      person
		body        string
		later, last cordon.Proof
	}{
		{cordon.ActionDisableOnPremises, hybrid(), `{"accountId":"ad-1","action":"disable","identityProvider":"activeDirectory"}`, cordon.ProofConfirmed, cordon.ProofConfirmed},
		{cordon.ActionEnableOnPremises, switchedOff(hybrid()), `{"accountId":"ad-1","action":"enable","identityProvider":"activeDirectory"}`, cordon.ProofConfirmed, cordon.ProofConfirmed},
		{cordon.ActionForcePasswordResetOnPremises, hybrid(), `{"accountId":"ad-1","action":"forcePasswordReset","identityProvider":"activeDirectory"}`, cordon.ProofPending, cordon.ProofUnknown},
		{cordon.ActionDisableOkta, cloudWide(), `{"accountId":"okta-1","action":"disable","identityProvider":"okta"}`, cordon.ProofConfirmed, cordon.ProofConfirmed},
		{cordon.ActionEnableOkta, switchedOff(cloudWide()), `{"accountId":"okta-1","action":"enable","identityProvider":"okta"}`, cordon.ProofConfirmed, cordon.ProofConfirmed},
		{cordon.ActionRevokeSessionsOkta, cloudWide(), `{"accountId":"okta-1","action":"revokeAllSessions","identityProvider":"okta"}`, cordon.ProofPending, cordon.ProofUnknown},
	}
	for _, tt := range tests {
		t.Run(string(tt.verb), func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), find(t, tt.verb)
			user := w.with(t, tt.person)
			prior, err := v.Read(t.Context(), w.client, user)
			if err != nil || v.Met(nil, prior) || v.NotOffered(prior) != "" {
				t.Fatalf("before: %s, %v, %s", prior.JSON(), err, v.NotOffered(prior))
			}
			acted := time.Now()
			detail, err := v.Do(t.Context(), w.client, action.Order{Target: user, Before: prior, RequestID: requestID})
			if _, id, _ := strings.Cut(detail, "correlation id "); err != nil || !cordon.IsGUID(id) {
				t.Fatalf("detail %q, %v", detail, err)
			}
			if want := "POST /v1.0/" + identities + "/identity-1/invokeAction " + tt.body + " " + requestID; w.calls() != want {
				t.Errorf("got  %s\nwant %s", w.calls(), want)
			}
			prove := func(after time.Duration) cordon.Proof {
				now, err := v.Read(t.Context(), w.client, user)
				if err != nil {
					t.Fatal(err)
				}
				return v.Prove(&prior, now, acted, acted.Add(after))
			}
			if got := prove(0); got != cordon.ProofPending {
				t.Errorf("at once: %s", got)
			}
			w.Advance(6 * time.Second)
			if got := prove(6 * time.Second); got != tt.later {
				t.Errorf("later: %s, want %s", got, tt.later)
			}
			if got := prove(v.Settles); got != tt.last {
				t.Errorf("at last: %s, want %s", got, tt.last)
			}
		})
	}
}

// Who has no account with the provider is passed over; an account that is out
// of reach is an error, never an absence.
func TestNoAccount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		verb     cordon.ActionName
		person   person
		needless bool
		text     string
	}{
		{"nobody knows the user", cordon.ActionDisableOnPremises, person{accounts: "-"}, true, "no account of activeDirectory"},
		{"no Okta", cordon.ActionRevokeSessionsOkta, hybrid(), true, "no account of okta"},
		{"no Active Directory", cordon.ActionForcePasswordResetOnPremises, cloudWide(), true, "no account of activeDirectory"},
		{"synced, but not known", cordon.ActionDisableOnPremises, person{synced: true, accounts: "-"}, false, "does not know the account"},
		{"synced, known without an account", cordon.ActionDisableOnPremises, person{synced: true, accounts: entraAccount}, false, "does not know the account"},
		{"synced, nobody at Okta", cordon.ActionDisableOkta, person{synced: true, accounts: "-"}, true, "no account of okta"},
		{"two accounts", cordon.ActionDisableOnPremises, person{synced: true, accounts: adAccount + "," + strings.Replace(adAccount, "ad-1", "ad-2", 1)}, false, "more than one account"},
	}
	for _, tt := range tests {
		w, v := newWorld(t), find(t, tt.verb)
		user := w.with(t, tt.person)
		now, err := v.Read(t.Context(), w.client, user)
		if _, ok := errors.AsType[*action.Needless](err); ok != tt.needless || err == nil || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if err := do(t.Context(), w, v, user, now); !errors.Is(err, cordon.ErrBadRequest) || w.calls() != "" {
			t.Errorf("%s: done all the same: %v, %s", tt.name, err, w.calls())
		}
	}
}

// A tenant without Defender for Identity, without its permission, or whose
// service does not know the filter.
func TestIdentitiesOutOfReach(t *testing.T) {
	t.Parallel()
	odd := sim.Fault{Method: "GET", Path: "/v1.0/" + identities, Status: 400}
	tests := []struct {
		name     string
		verb     cordon.ActionName
		person   person
		fault    sim.Fault
		needless bool
		want     error
	}{
		{"no product, cloud user", cordon.ActionDisableOnPremises, cloudWide(), sim.Fault{}, true, nil},
		{"no product, Okta", cordon.ActionDisableOkta, cloudWide(), sim.Fault{}, true, nil},
		{"no product, synced", cordon.ActionDisableOnPremises, hybrid(), sim.Fault{}, false, cordon.ErrNotProvisioned},
		{"no permission, cloud user", cordon.ActionDisableOnPremises, cloudWide(), sim.Fault{RevokeRoles: []string{"SecurityIdentitiesAccount.Read.All"}}, false, cordon.ErrDenied},
		{"no such filter, cloud user", cordon.ActionDisableOnPremises, cloudWide(), odd, true, nil},
		{"no such filter, Okta", cordon.ActionDisableOkta, cloudWide(), odd, false, cordon.ErrBadRequest},
	}
	for _, tt := range tests {
		var opts sim.Options
		if tt.fault.Status == 0 && tt.fault.RevokeRoles == nil {
			opts.Scenario = withoutDefender(t)
		}
		w, v := newWorldOf(t, opts), find(t, tt.verb)
		user := w.with(t, tt.person)
		if opts.Scenario == "" {
			if err := w.AddFault(tt.fault); err != nil {
				t.Fatal(err)
			}
		}
		_, err := v.Read(t.Context(), w.client, user)
		if _, ok := errors.AsType[*action.Needless](err); ok != tt.needless || tt.want != nil && !errors.Is(err, tt.want) || err == nil {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

// withoutDefender writes a scenario without the product.
func withoutDefender(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(file, []byte("name: bare\nabout: A test.\ntenant:\n  licence: p2\n  defender: off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The identity is found by the SID of Active Directory when it carries no
// other.
func TestIdentityBySID(t *testing.T) {
	t.Parallel()
	w, v, p := newWorld(t), find(t, cordon.ActionDisableOnPremises), hybrid()
	p.bySID = true
	now, err := v.Read(t.Context(), w.client, w.with(t, p))
	if err != nil || now.Account == nil || now.Account.ID != "ad-1" || !now.Synced {
		t.Errorf("got %s, %v", now.JSON(), err)
	}
}

// What an account does not offer is known before anything leaves; an account
// of which nothing is told is tried.
func TestNotOffered(t *testing.T) {
	t.Parallel()
	offering := func(account, actions string) person {
		head, _, _ := strings.Cut(account, `"actions"`)
		return person{synced: true, accounts: head + `"actions":[` + actions + `]},` + entraAccount}
	}
	tests := []struct {
		verb   cordon.ActionName
		person person
		want   string
	}{
		{cordon.ActionDisableOnPremises, offering(adAccount, `"forcePasswordReset"`), "does not offer disable on this account, only forcePasswordReset"},
		{cordon.ActionForcePasswordResetOnPremises, offering(adAccount, `"enable","Disable"`), "does not offer forcePasswordReset on this account, only enable, disable"},
		{cordon.ActionRevokeSessionsOkta, offering(oktaAccount, `"disable"`), "does not offer revokeAllSessions"},
		{cordon.ActionDisableOnPremises, offering(adAccount, ``), ""},
		{cordon.ActionDisableOnPremises, switchedOff(offering(adAccount, `"enable"`)), ""}, // it is disabled already
		{cordon.ActionDisableOnPremises, offering(adAccount, `"enable"`), "does not offer disable"},
	}
	for _, tt := range tests {
		w, v := newWorld(t), find(t, tt.verb)
		now, err := v.Read(t.Context(), w.client, w.with(t, tt.person))
		if got := v.NotOffered(now); err != nil || (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, %v; want %q", tt.verb, got, err, tt.want)
		}
		if met, want := v.Met(nil, now), tt.person.off; met != want {
			t.Errorf("%s: met before: %v", tt.verb, met)
		}
	}
}

// One flag stands for all accounts of an identity: where it may be about
// another account it proves nothing.
func TestOneFlagForAll(t *testing.T) {
	t.Parallel()
	off := false
	state := func(others []microsoft.IdentityProvider, entra bool) action.State {
		return action.State{AccountEnabled: &entra, Account: &action.Account{ID: "x", Enabled: &off, Others: others}}
	}
	entra, ad := microsoft.ProviderEntraID, microsoft.ProviderActiveDirectory
	tests := []struct {
		name   string
		verb   cordon.ActionName
		now    action.State
		before bool // met before anything was done
		want   cordon.Proof
	}{
		{"Okta alone", cordon.ActionDisableOkta, state(nil, true), true, cordon.ProofConfirmed},
		{"Okta, and Entra is enabled", cordon.ActionDisableOkta, state([]microsoft.IdentityProvider{entra}, true), false, cordon.ProofConfirmed},
		{"Okta, and Entra is disabled too", cordon.ActionDisableOkta, state([]microsoft.IdentityProvider{entra}, false), false, cordon.ProofUnknown},
		{"Okta beside Active Directory", cordon.ActionDisableOkta, state([]microsoft.IdentityProvider{entra, ad}, true), false, cordon.ProofUnknown},
		{"Active Directory beside Entra", cordon.ActionDisableOnPremises, state([]microsoft.IdentityProvider{entra}, false), false, cordon.ProofConfirmed},
		{"Active Directory, still as it was", cordon.ActionEnableOnPremises, state([]microsoft.IdentityProvider{entra}, false), false, cordon.ProofContradicted},
		{"Okta alone, still as it was", cordon.ActionEnableOkta, state(nil, true), false, cordon.ProofContradicted},
		{"Okta, still as it was or not", cordon.ActionEnableOkta, state([]microsoft.IdentityProvider{entra}, false), false, cordon.ProofUnknown},
		{"Active Directory, not told", cordon.ActionDisableOnPremises, action.State{Account: &action.Account{}}, false, cordon.ProofUnknown},
	}
	for _, tt := range tests {
		v := find(t, tt.verb)
		if got := v.Met(nil, tt.now); got != tt.before {
			t.Errorf("%s: met before: %v", tt.name, got)
		}
		if got := v.Prove(&tt.now, tt.now, at, at.Add(v.Settles)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// The call is throttled, or its answer lost.
func TestIdentityCallFails(t *testing.T) {
	t.Parallel()
	path := "/v1.0/" + identities + "/*"
	tests := []struct {
		name  string
		fault sim.Fault
		err   error
		proof cordon.Proof
	}{
		{"throttled", sim.Fault{Method: "POST", Path: path, Status: 429}, cordon.ErrThrottled, cordon.ProofPending},
		{"lost on the way", sim.Fault{Method: "POST", Path: path, Drop: "before", Count: 1}, cordon.ErrUnknownOutcome, cordon.ProofPending},
		{"answer lost", sim.Fault{Method: "POST", Path: path, Drop: "after", Count: 1}, cordon.ErrUnknownOutcome, cordon.ProofConfirmed},
		{"no permission", sim.Fault{RevokeRoles: []string{"SecurityIdentitiesActions.ReadWrite.All"}}, cordon.ErrDenied, cordon.ProofPending},
	}
	for _, tt := range tests {
		w, v := newWorld(t), find(t, cordon.ActionDisableOnPremises)
		user := w.with(t, hybrid())
		prior, err := v.Read(t.Context(), w.client, user)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.AddFault(tt.fault); err != nil {
			t.Fatal(err)
		}
		err = do(t.Context(), w, v, user, prior)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if tt.name == "no permission" && !strings.Contains(v.Explain(err), "grant the app SecurityIdentitiesAccount.Read.All and SecurityIdentitiesActions.ReadWrite.All") {
			t.Errorf("got %s", v.Explain(err))
		}
		w.Advance(6 * time.Second)
		now, err := v.Read(t.Context(), w.client, user)
		if got := v.Prove(&prior, now, at, at); err != nil || got != tt.proof {
			t.Errorf("%s: proof %q, %v; want %q", tt.name, got, err, tt.proof)
		}
	}
}
