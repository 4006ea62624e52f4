package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorize is the page where a person signs in: whoever sits before the
// browser does so at once.
func (c *Cloud) authorize(t *tenant, query url.Values) (answer, error) {
	if err := c.checkPublic(t, query); err != nil {
		return answer{}, err
	}
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || redirect.Scheme != "http" || redirect.Hostname() != "localhost" {
		return answer{}, loginError(http.StatusBadRequest, "invalid_request", 50011, "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application.", query.Get("redirect_uri"))
	}
	if query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || query.Get("code_challenge") == "" {
		return answer{}, notModelled("an authorization request other than a code with a code challenge of S256")
	}
	c.registry.mu.Lock()
	browser := c.registry.people.browser
	c.registry.mu.Unlock()
	back := url.Values{"state": {query.Get("state")}}
	if browser.Decline {
		back.Set("error", "access_denied")
		back.Set("error_description", "AADSTS65004: User declined to consent to access the app.")
		return goBack(redirect, query, back), nil
	}
	user, err := t.person(browser.As)
	if err != nil {
		return answer{}, loginError(http.StatusBadRequest, "invalid_grant", 50034, "The user account %s does not exist in the %s directory.", browser.As, t.id)
	}
	code := newGUID()
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	if c.registry.people.codes == nil {
		c.registry.people.codes = map[string]*grant{}
	}
	c.registry.people.codes[code] = &grant{tenant: t, app: query.Get("client_id"), user: user, issued: c.clock.now(),
		redirect: query.Get("redirect_uri"), challenge: query.Get("code_challenge")}
	back.Set("code", code)
	return goBack(redirect, query, back), nil
}

// goBack takes the browser back to the app: by a form that posts itself, or
// by a redirect.
func goBack(to *url.URL, asked, back url.Values) answer {
	if asked.Get("response_mode") != "form_post" {
		return redirectTo(to, back)
	}
	var b strings.Builder
	b.WriteString(`<html><body onload="document.forms[0].submit()"><form method="POST" action="` + html.EscapeString(to.String()) + `">`)
	for _, name := range slices.Sorted(maps.Keys(back)) {
		b.WriteString(`<input type="hidden" name="` + name + `" value="` + html.EscapeString(back.Get(name)) + `"/>`)
	}
	b.WriteString(`<noscript><button>Continue</button></noscript></form></body></html>`)
	return answer{kind: "text/html; charset=utf-8", body: []byte(b.String())}
}

func redirectTo(to *url.URL, query url.Values) answer {
	u := *to
	all := u.Query()
	for name, values := range query {
		if values[0] != "" {
			all[name] = values
		}
	}
	u.RawQuery = all.Encode()
	return answer{status: http.StatusFound, header: http.Header{"Location": {u.String()}}}
}

// redeem takes an authorization code, once.
func (c *Cloud) redeem(t *tenant, form url.Values) (*grant, error) {
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	code := form.Get("code")
	g := c.registry.people.codes[code]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case g == nil || g.tenant != t || !strings.EqualFold(g.app, form.Get("client_id")):
		return nil, loginError(http.StatusBadRequest, "invalid_grant", 70000, "The provided value for the 'code' parameter is not valid.")
	case !c.clock.now().Before(g.issued.Add(codeLife)):
		return nil, loginError(http.StatusBadRequest, "invalid_grant", 70008, "The provided authorization code has expired.")
	case form.Get("redirect_uri") != g.redirect:
		return nil, loginError(http.StatusBadRequest, "invalid_grant", 500112, "The reply address '%s' does not match the reply address provided when requesting the authorization code.", form.Get("redirect_uri"))
	case base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge:
		return nil, loginError(http.StatusBadRequest, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	delete(c.registry.people.codes, code)
	return g, nil
}
