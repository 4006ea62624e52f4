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
	hosts     [services]host
	paces     [families][]pace
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
	accounts map[string]*account
}

// New returns a hub. It reads the CA file and opens no connection.
func New(opts Options) (*Hub, error) {
	hosts, err := opts.Endpoints.hosts()
	if err != nil {
		return nil, fmt.Errorf("microsoft: %w", err)
	}
	if opts.Share < 0 || opts.Share > 1 {
		return nil, fmt.Errorf("microsoft: share %v is not between 0 and 1", opts.Share)
	}
	transport, err := newTransport(opts.Endpoints.CAFile)
	if err != nil {
		return nil, fmt.Errorf("microsoft: %w", err)
	}
	c := &Hub{
		hosts: hosts, transport: transport, now: opts.Now, sleep: sleep, jitter: rand.Float64, observe: opts.Observe,
		maxWait: cmp.Or(opts.MaxWait, 30*time.Second),
		timeout: cmp.Or(opts.Timeout, 30*time.Second), userAgent: cmp.Or(opts.UserAgent, "cordon"),
		accounts: map[string]*account{},
	}
	for f := range families {
		c.paces[f] = f.paces(cmp.Or(opts.Share, 0.5))
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.start = c.now()
	return c, nil
}

// Close closes the connections that are idle.
func (h *Hub) Close() { h.transport.CloseIdleConnections() }

// Client returns the client of one tenant. It opens no connection, and costs
// little until it is used: ten thousand clients are fine.
func (h *Hub) Client(t cordon.Tenant, secret string) (*Client, error) {
	switch {
	case !plainName(t.ID):
		return nil, fmt.Errorf("microsoft: tenant id %q is neither a GUID nor a domain", clean(t.ID, 80))
	case t.ClientID == "":
		return nil, fmt.Errorf("microsoft: tenant %s has no client id", t.ID)
	case secret == "":
		return nil, errors.Join(cordon.ErrCredential, fmt.Errorf("microsoft: tenant %s has no client secret", t.ID))
	}
	cl := &Client{core: core{hub: h, tenant: t.ID, app: t.ClientID, secret: func() string { return secret }, account: h.account(t.ID)}}
	k := &cl.core
	cl.Risk, cl.Users, cl.Policies = (*RiskService)(k), (*UsersService)(k), (*PoliciesService)(k)
	cl.Alerts, cl.Endpoint, cl.Directory = (*AlertsService)(k), (*EndpointService)(k), (*DirectoryService)(k)
	return cl, nil
}

// account returns the budgets of a tenant, the same for each of its clients.
func (h *Hub) account(tenant string) *account {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.accounts[tenant]
	if a == nil {
		a = &account{}
		h.accounts[tenant] = a
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
