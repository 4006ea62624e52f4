package sim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	deviceLife = 15 * time.Minute // of a device code
	codeLife   = 10 * time.Minute // of an authorization code
)

// people are the sign-ins of persons. Callers hold the registry's lock.
type people struct {
	devices map[string]*device // by device code
	codes   map[string]*grant  // by authorization code
	grants  map[string]*grant  // by refresh token
	browser Browser
}

// A device waits until a person has entered its code.
type device struct {
	user     string // code to enter
	ends     time.Time
	tenant   *tenant
	app      string
	by       string // object id of who signed in
	declined bool
}

// A grant is what a person has granted an app.
type grant struct {
	tenant    *tenant
	app, user string // client id, object id
	issued    time.Time
	redirect  string // of an authorization code
	challenge string // PKCE, S256
}

// A Browser says who sits before it, for the pages that ask a person.
type Browser struct {
	Tenant  string `json:"tenant,omitempty"`  // where an administrator consents; default the first
	As      string `json:"as,omitempty"`      // id or UPN; default the tenant's first user
	Decline bool   `json:"decline,omitempty"` // consent is declined
}

// SetBrowser says who answers the pages of sign-in from now on.
func (c *Cloud) SetBrowser(b Browser) error {
	if _, err := c.tenantNamed(b.Tenant); err != nil {
		return err
	}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	c.registry.people.browser = b
	return nil
}

// person finds a user by id or UPN; no name is the first user.
func (t *tenant) person(name string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(t.cloud.clock.now())
	if items := t.collection(resUsers).items; name == "" && len(items) > 0 {
		return idOf(items[0].object), nil
	}
	o := t.findUser(name)
	if o == nil {
		return "", fmt.Errorf("no user %q", name)
	}
	return idOf(o), nil
}

// checkPublic refuses requests of people that name no app of the tenant.
func (c *Cloud) checkPublic(t *tenant, form url.Values) error {
	if form.Get("client_id") == "" {
		return loginError(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
	}
	return c.checkInstalled(t, form.Get("client_id"))
}

// refresh finds what a refresh token stands for. It ends with the sessions of
// its user.
func (c *Cloud) refresh(t *tenant, form url.Values) (*grant, error) {
	c.registry.mu.Lock()
	g := c.registry.people.grants[form.Get("refresh_token")]
	c.registry.mu.Unlock()
	if g == nil || g.tenant != t || !strings.EqualFold(g.app, form.Get("client_id")) {
		return nil, loginError(http.StatusBadRequest, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
	}
	return g, t.checkSession(g)
}

// checkSession refuses what a user's sessions no longer carry.
func (t *tenant) checkSession(g *grant) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(t.cloud.clock.now())
	user := t.findUser(g.user)
	if user == nil {
		return loginError(http.StatusBadRequest, "invalid_grant", 50034, "The user account %s does not exist in the %s directory.", g.user, t.id)
	}
	if !user.isTrue("accountEnabled") {
		return loginError(http.StatusBadRequest, "invalid_grant", 50057, "The user account is disabled.")
	}
	since, err := parseTime(user.text("signInSessionsValidFromDateTime"))
	if err == nil && !g.issued.IsZero() && since.After(g.issued) {
		return loginError(http.StatusBadRequest, "invalid_grant", 50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.")
	}
	return nil
}

// personToken answers with tokens that act for a person.
func (c *Cloud) personToken(t *tenant, g *grant, form url.Values) (answer, error) {
	if err := t.checkSession(g); err != nil {
		return answer{}, err
	}
	resource, service, err := c.resourceFor(t, form)
	if err != nil {
		return answer{}, err
	}
	claims := t.claimsFor(resource, g.app, "0", nil)
	claims.IDType, claims.Object, claims.Subject = "user", g.user, g.user
	claims.Scopes = strings.Join(c.grantedRoles(t, service), " ")
	t.mu.Lock()
	user := t.findUser(g.user)
	claims.UPN, claims.Wids = user.text("userPrincipalName"), []string{}
	for _, r := range t.rolesOf(g.user) {
		claims.Wids = append(claims.Wids, r.template)
	}
	t.mu.Unlock()
	text, err := c.keys.sign(claims)
	if err != nil {
		return answer{}, err
	}
	identity, err := c.identityToken(t, g, claims.UPN)
	if err != nil {
		return answer{}, err
	}
	return answer{body: encode(newObject("token_type", "Bearer", "scope", form.Get("scope"), "expires_in", int(tokenLife.Seconds()),
		"ext_expires_in", int(tokenLife.Seconds()), "access_token", text, "refresh_token", c.keepGrant(t, g), "id_token", identity,
		"client_info", segment(encode(newObject("uid", g.user, "utid", t.id)))))}, nil
}

// keepGrant returns a refresh token for a grant. Older ones go on.
func (c *Cloud) keepGrant(t *tenant, g *grant) string {
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	if c.registry.people.grants == nil {
		c.registry.people.grants = map[string]*grant{}
	}
	text := "1.sim-" + newGUID() + newGUID()
	issued := g.issued
	if issued.IsZero() || g.challenge != "" {
		issued = c.clock.now()
	}
	c.registry.people.grants[text] = &grant{tenant: t, app: g.app, user: g.user, issued: issued}
	return text
}

// identityToken tells the app who has signed in.
func (c *Cloud) identityToken(t *tenant, g *grant, upn string) (string, error) {
	now := c.clock.now()
	return c.keys.signBody(encode(newObject("aud", g.app, "iss", c.info.LoginURL+"/"+t.id+"/v2.0", "iat", now.Unix(), "nbf", now.Unix(),
		"exp", now.Add(tokenLife).Unix(), "oid", g.user, "preferred_username", upn, "sub", g.user, "tid", t.id, "ver", "2.0")))
}
