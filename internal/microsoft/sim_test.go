package microsoft_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

const reqID = "44444444-4444-4444-8444-444444444444"

// A world is a simulated cloud and the client of its first tenant. They share
// a clock that runs ahead when the client waits, so that no test does.
type world struct {
	*sim.Cloud
	*microsoft.Client
	tenant  sim.TenantInfo
	refused atomic.Int32 // answers 429
	ahead   atomic.Int64 // how long the client has waited
}

func newWorld(t testing.TB, opts sim.Options) *world {
	t.Helper()
	w, base := &world{}, opts.Now
	if base == nil {
		base = time.Now
	}
	now := func() time.Time { return base().Add(time.Duration(w.ahead.Load())) }
	opts.Now = now
	cloud, err := sim.Start(context.WithoutCancel(t.Context()), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	info := cloud.Info()
	w.Cloud, w.tenant = cloud, info.Tenants[0]
	m, err := microsoft.New(microsoft.Options{Endpoints: endpoints(info), Now: now, Observe: func(c microsoft.Call) {
		if c.Status == 429 {
			w.refused.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.SetSleep(func(ctx context.Context, d time.Duration) error {
		w.ahead.Add(int64(d))
		return ctx.Err()
	})
	w.Client, err = m.Client(cordon.Tenant{ID: w.tenant.ID, ClientID: w.tenant.ClientID}, microsoft.NewSecretCredential(w.tenant.ClientSecret))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func endpoints(info sim.Info) microsoft.Endpoints {
	return microsoft.Endpoints{Login: info.LoginURL, Graph: info.GraphURL, Defender: info.DefenderURL, CAFile: info.CAFile}
}

// fault puts a fault in force until the test ends.
func (w *world) fault(t *testing.T, f sim.Fault) {
	t.Helper()
	if err := w.AddFault(f); err != nil {
		t.Fatal(err)
	}
}

// people returns the users of the tenant by display name.
func (w *world) people(t *testing.T) map[string]microsoft.User {
	t.Helper()
	raw, err := w.State(w.tenant.ID, "users")
	if err != nil {
		t.Fatal(err)
	}
	var users []microsoft.User
	if err := json.Unmarshal(raw, &users); err != nil {
		t.Fatal(err)
	}
	all := map[string]microsoft.User{}
	for _, u := range users {
		all[u.DisplayName] = u
	}
	return all
}

func whole[T any](t *testing.T, seq func(func(microsoft.Page, error) bool)) []T {
	t.Helper()
	all := []T{}
	for page, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range page.Items {
			v, err := microsoft.Decode[T](raw)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, v)
		}
	}
	return all
}

func TestReadUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true})
	people := w.people(t)
	ruth := people["Ruth Amsel"]
	for _, name := range []string{ruth.ID, strings.ToUpper(ruth.ID), ruth.UserPrincipalName} {
		u, err := w.Users.Get(t.Context(), name)
		if err != nil || u.ID != ruth.ID || u.AccountEnabled == nil || !*u.AccountEnabled || u.UserType != "Member" || u.SecurityIdentifier == "" {
			t.Errorf("%s: got %+v, %v", name, u, err)
		}
	}
	n, err := w.Users.Count(t.Context())
	if err != nil || n != len(people) {
		t.Errorf("count %d, %v; want %d", n, err, len(people))
	}
	for name, want := range map[string]error{
		"nobody@contoso.com": cordon.ErrNotFound, "a#EXT#@contoso.com": cordon.ErrNotFound, "o'neil@contoso.com": cordon.ErrNotFound,
		reqID: cordon.ErrNotFound, "a/b": cordon.ErrBadRequest, "": cordon.ErrBadRequest,
	} {
		if _, err := w.Users.Get(t.Context(), name); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", name, err, want)
		}
	}
}

func TestReadRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true})
	people := w.people(t)
	global := microsoft.Role{TemplateID: microsoft.RoleGlobalAdministrator, Name: "Global Administrator"}
	roles, err := w.Directory.RolesOf(t.Context(), people["Ruth Amsel"].ID)
	if err != nil || len(roles) != 1 || roles[0] != global {
		t.Errorf("got %v, %v", roles, err)
	}
	if _, err := w.Directory.RolesOf(t.Context(), reqID); !errors.Is(err, cordon.ErrNotFound) {
		t.Errorf("unknown user: %v", err)
	}
	admins, err := w.Directory.GlobalAdmins(t.Context())
	if err != nil || len(admins) != 3 {
		t.Fatalf("got %+v, %v", admins, err)
	}
	for _, a := range admins {
		if a.AccountEnabled == nil || !*a.AccountEnabled || a.UserPrincipalName == "" {
			t.Errorf("got %+v", a)
		}
	}
	w.fault(t, sim.Fault{Path: "/v1.0/roleManagement/*", Status: 404})
	if roles, err := w.Directory.RolesOf(t.Context(), people["Ruth Amsel"].ID); err == nil || roles != nil {
		t.Errorf("a part of the roles was returned: %v", roles)
	}
	w.fault(t, sim.Fault{RevokeRoles: []string{"RoleManagement.Read.Directory", "Directory.Read.All", "Directory.ReadWrite.All", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"}})
	if _, err := w.Directory.GlobalAdmins(t.Context()); !errors.Is(err, cordon.ErrDenied) {
		t.Errorf("without permission: %v", err)
	}
}

func TestWriteUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true, Scenario: "token-theft"})
	var victim microsoft.User
	for _, u := range w.people(t) { // somebody without a role
		if roles, err := w.Directory.RolesOf(t.Context(), u.ID); err == nil && len(roles) == 0 && u.OnPremisesSyncEnabled == nil {
			victim = u
			break
		}
	}
	ctx := microsoft.WithPriority(t.Context(), microsoft.PriorityContain)
	if err := errors.Join(w.Users.RevokeSessions(ctx, victim.ID, reqID), w.Users.SetEnabled(ctx, victim.ID, false, reqID)); err != nil {
		t.Fatal(err)
	}
	u, err := w.Users.Get(ctx, victim.ID)
	if err != nil || *u.AccountEnabled || u.SignInSessionsValidFromDateTime <= victim.SignInSessionsValidFromDateTime {
		t.Errorf("got %+v, %v", u, err)
	}
	// The answer is lost: the outcome is unknown, and the write has left once.
	w.fault(t, sim.Fault{Method: "PATCH", Drop: "after", Count: 1})
	if err := w.Users.SetEnabled(ctx, victim.ID, true, reqID); !errors.Is(err, cordon.ErrUnknownOutcome) {
		t.Errorf("got %v", err)
	}
	if u, err = w.Users.Get(ctx, victim.ID); err != nil || !*u.AccountEnabled {
		t.Errorf("got %+v, %v", u, err)
	}
	ledger := w.Ledger(false)
	for _, e := range ledger {
		if e.ClientRequestID != reqID {
			t.Errorf("request without its id: %+v", e)
		}
	}
	if len(ledger) != 3 {
		t.Errorf("%d writes, want 3", len(ledger))
	}
}

func TestSecurityDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true})
	d, err := w.Policies.SecurityDefaults(t.Context())
	if err != nil || *d.IsEnabled || d.DisplayName != "Security Defaults" {
		t.Fatalf("got %+v, %v", d, err)
	}
	if err := w.Policies.SetSecurityDefaults(t.Context(), true, reqID); err != nil {
		t.Fatal(err)
	}
	if d, err = w.Policies.SecurityDefaults(t.Context()); err != nil || !*d.IsEnabled {
		t.Errorf("got %+v, %v", d, err)
	}
	if err := w.Policies.SetSecurityDefaults(t.Context(), false, reqID); err != nil {
		t.Fatal(err)
	}
	policy := `{"id":"` + reqID + `","displayName":"Block legacy","state":"enabled","conditions":{"users":{"includeUsers":["All"],"excludeUsers":["x"],"includeGroups":null}}}`
	if err := w.Inject(w.tenant.ID, "identity/conditionalAccess/policies", []byte(policy)); err != nil {
		t.Fatal(err)
	}
	err = w.Policies.SetSecurityDefaults(t.Context(), true, reqID)
	if !errors.Is(err, cordon.ErrConflict) || !strings.Contains(err.Error(), "policies are enabled") || !strings.Contains(err.Error(), "(request ") {
		t.Errorf("got %v", err)
	}
	all := whole[microsoft.ConditionalAccessPolicy](t, w.Policies.ConditionalAccess(t.Context()))
	if len(all) != 1 || all[0].State != "enabled" || all[0].Conditions.Users.ExcludeUsers[0] != "x" {
		t.Errorf("got %+v", all)
	}
	w.fault(t, sim.Fault{RevokeRoles: []string{"Policy.Read.All"}})
	if _, err = w.Policies.SecurityDefaults(t.Context()); !errors.Is(err, cordon.ErrDenied) {
		t.Errorf("got %v", err)
	}
}

func TestReadFeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true, Scenario: "token-theft"})
	since := time.Now().Add(-48 * time.Hour)
	ctx := t.Context()
	detections := whole[microsoft.RiskDetection](t, w.Risk.Detections(ctx, since))
	risky := whole[microsoft.RiskyUser](t, w.Risk.RiskyUsers(ctx, time.Time{}))
	alerts := whole[microsoft.Alert](t, w.Alerts.List(ctx, since))
	endpoint := whole[microsoft.EndpointAlert](t, w.Endpoint.Alerts(ctx, since))
	machines := whole[microsoft.Machine](t, w.Endpoint.Machines(ctx))
	if len(detections) == 0 || len(risky) == 0 || len(alerts) == 0 || len(endpoint) == 0 || len(machines) == 0 {
		t.Fatalf("%d detections, %d risky users, %d alerts, %d endpoint alerts, %d machines", len(detections), len(risky), len(alerts), len(endpoint), len(machines))
	}
	for name, state := range map[string]int{"identityProtection/riskDetections": len(detections), "security/alerts_v2": len(alerts)} {
		raw, err := w.State(w.tenant.ID, name)
		var all []json.RawMessage
		if err = errors.Join(err, json.Unmarshal(raw, &all)); err != nil || len(all) < state {
			t.Errorf("%s: read %d of %d, %v", name, state, len(all), err)
		}
	}
	if len(endpoint[0].Evidence) == 0 {
		t.Errorf("an alert without evidence: %+v", endpoint[0])
	}
	m, err := w.Endpoint.Machine(ctx, machines[0].ID)
	if err != nil || m.ComputerDNSName != machines[0].ComputerDNSName {
		t.Errorf("got %+v, %v", m, err)
	}
	for id, want := range map[string]error{"unknown": cordon.ErrNotFound, "..": cordon.ErrBadRequest, "a/b": cordon.ErrBadRequest, "": cordon.ErrBadRequest} {
		if _, err := w.Endpoint.Machine(ctx, id); !errors.Is(err, want) {
			t.Errorf("machine %q: got %v, want %v", id, err, want)
		}
	}
	if later := whole[microsoft.Alert](t, w.Alerts.List(ctx, time.Now().Add(time.Hour))); len(later) != 0 {
		t.Errorf("%d alerts from the future", len(later))
	}
}

func TestRiskVerdicts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true})
	ruth := w.people(t)["Ruth Amsel"].ID
	ctx := microsoft.WithPriority(t.Context(), microsoft.PriorityContain)
	if err := w.Risk.ConfirmCompromised(ctx, []string{ruth}, reqID); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Hour) // the token ends, so that the next write is refused once
	if err := w.Risk.Dismiss(ctx, []string{ruth}, reqID); err != nil {
		t.Fatal(err)
	}
	var states []int
	for _, e := range w.Ledger(false) {
		states = append(states, e.Status)
	}
	if fmt.Sprint(states) != "[204 401 204]" {
		t.Errorf("got %v", states)
	}
}

// Many pages, a token that ends between two of them, and faults of the wire.
func TestWalkThroughFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true})
	for i := range 45 {
		now := time.Now().UTC().Format(time.RFC3339)
		alert := fmt.Sprintf(`{"id":"a%d","title":"t","createdDateTime":%q,"lastUpdateDateTime":%q}`, i, now, now)
		if err := w.Inject(w.tenant.ID, "security/alerts_v2", []byte(alert)); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (n int, err error) {
		for page, e := range w.Alerts.List(t.Context(), time.Time{}) {
			if e != nil {
				return n, e
			}
			if n += len(page.Items); n == 20 {
				err = w.AddFault(sim.Fault{ExpireTokens: true})
			}
		}
		return n, err
	}
	if n, err := read(); err != nil || n != 45 {
		t.Errorf("read %d, %v", n, err)
	}
	tests := []struct {
		name  string
		fault sim.Fault
		want  error
	}{
		{"500 twice", sim.Fault{Status: 500, Count: 2}, nil},
		{"dropped twice", sim.Fault{Drop: "before", Count: 1}, nil},
		{"500 for good", sim.Fault{Status: 500}, cordon.ErrUnavailable},
		{"403", sim.Fault{Status: 403}, cordon.ErrDenied},
		{"404", sim.Fault{Status: 404}, cordon.ErrNotFound},
		{"html", sim.Fault{Malformed: "html"}, cordon.ErrMalformed},
		{"truncated", sim.Fault{Malformed: "truncated"}, cordon.ErrMalformed},
		{"deep", sim.Fault{Malformed: "deep"}, cordon.ErrMalformed},
		{"huge", sim.Fault{Malformed: "huge"}, cordon.ErrMalformed},
		{"poisoned link", sim.Fault{NextLink: "https://graph.microsoft.com.evil/v1.0/security/alerts_v2"}, cordon.ErrUnsafeLink},
		{"redirect", sim.Fault{Redirect: "https://evil.example/"}, cordon.ErrUnsafeLink},
		{"throttled once", sim.Fault{Status: 429, RetryAfter: "0.01", Count: 1}, nil},
		{"throttled for a year", sim.Fault{Status: 429, RetryAfter: "31536000", Count: 1}, cordon.ErrThrottled},
	}
	for _, tt := range tests {
		w.ClearFaults()
		tt.fault.Service, tt.fault.Path = "graph", "/v1.0/security/*"
		w.fault(t, tt.fault)
		if _, err := read(); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestWrongCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Calm: true})
	m, err := microsoft.New(microsoft.Options{Endpoints: endpoints(w.Info())})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		tenant cordon.Tenant
		secret string
		want   error
	}{
		"secret": {cordon.Tenant{ID: w.tenant.ID, ClientID: w.tenant.ClientID}, "wrong~canary", cordon.ErrCredential},
		"app":    {cordon.Tenant{ID: w.tenant.ID, ClientID: reqID}, "wrong~canary", cordon.ErrGone},
		"tenant": {cordon.Tenant{ID: reqID, ClientID: w.tenant.ClientID}, w.tenant.ClientSecret, cordon.ErrGone},
	}
	for name, tt := range tests {
		c, err := m.Client(tt.tenant, microsoft.NewSecretCredential(tt.secret))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []microsoft.Resource{microsoft.ResourceGraph, microsoft.ResourceDefender} {
			err := c.CheckToken(t.Context(), r)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), "AADSTS") || strings.Contains(err.Error(), tt.secret) {
				t.Errorf("%s, %s: got %v", name, r, err)
			}
		}
	}
	if err := errors.Join(w.CheckToken(t.Context(), microsoft.ResourceGraph), w.CheckToken(t.Context(), microsoft.ResourceDefender)); err != nil {
		t.Error(err)
	}
}
