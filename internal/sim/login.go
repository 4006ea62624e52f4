package sim

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// loginHandler answers as Entra sign-in does.
func (c *Cloud) loginHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := c.open(serviceLogin, w, r)
		x.tenant, _, _ = c.loginTenant(r.URL.Path)
		x.body, _ = io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		form, _ := url.ParseQuery(string(x.body)) // what cannot be read is missing, and is refused as such
		if r.Method == http.MethodPost {
			x.entry.Body = encode(publicForm(form))
		}
		x.run(func() (answer, error) { return c.login(x, form) })
	})
}

// publicForm is what of a token request may be written down.
func publicForm(form url.Values) map[string]string {
	out := map[string]string{}
	for _, name := range []string{"grant_type", "client_id", "scope", "resource", "client_assertion_type"} {
		if form.Has(name) {
			out[name] = form.Get(name)
		}
	}
	return out
}

// loginTenant splits a login path into the tenant and the rest.
func (c *Cloud) loginTenant(path string) (t *tenant, name, rest string) {
	name, rest, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return c.byName[strings.ToLower(name)], name, rest
}

// login answers one request to the login host.
func (c *Cloud) login(x *exchange, form url.Values) (answer, error) {
	t, name, rest := c.loginTenant(x.request.URL.Path)
	switch rest {
	case "v2.0/.well-known/openid-configuration", ".well-known/openid-configuration":
		if t == nil {
			return answer{}, unknownTenant(name, "invalid_tenant")
		}
		return answer{body: c.discovery(t, strings.HasPrefix(rest, "v2.0/"))}, nil
	case "v2.0/adminconsent", "adminconsent":
		return c.consent(t, name, x.request.URL.Query(), rest == "v2.0/adminconsent")
	case "oauth2/v2.0/authorize", "oauth2/v2.0/devicecode":
		if err := c.checkTenant(t, name); err != nil {
			return answer{}, err
		}
		if rest == "oauth2/v2.0/authorize" {
			return c.authorize(t, x.request.URL.Query())
		}
		return c.deviceCode(t, form)
	case "discovery/v2.0/keys", "discovery/keys":
		return answer{body: c.keys.jwks()}, nil
	case "discovery/instance":
		return answer{body: c.instance(x.request.URL.Query())}, nil
	case "oauth2/v2.0/token", "oauth2/token":
		if x.request.Method != http.MethodPost {
			return answer{}, loginError(http.StatusBadRequest, "invalid_request", 900561, "The endpoint only accepts POST requests. Received a GET request.")
		}
		return c.token(t, name, form, x.request, rest == "oauth2/token")
	}
	return answer{}, notModelled("the login path '%s'", x.request.URL.Path)
}

// discovery is the OpenID configuration of a tenant.
func (c *Cloud) discovery(t *tenant, v2 bool) []byte {
	base := c.info.LoginURL + "/" + t.id
	issuer, oauth, keys := "https://sts.windows.net/"+t.id+"/", base+"/oauth2/", c.info.LoginURL+"/common/discovery/keys"
	if v2 {
		issuer, oauth, keys = base+"/v2.0", base+"/oauth2/v2.0/", base+"/discovery/v2.0/keys"
	}
	o := newObject(
		"token_endpoint", oauth+"token",
		"token_endpoint_auth_methods_supported", []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"jwks_uri", keys,
		"response_modes_supported", []string{"query", "fragment", "form_post"},
		"subject_types_supported", []string{"pairwise"},
		"id_token_signing_alg_values_supported", []string{"RS256"},
		"response_types_supported", []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported", []string{"openid", "profile", "email", "offline_access"},
		"issuer", issuer,
		"request_uri_parameter_supported", false,
		"userinfo_endpoint", c.info.GraphURL+"/oidc/userinfo",
		"authorization_endpoint", oauth+"authorize",
		"device_authorization_endpoint", oauth+"devicecode",
		"end_session_endpoint", oauth+"logout",
		"claims_supported", []string{"sub", "iss", "cloud_instance_name", "aud", "exp", "iat", "tid", "ver"},
		"kerberos_endpoint", base+"/kerberos",
		"tenant_region_scope", c.national.region)
	if c.national.subRegion != "" {
		o.set("tenant_region_sub_scope", c.national.subRegion)
	}
	for _, m := range [][2]string{{"cloud_instance_name", c.national.instance}, {"cloud_graph_host_name", c.national.oldGraph},
		{"msgraph_host", c.national.graph}, {"rbac_url", "https://" + c.national.pas}} {
		o.set(m[0], m[1])
	}
	return encode(o)
}

// instance answers instance discovery: the cloud knows one host, itself.
func (c *Cloud) instance(query url.Values) []byte {
	host := strings.TrimPrefix(c.info.LoginURL, "https://")
	tenant := "common"
	if u, err := url.Parse(query.Get("authorization_endpoint")); err == nil {
		if name, _, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); ok {
			tenant = name
		}
	}
	return encode(newObject(
		"tenant_discovery_endpoint", c.info.LoginURL+"/"+tenant+"/v2.0/.well-known/openid-configuration",
		"api-version", "1.1",
		"metadata", []*object{newObject("preferred_network", host, "preferred_cache", host, "aliases", []string{host})}))
}
