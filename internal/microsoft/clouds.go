package microsoft

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// A place is where the services of one cloud answer, and what a token for
// each of them is asked with.
type place struct {
	cloud  cordon.Cloud
	hosts  [services]host
	scopes [services]string // empty: the cloud has no such service
	lacks  []gap            // of Graph
}

// A cloudHost names the host of a service; the scope is that of its API.
type cloudHost struct{ graph, defender, login, defenderScope string }

// cloudHosts are the hosts of each cloud. The scope for Graph is its root. For
// Defender the global cloud keeps the older name as its audience; those of the
// US government are the hosts themselves, as connectors in use have it. No
// Defender host is documented for China.
//
// Source: entra-docs authentication-national-cloud; microsoft-graph-docs
// concepts/deployments; defender-docs gov, exposed-apis-list and
// exposed-apis-create-app-partners.
var cloudHosts = map[cordon.Cloud]cloudHost{
	cordon.CloudGlobal: {"graph.microsoft.com", "api.security.microsoft.com", "login.microsoftonline.com",
		"https://api.securitycenter.microsoft.com/.default"},
	cordon.CloudGCC: {"graph.microsoft.com", "api-gcc.securitycenter.microsoft.us", "login.microsoftonline.com",
		"https://api-gcc.securitycenter.microsoft.us/.default"},
	cordon.CloudUSGovL4: {"graph.microsoft.us", "api-gov.securitycenter.microsoft.us", "login.microsoftonline.us",
		"https://api-gov.securitycenter.microsoft.us/.default"},
	cordon.CloudUSGovL5: {"dod-graph.microsoft.us", "api-gov.securitycenter.microsoft.us", "login.microsoftonline.us",
		"https://api-gov.securitycenter.microsoft.us/.default"},
	cordon.CloudChina: {"microsoftgraph.chinacloudapi.cn", "", "login.partner.microsoftonline.cn", ""},
}

// place returns where a cloud answers. Endpoints that are set replace the
// hosts of every cloud; the scopes stay those of the cloud, because a
// simulator or a proxy stands in for the same API.
func (e Endpoints) place(cloud cordon.Cloud) (*place, error) {
	h := cloudHosts[cloud]
	p := &place{cloud: cloud}
	p.scopes[graph], p.scopes[defender] = "https://"+h.graph+"/.default", h.defenderScope
	for s, want := range map[service][2]string{graph: {e.Graph, h.graph}, defender: {e.Defender, h.defender}, login: {e.Login, h.login}} {
		name := want[1]
		if want[0] != "" {
			var err error
			if name, err = hostOf(want[0]); err != nil {
				return nil, fmt.Errorf("%s endpoint %q: %w", s, clean(want[0], 120), err)
			}
		}
		p.hosts[s] = newHost(s, name)
	}
	for _, g := range gaps {
		if slices.Contains(g.lack, cloud) {
			p.lacks = append(p.lacks, g)
		}
	}
	return p, nil
}

// places returns the places of all clouds.
func (e Endpoints) places() (map[cordon.Cloud]*place, error) {
	all := map[cordon.Cloud]*place{}
	for _, cloud := range cordon.Clouds() {
		p, err := e.place(cloud)
		if err != nil {
			return nil, err
		}
		all[cloud] = p
	}
	return all, nil
}

// A gap is an API that some clouds lack.
type gap struct {
	prefix string // of the path, whole segments
	name   string // for people
	lack   []cordon.Cloud
}

// gaps are what national clouds lack of Graph. The first that fits gives its
// name, so the narrower ones come before.
//
// Source: the schemas of each cloud in msgraph-metadata.
var gaps = []gap{
	{"/v1.0/identityProtection", "Entra ID Protection", []cordon.Cloud{cordon.CloudChina}},
	{"/v1.0/security/identities/identityAccounts", "actions on Defender for Identity accounts",
		[]cordon.Cloud{cordon.CloudUSGovL4, cordon.CloudUSGovL5, cordon.CloudChina}},
	{"/v1.0/security", "Microsoft security API", []cordon.Cloud{cordon.CloudChina}},
	{"/v1.0/tenantRelationships/delegatedAdminCustomers", "delegated admin relationships", []cordon.Cloud{cordon.CloudChina}},
	{"/v1.0/tenantRelationships/delegatedAdminRelationships", "delegated admin relationships", []cordon.Cloud{cordon.CloudChina}},
}

// missing returns why the cloud cannot answer that path, or "".
func (p *place) missing(s service, path string) string {
	if p.scopes[s] == "" && s != login {
		return fmt.Sprintf("the cloud %s has no %s", p.cloud, s.title())
	}
	if s != graph {
		return ""
	}
	for _, g := range p.lacks {
		if under(path, g.prefix) {
			return fmt.Sprintf("the cloud %s has no %s", p.cloud, g.name)
		}
	}
	return ""
}

// under reports whether a path is the prefix or below it. Graph does not mind
// the case of its segments.
func under(path, prefix string) bool {
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return false
	}
	return len(path) == len(prefix) || strings.ContainsRune("/(?", rune(path[len(prefix)]))
}

// offered returns an error when the tenant's cloud has no such API, so that
// nothing is asked for in vain.
func (c *core) offered(q *request) error {
	if why := c.at.missing(q.service, q.path); why != "" {
		return c.fail(q, notInCloud(why))
	}
	return nil
}

func notInCloud(why string) *Error { return &Error{kind: cordon.ErrNotInCloud, Message: why} }

// Offers reports whether the tenant's cloud has the API that answers at the
// path, such as "/v1.0/identityProtection/riskyUsers".
func (c *Client) Offers(resource Resource, path string) bool {
	return c.offered(&request{method: http.MethodGet, service: resource.service(), path: path}) == nil
}
