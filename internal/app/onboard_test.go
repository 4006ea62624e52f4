package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/seal"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/cordonhq/cordon/internal/web"
	"github.com/goccy/go-yaml"
)

// A partner is a cloud of three tenants whose first one's app is shared, and
// the house of that partner.
type partner struct {
	*world
	house   *app.House
	pages   *httptest.Server
	browser *http.Client // follows no redirect
	now     func() time.Time
}

func newPartner(t *testing.T) *partner {
	t.Helper()
	dir := t.TempDir()
	cloud, err := sim.Start(t.Context(), sim.Options{Scenario: "partner", Tenants: 3, StateDir: filepath.Join(dir, "sim"), Calm: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	p := &partner{world: &world{t: t, cloud: cloud, tenant: cloud.Info().Tenants[0], file: filepath.Join(dir, "cordon.yaml")}, now: time.Now}
	yes := true
	if err := cloud.ChangeApp(sim.AppChange{MultiTenant: &yes}); err != nil {
		t.Fatal(err)
	}
	key, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	p.write(filepath.Join(dir, "key"), string(key))
	p.write(filepath.Join(dir, "secret"), p.tenant.ClientSecret)
	info := cloud.Info()
	b, err := yaml.Marshal(map[string]any{
		"storage":   map[string]any{"url": "sqlite://cordon.db"},
		"endpoints": map[string]any{"login": info.LoginURL, "graph": info.GraphURL, "defender": info.DefenderURL, "ca_file": info.CAFile},
		"app":       map[string]any{"client_id": p.tenant.ClientID, "secret": "file:secret", "public_url": "https://cordon.example.com/base/"},
		"secrets":   map[string]any{"key": "file:key"},
		"tenants":   []any{map[string]any{"id": p.tenant.ID, "name": "contoso"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.write(p.file, string(b))
	p.openHouse()
	pem, err := os.ReadFile(info.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	p.browser = &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p
}

func (p *partner) openHouse() {
	p.t.Helper()
	p.house = p.open(app.Options{Now: func() time.Time { return p.now() }})
	p.t.Cleanup(func() { _ = p.house.Close() })
	p.pages = httptest.NewServer(web.Handler(web.Options{Callback: app.CallbackPath, Onboard: p.house.Onboard, Log: discard()}))
	p.t.Cleanup(p.pages.Close)
}

func (p *partner) closeHouse() {
	p.t.Helper()
	p.pages.Close()
	if err := p.house.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// link makes a consent link.
func (p *partner) link(in app.Invitation) string {
	p.t.Helper()
	in.Form = "v2"
	link, err := p.house.Config.ConsentURL(p.t.Context(), in, "ruth@desk", app.Options{Now: func() time.Time { return p.now() }})
	if err != nil {
		p.t.Fatal(err)
	}
	return link
}

// consent follows a link as the tenant's administrator and returns where Entra
// sends the browser.
func (p *partner) consent(link string) *url.URL {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, link, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := p.browser.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode/100 != 3 {
		p.t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	if want := "https://cordon.example.com/base" + app.CallbackPath; !strings.HasPrefix(to.String(), want+"?") {
		p.t.Fatalf("sent to %s", to)
	}
	return to
}

// comeBack shows the answer to the house, with other parameters where given.
func (p *partner) comeBack(answer *url.URL, other url.Values) int {
	p.t.Helper()
	query := answer.Query()
	for k, v := range other {
		query[k] = v
	}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.pages.URL+app.CallbackPath+"?"+query.Encode(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func (p *partner) onboarded() []store.Onboarded {
	p.t.Helper()
	return ask(p.world, func(ctx context.Context, tx *store.Tx) ([]store.Onboarded, error) { return tx.Tenants(ctx) })
}

// An administrator consents, and the tenant is watched in mode observe.
func TestConsentOnboards(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	customer := p.cloud.Info().Tenants[1]
	answer := p.consent(p.link(app.Invitation{Tenant: customer.Domain, Tags: map[string]string{"customer": "fabrikam"}}))
	if got := p.comeBack(answer, nil); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	got := p.onboarded()
	if len(got) != 1 || got[0].ID != customer.ID || got[0].Mode != cordon.ModeObserve || got[0].Tags["customer"] != "fabrikam" ||
		got[0].Name != "Fabrikam" || got[0].Credential != store.CredentialApp || got[0].Sealed != "" || got[0].AddedBy != "ruth@desk" {
		t.Fatalf("stored %+v", got)
	}
	if err := p.house.Engine.Once(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	read := ask(p.world, func(ctx context.Context, tx *store.Tx) ([]cordon.Coverage, error) {
		return tx.Coverage(ctx, customer.ID)
	})
	if len(read) != len(cordon.Sources()) {
		t.Errorf("read %d sources of the new tenant", len(read))
	}
	entries := p.verify()
	if len(entries) != 1 || entries[0].Kind != cordon.EntryTenant || !strings.Contains(string(entries[0].Data), `"consented"`) {
		t.Errorf("audit: %+v", entries)
	}
	if got := p.comeBack(answer, nil); got != http.StatusConflict {
		t.Errorf("the same answer again: status %d", got)
	}
}

// What comes back is not believed.
func TestConsentIsProved(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	tenants := p.cloud.Info().Tenants
	bound := p.consent(p.link(app.Invitation{Tenant: tenants[1].ID}))
	free := p.consent(p.link(app.Invitation{})) // the simulator's browser belongs to the first tenant
	state := bound.Query().Get("state")
	tests := []struct {
		name  string
		other url.Values
		want  int
	}{
		{"another tenant than the link is for", url.Values{"tenant": {tenants[2].ID}}, http.StatusForbidden},
		{"no tenant", url.Values{"tenant": {""}}, http.StatusForbidden},
		{"a tenant that is none", url.Values{"tenant": {"<script>"}}, http.StatusForbidden},
		{"no state", url.Values{"state": {""}}, http.StatusForbidden},
		{"a forged state", url.Values{"state": {"AAAA" + state[4:]}}, http.StatusForbidden},
		{"a state that was changed", url.Values{"state": {state[:len(state)-4] + "AAAA"}}, http.StatusForbidden},
		{"declined", url.Values{"error": {"consent_required"}}, http.StatusForbidden},
	}
	for _, tt := range tests {
		if got := p.comeBack(bound, tt.other); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.want)
		}
	}
	if got := p.comeBack(free, url.Values{"tenant": {tenants[2].ID}}); got != http.StatusServiceUnavailable {
		t.Errorf("a tenant that has not consented: status %d", got)
	}
	if got := p.comeBack(free, url.Values{"tenant": {tenants[0].ID}}); got != http.StatusConflict {
		t.Errorf("a tenant that is watched already: status %d", got)
	}
	p.now = func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }
	if got := p.comeBack(bound, nil); got != http.StatusForbidden {
		t.Errorf("out of date: status %d", got)
	}
	p.now = time.Now
	if got := p.onboarded(); len(got) != 0 {
		t.Fatalf("stored %+v", got)
	}
	if got := p.comeBack(bound, nil); got != http.StatusOK { // no refusal used up the link
		t.Errorf("at last: status %d", got)
	}
	if got := p.comeBack(bound, nil); got != http.StatusConflict {
		t.Errorf("used up: status %d", got)
	}
}

// A tenant that would be called like another is called by its id.
func TestConsentTakesNobodysName(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	tenants := p.cloud.Info().Tenants
	for i, name := range []string{"CONTOSO", "con*"} {
		customer := tenants[i+1]
		if got := p.comeBack(p.consent(p.link(app.Invitation{Tenant: customer.ID, Name: name})), nil); got != http.StatusOK {
			t.Fatalf("%s: status %d", name, got)
		}
		for _, o := range p.onboarded() {
			if o.ID == customer.ID && o.Name != customer.ID {
				t.Errorf("a tenant is called %s", o.Name)
			}
		}
	}
}

// A link is good for one tenant, also when it was made for any.
func TestConsentLinkIsSingleUse(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	tenants, yes := p.cloud.Info().Tenants, true
	for _, c := range tenants[1:] {
		if err := p.cloud.ChangeApp(sim.AppChange{Tenant: c.ID, App: p.tenant.ClientID, Consented: &yes}); err != nil {
			t.Fatal(err)
		}
	}
	answer := p.consent(p.link(app.Invitation{}))
	first := p.comeBack(answer, url.Values{"tenant": {tenants[1].ID}})
	second := p.comeBack(answer, url.Values{"tenant": {tenants[2].ID}})
	if first != http.StatusOK || second != http.StatusConflict || len(p.onboarded()) != 1 {
		t.Errorf("statuses %d and %d, stored %d", first, second, len(p.onboarded()))
	}
}

// The lists of a partner, with what each customer lacks. One that cannot be
// read is told beside the others.
func TestCustomers(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	yes := true
	tenants := p.cloud.Info().Tenants
	if err := p.cloud.ChangeApp(sim.AppChange{Tenant: tenants[2].ID, App: p.tenant.ClientID, Consented: &yes}); err != nil {
		t.Fatal(err)
	}
	list := func() ([]app.Customer, error) {
		return p.house.Config.Customers(t.Context(), cordon.Tenant{ID: p.tenant.ID}, "ruth", func(int) {}, func() {}, app.Options{})
	}
	got, err := list()
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v, error %v", got, err)
	}
	lacks := map[string]string{}
	for _, c := range got {
		lacks[c.ID] = strings.Join(c.Lacks, " ") + " from " + strings.Join(c.From, " ")
		if strings.Contains(lacks[c.ID], "consent") != strings.Contains(c.Consent, "/v2.0/adminconsent?") {
			t.Errorf("%s: link %q", c.Name, c.Consent)
		}
	}
	if lacks[tenants[1].ID] != "added consent from gdap contract" || lacks[tenants[2].ID] != "added from gdap contract" {
		t.Errorf("lacks %v", lacks)
	}
	if err := p.cloud.AddFault(sim.Fault{RevokeRoles: []string{"Directory.Read.All"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := list(); len(got) != 2 || !errors.Is(err, cordon.ErrDenied) || !strings.Contains(err.Error(), "contracts could not be read") {
		t.Errorf("without contracts: %d customers, error %v", len(got), err)
	}
	p.cloud.ClearFaults()
	if err := p.cloud.AddFault(sim.Fault{Path: "/" + tenants[2].ID + "/oauth2/v2.0/token", Status: 400}); err != nil {
		t.Fatal(err)
	}
	if got, err := list(); len(got) != 2 || err == nil || err.Error() != "1 of 2 customers could not be asked" {
		t.Errorf("one who does not answer: %+v, error %v", got, err)
	}
}
