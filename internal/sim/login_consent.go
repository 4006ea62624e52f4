package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// consent is the page where an administrator lets an app into a tenant:
// whoever sits before the browser decides at once.
func (c *Cloud) consent(t *tenant, name string, query url.Values, v2 bool) (answer, error) {
	t, err := c.consentTenant(t, name, v2)
	if err != nil {
		return answer{}, err
	}
	id := query.Get("client_id")
	if id == "" {
		return answer{}, loginError(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
	}
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || !safeRedirect(redirect) {
		return answer{}, loginError(http.StatusBadRequest, "invalid_request", 50011, "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application.", query.Get("redirect_uri"))
	}
	scope := query.Get("scope")
	if v2 && !slices.ContainsFunc(strings.Fields(scope), func(s string) bool { return strings.HasSuffix(s, "/.default") }) {
		return answer{}, notModelled("admin consent to the scope '%s', which is no '/.default'", scope)
	}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	home := c.registry.home[strings.ToLower(id)]
	if home == nil || home != t && !c.registry.app(id).multi {
		return answer{}, loginError(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", id, t.name)
	}
	if c.registry.people.browser.Decline {
		return redirectTo(redirect, declined(query.Get("state"), v2)), nil
	}
	p := c.registry.app(id).at(t)
	p.consented, p.deleted = true, false
	if by, err := t.person(c.registry.people.browser.As); err == nil {
		t.noteConsent(id, by, c.clock.now())
	}
	back := url.Values{"admin_consent": {"True"}, "tenant": {t.id}, "state": {query.Get("state")}}
	if v2 {
		back.Set("scope", scope)
	}
	return redirectTo(redirect, back), nil
}

// safeRedirect takes what an app can be registered with: https, or this machine.
func safeRedirect(u *url.URL) bool {
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	return u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && local)
}

// consentTenant says whose consent it is: of the tenant in the path, or of
// that where the person before the browser is at home.
func (c *Cloud) consentTenant(t *tenant, name string, v2 bool) (*tenant, error) {
	switch lower := strings.ToLower(name); {
	case t != nil:
		return t, nil
	case lower == "organizations" || lower == "common" && !v2:
		c.registry.mu.Lock()
		defer c.registry.mu.Unlock()
		return c.tenantNamed(c.registry.people.browser.Tenant)
	case lower == "common":
		return nil, loginError(http.StatusBadRequest, "invalid_request", 9001023, "The endpoint is not supported over /common. Please use the /organizations or tenant-specific endpoint.")
	}
	return nil, unknownTenant(name, "invalid_request")
}

// declined is what the app is told when consent is declined.
func declined(state string, v2 bool) url.Values {
	if v2 {
		return url.Values{"admin_consent": {"True"}, "error": {"consent_required"},
			"error_description": {"AADSTS65004: The resource owner or authorization server denied the request."}, "state": {state}}
	}
	return url.Values{"error": {"permission_denied"}, "error_description": {"The admin canceled the request"}, "state": {state}}
}
