package sim

import (
	"crypto/subtle"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A registry holds what is known of apps beyond the seed, and the sign-ins of
// people that are under way. Apps that nobody touched are not in it.
type registry struct {
	mu     sync.Mutex
	home   map[string]*tenant // by client id: where the app is registered
	apps   map[string]*app    // by client id
	people people
}

// An app is a registration and its service principals.
type app struct {
	keys       []*x509.Certificate
	trusts     []Federation
	secretEnds time.Time // zero: never
	multi      bool      // other tenants may consent to it
	in         map[string]*principal
}

// A principal is what a tenant has decided about an app.
type principal struct{ consented, disabled, deleted bool }

// app returns what is known of an app. Callers hold the lock.
func (g *registry) app(id string) *app {
	id = strings.ToLower(id)
	if g.apps == nil {
		g.apps = map[string]*app{}
	}
	if g.apps[id] == nil {
		g.apps[id] = &app{in: map[string]*principal{}}
	}
	return g.apps[id]
}

func (a *app) at(t *tenant) *principal {
	if a.in[t.id] == nil {
		a.in[t.id] = &principal{}
	}
	return a.in[t.id]
}

// AppChange changes an app, or what a tenant has decided about it. Nil
// members leave things as they are.
type AppChange struct {
	Tenant        string     `json:"tenant,omitempty"`         // whose decision it is; default the first
	App           string     `json:"app,omitempty"`            // client id, or the tenant that registered it; default the tenant's own
	MultiTenant   *bool      `json:"multi_tenant,omitempty"`   // whether other tenants may consent
	SecretExpires *time.Time `json:"secret_expires,omitempty"` // by the cloud's clock; the zero time: never
	Consented     *bool      `json:"consented,omitempty"`
	Disabled      *bool      `json:"disabled,omitempty"`
	Deleted       *bool      `json:"deleted,omitempty"` // the service principal is gone; consent brings it back
}

// ChangeApp changes an app.
func (c *Cloud) ChangeApp(change AppChange) error {
	t, err := c.tenantNamed(change.Tenant)
	if err != nil {
		return err
	}
	home, id, err := c.appNamed(change.App, t)
	if err != nil {
		return err
	}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	a := c.registry.app(id)
	set(&a.multi, change.MultiTenant)
	set(&a.secretEnds, change.SecretExpires)
	switch {
	case change.Consented == nil:
	case !*change.Consented && home == t:
		return fmt.Errorf("tenant %s registered app %s itself: delete or disable it, or take its permissions with /faults", t.name, id)
	case *change.Consented && home != t && !a.multi:
		return fmt.Errorf("app %s is registered for its own tenant alone", id)
	}
	p := a.at(t)
	set(&p.consented, change.Consented)
	set(&p.disabled, change.Disabled)
	set(&p.deleted, change.Deleted)
	return nil
}

func set[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

// appNamed finds an app by its client id or by the tenant that registered it.
func (c *Cloud) appNamed(name string, own *tenant) (home *tenant, id string, err error) {
	if name == "" {
		return own, own.clientID, nil
	}
	if home = c.registry.home[strings.ToLower(name)]; home != nil {
		return home, home.clientID, nil
	}
	if home = c.byName[strings.ToLower(name)]; home != nil {
		return home, home.clientID, nil
	}
	return nil, "", fmt.Errorf("no app %q", name)
}

// A Certificate is a key that an app may sign assertions with.
type Certificate struct {
	Tenant string `json:"tenant,omitempty"` // whose app; default the first
	PEM    string `json:"pem"`              // CERTIFICATE blocks; keys are ignored
}

// RegisterCertificate adds a certificate to a tenant's app.
func (c *Cloud) RegisterCertificate(r Certificate) error {
	t, err := c.tenantNamed(r.Tenant)
	if err != nil {
		return err
	}
	all, err := readCertificates(r.PEM)
	if err != nil {
		return err
	}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	a := c.registry.app(t.clientID)
	a.keys = append(a.keys, all...)
	return nil
}

func readCertificates(text string) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("pem: %w", err)
		}
		all = append(all, cert)
	}
	if len(all) == 0 {
		return nil, errors.New("pem holds no certificate")
	}
	return all, nil
}

// checkInstalled refuses apps that the tenant does not know, or has switched off.
func (c *Cloud) checkInstalled(t *tenant, id string) error {
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	home := c.registry.home[strings.ToLower(id)]
	var p principal
	multi := false
	if a := c.registry.apps[strings.ToLower(id)]; a != nil {
		p, multi = *a.at(t), a.multi
	}
	if home == nil || p.deleted || home != t && (!multi || !p.consented) {
		return loginError(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", id, t.name)
	}
	if p.disabled {
		return loginError(http.StatusBadRequest, "unauthorized_client", 7000112, "Application '%s'(Cordon) is disabled.", id)
	}
	return nil
}

// checkApp refuses apps that the tenant does not know and credentials that
// are not the app's. It returns how the app proved who it is, as a token tells it.
func (c *Cloud) checkApp(t *tenant, id, secret string, form url.Values) (method string, err error) {
	if err := c.checkInstalled(t, id); err != nil {
		return "", err
	}
	home := c.registry.home[strings.ToLower(id)]
	if secret == "" && form.Has("client_assertion") {
		return "2", c.checkAssertion(t, home, form)
	}
	if secret == "" {
		return "", loginError(http.StatusUnauthorized, "invalid_client", 7000218,
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	if subtle.ConstantTimeCompare([]byte(secret), []byte(home.secret)) != 1 {
		return "", loginError(http.StatusUnauthorized, "invalid_client", 7000215,
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", home.clientID)
	}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	if a := c.registry.apps[home.clientID]; a != nil && !a.secretEnds.IsZero() && !c.clock.now().Before(a.secretEnds) {
		return "", loginError(http.StatusUnauthorized, "invalid_client", 7000222,
			"The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app, or consider using certificate credentials for added security.", home.clientID)
	}
	return "1", nil
}

// principalOf is the object id of an app's service principal in a tenant.
func (t *tenant) principalOf(id string) string {
	if strings.EqualFold(id, t.clientID) {
		return t.principal
	}
	return t.guid("principal", strings.ToLower(id))
}
