package microsoft

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// NewTransport returns a transport that trusts the authorities of caFile besides
// those of the system and honours the proxy of the environment. Notifications
// use one of their own; all tenants share one. Thousands of tenants
// share three hosts, so idle connections are kept per host and not per tenant.
// HTTP/1.1 only: HTTP/2 costs twice the CPU on full pages, and one lost packet
// holds up every tenant behind it.
func NewTransport(caFile string) (*http.Transport, error) {
	roots, err := roots(caFile)
	if err != nil {
		return nil, err
	}
	only1 := new(http.Protocols)
	only1.SetHTTP1(true)
	dialer := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               environmentProxy,
		DialContext:         dialer.DialContext,
		Protocols:           only1,
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(64)},
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns:        0, // no limit over all hosts; there are three
		MaxIdleConnsPerHost: 256,
		// Shorter than the two minutes after which Microsoft's front ends hang
		// up, because a write on a connection that is being closed has an
		// unknown outcome.
		IdleConnTimeout:        55 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         8 << 10,
	}, nil
}

// environmentProxy returns the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY
// name. The error does not repeat them: a password may be among them.
func environmentProxy(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errors.New("the environment variable HTTPS_PROXY or HTTP_PROXY is not a valid address")
	}
	return proxy, nil
}

// roots returns the system's authorities and those of the file; nil means the
// system's alone.
func roots(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", caFile)
	}
	return pool, nil
}
