package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

const (
	userID    = "588d7c15-8565-448e-bc2d-57f2b7c4c58a"
	requestID = "44444444-4444-4444-8444-444444444444"
)

// A world is a simulated cloud with one user whose id is userID, and a client.
type world struct {
	*sim.Cloud
	client *microsoft.Client
	tenant string
	ahead  atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, sim.Options{})
}

func newWorldOf(t *testing.T, o sim.Options) *world {
	t.Helper()
	w := &world{}
	now := func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	o.Calm, o.Now = true, now
	cloud, err := sim.Start(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	info := cloud.Info()
	m, err := microsoft.New(microsoft.Options{
		Endpoints: microsoft.Endpoints{Login: info.LoginURL, Graph: info.GraphURL, Defender: info.DefenderURL, CAFile: info.CAFile}, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	w.Cloud, w.tenant = cloud, info.Tenants[0].ID
	if w.client, err = m.Client(cordon.Tenant{ID: w.tenant, ClientID: info.Tenants[0].ClientID}, microsoft.NewSecretCredential(info.Tenants[0].ClientSecret)); err != nil {
		t.Fatal(err)
	}
	w.inject(t, "users", `{"id":"`+userID+`","userPrincipalName":"ada@contoso.com","signInSessionsValidFromDateTime":"2026-01-01T00:00:00Z"}`)
	return w
}

func (w *world) inject(t *testing.T, resource, object string) {
	t.Helper()
	if err := w.Inject(w.tenant, resource, []byte(object)); err != nil {
		t.Fatal(err)
	}
}

// do carries out a verb after a reading.
func do(ctx context.Context, w *world, v action.Verb, target cordon.Entity, prior action.State) error {
	_, err := v.Do(ctx, w.client, action.Order{Target: target, Before: prior, RequestID: requestID})
	return err
}

// calls are the writes that the cloud received.
func (w *world) calls() string {
	var lines []string
	for _, e := range w.Ledger(false) {
		lines = append(lines, e.Method+" "+e.Path+" "+string(e.Body)+" "+e.ClientRequestID)
	}
	return strings.Join(lines, "\n")
}

// Every verb: read, not met, do, read, met, proved. One call leaves, under the
// request id that was written down, as the verb's Wire says.
// It is long because every verb is a row of it.
func TestVerbsAgainstTheCloud(t *testing.T) {
	t.Parallel()
	user, tenant := cordon.NewUser(userID, "ada@contoso.com", ""), cordon.NewTenantEntity("x")
	const defaults = "policies/identitySecurityDefaultsEnforcementPolicy"
	tests := []struct {
		verb             cordon.ActionName
		target           cordon.Entity
		resource, object string // what is so before
		call             string
		state, want      string // what is kept in the cloud after
	}{
		{
			cordon.ActionDisableUser, user, "users", `{"id":"` + userID + `","accountEnabled":true}`,
			"PATCH /v1.0/users/" + userID + ` {"accountEnabled":false} `, "users/" + userID, `"accountEnabled":false`,
		},
		{
			cordon.ActionEnableUser, user, "users", `{"id":"` + userID + `","accountEnabled":false}`,
			"PATCH /v1.0/users/" + userID + ` {"accountEnabled":true} `, "users/" + userID, `"accountEnabled":true`,
		},
		{
			cordon.ActionRevokeSessions, user, "users", `{"id":"` + userID + `","accountEnabled":true}`,
			"POST /v1.0/users/" + userID + "/revokeSignInSessions null ", "users/" + userID, `"accountEnabled":true`,
		},
		{
			cordon.ActionEnableSecurityDefaults, tenant, defaults, `{"isEnabled":false}`,
			"PATCH /v1.0/" + defaults + ` {"isEnabled":true} `, defaults, `"isEnabled":true`,
		},
		{
			cordon.ActionDisableSecurityDefaults, tenant, defaults, `{"isEnabled":true}`,
			"PATCH /v1.0/" + defaults + ` {"isEnabled":false} `, defaults, `"isEnabled":false`,
		},
	}
	for _, tt := range tests {
		t.Run(string(tt.verb), func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), find(t, tt.verb)
			w.inject(t, tt.resource, tt.object)
			ctx := microsoft.WithPriority(t.Context(), microsoft.PriorityContain)
			prior, err := v.Read(ctx, w.client, tt.target)
			if err != nil || v.Met(nil, prior) {
				t.Fatalf("before: %s, %v", prior.JSON(), err)
			}
			acted := time.Now()
			if got := v.Prove(&prior, prior, acted, acted); got != cordon.ProofPending {
				t.Errorf("before: proof %q", got)
			}
			if err := do(ctx, w, v, tt.target, prior); err != nil {
				t.Fatal(err)
			}
			now, err := v.Read(ctx, w.client, tt.target)
			if err != nil || !v.Met(&prior, now) || v.Prove(&prior, now, acted, acted) != cordon.ProofConfirmed {
				t.Errorf("after: %s, %v", now.JSON(), err)
			}
			if got := w.calls(); got != tt.call+requestID {
				t.Errorf("got  %s\nwant %s", got, tt.call+requestID)
			}
			if method, _, _ := strings.Cut(v.Wire, " "); !strings.HasPrefix(tt.call, method+" ") {
				t.Errorf("it says %s", v.Wire)
			}
			if raw, err := w.State(w.tenant, tt.state); err != nil || !strings.Contains(string(raw), tt.want) {
				t.Errorf("the cloud holds %s, %v", raw, err)
			}
		})
	}
}

// A user who is disabled by one verb is enabled by the verb that undoes it.
func TestUndo(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), find(t, cordon.ActionDisableUser)
	undo, user := find(t, v.UndoneBy), cordon.NewUser(userID, "", "")
	if err := errors.Join(do(t.Context(), w, v, user, action.State{}), do(t.Context(), w, undo, user, action.State{})); err != nil {
		t.Fatal(err)
	}
	if now, err := undo.Read(t.Context(), w.client, user); err != nil || !undo.Met(nil, now) {
		t.Errorf("got %s, %v", now.JSON(), err)
	}
}

// The answer is lost: that it took effect shows by reading alone.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	for drop, want := range map[string]cordon.Proof{"after": cordon.ProofConfirmed, "before": cordon.ProofPending} {
		w, v, user := newWorld(t), find(t, cordon.ActionRevokeSessions), cordon.NewUser(userID, "", "")
		prior, err := v.Read(t.Context(), w.client, user)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.AddFault(sim.Fault{Method: "POST", Path: "/v1.0/users/*", Drop: drop, Count: 1}); err != nil {
			t.Fatal(err)
		}
		if err := do(t.Context(), w, v, user, prior); !errors.Is(err, cordon.ErrUnknownOutcome) {
			t.Errorf("dropped %s: got %v", drop, err)
		}
		now, err := v.Read(t.Context(), w.client, user)
		if got := v.Prove(&prior, now, at, at); err != nil || got != want {
			t.Errorf("dropped %s: proof %q, %v; want %q", drop, got, err, want)
		}
		if got := v.Prove(&prior, prior, at, at.Add(v.Settles)); got != cordon.ProofContradicted {
			t.Errorf("past its time: proof %q", got)
		}
		if n := len(w.Ledger(false)); n != 1 {
			t.Errorf("dropped %s: %d calls left", drop, n)
		}
	}
}

var at = time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)

// The refusals of the cloud itself, in a person's words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	user, tenant := cordon.NewUser(userID, "", ""), cordon.NewTenantEntity("x")
	nobody := cordon.NewUser("11111111-1111-4111-8111-111111111111", "", "")
	tests := []struct {
		name   string
		verb   cordon.ActionName
		target cordon.Entity
		set    func(*testing.T, *world)
		want   error
		text   string
	}{
		{
			"policies are enabled", cordon.ActionEnableSecurityDefaults, tenant,
			func(t *testing.T, w *world) {
				w.inject(t, "identity/conditionalAccess/policies", `{"id":"p1","displayName":"MFA","state":"enabled"}`)
			}, cordon.ErrConflict, "switch those policies off first",
		},
		{
			"no permission for defaults", cordon.ActionEnableSecurityDefaults, tenant,
			revoke("Policy.ReadWrite.SecurityDefaults", "Policy.ReadWrite.ConditionalAccess"), cordon.ErrDenied, "grant the app Policy.Read.All and Policy.ReadWrite.SecurityDefaults",
		},
		{
			"no permission for users", cordon.ActionDisableUser, user,
			revoke("User.EnableDisableAccount.All", "User.ReadWrite.All", "Directory.ReadWrite.All"), cordon.ErrDenied, "grant the app User.EnableDisableAccount.All",
		},
		{
			"an administrator", cordon.ActionDisableUser, user,
			func(t *testing.T, w *world) {
				w.inject(t, "directoryRoles/Global Administrator/members", `{"id":"`+userID+`"}`)
			}, cordon.ErrDenied, "a directory role such as Privileged Authentication Administrator",
		},
		{"nobody", cordon.ActionRevokeSessions, nobody, func(*testing.T, *world) {}, cordon.ErrNotFound, "the target no longer exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, v := newWorld(t), find(t, tt.verb)
			tt.set(t, w)
			err := do(t.Context(), w, v, tt.target, action.State{})
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if got := v.Explain(err); !strings.Contains(got, tt.text) || !strings.Contains(got, "(request ") {
				t.Errorf("got %s", got)
			}
			if tt.name != "nobody" {
				if now, err := v.Read(t.Context(), w.client, tt.target); err != nil || v.Met(nil, now) {
					t.Errorf("refused, and yet: %s, %v", now.JSON(), err)
				}
			}
		})
	}
}

func revoke(roles ...string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		if err := w.AddFault(sim.Fault{RevokeRoles: roles}); err != nil {
			t.Fatal(err)
		}
	}
}

// A write names its target by object id alone.
func TestTargetsWithoutAnID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, target := range []cordon.Entity{cordon.NewUser("", "ada@contoso.com", ""), cordon.NewUser("", "", "S-1-5-21-1-2-3-1104"), {Kind: cordon.KindUser}} {
		for _, name := range names {
			if !name.ForUsers() {
				continue
			}
			if err := do(t.Context(), w, find(t, name), target, action.State{}); !errors.Is(err, cordon.ErrBadRequest) {
				t.Errorf("%s %+v: got %v", name, target, err)
			}
		}
	}
	if calls := w.calls(); calls != "" {
		t.Errorf("left: %s", calls)
	}
}

// A reading that does not tell what the verb changes is an error, and never
// the state that was wished for.
func TestReadIsNoGuess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inject(t, "users", `{"id":"`+userID+`","accountEnabled":null}`)
	user := cordon.NewUser(userID, "", "")
	for _, name := range []cordon.ActionName{cordon.ActionDisableUser, cordon.ActionEnableUser} {
		v := find(t, name)
		if got, err := v.Read(t.Context(), w.client, user); !errors.Is(err, cordon.ErrMalformed) || v.Met(nil, got) {
			t.Errorf("%s: got %s, %v", name, got.JSON(), err)
		}
	}
	if got, err := find(t, cordon.ActionRevokeSessions).Read(t.Context(), w.client, user); err != nil || got.AccountEnabled != nil {
		t.Errorf("sessions can be ended all the same: got %s, %v", got.JSON(), err)
	}
	w.inject(t, "policies/identitySecurityDefaultsEnforcementPolicy", `{"isEnabled":null}`)
	for _, name := range []cordon.ActionName{cordon.ActionEnableSecurityDefaults, cordon.ActionDisableSecurityDefaults} {
		v := find(t, name)
		if got, err := v.Read(t.Context(), w.client, user); !errors.Is(err, cordon.ErrMalformed) || v.Met(nil, got) {
			t.Errorf("%s: got %s, %v", name, got.JSON(), err)
		}
	}
	w.inject(t, "users", `{"id":"`+userID+`","accountEnabled":true,"signInSessionsValidFromDateTime":null}`)
	got, err := find(t, cordon.ActionRevokeSessions).Read(t.Context(), w.client, user)
	if want := `{"account_enabled":true}`; err != nil || string(got.JSON()) != want {
		t.Errorf("got %s, %v; want %s", got.JSON(), err, want)
	}
	var back action.State
	if err := json.Unmarshal(got.JSON(), &back); err != nil || back.SessionsValidFrom != nil {
		t.Errorf("got %+v, %v", back, err)
	}
}
