package microsoft

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// Where each cloud answers, and what its tokens are asked with.
func TestPlaces(t *testing.T) {
	t.Parallel()
	hub, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[cordon.Cloud]string{
		cordon.CloudGlobal: "https://login.microsoftonline.com/ https://graph.microsoft.com/ https://graph.microsoft.com/.default " +
			"https://api.security.microsoft.com/ https://api.securitycenter.microsoft.com/.default",
		cordon.CloudGCC: "https://login.microsoftonline.com/ https://graph.microsoft.com/ https://graph.microsoft.com/.default " +
			"https://api-gcc.securitycenter.microsoft.us/ https://api-gcc.securitycenter.microsoft.us/.default",
		cordon.CloudUSGovL4: "https://login.microsoftonline.us/ https://graph.microsoft.us/ https://graph.microsoft.us/.default " +
			"https://api-gov.securitycenter.microsoft.us/ https://api-gov.securitycenter.microsoft.us/.default",
		cordon.CloudUSGovL5: "https://login.microsoftonline.us/ https://dod-graph.microsoft.us/ https://dod-graph.microsoft.us/.default " +
			"https://api-gov.securitycenter.microsoft.us/ https://api-gov.securitycenter.microsoft.us/.default",
		cordon.CloudChina: "https://login.partner.microsoftonline.cn/ https://microsoftgraph.chinacloudapi.cn/ https://microsoftgraph.chinacloudapi.cn/.default https:/// ",
	}
	for _, cloud := range cordon.Clouds() {
		p := hub.places[cloud]
		got := strings.Join([]string{p.hosts[login].base, p.hosts[graph].base, p.scopes[graph], p.hosts[defender].base, p.scopes[defender]}, " ")
		if got != want[cloud] {
			t.Errorf("%s: got %s", cloud, got)
		}
		for s := range services {
			if len(p.hosts[s].names) > 1 && cloud != cordon.CloudGlobal {
				t.Errorf("%s: links to %s may carry %q", cloud, s, p.hosts[s].names)
			}
		}
	}
	if _, err := hub.Client(cordon.Tenant{ID: tenantID, ClientID: clientID, Cloud: "mars"}, NewSecretCredential("x")); err == nil || !strings.Contains(err.Error(), "mars") {
		t.Errorf("an unknown cloud: got %v", err)
	}
}

// What a cloud lacks is refused by name, and nobody is asked.
func TestNotInCloud(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(200, `{"value":[]}`))
	hub := f.cloud(t, Options{})
	client := func(cloud cordon.Cloud) *Client {
		c, err := hub.Client(cordon.Tenant{ID: tenantID, ClientID: clientID, Cloud: cloud}, NewSecretCredential(canary))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	walk := func(seq func(func(Page, error) bool)) error {
		_, _, err := drain(seq)
		return err
	}
	china := client(cordon.CloudChina)
	tests := map[string]struct {
		err  error
		says string
	}{
		"risk":      {walk(china.Risk.Detections(t.Context(), time.Time{})), "the cloud china has no Entra ID Protection"},
		"alerts":    {walk(china.Alerts.List(t.Context(), time.Time{})), "the cloud china has no Microsoft security API"},
		"defender":  {walk(china.Endpoint.Alerts(t.Context(), time.Time{})), "the cloud china has no Defender for Endpoint"},
		"its token": {china.CheckToken(t.Context(), ResourceDefender), "the cloud china has no Defender for Endpoint"},
	}
	for name, tt := range tests {
		if !errors.Is(tt.err, cordon.ErrNotInCloud) || !strings.Contains(fmt.Sprint(tt.err), tt.says) {
			t.Errorf("%s: got %v", name, tt.err)
		}
	}
	if f.count() != 0 || f.tokens != 0 {
		t.Errorf("%d requests and %d tokens were asked for", f.count(), f.tokens)
	}
	for _, cloud := range []cordon.Cloud{"", cordon.CloudGCC, cordon.CloudUSGovL4, cordon.CloudUSGovL5} {
		if err := walk(client(cloud).Risk.Detections(t.Context(), time.Time{})); err != nil {
			t.Errorf("%s: %v", cloud, err)
		}
	}
	const actions = "/v1.0/security/identities/identityAccounts/x/invokeAction"
	for cloud, want := range map[cordon.Cloud]bool{cordon.CloudGlobal: true, cordon.CloudGCC: true, cordon.CloudUSGovL4: false, cordon.CloudUSGovL5: false, cordon.CloudChina: false} {
		if got := client(cloud).Offers(ResourceGraph, actions); got != want {
			t.Errorf("%s offers account actions: %v", cloud, got)
		}
	}
	for path, want := range map[string]bool{"/v1.0/SECURITY/alerts_v2": false, "/v1.0/security": false, "/v1.0/securityx": true, "/v1.0/users": true,
		"/v1.0/identityProtection/riskyUsers/x": false, "/v1.0/tenantRelationships/delegatedAdminCustomers('x')": false} {
		if got := china.Offers(ResourceGraph, path); got != want {
			t.Errorf("china offers %s: %v", path, got)
		}
	}
}

// A token is asked for in the words of the tenant's cloud, also behind an
// endpoint that stands in for it.
func TestScopesOfTheCloud(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	var scopes []string
	f.signIn = func(w http.ResponseWriter, r *http.Request) {
		scopes = append(scopes, strings.Fields(r.PostFormValue("scope"))[0])
		reply(w, 200, `{"token_type":"Bearer","expires_in":3599,"access_token":"x"}`)
	}
	hub := f.cloud(t, Options{})
	for _, cloud := range []cordon.Cloud{cordon.CloudUSGovL5, cordon.CloudGCC} {
		c, err := hub.Client(cordon.Tenant{ID: tenantID, ClientID: clientID, Cloud: cloud}, NewSecretCredential(canary))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.CheckToken(t.Context(), ResourceGraph), c.CheckToken(t.Context(), ResourceDefender)); err != nil {
			t.Error(err)
		}
	}
	want := []string{"https://dod-graph.microsoft.us/.default", "https://api-gov.securitycenter.microsoft.us/.default",
		"https://graph.microsoft.com/.default", "https://api-gcc.securitycenter.microsoft.us/.default"}
	if !slices.Equal(scopes, want) {
		t.Errorf("asked for %q", scopes)
	}
}

// discoverFrom plays the login hosts of the world: what each answers, by name.
func discoverFrom(t *testing.T, answers map[string]string) (*Hub, *[]string) {
	t.Helper()
	var asked []string
	var mu sync.Mutex
	f := newFake(t, nil)
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Host+r.URL.Path)
		mu.Unlock()
		if body, ok := answers[r.Host]; ok {
			status := 200
			if strings.Contains(body, `"error"`) {
				status = 400
			}
			reply(w, status, body)
			return
		}
		reply(w, 400, `{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant not found.","error_codes":[90002]}`)
	})
	hub, err := New(Options{Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	hub.sleep = f.sleep
	hub.transport.TLSClientConfig.InsecureSkipVerify = true //nolint:gosec // the server plays hosts that it has no names of
	hub.transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, f.Listener.Addr().String())
	}
	return hub, &asked
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	doc := func(issuer, instance, sub, graph string) string {
		return fmt.Sprintf(`{"issuer":%q,"cloud_instance_name":%q,"tenant_region_sub_scope":%q,"msgraph_host":%q}`, issuer, instance, sub, graph)
	}
	const us, cn, com = "https://login.microsoftonline.us/" + tenantID + "/v2.0", "https://login.partner.microsoftonline.cn/" + tenantID + "/v2.0",
		"https://login.microsoftonline.com/" + tenantID + "/v2.0"
	global := func(text string) map[string]string { return map[string]string{"login.microsoftonline.com": text} }
	tests := map[string]struct {
		answers map[string]string
		want    Discovery
		err     error
		asked   int
	}{
		"global": {global(doc(com, "microsoftonline.com", "", "graph.microsoft.com")),
			Discovery{tenantID, cordon.CloudGlobal, "login.microsoftonline.com", "graph.microsoft.com"}, nil, 1},
		"GCC": {global(doc(com, "microsoftonline.com", "GCC", "graph.microsoft.com")),
			Discovery{tenantID, cordon.CloudGCC, "login.microsoftonline.com", "graph.microsoft.com"}, nil, 1},
		"the global host knows the others": {global(doc(us, "microsoftonline.us", "DODCON", "graph.microsoft.us")),
			Discovery{tenantID, cordon.CloudUSGovL4, "login.microsoftonline.us", "graph.microsoft.us"}, nil, 1},
		"DoD": {map[string]string{"login.microsoftonline.us": doc(us, "microsoftonline.us", "DOD", "dod-graph.microsoft.us")},
			Discovery{tenantID, cordon.CloudUSGovL5, "login.microsoftonline.us", "dod-graph.microsoft.us"}, nil, 2},
		"DoD without a sub-region": {map[string]string{"login.microsoftonline.us": doc(us, "microsoftonline.us", "", "dod-graph.microsoft.us")},
			Discovery{tenantID, cordon.CloudUSGovL5, "login.microsoftonline.us", "dod-graph.microsoft.us"}, nil, 2},
		"China": {map[string]string{"login.partner.microsoftonline.cn": doc(cn, "partner.microsoftonline.cn", "", "microsoftgraph.chinacloudapi.cn")},
			Discovery{tenantID, cordon.CloudChina, "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"}, nil, 3},
		"nowhere":                    {nil, Discovery{}, cordon.ErrGone, 3},
		"the issuer is elsewhere":    {global(doc("https://evil.example/"+tenantID+"/v2.0", "microsoftonline.com", "", "")), Discovery{}, cordon.ErrMalformed, 1},
		"the issuer is of a cloud":   {global(doc(com, "microsoftonline.us", "DOD", "")), Discovery{}, cordon.ErrMalformed, 1},
		"the issuer is not safe":     {global(doc(strings.Replace(com, "https", "http", 1), "microsoftonline.com", "", "")), Discovery{}, cordon.ErrMalformed, 1},
		"the issuer has a user":      {global(doc(strings.Replace(com, "//", "//evil@", 1), "microsoftonline.com", "", "")), Discovery{}, cordon.ErrMalformed, 1},
		"no tenant":                  {global(doc("https://login.microsoftonline.com/{tenantid}/v2.0", "microsoftonline.com", "", "")), Discovery{}, cordon.ErrMalformed, 1},
		"an unknown cloud":           {global(doc(com, "mars.example", "", "")), Discovery{}, cordon.ErrMalformed, 1},
		"HTML":                       {global("<html>"), Discovery{}, cordon.ErrMalformed, 1},
		"an error that is no answer": {global(`{"error":"invalid_request","error_codes":[900144]}`), Discovery{}, cordon.ErrBadRequest, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub, asked := discoverFrom(t, tt.answers)
			got, err := hub.Discover(t.Context(), "Contoso.com")
			if got != tt.want || !errors.Is(err, tt.err) || len(*asked) != tt.asked {
				t.Errorf("got %+v, %v, asked %q", got, err, *asked)
			}
			if !strings.HasSuffix((*asked)[0], "/contoso.com/v2.0/.well-known/openid-configuration") {
				t.Errorf("asked %q", *asked)
			}
		})
	}
	hub, asked := discoverFrom(t, global(doc(com, "microsoftonline.com", "", "")))
	for _, bad := range []string{"", "common", "organizations", "../x", "a b.com", "x/y.com", strings.Repeat("a.", 200)} {
		if _, err := hub.Discover(t.Context(), bad); !errors.Is(err, cordon.ErrBadRequest) || len(*asked) != 0 {
			t.Errorf("%q: got %v, asked %q", bad, err, *asked)
		}
	}
	if _, err := hub.Discover(t.Context(), clientID); !errors.Is(err, cordon.ErrMalformed) || !strings.Contains(err.Error(), "another tenant") {
		t.Errorf("the document of another tenant: got %v", err)
	}
}
