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
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// The headers by which a receiver knows that a call is ours and fresh.
const (
	HeaderTimestamp = "Cordon-Timestamp" // seconds since 1970
	HeaderSignature = "Cordon-Signature" // v1=<hex HMAC-SHA256 of timestamp, a dot, and the body>
	HeaderID        = "Cordon-Notice"    // the notice's id: the same when it is sent twice
)

// A WebhookConfig says where a webhook is and how its calls are signed. Where
// it is may be a secret too: with many receivers the address is all that a
// caller needs. It is therefore asked for like one, and never told.
type WebhookConfig struct {
	ID        string                                // tells webhooks apart; it must give nothing away; required
	URL       func(context.Context) (string, error) // returns the address; asked for each call; required
	Secret    func(context.Context) (string, error) // returns what signs a call; asked for each call; required
	Private   bool                                  // the receiver may be on a private or loopback address
	Transport *http.Transport                       // whose proxy and authorities are used; default http.DefaultTransport
	Timeout   time.Duration                         // default 10s
	Now       func() time.Time                      // default time.Now
}

// Webhook posts each notice as JSON, signed.
type Webhook struct {
	id      string
	address func(context.Context) (string, error)
	secret  func(context.Context) (string, error)
	private bool
	client  *http.Client
	now     func() time.Time
}

// NewWebhook returns a channel that posts to the address that c.URL returns.
// Unless c.Private is set it refuses, after resolving, every address that is
// not public; it never follows a redirect.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	if c.ID == "" || c.URL == nil || c.Secret == nil {
		return nil, errors.New("notify: a webhook needs an id, an address and a secret to sign with")
	}
	return &Webhook{
		id: c.ID, address: c.URL, secret: c.Secret, private: c.Private, now: orNow(c.Now),
		client: &http.Client{
			Timeout:       cmp.Or(c.Timeout, 10*time.Second),
			Transport:     newRoutes(c.Transport, c.Private),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Name returns the name under which deliveries wait. It does not hold the
// host, because deliveries also wait while the address cannot be read.
func (w *Webhook) Name() string { return "webhook #" + w.id }

// label names the webhook for people: by host and id.
func (w *Webhook) label(u *url.URL) string {
	if u == nil {
		return w.Name()
	}
	return "webhook " + cordon.Plain(u.Host, 100) + " #" + w.id
}

// Ready says why the webhook cannot send now, or nil. A notice that is sent
// later asks for address and secret again.
func (w *Webhook) Ready(ctx context.Context) error {
	_, _, err := w.target(ctx)
	return err
}

// Label names the webhook by host and id, by its id alone while its address
// cannot be read.
func (w *Webhook) Label(ctx context.Context) string {
	u, _ := w.where(ctx)
	return w.label(u)
}

// target returns where a call goes and what signs it.
func (w *Webhook) target(ctx context.Context) (*url.URL, []byte, error) {
	u, err := w.where(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("notify: %s: %w", w.label(u), err)
	}
	key, err := w.secret(ctx)
	if err == nil && key == "" {
		err = errors.New("the secret is empty")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("notify: %s: %w", w.label(u), err)
	}
	return u, []byte(key), nil
}

// where returns the address. The url comes with an error only when its host
// may be told.
func (w *Webhook) where(ctx context.Context) (*url.URL, error) {
	text, err := w.address(ctx)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return nil, errors.New("url: what is read is not an absolute address without a password: it must begin with https:// and a host")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !w.private) {
		return u, errors.New("url: only https (http for receivers marked private: true)")
	}
	return u, nil
}

// Send posts the notice. Any answer but 2xx is an error.
func (w *Webhook) Send(ctx context.Context, n cordon.Notice) error {
	u, key, err := w.target(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("notify: %s: bad address", w.label(u))
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderTimestamp, stamp)
	req.Header.Set(HeaderID, n.ID)
	req.Header.Set(HeaderSignature, Sign(key, stamp, body))
	resp, err := w.client.Do(req)
	if err != nil {
		return fmt.Errorf("notify: %s: %w", w.label(u), quiet(err, u, key))
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 4096) // so that the connection is used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("notify: %s answered %d", w.label(u), resp.StatusCode)
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

// quiet drops the address, which is a secret, from an error of HTTP, wherever
// a receiver or a proxy may have repeated it.
func quiet(err error, u *url.URL, key []byte) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	text := err.Error()
	for _, secret := range secretsOf(u, key) {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	return errors.New(cordon.Plain(text, maxReason))
}

// maxReason bounds the text of an error: a receiver may have written part of
// it.
const maxReason = 300

// secretsOf returns the texts that no error may hold, the longest first.
func secretsOf(u *url.URL, key []byte) []string {
	texts := []string{u.String(), u.RequestURI(), u.Path, u.EscapedPath(), u.RawQuery, u.Fragment, string(key)}
	texts = append(texts, strings.FieldsFunc(u.EscapedPath()+"/"+u.Path+"/"+u.RawQuery, func(r rune) bool { return strings.ContainsRune("/&=;", r) })...)
	texts = slices.DeleteFunc(texts, func(s string) bool { return len(s) < minSecret || strings.Contains(u.Host, s) })
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	return texts
}

// minSecret is the length below which part of an address is no secret: "in" or
// "v1" would take words out of every error.
const minSecret = 4

func orNow(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}
