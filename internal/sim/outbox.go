package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	firstRetry = 10 * time.Second // by the cloud's clock, doubled each time
	lastRetry  = 4 * time.Hour    // by the cloud's clock, after which a notification is dropped
)

// A parcel is a notification on its way.
type parcel struct {
	tenant  *tenant
	address string
	body    []byte
	since   time.Time // when it was due
	tries   int
}

// An outbox delivers notifications one after the other.
type outbox struct {
	client http.Client

	handshake time.Duration // real time for a receiver to prove itself
	delivery  time.Duration // real time for a receiver to take a notification

	ring chan struct{} // something was put in
	mu   sync.Mutex
	list []parcel
}

func newOutbox() *outbox {
	return &outbox{ring: make(chan struct{}, 1), handshake: 10 * time.Second, delivery: 3 * time.Second, client: http.Client{
		Transport:     &http.Transport{Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *outbox) put(p parcel) {
	b.mu.Lock()
	b.list = append(b.list, p)
	b.mu.Unlock()
	select {
	case b.ring <- struct{}{}:
	default: // it rings already
	}
}

func (b *outbox) take() (p parcel, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) == 0 {
		return p, false
	}
	p = b.list[0]
	b.list = b.list[1:]
	return p, true
}

// run delivers until the cloud is closed.
func (b *outbox) run(ctx context.Context) {
	defer b.client.CloseIdleConnections()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.ring:
		}
		for p, ok := b.take(); ok && ctx.Err() == nil; p, ok = b.take() {
			if b.deliver(ctx, p) != nil {
				p.again()
			}
		}
	}
}

// again tries a parcel once more at a later time, until four hours have
// passed. It is the cloud's clock that must pass, and a request that looks.
func (p parcel) again() {
	now := p.tenant.cloud.clock.now()
	if now.Sub(p.since) > lastRetry {
		return
	}
	p.tries++
	p.tenant.mu.Lock()
	defer p.tenant.mu.Unlock()
	p.tenant.later(now.Add(firstRetry<<min(p.tries-1, 10)), func() { p.tenant.cloud.outbox.put(p) })
}

func (b *outbox) deliver(ctx context.Context, p parcel) error {
	status, _, err := b.post(ctx, b.delivery, p.address, "application/json; charset=utf-8", p.body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("the receiver answered %d", status)
	}
	return err
}

// validate asks a receiver to return a token.
func (b *outbox) validate(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("the notification endpoint could not be reached: %w", err)
	}
	token := "Validation: Testing client application reachability for subscription Request-Id: " + newGUID()
	query := u.Query()
	query.Set("validationToken", token)
	u.RawQuery = query.Encode()
	status, answer, err := b.post(ctx, b.handshake, u.String(), "text/plain; charset=utf-8", nil)
	switch {
	case err != nil:
		return fmt.Errorf("the notification endpoint could not be reached: %w", err)
	case status != http.StatusOK:
		return fmt.Errorf("the notification endpoint must respond with 200 OK, not %d", status)
	case !strings.HasPrefix(answer.kind, "text/plain") || answer.text != token:
		return errors.New("the notification endpoint must respond with the validation token as text/plain")
	}
	return nil
}

// receipt is what a receiver answered.
type receipt struct{ kind, text string }

func (b *outbox) post(ctx context.Context, limit time.Duration, address, kind string, body []byte) (status int, r receipt, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, r, fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Content-Type", kind)
	resp, err := b.client.Do(req)
	if err != nil {
		return 0, r, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, receipt{resp.Header.Get("Content-Type"), string(text)}, err
}
