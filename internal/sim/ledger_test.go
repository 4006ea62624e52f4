package sim

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A witness takes an answer and looks into the ledger at the first moment at
// which a client could see something of it.
type witness struct {
	cloud  *Cloud
	header http.Header
	seen   []Entry // the ledger at that moment
	status int
}

func (w *witness) look(status int) {
	if w.seen == nil {
		w.seen, w.status = w.cloud.Ledger(true), status
	}
}

func (w *witness) Header() http.Header { return w.header }

func (w *witness) WriteHeader(status int) { w.look(status) }

func (w *witness) Write(b []byte) (int, error) {
	w.look(http.StatusOK)
	return len(b), nil
}

// Hijack is what hanging up begins with.
func (w *witness) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.look(0)
	client, server := net.Pipe()
	return server, nil, client.Close()
}

// TestLedgerComesFirst answers in every way there is: the ledger has the
// status and the fault before the client can have either.
func TestLedgerComesFirst(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault   Fault
		service string
		status  int
		says    string
	}{
		{Fault{}, serviceGraph, 200, ""},
		{Fault{}, serviceDefender, 200, ""},
		{Fault{}, serviceLogin, 400, ""},
		{Fault{Status: 503}, serviceGraph, 503, "status"},
		{Fault{Status: 503}, serviceLogin, 503, "status"},
		{Fault{DelayMS: 1}, serviceDefender, 200, "delay_ms"},
		{Fault{Drop: "before"}, serviceGraph, 0, "drop before"},
		{Fault{Drop: "after"}, serviceLogin, 0, "drop after"},
		{Fault{Malformed: "truncated"}, serviceGraph, 200, "malformed truncated"},
		{Fault{Malformed: "html"}, serviceGraph, 200, "malformed html"},
		{Fault{Malformed: "deep"}, serviceGraph, 200, "malformed deep"},
		{Fault{Malformed: "huge"}, serviceGraph, 200, "malformed huge"},
		{Fault{Redirect: "https://example.com/"}, serviceGraph, 307, "redirect"},
		{Fault{NextLink: "https://example.com/"}, serviceGraph, 200, "next_link"},
		{Fault{ExpireTokens: true, Path: "*"}, serviceGraph, 401, "expire_tokens"},
	}
	for _, tt := range tests {
		w := tt.fault.witnessed(t, tt.service)
		if len(w.seen) != 1 || w.status != tt.status || w.seen[0].Status != tt.status || w.seen[0].Fault != tt.says {
			t.Errorf("%s under %q: the client sees %d, the ledger says %+v", tt.service, tt.says, w.status, w.seen)
		}
	}
}

// witnessed sends one request to a service while the fault is in force.
func (f Fault) witnessed(t *testing.T, service string) *witness {
	t.Helper()
	c, err := build(Options{Now: fixed, Calm: true})
	if err != nil {
		t.Fatal(err)
	}
	c.info.GraphURL, c.info.DefenderURL = "https://graph.test", "https://defender.test"
	token := fuzzToken(t, c, serviceGraph)
	if service == serviceDefender {
		token = fuzzToken(t, c, serviceDefender)
	}
	if len(f.kinds()) > 0 {
		if err := c.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	handler, path := map[string]http.Handler{serviceLogin: c.loginHandler(), serviceGraph: c.graphHandler(), serviceDefender: c.defenderHandler()}[service],
		map[string]string{serviceLogin: "/contoso/oauth2/v2.0/token", serviceGraph: "/v1.0/users", serviceDefender: "/api/alerts"}[service]
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	w := &witness{cloud: c, header: http.Header{}}
	handler.ServeHTTP(w, r)
	return w
}
