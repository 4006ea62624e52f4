package microsoft

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"

	"github.com/cordonhq/cordon"
)

// A ConsentForm is a kind of link with which an administrator lets our app
// into a tenant.
type ConsentForm string

// The forms of a consent link.
const (
	ConsentV2      ConsentForm = "v2"      // what the app's registration lists for Graph; the default
	ConsentV1      ConsentForm = "v1"      // everything that the app's registration lists
	ConsentPartner ConsentForm = "partner" // the older link of Defender's page for partners; it leads back to nowhere
)

// ConsentForms lists the forms, the default first.
func ConsentForms() []ConsentForm { return []ConsentForm{ConsentV2, ConsentV1, ConsentPartner} }

// A Consent is the request that an administrator lets our app into a tenant.
type Consent struct {
	Form        ConsentForm // empty is ConsentV2
	RedirectURI string      // where the browser goes afterwards; registered with the app
	State       string      // ours, to know the request again
}

// ConsentURL returns the page where an administrator of the tenant consents to
// the app permissions that the app asks for; without a tenant id, the
// administrator of any. What the redirect brings is no proof: anybody can send
// it. Get a token and ask for the Organization.
//
// Source: entra-docs v2-admin-consent, v2-oauth2-client-creds-grant-flow;
// defender-docs exposed-apis-create-app-partners.
func (h *Hub) ConsentURL(t cordon.Tenant, want Consent) (string, error) {
	at := h.places[cmp.Or(t.Cloud, cordon.CloudGlobal)]
	redirects := want.RedirectURI != "" || want.Form == "" || want.Form == ConsentV2
	switch {
	case at == nil:
		return "", fmt.Errorf("microsoft: consent: cloud %q is none that we know", clean(string(t.Cloud), 80))
	case t.ID != "" && !plainName(t.ID):
		return "", fmt.Errorf("microsoft: consent: tenant id %q is neither a GUID nor a domain", clean(t.ID, 80))
	case t.ClientID == "":
		return "", errors.New("microsoft: consent: there is no client id")
	case redirects && !safeRedirect(want.RedirectURI):
		return "", fmt.Errorf("microsoft: consent: redirect %q is neither https nor this machine", clean(want.RedirectURI, 120))
	}
	query := url.Values{"client_id": {t.ClientID}}
	for key, value := range map[string]string{"redirect_uri": want.RedirectURI, "state": want.State} {
		if value != "" {
			query.Set(key, value)
		}
	}
	path, err := want.Form.path(t.ID, at, query)
	if err != nil {
		return "", err
	}
	return at.hosts[login].base + path + "?" + query.Encode(), nil
}

// path returns where a form asks, and adds to the query what it takes there.
func (f ConsentForm) path(tenant string, at *place, query url.Values) (string, error) {
	switch f {
	case ConsentV2, "": // never /common, and only .default asks for permissions of the app itself
		query.Set("scope", at.scopes[graph])
		return cmp.Or(tenant, "organizations") + "/v2.0/adminconsent", nil
	case ConsentV1:
		return cmp.Or(tenant, "common") + "/adminconsent", nil
	case ConsentPartner:
		query.Set("prompt", "consent")
		query.Set("response_type", "code")
		query.Set("sso_reload", "true")
		return cmp.Or(tenant, "common") + "/oauth2/authorize", nil
	}
	return "", fmt.Errorf("microsoft: consent: no link is of the form %q", clean(string(f), 40))
}

func safeRedirect(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
}
