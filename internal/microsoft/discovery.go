package microsoft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cordonhq/cordon"
)

// A Discovery is what sign-in tells anybody about a tenant.
type Discovery struct {
	TenantID  string // directory id, a GUID in lower case
	Cloud     cordon.Cloud
	LoginHost string // host where its tokens come from
	GraphHost string // host of Microsoft Graph in its cloud
}

// openIDConfiguration is the part of the document that tells tenant and cloud.
type openIDConfiguration struct {
	Issuer    Text `json:"issuer"`
	Instance  Text `json:"cloud_instance_name"`
	SubRegion Text `json:"tenant_region_sub_scope"`
	Graph     Text `json:"msgraph_host"`
}

// Discover finds a tenant by its id or by one of its domains, and the cloud it
// lives in. It asks the clouds' login hosts in turn and shows no credential.
// Nobody vouches for the answer but the host: it says where a tenant is, not
// who is asking.
//
// Wire:   GET /{tenant}/v2.0/.well-known/openid-configuration
// Source: the cloud members are known from the field alone.
func (h *Hub) Discover(ctx context.Context, domainOrID string) (Discovery, error) {
	name := strings.ToLower(strings.TrimSpace(domainOrID))
	if !plainName(name) || !strings.ContainsAny(name, ".-") {
		return Discovery{}, fmt.Errorf("microsoft: %q is neither a tenant id nor a domain: %w", clean(domainOrID, 80), cordon.ErrBadRequest)
	}
	var last error
	asked := map[string]bool{}
	for _, cloud := range cordon.Clouds() {
		at := h.places[cloud]
		if asked[at.hosts[login].name] {
			continue
		}
		asked[at.hosts[login].name] = true
		d, err := h.discoverAt(ctx, at, name)
		if err == nil {
			return d, nil
		}
		if last = err; !errors.Is(err, cordon.ErrGone) {
			break
		}
	}
	return Discovery{}, last
}

// discoverAt asks one login host, patiently.
func (h *Hub) discoverAt(ctx context.Context, at *place, name string) (Discovery, error) {
	c := &core{hub: h, at: at, tenant: name, cred: &way{}}
	q := get(login, 0, 0, "/"+name+"/v2.0/.well-known/openid-configuration", "")
	for try := 1; ; try++ {
		doc, err := c.readOpen(ctx, q)
		if err == nil {
			return c.discovery(q, doc)
		}
		if try > quickRetries || err.late || !errors.Is(err, cordon.ErrUnavailable) || h.sleep(ctx, h.pause(try)) != nil {
			return Discovery{}, c.fail(q, err)
		}
	}
}

// readOpen reads a document of the login host that everybody may read.
func (c *core) readOpen(ctx context.Context, q *request) (openIDConfiguration, *Error) {
	var doc openIDConfiguration
	inner, cancel := within(ctx, c.hub.timeout)
	defer cancel()
	base := c.at.hosts[login].base
	req, err := http.NewRequestWithContext(inner, http.MethodGet, strings.TrimSuffix(base, "/")+q.path, nil)
	if err != nil {
		return doc, &Error{kind: cordon.ErrBadRequest, Message: "the name is malformed"}
	}
	req.Header.Set("User-Agent", c.hub.userAgent)
	req.Header.Set("Accept", "application/json")
	by := &courier{client: c, service: login}
	resp, err := by.Do(req)
	if err != nil || by.err != nil {
		return doc, by.explain(ctx, inner, err)
	}
	defer func() { _ = resp.Body.Close() }() // it is in memory
	body, err := readBody(resp, bodyCeiling)
	if err == nil {
		doc, err = Decode[openIDConfiguration](body)
	}
	if err != nil {
		return doc, &Error{Status: resp.StatusCode, kind: cordon.ErrMalformed, Message: "the discovery document is malformed"}
	}
	return doc, nil
}

// discovery makes sense of a document, or refuses it.
func (c *core) discovery(q *request, doc openIDConfiguration) (Discovery, error) {
	bad := func(format string, args ...any) (Discovery, error) {
		return Discovery{}, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: fmt.Sprintf(format, args...)})
	}
	cloud, ok := doc.cloud()
	if !ok {
		return bad("the discovery document names a cloud that we do not know: %s", clean(string(doc.Instance), 60))
	}
	at := c.hub.places[cloud]
	issuer, err := url.Parse(string(doc.Issuer))
	if err != nil || issuer.Scheme != "https" || issuer.User != nil || !strings.EqualFold(issuer.Host, at.hosts[login].name) {
		return bad("the discovery document names an issuer that is not of its cloud: %s", clean(string(doc.Issuer), 120))
	}
	id := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(issuer.Path, "/"), "/v2.0"))
	switch {
	case !cordon.IsGUID(id):
		return bad("the discovery document names no tenant")
	case cordon.IsGUID(c.tenant) && id != c.tenant:
		return bad("the discovery document is of another tenant: %s", id)
	}
	return Discovery{TenantID: id, Cloud: cloud, LoginHost: at.hosts[login].name, GraphHost: at.hosts[graph].name}, nil
}

// cloud reads the cloud from the instance, and tells apart those that share
// one by the sub-region, or else by the host of Graph.
func (d openIDConfiguration) cloud() (cordon.Cloud, bool) {
	sub, host := strings.ToUpper(string(d.SubRegion)), strings.ToLower(string(d.Graph))
	switch strings.ToLower(string(d.Instance)) {
	case "microsoftonline.com":
		if sub == "GCC" {
			return cordon.CloudGCC, true
		}
		return cordon.CloudGlobal, true
	case "microsoftonline.us":
		if sub == "DOD" || sub == "" && host == cloudHosts[cordon.CloudUSGovL5].graph {
			return cordon.CloudUSGovL5, true
		}
		return cordon.CloudUSGovL4, true
	case "partner.microsoftonline.cn":
		return cordon.CloudChina, true
	}
	return "", false
}
