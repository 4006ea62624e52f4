package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/seal"
	"github.com/cordonhq/cordon/internal/store"
)

// maxWait is the longest wait for a budget inside one call: less than the
// time a job may take.
const maxWait = 12 * time.Second

// An Ask shows a person how to sign in to a tenant, which it is given by name.
type Ask func(context.Context, microsoft.DeviceCode) error

// named returns the Ask with the names of tenants in place of their ids.
func (a Ask) named(tenants []TenantConfig) Ask {
	if a == nil {
		return nil
	}
	return func(ctx context.Context, code microsoft.DeviceCode) error {
		if i := slices.IndexFunc(tenants, func(t TenantConfig) bool { return t.ID == code.Tenant }); i >= 0 {
			code.Tenant = tenants[i].Name
		}
		return a(ctx, code)
	}
}

// An entrance is what lets us into tenants: the hub, and every credential,
// opened once.
type entrance struct {
	config *Config
	hub    *microsoft.Hub
	opts   Options
	key    *late[*seal.Key] // without it only what is sealed suffers
	mu     sync.Mutex
	opened map[Credential]*late[microsoft.Credential]
}

// entrance builds the hub and reads the key that opens stored secrets. No
// tenant is called yet.
func (c *Config) entrance(ctx context.Context, o Options) (*entrance, error) {
	if err := c.checkCA(); err != nil {
		return nil, errors.Join(c.placed([]problem{{"$.endpoints.ca_file", err.Error()}})...)
	}
	hub, err := microsoft.New(microsoft.Options{
		Endpoints: microsoft.Endpoints(c.Endpoints), Share: c.Budget.Share, MaxWait: maxWait, Now: o.Now,
	})
	if err != nil {
		return nil, err
	}
	o.Ask = o.Ask.named(c.Tenants)
	e := &entrance{config: c, hub: hub, opts: o, opened: map[Credential]*late[microsoft.Credential]{}}
	e.key = newLate(ctx, e.opts.now, c.Secrets.open)
	return e, nil
}

// Enter returns the tenants that are picked with the clients that enter them,
// and what closes their connections. Nothing is called yet.
func (c *Config) Enter(ctx context.Context, picked []cordon.Tenant, o Options) ([]engine.Tenant, func(), error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	tenants, err := e.only(ctx, picked)
	return tenants, e.hub.Close, err
}

// only returns the tenants that are picked with their clients. What the others
// are entered with is not opened.
func (e *entrance) only(ctx context.Context, picked []cordon.Tenant) ([]engine.Tenant, error) {
	wanted := idsOf(picked)
	return e.tenants(ctx, slices.DeleteFunc(slices.Clone(e.config.Tenants), func(t TenantConfig) bool { return !wanted[t.ID] }))
}

// tenants returns tenants with their clients.
func (e *entrance) tenants(ctx context.Context, configured []TenantConfig) ([]engine.Tenant, error) {
	all := make([]engine.Tenant, 0, len(configured))
	for _, tc := range configured {
		t, err := e.tenant(ctx, tc)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// tenant returns a tenant with its client. One whose credential cannot be had
// has a client that answers every call with the reason until it can be: the
// others go on, and its coverage says what is wrong.
func (e *entrance) tenant(ctx context.Context, tc TenantConfig) (engine.Tenant, error) {
	t, err := e.enter(ctx, tc)
	if err != nil {
		t.Client, err = e.hub.Client(t.Tenant, microsoft.NewMissingCredential(func(ctx context.Context) (microsoft.Credential, error) {
			return e.credential(ctx, tc)
		}))
	}
	return t, err
}

// enter returns a tenant with the client that its credential makes.
func (e *entrance) enter(ctx context.Context, tc TenantConfig) (engine.Tenant, error) {
	t := engine.Tenant{Tenant: tc.tenant()}
	if t.ClientID == "" {
		t.ClientID = e.config.App.ClientID
	}
	credential, err := e.credential(ctx, tc)
	if err == nil {
		t.Client, err = e.hub.Client(t.Tenant, credential)
	}
	return t, err
}

// credential returns what a tenant is entered with: its own, or the app's.
func (e *entrance) credential(ctx context.Context, tc TenantConfig) (microsoft.Credential, error) {
	own := tc.Credential
	switch {
	case tc.shares():
		own = e.config.App.Credential
	case tc.onboarded != nil:
		return e.unseal(ctx, *tc.onboarded)
	}
	if own.none() {
		return microsoft.Credential{}, errNoApp
	}
	return e.open(ctx, own).get(ctx)
}

// open returns what a written credential opens, the same for all tenants that
// share it.
func (e *entrance) open(ctx context.Context, own Credential) *late[microsoft.Credential] {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.opened[own] == nil {
		e.opened[own] = newLate(ctx, e.opts.now, func(ctx context.Context) (microsoft.Credential, error) { return own.open(ctx, e.opts) })
	}
	return e.opened[own]
}

// unseal opens the secret of an onboarded tenant.
func (e *entrance) unseal(ctx context.Context, o store.Onboarded) (microsoft.Credential, error) {
	key, err := e.key.get(ctx)
	if err != nil {
		return microsoft.Credential{}, err
	}
	sealed, err := base64.StdEncoding.DecodeString(o.Sealed)
	if err != nil {
		return microsoft.Credential{}, errors.New("its stored secret is damaged: add the tenant anew")
	}
	secret, err := key.Open(sealed, sealedFor(o.ID))
	if err != nil {
		return microsoft.Credential{}, fmt.Errorf("its stored secret: %w", err)
	}
	if o.Credential == store.CredentialCertificate {
		return microsoft.NewCertificateCredential(secret, "")
	}
	return microsoft.NewSecretCredential(string(secret)).Until(o.Expires), nil
}

// sealedFor binds a sealed secret to its tenant, so that one row of the
// database cannot be put in place of another.
func sealedFor(tenantID string) string { return "cordon tenant " + tenantID }

// errNoKey says what to do when a secret is to be sealed or opened and there
// is no key.
var errNoKey = errors.New("secrets.key is not set: make a key with cordon key create, and name its place in the configuration")

// open reads the key that seals secrets.
func (s Secrets) open(ctx context.Context) (*seal.Key, error) {
	if s.Key.ref == "" {
		return nil, errNoKey
	}
	set, err := s.Key.reveal(ctx, "secrets.key")
	if err != nil {
		return nil, err
	}
	key, err := seal.Parse([]byte(set))
	if err != nil {
		return nil, fmt.Errorf("secrets.key: %w", err)
	}
	return key, nil
}
