package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A FeatureState says whether a feature works in a tenant.
type FeatureState string

// The states of a feature.
const (
	CanRead        FeatureState = "can_read"
	CanWrite       FeatureState = "can_write"       // by the permissions that the token names; a write cannot be tried
	NotPermitted   FeatureState = "not_permitted"   // a permission or a directory role is missing
	NotLicensed    FeatureState = "not_licensed"    // the tenant lacks the licence
	NotProvisioned FeatureState = "not_provisioned" // the product was never set up
	NotInCloud     FeatureState = "not_in_cloud"    // the tenant's cloud has no such API
	NoEntry        FeatureState = "no_entry"        // no token: the credential is refused, or the app is not in the tenant
	NamesNobody    FeatureState = "names_nobody"    // an account that is listed is not in the tenant
	Throttled      FeatureState = "throttled"       // asked too often just now
	Unreachable    FeatureState = "unreachable"     // no usable answer
)

// Works reports whether the feature can be used.
func (s FeatureState) Works() bool { return s == CanRead || s == CanWrite }

// A Finding says whether a feature works in a tenant, and what to do if not.
type Finding struct {
	Tenant  cordon.Tenant
	Feature Feature
	Used    bool // the configuration uses it
	State   FeatureState
	Missing []Need // permissions
	Role    string // directory role that is missing
	Grant   string // link with which an administrator grants what is missing
	Reason  string

	gone bool // the app is not in the tenant, or was switched off there
}

// An Examination says what the doctor looks at.
type Examination struct {
	Tenants  []cordon.Tenant
	Features []Feature // none: those that the configuration uses
	Progress func()    // told after each tenant; may be nil
}

// Examine finds out what works in each tenant: it gets tokens, reads a little
// of everything that is read, and compares the permissions in the tokens with
// what the writes take. It changes nothing.
func (c *Config) Examine(ctx context.Context, x Examination, o Options) ([]Finding, error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return nil, err
	}
	defer e.hub.Close()
	tenants, err := e.only(ctx, x.Tenants)
	if err != nil {
		return nil, err
	}
	var all []Finding
	var errs []error
	for _, a := range ask(ctx, tenants, func(ctx context.Context, t engine.Tenant) ([]Finding, error) {
		if x.Progress != nil {
			defer x.Progress()
		}
		return e.examine(ctx, t, x.Features)
	}) {
		all, errs = append(all, a.value...), append(errs, a.err)
	}
	return all, errors.Join(errs...)
}

// examine looks at one tenant, one feature after the other: a tenant's budget
// is small, and others are asked meanwhile.
func (e *entrance) examine(ctx context.Context, t engine.Tenant, features []Feature) ([]Finding, error) {
	used, err := e.config.Used(t.Mode)
	if len(t.BreakGlass) > 0 {
		used = append(used, featureGlass)
	}
	if err == nil && len(features) == 0 {
		features, err = FindFeatures(used)
	}
	if err != nil {
		return nil, err
	}
	p := newPatient(ctx, t)
	var found []Finding
	for _, f := range features {
		finding := p.examine(ctx, f)
		finding.Used = slices.Contains(used, f.Name)
		if finding.gone || finding.State == NotPermitted && finding.Role == "" { // consent mends no wrong secret
			finding.Grant = e.grantLink(t.Tenant)
		}
		found = append(found, finding)
	}
	return found, nil
}

// grantLink is where an administrator of the tenant consents to what the
// app's registration lists.
func (e *entrance) grantLink(t cordon.Tenant) string {
	link := microsoft.Consent{Form: microsoft.ConsentV1}
	if t.ClientID == "" {
		return ""
	}
	if e.config.App.PublicURL != "" && t.ClientID == e.config.App.ClientID {
		link.RedirectURI = strings.TrimRight(e.config.App.PublicURL, "/") + CallbackPath
	}
	text, err := e.hub.ConsentURL(t, link)
	if err != nil {
		return ""
	}
	return text
}

// A patient is a tenant with its tokens.
type patient struct {
	tenant  engine.Tenant
	granted map[microsoft.Resource][]string
	failed  map[microsoft.Resource]error // why there is no token
	app     string                       // object id of our service principal
}

func newPatient(ctx context.Context, t engine.Tenant) *patient {
	p := &patient{tenant: t, granted: map[microsoft.Resource][]string{}, failed: map[microsoft.Resource]error{}}
	for _, r := range []microsoft.Resource{microsoft.ResourceGraph, microsoft.ResourceDefender} {
		info, err := t.Client.TokenInfo(ctx, r)
		if err != nil {
			p.failed[r] = err
			continue
		}
		p.granted[r] = append(append([]string{}, info.Roles...), info.Scopes...)
		if r == microsoft.ResourceGraph {
			p.app = info.Object
		}
	}
	return p
}

func (p *patient) examine(ctx context.Context, f Feature) Finding {
	found := Finding{Tenant: p.tenant.Tenant, Feature: f, State: CanWrite}
	if why := p.gap(f); why != nil {
		return found.failing(why)
	}
	for _, doc := range f.docs() {
		if err := p.failed[doc.Resource]; err != nil {
			return found.failing(err)
		}
	}
	found.Missing = missing(Needs([]Feature{f}), p.granted)
	switch {
	case f.Name == featureGlass:
		return p.askGlass(ctx, found)
	case f.try != nil:
		return found.after(f.try(ctx, p.tenant))
	case len(found.Missing) > 0:
		found.State, found.Reason = NotPermitted, "grant the app "+permissionNames(found.Missing)
	case f.Admin:
		return p.askRole(ctx, found)
	}
	return found
}

// gap returns why the tenant's cloud lacks the feature, or nil.
func (p *patient) gap(f Feature) error {
	for _, doc := range f.docs() {
		for _, wire := range doc.Wire {
			_, path, _ := strings.Cut(wire, " ")
			if doc.Resource == microsoft.ResourceGraph {
				path = "/v1.0" + path
			}
			if !p.tenant.Client.Offers(doc.Resource, path) {
				return fmt.Errorf("the cloud %s does not offer it: %w", p.tenant.Cloud, cordon.ErrNotInCloud)
			}
		}
	}
	return nil
}

// after says what follows from a little having been read, or not. What can be
// read is permitted, whatever the token says.
func (f Finding) after(err error) Finding {
	if err == nil {
		f.State, f.Missing = CanRead, nil
		return f
	}
	f = f.failing(err)
	switch {
	case f.State != NotPermitted:
		f.Missing = nil
	case len(f.Missing) > 0:
		f.Reason = "grant the app " + permissionNames(f.Missing) + ". The answer: " + f.Reason
	}
	return f
}

// askRole looks whether our app holds a role that lets it act on
// administrators.
func (p *patient) askRole(ctx context.Context, found Finding) Finding {
	roles, err := p.tenant.Client.Directory.RolesOfApp(ctx, p.app)
	if err != nil {
		return found.failing(err)
	}
	for _, r := range roles {
		if r.TemplateID == microsoft.RolePrivilegedAuthenticationAdministrator || r.TemplateID == microsoft.RoleGlobalAdministrator {
			return found
		}
	}
	found.State, found.Role = NotPermitted, "Privileged Authentication Administrator"
	found.Reason = "assign the app the directory role " + found.Role + ": without it, administrators can be told of and not contained"
	return found
}

// failing sorts an error into the states.
func (f Finding) failing(err error) Finding {
	f.State, f.Reason, f.gone = Unreachable, err.Error(), errors.Is(err, cordon.ErrGone)
	for _, kind := range []struct {
		of    error
		state FeatureState
	}{
		{cordon.ErrNotInCloud, NotInCloud}, {cordon.ErrUnlicensed, NotLicensed}, {cordon.ErrNotProvisioned, NotProvisioned},
		{cordon.ErrCredential, NoEntry}, {cordon.ErrGone, NoEntry}, {cordon.ErrBlocked, NoEntry}, {cordon.ErrDenied, NotPermitted}, {cordon.ErrThrottled, Throttled}, {errUnmatched, NamesNobody},
	} {
		if errors.Is(err, kind.of) {
			f.State = kind.state
			return f
		}
	}
	return f
}

func permissionNames(needs []Need) string {
	var names []string
	for _, n := range needs {
		name := n.Permission
		if n.Resource == microsoft.ResourceDefender {
			name += " (of WindowsDefenderATP)"
		}
		names = append(names, name)
	}
	return strings.Join(names, " and ")
}
