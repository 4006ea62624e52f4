package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The app permissions that a tenant grants unless its scenario says otherwise.
const (
	defaultGraphRoles = "IdentityRiskEvent.Read.All IdentityRiskyUser.ReadWrite.All Policy.Read.All Policy.ReadWrite.SecurityDefaults " +
		"User.Read.All User.RevokeSessions.All User.EnableDisableAccount.All RoleManagement.Read.Directory SecurityAlert.Read.All " +
		"Organization.Read.All AuditLog.Read.All IdentityRiskEvent.ReadWrite.All SecurityAlert.ReadWrite.All SecurityIncident.ReadWrite.All " +
		"SecurityEvents.ReadWrite.All ThreatHunting.Read.All " +
		"IdentityRiskyServicePrincipal.ReadWrite.All SecurityIdentitiesAccount.Read.All SecurityIdentitiesActions.ReadWrite.All " +
		"User-PasswordProfile.ReadWrite.All UserAuthenticationMethod.ReadWrite.All Domain.Read.All Application.Read.All GroupMember.Read.All"
	partnerRoles         = "Directory.Read.All DelegatedAdminRelationship.Read.All"
	defaultDefenderRoles = "Alert.Read.All Machine.Read.All Alert.ReadWrite.All Machine.Isolate Machine.Scan Machine.CollectForensics " +
		"Machine.RestrictExecution Machine.StopAndQuarantine Machine.Offboard User.Read.All"
)

// setDefaults fills what a scenario left out.
func (s *scenario) setDefaults() {
	t := &s.Tenant
	t.Licence, t.Defender = cmp.Or(t.Licence, "p2"), cmp.Or(t.Defender, "on")
	if t.Permissions.Graph == nil {
		t.Permissions.Graph = strings.Fields(defaultGraphRoles)
	}
	if t.Partner {
		t.Permissions.Graph = append(t.Permissions.Graph, strings.Fields(partnerRoles)...)
	}
	if t.Permissions.Defender == nil {
		t.Permissions.Defender = strings.Fields(defaultDefenderRoles)
	}
	for i := range t.Policies {
		p := &t.Policies[i]
		p.State = cmp.Or(p.State, "enabled")
		if p.Clients == nil {
			p.Clients = []string{"all"}
		}
	}
	s.Noise.Over = cmp.Or(s.Noise.Over, 40*time.Hour)
}

// check finds the mistakes that would otherwise surface in the middle of a run.
func (s *scenario) check() error {
	if _, err := nationalNamed(s.Cloud); err != nil {
		return err
	}
	t := s.Tenant
	if !slices.Contains([]string{"free", "p1", "p2"}, t.Licence) {
		return fmt.Errorf("tenant.licence %q is not free, p1 or p2", t.Licence)
	}
	if !slices.Contains([]string{"on", "off", "absent"}, t.Defender) {
		return fmt.Errorf("tenant.defender %q is not on, off or absent", t.Defender)
	}
	if min(t.Crowd, t.Fleet, t.Hybrid, t.Okta, t.Guests) < 0 {
		return fmt.Errorf("tenant: crowd, fleet, hybrid, okta and guests are not negative")
	}
	noisy := max(2*s.Noise.Risk, 2*s.Noise.Alerts, 2*s.Noise.Endpoint)
	if noisy > 0 && t.Crowd < 8 {
		return fmt.Errorf("noise needs tenant.crowd to be 8 or more, not %d", t.Crowd)
	}
	if s.Noise.Endpoint > 0 && t.Fleet < 1 {
		return fmt.Errorf("noise.endpoint needs tenant.fleet to be 1 or more")
	}
	if err := s.checkRoles(); err != nil {
		return err
	}
	if err := s.checkGroups(); err != nil {
		return err
	}
	if err := s.checkKeys(); err != nil {
		return err
	}
	return s.checkEvents()
}

func (s *scenario) checkRoles() error {
	names := slices.Clone(s.Tenant.DirectoryRoles)
	for _, u := range s.Tenant.Users {
		names = append(names, u.Roles...)
	}
	for _, g := range s.Tenant.Groups {
		names = append(names, g.Roles...)
	}
	for _, p := range s.Tenant.Policies {
		names = append(names, p.Roles...)
	}
	for _, name := range names {
		if _, ok := roleNamed(name); !ok {
			return fmt.Errorf("unknown directory role %q", name)
		}
	}
	return nil
}

// checkKeys makes sure that every key that is used is also defined.
func (s *scenario) checkKeys() error {
	known := map[string]bool{"": true}
	for i, u := range s.Tenant.Users {
		if u.Key == "" || u.Name == "" || known["user "+u.Key] {
			return fmt.Errorf("tenant.users[%d] needs a name and a key of its own", i)
		}
		known["user "+u.Key] = true
	}
	for i, d := range s.Tenant.Devices {
		if d.Key == "" || d.Name == "" || known["device "+d.Key] {
			return fmt.Errorf("tenant.devices[%d] needs a name and a key of its own", i)
		}
		known["device "+d.Key] = true
	}
	for _, g := range s.Tenant.Groups {
		known["group "+g.Key] = true
	}
	for _, key := range s.usedKeys() {
		if !known[key] {
			return fmt.Errorf("nothing defines %s", key)
		}
	}
	return nil
}

// usedKeys lists the keys that events, policies and the expectation refer to.
func (s *scenario) usedKeys() []string {
	var out []string
	users := func(keys ...string) {
		for _, k := range keys {
			if k != "" {
				out = append(out, "user "+k)
			}
		}
	}
	for _, e := range s.Events {
		users(e.User)
		if e.Device != "" {
			out = append(out, "device "+e.Device)
		}
	}
	for _, p := range s.Tenant.Policies {
		users(p.Exclude...)
		for _, key := range slices.Concat(p.Groups, p.ExcludeGroups) {
			out = append(out, "group "+key)
		}
	}
	if s.Expect != nil {
		users(s.Expect.Contained...)
		users(s.Expect.Untouched...)
		for _, r := range s.Expect.Refused {
			users(r.User)
		}
	}
	return out
}

// checkEvents fills every event in once, so that a bad template is found at start.
func (s *scenario) checkEvents() error {
	trial := &Cloud{opts: Options{Seed: 1, Tenants: 1}, scenario: s}
	trial.clock.base = func() time.Time { return time.Unix(0, 0) }
	trial.peopleTenants()
	for i, e := range s.Events {
		if e.At < 0 {
			return fmt.Errorf("events[%d]: at is negative", i)
		}
		text, err := trial.tenants[0].fill(e, i, time.Unix(0, 0))
		if err != nil {
			return fmt.Errorf("events[%d]: %w", i, err)
		}
		if _, err := trial.tenants[0].put(e.Resource, []byte(text)); err != nil {
			return fmt.Errorf("events[%d]: %w", i, err)
		}
	}
	return nil
}
