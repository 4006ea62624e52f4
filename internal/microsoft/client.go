package microsoft

import (
	"context"
	"time"
)

// A Client speaks for one tenant. Its methods may be called from any
// goroutine. Printing it shows no secret.
type Client struct {
	Risk      *RiskService
	Users     *UsersService
	Policies  *PoliciesService
	Alerts    *AlertsService
	Endpoint  *EndpointService
	Directory *DirectoryService

	core
}

// A core is what all services of a Client work with.
type core struct {
	hub     *Hub
	tenant  string
	app     string
	secret  func() string // a func, because no way of printing calls it
	account *account
	graph   slot
	mde     slot
}

// RiskService speaks to Entra ID Protection.
type RiskService core

// UsersService reads users and acts on them.
type UsersService core

// PoliciesService speaks of security defaults and Conditional Access.
type PoliciesService core

// AlertsService reads the alerts of all Defender products.
type AlertsService core

// EndpointService speaks to Defender for Endpoint.
type EndpointService core

// DirectoryService knows who holds which directory role.
type DirectoryService core

// String names the tenant.
func (c *Client) String() string { return "microsoft client of tenant " + c.tenant }

// GoString names the tenant, too.
func (c *Client) GoString() string { return c.String() }

// Ready returns when the next poll of the family may go: now, or later when
// the budget is spent or the service has asked to wait. It takes nothing.
func (c *Client) Ready(family Family, now time.Time) time.Time {
	return now.Add(c.account.bucket(family).wait(c.hub, family, now))
}

// CheckToken gets a token for the resource, from the cache or from Entra. The
// error says what to do next.
//
// Wire: POST /{tenant}/oauth2/v2.0/token
func (c *Client) CheckToken(ctx context.Context, resource Resource) error {
	_, err := c.token(ctx, resource.service(), "")
	return err
}
