package sim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// A rig is a cloud with a client that trusts its CA and holds the first tenant's tokens.
type rig struct {
	t     *testing.T
	cloud *Cloud
	http  *http.Client
	token map[string]string // by service
}

// got is an answer that has been read.
type got struct {
	status int
	header http.Header
	body   string
}

// fixed is a clock that stands still until the cloud is told to advance.
func fixed() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// newRig starts a cloud whose clock stands at fixed.
func newRig(t *testing.T, opts Options) *rig {
	t.Helper()
	if opts.Now == nil {
		opts.Now = fixed
	}
	c, err := Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	c.outbox.handshake, c.outbox.delivery = time.Hour, time.Hour // a busy machine is not a receiver that does not answer
	r := bareRig(t, c)
	r.signIn()
	return r
}

// bareRig is a rig without tokens.
func bareRig(t *testing.T, c *Cloud) *rig {
	t.Helper()
	r := &rig{t: t, cloud: c, token: map[string]string{}}
	pem, err := os.ReadFile(c.Info().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	r.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// signIn fetches a token for each service the tenant has.
func (r *rig) signIn() {
	r.t.Helper()
	me := r.cloud.Info().Tenants[0]
	scopes := map[string]string{serviceGraph: "https://" + r.cloud.national.graph + "/.default"}
	if all := r.cloud.national.defender; len(all) > 0 && r.cloud.scenario.Tenant.Defender != "absent" {
		scopes[serviceDefender] = all[0] + "/.default"
	}
	for service, scope := range scopes {
		g := r.post(r.cloud.Info().LoginURL+"/"+me.ID+"/oauth2/v2.0/token", credentials(me, scope))
		r.token[service] = g.field(r.t, "access_token")
	}
}

// credentials is a token request that is in order.
func credentials(me TenantInfo, scope string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {me.ClientID}, "client_secret": {me.ClientSecret}, "scope": {scope}}
}

func (r *rig) post(address string, form url.Values) got {
	r.t.Helper()
	return r.do("POST", address, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// do sends a request with header names and values in turn.
func (r *rig) do(method, address, body string, header ...string) got {
	r.t.Helper()
	g, err := r.try(method, address, body, header...)
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

func (r *rig) try(method, address, body string, header ...string) (got, error) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return got{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return got{resp.StatusCode, resp.Header, string(text)}, err
}

// graph calls Graph as the first tenant's app, past the one request a second.
func (r *rig) graph(method, path, body string, header ...string) got {
	r.t.Helper()
	r.cloud.Advance(2 * time.Second)
	return r.do(method, r.cloud.Info().GraphURL+"/v1.0/"+path, body, append(header, "Authorization", "Bearer "+r.token[serviceGraph])...)
}

func (r *rig) defender(path string) got {
	r.t.Helper()
	return r.do("GET", r.cloud.Info().DefenderURL+path, "", "Authorization", "Bearer "+r.token[serviceDefender])
}

func (r *rig) control(method, path, body string) got {
	r.t.Helper()
	return r.do(method, r.cloud.Info().ControlURL+path, body)
}

// inject puts an object into the first tenant.
func (r *rig) inject(resource, object string) {
	r.t.Helper()
	if err := r.cloud.Inject("", resource, []byte(object)); err != nil {
		r.t.Fatal(err)
	}
}

// field returns a string member of the answer, which must be 200.
func (g got) field(t *testing.T, name string) string {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(g.body), &o); err != nil || g.status != http.StatusOK {
		t.Fatalf("status %d, body %s", g.status, g.body)
	}
	s, _ := o[name].(string)
	return s
}

// ids returns the ids of a list, which must be 200, and the next link.
func (g got) ids(t *testing.T) (ids []string, next string) {
	t.Helper()
	var page struct {
		Value []struct{ ID string }
		Next  string `json:"@odata.nextLink"`
	}
	if err := json.Unmarshal([]byte(g.body), &page); err != nil || g.status != http.StatusOK {
		t.Fatalf("status %d, body %s", g.status, g.body)
	}
	ids = []string{}
	for _, v := range page.Value {
		ids = append(ids, v.ID)
	}
	return ids, page.Next
}

// problem returns the code and the message of an error in any envelope.
func (g got) problem(t *testing.T) (code, message string) {
	t.Helper()
	var graph struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal([]byte(g.body), &graph) == nil && graph.Error.Code != "" {
		return graph.Error.Code, graph.Error.Message
	}
	var login struct {
		Error       string
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal([]byte(g.body), &login); err != nil {
		t.Fatalf("no error in %q", g.body)
	}
	return login.Error, login.Description
}

// ask escapes a query string's values: name, value, name, value …
func ask(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return "?" + v.Encode()
}
