package microsoft

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	renewEarly = 5 * time.Minute  // before its end a token is renewed
	renewPause = 30 * time.Second // between tries to renew a token that is still good
	stopPause  = 10 * time.Second // between tries to get one with a credential that was refused
	grantPause = 10 * time.Minute // from when on a token that does not permit a call is asked for anew
)

// A token opens one service of one tenant. It is kept as the headers that
// carry it, so that a poll builds none.
type token struct {
	header http.Header
	got    time.Time
	renew  time.Time // when to ask for the next
	ends   time.Time
	claims string // that it was asked for with
}

// newToken returns the token that is good for life from now.
func newToken(s service, bearer, userAgent string, now time.Time, life time.Duration) *token {
	early := min(renewEarly, life/5)
	return &token{header: sharedHeader(s, bearer, userAgent), got: now, renew: now.Add(life - early), ends: now.Add(life)}
}

func (t *token) bearer() string { return strings.TrimPrefix(t.header.Get("Authorization"), "Bearer ") }

// A slot keeps the token of one service. One caller at a time fetches; the
// others wait for it.
type slot struct {
	mu     sync.Mutex
	token  *token
	flight *flight
	pause  time.Time // no early renewal before
	stop   error     // why there is no token, and asking again does not help
	until  time.Time // stop holds until then
	spent  string    // the last token that was refused by the service
}

type flight struct {
	claims string // that it is asked for with
	done   chan struct{}
	token  *token
	err    error
}

func (c *core) slot(s service) *slot {
	if s == defender {
		return &c.mde
	}
	return &c.graph
}

// drop forgets a token that was refused, unless it has been replaced already.
func (s *slot) drop(t *token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == t {
		s.token, s.spent = nil, t.bearer()
	}
}

// outgrow forgets a token that did not permit a call, once it is old: what an
// administrator grants is in new tokens alone, and this one may live for an
// hour.
func (s *slot) outgrow(t *token, now time.Time) {
	if now.Sub(t.got) >= grantPause {
		s.drop(t)
	}
}

// had reports whether a token is the one that is at hand, or that the service
// has refused.
func (s *slot) had(bearer string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bearer == s.spent || s.token != nil && bearer == s.token.bearer()
}

// ready returns what needs no request: a token that is good for a while, or
// the refusal of a moment ago.
func (s *slot) ready(now time.Time, claims string) (*token, error) {
	t := s.token
	if t != nil && (claims == "" || claims == t.claims) && (now.Before(t.renew) || now.Before(t.ends) && now.Before(s.pause)) {
		return t, nil
	}
	if now.Before(s.until) {
		return nil, s.stop
	}
	return nil, nil
}

// token returns a token for the service: the one at hand, or a new one when it
// ends soon or claims are demanded of it.
func (c *core) token(ctx context.Context, s service, claims string) (*token, error) {
	sl := c.slot(s)
	for {
		sl.mu.Lock()
		if t, err := sl.ready(c.hub.now(), claims); t != nil || err != nil {
			sl.mu.Unlock()
			return t, err
		}
		if f := sl.flight; f != nil {
			sl.mu.Unlock()
			if done, t, err := c.join(ctx, s, f); done && (err != nil || claims == "" || claims == f.claims) {
				return t, err
			}
			continue
		}
		f := &flight{claims: claims, done: make(chan struct{})}
		sl.flight = f
		sl.mu.Unlock()
		c.fetch(ctx, s, sl, f, claims)
		return f.token, f.err
	}
}

// join waits for what another caller fetches. It is not done when that caller
// gave up, and this one has not.
func (c *core) join(ctx context.Context, s service, f *flight) (done bool, t *token, err error) {
	select {
	case <-f.done:
	case <-ctx.Done():
		return true, nil, c.failLogin(s, nil, ended(ctx))
	}
	gaveUp := errors.Is(f.err, context.Canceled) || errors.Is(f.err, context.DeadlineExceeded)
	return !gaveUp || ctx.Err() != nil, f.token, f.err
}

// fetch gets a new token into the slot. When that fails, a token that is
// still good does for a while longer.
func (c *core) fetch(ctx context.Context, s service, sl *slot, f *flight, claims string) {
	defer close(f.done)
	f.token, f.err = c.acquirePatiently(ctx, s, claims)
	now := c.hub.now()
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.flight = nil
	switch t := sl.token; {
	case f.err == nil:
		sl.token, sl.spent = f.token, ""
	case t != nil && claims == "" && now.Before(t.ends):
		f.token, f.err, sl.pause = t, nil, now.Add(renewPause)
	case stops(f.err):
		sl.stop, sl.until = f.err, now.Add(stopFor(f.err))
	}
}

// stopFor is how long sign-in is left alone: as long as it says, but not so
// long that containment waits for minutes.
func stopFor(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return min(max(stopPause, e.RetryAfter), containCeiling)
	}
	return stopPause
}

// stops reports whether asking again at once is no use.
func stops(err error) bool {
	for _, kind := range []error{cordon.ErrCredential, cordon.ErrGone, cordon.ErrBlocked, cordon.ErrDenied, cordon.ErrThrottled} {
		if errors.Is(err, kind) {
			return true
		}
	}
	var e *Error
	return errors.As(err, &e) && (e.Code == slowToArrive || e.RetryAfter > 0)
}

// acquirePatiently tries again when sign-in is unavailable for a moment, and
// once with what the place of a refused credential holds by now. To ask for a
// token changes nothing, so this is safe for writes too.
func (c *core) acquirePatiently(ctx context.Context, s service, claims string) (*token, error) {
	reread := false
	for try := 1; ; try++ {
		own := c.way()
		t, err := c.acquire(ctx, s, claims)
		if err == nil {
			return t, nil
		}
		if !reread && c.replaced(ctx, own, err) {
			reread = true
			continue
		}
		if try > quickRetries || err.late || err.RetryAfter > 0 || !errors.Is(err, cordon.ErrUnavailable) || c.hub.sleep(ctx, c.hub.pause(try)) != nil {
			return nil, err
		}
	}
}
