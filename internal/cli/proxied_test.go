package cli_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxied starts a receiver on example.com that only a proxy reaches, lets the
// simulator's authorities vouch for it, and sets PROXY. What the receiver is
// sent stands in a file: proxied FILE
func proxied(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = os.WriteFile(file, []byte(r.Host+r.URL.Path), 0o600)
	}))
	ts.Defer(s.Close)
	ca, err := os.OpenFile(ts.MkAbs("sim/ca.pem"), os.O_APPEND|os.O_WRONLY, 0)
	ts.Check(err)
	ts.Check(pem.Encode(ca, &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	ts.Check(ca.Close())
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { lead(w, s.Listener.Addr().String()) }))
	ts.Defer(proxy.Close)
	ts.Setenv("PROXY", proxy.URL)
}

// lead joins a caller with an address.
func lead(w http.ResponseWriter, address string) {
	there, err := net.Dial("tcp", address)
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
