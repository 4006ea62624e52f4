package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/cordonhq/cordon"
)

// The headers by which a receiver knows that a call is ours and fresh.
const (
	HeaderTimestamp = "Cordon-Timestamp" // seconds since 1970
	HeaderSignature = "Cordon-Signature" // v1=<hex HMAC-SHA256 of timestamp, a dot, and the body>
	HeaderID        = "Cordon-Notice"    // the notice's id: the same when it is sent twice
)

// A WebhookConfig says where a webhook is and how its calls are signed.
type WebhookConfig struct {
	URL     string
	Secret  func(context.Context) (string, error) // returns what signs a call, asked for each; required
	Private bool                                  // the receiver may be on a private or loopback address
	Timeout time.Duration                         // default 10s
	Now     func() time.Time                      // default time.Now
}

// Webhook posts each notice as JSON, signed.
type Webhook struct {
	url    *url.URL
	secret func(context.Context) (string, error)
	client *http.Client
	now    func() time.Time
}

// NewWebhook returns a channel that posts to c.URL. Unless c.Private is set
// it refuses, after resolving, every address that is not public; it never
// follows a redirect.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("notify: the webhook's url is not an absolute address without a password")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !c.Private) {
		return nil, fmt.Errorf("notify: webhook on %s: only https (http for receivers marked private: true)", u.Host)
	}
	if c.Secret == nil {
		return nil, fmt.Errorf("notify: webhook on %s has no secret to sign with", u.Host)
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !c.Private {
		dialer.Control = publicOnly
	}
	return &Webhook{
		url: u, secret: c.Secret, now: orNow(c.Now),
		client: &http.Client{
			Timeout:       cmp.Or(c.Timeout, 10*time.Second),
			Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 2},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Name returns the webhook's host and path; a query may hold a secret.
func (w *Webhook) Name() string { return "webhook:" + w.url.Host + w.url.Path }

// Ready says why the webhook cannot sign now, or nil. A notice that is sent
// later asks for the secret again.
func (w *Webhook) Ready(ctx context.Context) error {
	_, err := w.key(ctx)
	return err
}

func (w *Webhook) key(ctx context.Context) ([]byte, error) {
	key, err := w.secret(ctx)
	if err == nil && key == "" {
		err = errors.New("the secret is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("notify: %s: %w", w.Name(), err)
	}
	return []byte(key), nil
}

// Send posts the notice. Any answer but 2xx is an error.
func (w *Webhook) Send(ctx context.Context, n cordon.Notice) error {
	key, err := w.key(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("notify: %s: bad address", w.Name())
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderTimestamp, stamp)
	req.Header.Set(HeaderID, n.ID)
	req.Header.Set(HeaderSignature, Sign(key, stamp, body))
	resp, err := w.client.Do(req)
	if err != nil {
		return fmt.Errorf("notify: %s: %w", w.Name(), withoutURL(err))
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 4096) // so that the connection is used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("notify: %s answered %d", w.Name(), resp.StatusCode)
	}
	return nil
}

// Sign returns the signature of a body sent at stamp.
func Sign(secret []byte, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// publicOnly refuses to connect to addresses that are not on the internet. It
// sees the address after it was resolved.
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := ap.Addr().Unmap().WithZone("")
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

// withoutURL drops the address, which may hold a secret, from an HTTP error.
func withoutURL(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

func orNow(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}
