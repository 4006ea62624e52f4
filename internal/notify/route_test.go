package notify

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tunnel is a proxy that leads every call to one server, and remembers where
// it was asked to lead it.
type tunnel struct {
	mu   sync.Mutex
	to   string
	seen []string
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.Host)
	p.mu.Unlock()
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, begun, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(there, begun) }() // what has come already is in its buffer
	_, _ = io.Copy(here, there)
}

// A webhook goes through the proxy, which may be at a private address though
// the receiver may not be, and trusts the authorities that it is given.
func TestWebhookThroughAProxy(t *testing.T) {
	t.Parallel()
	var got []string
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Host+r.URL.Path) }))
	defer receiver.Close()
	p := &tunnel{to: receiver.Listener.Addr().String()}
	proxy := httptest.NewServer(p)
	defer proxy.Close()
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(receiver.Certificate())
	for name, want := range map[string]string{"https://example.com/in": "", "https://10.0.0.1/in": "is not a public address"} {
		w, err := NewWebhook(WebhookConfig{ID: "3f2a", URL: known(name), Secret: known("s"), Transport: &http.Transport{
			Proxy: http.ProxyURL(through), TLSClientConfig: &tls.Config{RootCAs: pool},
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.client.CloseIdleConnections)
		if err := w.Send(t.Context(), notice("1", "t")); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	if !slices.Equal(got, []string{"example.com/in"}) || !slices.Equal(p.seen, []string{"CONNECT example.com:443"}) {
		t.Errorf("the receiver got %q, the proxy %q", got, p.seen)
	}
}

// Where no proxy is named for a receiver, the address is checked as ever.
func TestWebhookBesideTheProxy(t *testing.T) {
	t.Parallel()
	w, err := NewWebhook(WebhookConfig{ID: "3f2a", URL: known("https://127.0.0.1:1/in"), Secret: known("s"), Transport: &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(t.Context(), notice("1", "t")); err == nil || !strings.Contains(err.Error(), "is not a public address") {
		t.Errorf("got %v", err)
	}
}

// The address of a proxy may hold a password.
func TestProxyIsNotRepeated(t *testing.T) {
	t.Parallel()
	w, err := NewWebhook(WebhookConfig{ID: "3f2a", URL: known("https://h/in"), Secret: known("s"), Transport: &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy address u:CANARY@p") },
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("notify: %s: HTTPS_PROXY or HTTP_PROXY is not a valid address", w.Label(t.Context()))
	if err := w.Send(t.Context(), notice("1", "t")); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
