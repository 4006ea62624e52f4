package sim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// token answers a token request. The v1 endpoint takes a resource where the
// other takes a scope, and serves apps alone.
func (c *Cloud) token(t *tenant, name string, form url.Values, r *http.Request, v1 bool) (answer, error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = unescape(user), unescape(password)
	}
	if err := checkGrant(form, id, v1); err != nil {
		return answer{}, err
	}
	if err := c.checkTenant(t, name); err != nil {
		return answer{}, err
	}
	if redeem := c.personGrant(form.Get("grant_type")); redeem != nil {
		if err := c.checkPublic(t, form); err != nil {
			return answer{}, err
		}
		g, err := redeem(t, form)
		if err != nil {
			return answer{}, err
		}
		return c.personToken(t, g, form)
	}
	return c.appToken(t, id, secret, form, v1)
}

// personGrant returns what reads a grant of a person; nil for an app's.
func (c *Cloud) personGrant(kind string) func(*tenant, url.Values) (*grant, error) {
	switch kind {
	case "urn:ietf:params:oauth:grant-type:device_code", "device_code":
		return c.poll
	case "authorization_code":
		return c.redeem
	case "refresh_token":
		return c.refresh
	}
	return nil
}

// appToken answers client credentials: a secret or an assertion.
func (c *Cloud) appToken(t *tenant, id, secret string, form url.Values, v1 bool) (answer, error) {
	resource, err := resourceOf(form, v1)
	if err != nil {
		return answer{}, err
	}
	method, err := c.checkApp(t, id, secret, form)
	if err != nil {
		return answer{}, err
	}
	service, err := c.serviceOf(t, resource)
	if err != nil {
		return answer{}, err
	}
	text, err := c.keys.sign(t.claimsFor(resource, id, method, c.grantedRoles(t, service)))
	if err != nil {
		return answer{}, err
	}
	return answer{body: encode(newObject("token_type", "Bearer", "expires_in", int(tokenLife.Seconds()),
		"ext_expires_in", int(tokenLife.Seconds()), "access_token", text))}, nil
}

// resourceFor reads which resource a person's token is for.
func (c *Cloud) resourceFor(t *tenant, form url.Values) (resource, service string, err error) {
	if resource, err = resourceOf(form, false); err != nil {
		return "", "", err
	}
	service, err = c.serviceOf(t, resource)
	return resource, service, err
}

// serviceOf refuses resources that are not in the tenant.
func (c *Cloud) serviceOf(t *tenant, resource string) (string, error) {
	service, ok := c.audienceService(resource)
	if !ok || service == serviceDefender && t.spec().Defender == "absent" {
		return "", loginError(http.StatusBadRequest, "invalid_resource", 500011,
			"The resource principal named %s was not found in the tenant named %s. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.", resource, t.name)
	}
	return service, nil
}

// unescape undoes the form encoding that OAuth asks for inside HTTP Basic.
func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// checkGrant refuses what is missing in the body and the grants that are not modelled.
func checkGrant(form url.Values, id string, v1 bool) error {
	missing := func(name string) error {
		return loginError(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: '%s'.", name)
	}
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return missing("grant_type")
	case grant != "client_credentials" && (v1 || !slices.Contains([]string{"urn:ietf:params:oauth:grant-type:device_code", "device_code", "authorization_code", "refresh_token"}, grant)):
		return loginError(http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '%s'.", grant)
	case id == "":
		return missing("client_id")
	case !v1 && !form.Has("scope"):
		return missing("scope")
	case v1 && form.Get("resource") == "":
		return missing("resource")
	}
	return nil
}

// checkTenant refuses tenants that do not exist or that nobody can have a token for.
func (c *Cloud) checkTenant(t *tenant, name string) error {
	switch strings.ToLower(name) {
	case "common", "consumers":
		return loginError(http.StatusBadRequest, "invalid_request", 9001023,
			"The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.")
	}
	if t == nil {
		return unknownTenant(name, "invalid_request")
	}
	return nil
}

// resourceOf reads which resource a token is for. One resource, and its default scope.
func resourceOf(form url.Values, v1 bool) (string, error) {
	if v1 {
		return strings.TrimSuffix(form.Get("resource"), "/"), nil
	}
	scopes := slices.DeleteFunc(strings.Fields(form.Get("scope")), openID)
	bad := func(code int, format string, args ...any) error {
		return loginError(http.StatusBadRequest, "invalid_scope", code, format, args...)
	}
	switch {
	case len(scopes) == 0 && form.Get("scope") != "":
		return "", bad(70011, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope %s is not valid.", form.Get("scope"))
	case len(scopes) == 0:
		return "", bad(28003, "Provided value for the input parameter scope cannot be empty when requesting an access token using the provided authorization code. Please specify a valid scope.")
	case len(scopes) > 1 && allDefault(scopes):
		return "", bad(700022, "Provided value for the input parameter scope '%s' is not valid because it contains more than one resource.", form.Get("scope"))
	case len(scopes) > 1:
		return "", bad(28002, "Provided value for the input parameter scope '%s' is not valid when requesting an access token. Please specify a valid scope.", form.Get("scope"))
	}
	resource, ok := strings.CutSuffix(scopes[0], "/.default")
	if u, err := url.Parse(resource); !ok || err != nil || !u.IsAbs() {
		return "", bad(70011, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope %s is not valid.", scopes[0])
	}
	return strings.TrimSuffix(resource, "/"), nil
}

// openID recognises the scopes that client libraries add to every request.
// They mean nothing in this grant and are accepted.
func openID(scope string) bool {
	return slices.Contains([]string{"openid", "profile", "offline_access", "email"}, scope)
}

func allDefault(scopes []string) bool {
	for _, s := range scopes {
		if !strings.HasSuffix(s, "/.default") {
			return false
		}
	}
	return true
}

// A refusal is an answer that is no success. The service it comes from
// decides on the body.
type refusal struct {
	status  int
	code    string // service code, or the OAuth error at the login host
	number  int    // AADSTS number at the login host
	message string
	header  http.Header
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.code, r.message) }

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// notModelled refuses what the real service may well answer and this one does not.
func notModelled(format string, args ...any) *refusal {
	return refuse(http.StatusNotImplemented, "SimulatorNotModelled", "The simulator does not model "+format+".", args...)
}

func loginError(status int, code string, number int, format string, args ...any) *refusal {
	r := refuse(status, code, format, args...)
	r.number = number
	return r
}

func unknownTenant(name, code string) *refusal {
	return loginError(http.StatusBadRequest, code, 90002,
		"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", name)
}
