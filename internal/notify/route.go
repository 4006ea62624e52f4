package notify

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// routes carry calls either straight to the receiver or through a proxy. Only
// of a straight call do we see the address that the name resolves to.
type routes struct {
	proxy    func(*http.Request) (*url.URL, error)
	straight *http.Transport
	proxied  *http.Transport
	private  bool
}

// newRoutes returns the routes of a webhook, with the proxy and the
// authorities of base.
func newRoutes(base *http.Transport, private bool) *routes {
	if base == nil {
		base, _ = http.DefaultTransport.(*http.Transport)
	}
	r := &routes{proxy: base.Proxy, straight: base.Clone(), proxied: base.Clone(), private: private}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !private {
		dialer.Control = publicOnly
	}
	r.straight.Proxy, r.straight.DialContext = nil, dialer.DialContext
	for _, t := range []*http.Transport{r.straight, r.proxied} {
		t.TLSHandshakeTimeout, t.MaxIdleConnsPerHost = 5*time.Second, 2
	}
	return r
}

// RoundTrip sends a call on its route. A proxy resolves names itself: there,
// only an address that is written as one can be refused.
func (r *routes) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.proxy == nil {
		return r.straight.RoundTrip(req)
	}
	through, err := r.proxy(req)
	if err != nil { // the error may repeat the password of the proxy
		return nil, errors.New("HTTPS_PROXY or HTTP_PROXY is not a valid address")
	}
	if through == nil {
		return r.straight.RoundTrip(req)
	}
	if ip, err := netip.ParseAddr(req.URL.Hostname()); err == nil && !r.private {
		if err := public(ip); err != nil {
			return nil, err
		}
	}
	return r.proxied.RoundTrip(req)
}

// CloseIdleConnections lets the client close what is idle.
func (r *routes) CloseIdleConnections() {
	r.straight.CloseIdleConnections()
	r.proxied.CloseIdleConnections()
}

// publicOnly refuses to connect to addresses that are not on the internet. It
// sees the address after it was resolved.
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return public(ap.Addr())
}

// public returns an error for an address that is not on the internet.
func public(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	inside := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(ip) }
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(notPublic, inside) {
		return fmt.Errorf("%s is not a public address: mark the webhook private: true if it is meant", ip)
	}
	return nil
}

// notPublic are the addresses that are not on the internet though they look
// so, and those in which another one is wrapped.
var notPublic = []string{
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4",
	"168.63.129.16/32", // the platform of Azure
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10",
}
