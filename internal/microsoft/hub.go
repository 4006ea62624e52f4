// Package microsoft calls Entra sign-in, Microsoft Graph and Defender for
// Endpoint on behalf of one tenant.
//
// It knows addresses, tokens, paging, throttling and wire errors. It does not
// know what an answer means: turning answers into signals and observations is
// the collectors' work.
package microsoft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
)

// Options tune a Hub. The zero value is right for production.
type Options struct {
	Endpoints Endpoints
	Share     float64          // our declared share of limits that all apps share; default 0.5
	MaxWait   time.Duration    // longest wait for a budget inside one call; default 30s
	Timeout   time.Duration    // longest time for one HTTP exchange; default 30s
	Now       func() time.Time // default time.Now
	UserAgent string           // default "cordon"
	Observe   func(Call)       // called after each HTTP exchange, from many goroutines; may be nil
}

// A Call is one HTTP exchange, for logs and metrics. It carries no secret and
// no query.
type Call struct {
	Tenant    string        // directory id
	Service   string        // "graph", "defender" or "login"
	Method    string        // HTTP method
	Path      string        // escaped path
	Status    int           // zero when no answer came
	Duration  time.Duration // until the body was read
	RequestID string        // what Microsoft support asks for
}

// A Hub is what the clients of all tenants share: one transport, and the
// budgets of every tenant. Its methods may be called from any goroutine.
type Hub struct {
	places    map[cordon.Cloud]*place
	paces     [families][]pace // of a tenant
	sized     [sizes][]pace    // of the directory, by the size of the tenant
	appPaces  [families][]pace // of an app in all tenants
	maxWait   time.Duration
	timeout   time.Duration
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
	jitter    func() float64 // from 0 up to 1
	userAgent string
	observe   func(Call)
	transport *http.Transport
	start     time.Time // origin of the budgets' clock

	mu       sync.Mutex
	accounts map[string]*account // by tenant
	apps     map[string]*account // by client id
}

// New returns a hub. It reads the CA file and opens no connection.
func New(opts Options) (*Hub, error) {
	places, err := opts.Endpoints.places()
	if err != nil {
		return nil, fmt.Errorf("microsoft: %w", err)
	}
	if opts.Share < 0 || opts.Share > 1 {
		return nil, fmt.Errorf("microsoft: share %v is not between 0 and 1", opts.Share)
	}
	transport, err := NewTransport(opts.Endpoints.CAFile)
	if err != nil {
		return nil, fmt.Errorf("microsoft: %w", err)
	}
	c := &Hub{
		places: places, transport: transport, now: opts.Now, sleep: sleep, jitter: rand.Float64, observe: opts.Observe,
		maxWait: cmp.Or(opts.MaxWait, 30*time.Second),
		timeout: cmp.Or(opts.Timeout, 30*time.Second), userAgent: cmp.Or(opts.UserAgent, "cordon"),
		accounts: map[string]*account{}, apps: map[string]*account{},
	}
	c.setPaces(cmp.Or(opts.Share, 0.5))
	if c.now == nil {
		c.now = time.Now
	}
	c.start = c.now()
	return c, nil
}

// Close closes the connections that are idle.
func (h *Hub) Close() { h.transport.CloseIdleConnections() }

// Client returns the client of one tenant. It opens no connection, and costs
// little until it is used: ten thousand clients are fine, and may share one
// credential.
func (h *Hub) Client(t cordon.Tenant, cred Credential) (*Client, error) {
	at := h.places[cmp.Or(t.Cloud, cordon.CloudGlobal)]
	switch {
	case !plainName(t.ID):
		return nil, fmt.Errorf("microsoft: tenant id %q is neither a GUID nor a domain", clean(t.ID, 80))
	case at == nil:
		return nil, fmt.Errorf("microsoft: tenant %s is in no cloud that we know: %q", t.ID, clean(string(t.Cloud), 80))
	case cred.empty():
		return nil, errors.Join(cordon.ErrCredential, fmt.Errorf("microsoft: tenant %s has no credential", t.ID))
	case t.ClientID == "" && cred.Kind().needsApp():
		return nil, fmt.Errorf("microsoft: tenant %s has no client id", t.ID)
	}
	cl := &Client{core: core{
		hub: h, at: at, tenant: t.ID, app: t.ClientID, cred: cred.way, account: h.account(h.accounts, t.ID), shared: h.account(h.apps, t.ClientID),
	}}
	return cl.serve(), nil
}

// setPaces turns the published limits into paces, under our share of what is
// shared.
func (h *Hub) setPaces(share float64) {
	for f := range families {
		h.paces[f], h.appPaces[f] = f.paces(share, false), f.paces(share, true)
	}
	for i, units := range directoryUnits {
		larger := limits[FamilyDirectory].all[0]
		larger.units = units
		h.sized[i] = []pace{larger.pace(share)}
	}
}

// account returns the budgets of a tenant or an app, the same for each of its
// clients.
func (h *Hub) account(of map[string]*account, id string) *account {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := of[id]
	if a == nil {
		a = &account{}
		of[id] = a
	}
	return a
}

// sleep waits for d, or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
