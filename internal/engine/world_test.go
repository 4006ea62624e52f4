package engine

import (
	"context"
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
	T      testing.TB
	cloud  *sim.Cloud
	engine *Engine
	tenant string
	file   string // of the store
	ahead  atomic.Int64
	still  atomic.Pointer[time.Time] // the time, where it does not pass; nil: it does
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
func newWorld(t testing.TB, b action.Backend, o sim.Options, providers ...string) *world {
	t.Helper()
	w := &world{T: t, file: filepath.Join(t.TempDir(), "cordon.db")}
	o.Calm, o.Now = true, w.now
	var err error
	if w.cloud, err = sim.Start(context.WithoutCancel(t.Context()), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cloud.Close() })
	info := w.cloud.Info().Tenants[0]
	tenant := Tenant{Tenant: cordon.Tenant{ID: info.ID, Name: "contoso", ClientID: info.ClientID, Mode: cordon.ModeEnforce}}
	release, err := store.Hold("sqlite://"+w.file, store.Holder{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = release() })
	s, err := store.Open(t.Context(), "sqlite://"+w.file)
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
	w.enterWith(microsoft.Options{Share: 1})
	w.ada(providers...)
	return w
}

// enterWith enters the tenant anew, with budgets of its own.
func (w *world) enterWith(o microsoft.Options) {
	w.T.Helper()
	info := w.cloud.Info()
	o.Now = w.now
	o.Endpoints = microsoft.Endpoints{Login: info.LoginURL, Graph: info.GraphURL, Defender: info.DefenderURL, CAFile: info.CAFile}
	hub, err := microsoft.New(o)
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(hub.Close)
	t := &w.engine.Tenants[0]
	if t.Client, err = hub.Client(t.Tenant, microsoft.NewSecretCredential(info.Tenants[0].ClientSecret)); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) now() time.Time {
	if still := w.still.Load(); still != nil {
		return *still
	}
	return time.Now().Add(time.Duration(w.ahead.Load()))
}

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
	return w.do(cordon.NewUser(adaID, "ada@contoso.com", ""), word.Actions()...)
}

// do carries a person's wish for some actions on a user.
func (w *world) do(who cordon.Entity, actions ...cordon.ActionName) (cordon.Run, error) {
	wish := Wish{TenantID: w.tenant, Person: "sam@desk", Why: "test"}
	for _, a := range actions {
		wish.Steps = append(wish.Steps, cordon.PlannedStep{Action: a, Target: who})
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
