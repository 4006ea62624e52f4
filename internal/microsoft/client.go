package microsoft

import "time"

// A Client speaks for one tenant. Its methods may be called from any
// goroutine. Printing it shows no secret.
type Client struct {
	Risk      *RiskService
	Users     *UsersService
	Policies  *PoliciesService
	Alerts    *AlertsService
	Endpoint  *EndpointService
	Directory *DirectoryService

	Identities *IdentitiesService
	Scores     *ScoresService
	Incidents  *IncidentsService
	Hunting    *HuntingService
	Logs       *LogsService
	Partners   *PartnersService
	Apps       *AppsService

	core
}

// A core is what all services of a Client work with.
type core struct {
	hub     *Hub
	at      *place
	tenant  string
	app     string
	cred    *way     // printed as an address, wherever it stands
	account *account // the budgets of the tenant
	shared  *account // and those of the app in all tenants
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

// IdentitiesService speaks to Defender for Identity.
type IdentitiesService core

// ScoresService speaks of secure score and its improvement actions.
type ScoresService core

// IncidentsService reads the incidents of all Defender products.
type IncidentsService core

// HuntingService asks the tables of Defender.
type HuntingService core

// LogsService reads sign-ins and the directory's audit log.
type LogsService core

// PartnersService knows the customers of a partner's tenant.
type PartnersService core

// AppsService knows the apps of the tenant.
type AppsService core

// String names the tenant.
func (c *Client) String() string { return "microsoft client of tenant " + c.tenant }

// serve registers the services of the client.
func (c *Client) serve() *Client {
	k := &c.core
	c.Risk, c.Users, c.Policies = (*RiskService)(k), (*UsersService)(k), (*PoliciesService)(k)
	c.Alerts, c.Endpoint, c.Directory = (*AlertsService)(k), (*EndpointService)(k), (*DirectoryService)(k)
	c.Identities, c.Scores, c.Incidents = (*IdentitiesService)(k), (*ScoresService)(k), (*IncidentsService)(k)
	c.Hunting, c.Logs, c.Partners, c.Apps = (*HuntingService)(k), (*LogsService)(k), (*PartnersService)(k), (*AppsService)(k)
	return c
}

// GoString names the tenant, too.
func (c *Client) GoString() string { return c.String() }

// Ready returns when the next poll of the family may go: now, or later when
// the budget is spent or the service has asked to wait. It takes nothing.
func (c *Client) Ready(family Family, now time.Time) time.Time {
	wait := max(0, c.due(family, PriorityPoll, now))
	if c.account.bucket(family).gate.full() {
		wait = max(wait, gatePause)
	}
	return now.Add(wait)
}
