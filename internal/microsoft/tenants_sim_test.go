package microsoft_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// An app of one tenant enters others once they have consented to it.
func TestMultiTenantApp(t *testing.T) {
	t.Parallel()
	s := newStage(t, sim.Options{Tenants: 3})
	cred := microsoft.NewSecretCredential(s.info.Tenants[0].ClientSecret)
	check := func(n int) error {
		return s.client(t, s.tenant(n), cred).CheckToken(t.Context(), microsoft.ResourceGraph)
	}
	change := func(c sim.AppChange) {
		t.Helper()
		c.App = s.info.Tenants[0].ClientID
		if err := s.ChangeApp(c); err != nil {
			t.Fatal(err)
		}
	}
	yes := true
	if err := check(1); !errors.Is(err, cordon.ErrGone) || !strings.Contains(err.Error(), "consent") {
		t.Errorf("before consent: got %v", err)
	}
	change(sim.AppChange{MultiTenant: &yes})
	if err := check(1); !errors.Is(err, cordon.ErrGone) {
		t.Errorf("many tenants, no consent: got %v", err)
	}
	change(sim.AppChange{Tenant: s.info.Tenants[1].ID, Consented: &yes})
	c := s.client(t, s.tenant(1), cred)
	enters(t, c, "secret")
	org, err := c.Organization(t.Context())
	if err != nil || org.ID != s.info.Tenants[1].ID || len(org.VerifiedDomains) == 0 || org.VerifiedDomains[0].Name != s.info.Tenants[1].Domain {
		t.Errorf("organization %+v, %v", org, err)
	}
	if err := check(2); !errors.Is(err, cordon.ErrGone) {
		t.Errorf("the third tenant: got %v", err)
	}
	change(sim.AppChange{Tenant: s.info.Tenants[1].ID, Disabled: &yes})
	if err := check(1); !errors.Is(err, cordon.ErrGone) || !strings.Contains(err.Error(), "service principal") {
		t.Errorf("disabled: got %v", err)
	}
	gone := s.now().Add(-time.Minute)
	change(sim.AppChange{SecretExpires: &gone})
	if err := check(0); !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "AADSTS7000222") {
		t.Errorf("expired secret: got %v", err)
	}
}

// Each cloud is found out by the name of a tenant, and entered in its words.
// What it lacks is not asked for.
func TestNationalClouds(t *testing.T) {
	t.Parallel()
	for _, cloud := range cordon.Clouds() {
		t.Run(string(cloud), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, sim.Options{Cloud: string(cloud)})
			d, err := s.hub.Discover(t.Context(), s.info.Tenants[0].Domain)
			want := microsoft.Discovery{TenantID: s.info.Tenants[0].ID, Cloud: cloud,
				LoginHost: strings.TrimPrefix(s.info.LoginURL, "https://"), GraphHost: strings.TrimPrefix(s.info.GraphURL, "https://")}
			if err != nil || d != want {
				t.Fatalf("got %+v, %v; want %+v", d, err, want)
			}
			tenant := s.tenant(0)
			tenant.Cloud = d.Cloud
			c := s.client(t, tenant, microsoft.NewSecretCredential(s.info.Tenants[0].ClientSecret))
			if org, err := c.Organization(t.Context()); err != nil || org.ID != d.TenantID {
				t.Errorf("organization %+v, %v", org, err)
			}
			for _, err := range []error{c.CheckToken(t.Context(), microsoft.ResourceDefender), first(c.Alerts.List(t.Context(), time.Time{})), first(c.Risk.Detections(t.Context(), time.Time{}))} {
				if lacks := cloud == cordon.CloudChina; lacks != errors.Is(err, cordon.ErrNotInCloud) || !lacks && err != nil {
					t.Errorf("got %v", err)
				}
			}
			// The simulator plays its cloud alone: another's words are strange to it.
			tenant.Cloud = cordon.CloudUSGovL4
			if cloud == cordon.CloudUSGovL4 {
				tenant.Cloud = cordon.CloudGlobal
			}
			c = s.client(t, tenant, microsoft.NewSecretCredential(s.info.Tenants[0].ClientSecret))
			if err := c.CheckToken(t.Context(), microsoft.ResourceGraph); !errors.Is(err, cordon.ErrGone) {
				t.Errorf("with the scope of %s: got %v", tenant.Cloud, err)
			}
		})
	}
}

func first(seq func(func(microsoft.Page, error) bool)) (err error) {
	seq(func(_ microsoft.Page, e error) bool { err = e; return false })
	return err
}

// Consent is had with the link that an administrator opens, and proven by
// what the tenant then says of itself.
func TestConsentByLink(t *testing.T) {
	t.Parallel()
	s := newStage(t, sim.Options{Tenants: 2})
	yes := true
	if err := s.ChangeApp(sim.AppChange{MultiTenant: &yes}); err != nil {
		t.Fatal(err)
	}
	link, err := s.hub.ConsentURL(s.tenant(1), microsoft.Consent{RedirectURI: "https://cordon.example/consent", State: "s 1"})
	if err != nil {
		t.Fatal(err)
	}
	back := open(t, s.info.CAFile, link)
	if back.Get("admin_consent") != "True" || back.Get("state") != "s 1" || back.Get("tenant") != s.info.Tenants[1].ID || back.Get("error") != "" {
		t.Errorf("went back with %v", back)
	}
	c := s.client(t, s.tenant(1), microsoft.NewSecretCredential(s.info.Tenants[0].ClientSecret))
	if org, err := c.Organization(t.Context()); err != nil || org.ID != s.info.Tenants[1].ID {
		t.Errorf("organization %+v, %v", org, err)
	}
	if err := s.SetBrowser(sim.Browser{Decline: true}); err != nil {
		t.Fatal(err)
	}
	if back := open(t, s.info.CAFile, link); back.Get("error") != "consent_required" || !strings.Contains(back.Get("error_description"), "AADSTS65004") {
		t.Errorf("declined: went back with %v", back)
	}
	for _, bad := range []microsoft.Consent{{}, {RedirectURI: "http://cordon.example/"}, {RedirectURI: "https://u@cordon.example/"}, {RedirectURI: "javascript:x"}} {
		if link, err := s.hub.ConsentURL(s.tenant(1), bad); err == nil {
			t.Errorf("%+v was taken: %s", bad, link)
		}
	}
	if link, err := s.hub.ConsentURL(cordon.Tenant{ClientID: "x", Cloud: cordon.CloudUSGovL5}, microsoft.Consent{RedirectURI: "http://localhost:1/"}); err != nil ||
		!strings.Contains(link, "/organizations/v2.0/adminconsent?") || !strings.Contains(link, "scope=https%3A%2F%2Fdod-graph.microsoft.us%2F.default") {
		t.Errorf("got %s, %v", link, err)
	}
}

// open opens a page as a browser that stops before it leaves sign-in, and
// returns what it would have gone back with.
func open(t *testing.T, caFile, page string) url.Values {
	t.Helper()
	ca, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Fatalf("status %d: %v", resp.StatusCode, err)
	}
	return to.Query()
}
