package microsoft

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	tenantID  = "11111111-1111-4111-8111-111111111111"
	clientID  = "22222222-2222-4222-8222-222222222222"
	userID    = "33333333-3333-4333-8333-333333333333"
	requestID = "44444444-4444-4444-8444-444444444444"
	canary    = "canary~secret/with+marks=8Q"
	canaryJWT = "canary.jwt.token"
)

// A fake is a server that plays sign-in, and answers API calls as a test says.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	api    http.HandlerFunc
	signIn http.HandlerFunc // instead of the usual token
	device http.HandlerFunc // answers for a device code
	tokens int              // handed out
	calls  []*http.Request  // to the API
	clock  time.Time
	slept  []time.Duration
}

func newFake(t *testing.T, api http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{api: api, clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = nil
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", f.now().Format(http.TimeFormat))
	switch {
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		base := f.URL + "/" + tenantID
		reply(w, 200, fmt.Sprintf(`{"token_endpoint":%q,"authorization_endpoint":%q,"issuer":%q}`,
			base+"/oauth2/v2.0/token", base+"/oauth2/v2.0/authorize", base+"/v2.0"))
	case strings.HasSuffix(r.URL.Path, "/devicecode"):
		f.mu.Lock()
		device := f.device
		f.mu.Unlock()
		device(w, r)
	case strings.HasSuffix(r.URL.Path, "/token"):
		f.mu.Lock()
		f.tokens++
		n, signIn := f.tokens, f.signIn
		f.mu.Unlock()
		if signIn != nil {
			signIn(w, r)
			return
		}
		reply(w, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":3599,"access_token":"%s.%d"}`, canaryJWT, n))
	default:
		f.mu.Lock()
		f.calls = append(f.calls, r)
		f.mu.Unlock()
		f.api(w, r)
	}
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// now and sleep are a clock that only passes while somebody waits.
func (f *fake) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

func (f *fake) sleep(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
	f.slept = append(f.slept, d)
	return ctx.Err()
}

func (f *fake) advance(d time.Duration) { _ = f.sleep(context.Background(), d) }

// cloud returns a cloud for which the fake is all of Microsoft.
func (f *fake) cloud(t *testing.T, opts Options) *Hub {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	opts.Endpoints = Endpoints{Login: f.URL, Graph: f.URL, Defender: f.URL, CAFile: ca}
	opts.Now = f.now
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	c.sleep, c.jitter = f.sleep, func() float64 { return 0.5 }
	t.Cleanup(c.Close)
	return c
}

func (f *fake) client(t *testing.T, opts Options) *Client {
	t.Helper()
	c, err := f.cloud(t, opts).Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewSecretCredential(canary))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", "req-1")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func graphError(w http.ResponseWriter, status int, code, message string) {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": code, "message": message,
		"innerError": map[string]string{"request-id": "inner-1"}}})
	reply(w, status, string(body))
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// drain walks a feed to its end.
func drain(seq func(func(Page, error) bool)) (items []string, skipped int, err error) {
	for page, e := range seq {
		if e != nil {
			return items, skipped, e
		}
		for _, raw := range page.Items {
			items = append(items, string(raw))
		}
		skipped += page.Skipped
	}
	return items, skipped, nil
}

// hang keeps the caller waiting until it gives up. The body must be read
// first, or the server does not notice that.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
