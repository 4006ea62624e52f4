package microsoft

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/cordonhq/cordon"
)

// acquire asks Entra for a new token.
//
// Wire: POST /{tenant}/oauth2/v2.0/token
func (c *core) acquire(ctx context.Context, s service, claims string) (*token, *Error) {
	if why := c.at.missing(s, ""); why != "" {
		return nil, c.failLogin(s, nil, notInCloud(why))
	}
	if e := c.arrive(ctx); e != nil {
		return nil, c.failLogin(s, nil, e)
	}
	inner, cancel := c.patience(ctx)
	defer cancel()
	by := &courier{client: c, service: s}
	got, err := c.ask(inner, by, policy.TokenRequestOptions{Scopes: []string{c.at.scopes[s]}, Claims: claims})
	if err != nil {
		return nil, c.failLogin(s, by, by.explain(ctx, inner, err))
	}
	if e := c.ofTenant(got.Token); e != nil {
		return nil, c.failLogin(s, by, e)
	}
	t := newToken(s, got.Token, c.hub.userAgent, c.hub.now(), time.Until(got.ExpiresOn))
	t.claims = claims
	return t, nil
}

// ofTenant refuses a token of this machine that says it is for another tenant:
// its endpoint asks nobody which one was meant, and what we then did would be
// done elsewhere.
func (c *core) ofTenant(bearer string) *Error {
	kind := c.way().kind
	if kind.needsApp() || !cordon.IsGUID(c.tenant) {
		return nil
	}
	// An opaque token tells nothing.
	if info, err := readToken(bearer); err == nil && !strings.EqualFold(info.Tenant, c.tenant) {
		return &Error{kind: cordon.ErrCredential, Message: "the " + string(kind) + " is of another tenant: " + info.Tenant}
	}
	return nil
}

// ask gets a token with the credential. One without a state lives for this
// one request: kept, it would hold some 10 kB for each tenant and hand out its
// own copy of a token that a service has just refused.
func (c *core) ask(ctx context.Context, by *courier, opts policy.TokenRequestOptions) (azcore.AccessToken, error) {
	own := c.way()
	if own.kept.all != nil {
		return own.kept.of(c).ask(ctx, c, by, opts)
	}
	via := &relay{}
	via.courier.Store(by)
	cred, err := own.open(c, via)
	if err != nil {
		if by.err == nil {
			by.note(&Error{kind: cordon.ErrBadRequest, Message: "tenant id or client id is malformed"})
		}
		return azcore.AccessToken{}, err
	}
	return cred.GetToken(ctx, opts)
}

// failLogin completes an error with what the call was, and takes out of it
// whatever was sent.
func (c *core) failLogin(s service, by *courier, e *Error) *Error {
	e.Method, e.Path, e.Tenant = http.MethodPost, "/"+c.tenant+"/oauth2/v2.0/token", c.tenant
	var sent []string
	if by != nil {
		sent = by.sent
	}
	e.Message = clean(c.scrub(e.Message, sent...), 1000)
	if e.Message == "" {
		e.Message = "no token for " + s.String()
	}
	return e
}

// A relay hands the requests of an SDK credential to the courier of the call
// that is under way.
type relay struct{ courier atomic.Pointer[courier] }

// Do sends one request of the credential.
func (r *relay) Do(req *http.Request) (*http.Response, error) { return r.courier.Load().Do(req) }

// note remembers why there will be no token.
func (r *relay) note(e *Error) { r.courier.Load().note(e) }

// A courier carries the requests for one token to the login host and to no
// other, and remembers what went wrong on the way.
type courier struct {
	client  *core
	service service
	err     *Error
	sent    []string      // secrets that were sent, to be taken out of texts
	ahead   time.Duration // by how much the host's clock is ahead of ours, if it is worth a word
}

func (k *courier) note(e *Error) { k.err = e }

// Do sends one request of the credential.
func (k *courier) Do(req *http.Request) (*http.Response, error) {
	c := k.client
	k.err = nil // of an answer before; what comes next tells
	if req.URL.Scheme != "https" || !sameHost(req.URL.Host, c.at.hosts[login].name) || req.URL.User != nil {
		k.err = &Error{kind: cordon.ErrUnsafeLink, Message: "sign-in sends us to another host: " + clean(req.URL.Host, 120)}
		return nil, k.err
	}
	if err := k.remember(req); err != nil {
		return nil, err
	}
	inner, cancel := within(req.Context(), c.hub.timeout)
	defer cancel()
	q := &request{method: req.Method, service: login, path: req.URL.EscapedPath()}
	start := c.hub.now()
	resp, err := c.hub.transport.RoundTrip(req.WithContext(inner))
	if err != nil {
		c.observe(q, start, 0, "")
		k.err = &Error{kind: cordon.ErrUnavailable, cause: err, Message: "sign-in does not answer: " + err.Error()}
		return nil, err
	}
	k.compareClocks(resp.Header)
	body, err := readBody(resp, bodyCeiling)
	c.observe(q, start, resp.StatusCode, resp.Header.Get("X-Ms-Request-Id"))
	if err != nil {
		k.err = &Error{kind: cordon.ErrUnavailable, cause: err, Message: "sign-in broke off its answer: " + err.Error()}
		return nil, err
	}
	if resp.StatusCode >= 300 {
		k.err = signInError(k.service, resp, body, c.hub.now())
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// compareClocks notes by how much a clock, ours as likely as not, is wrong. The
// host takes no assertion that is minutes off.
func (k *courier) compareClocks(h http.Header) {
	now := k.client.hub.now()
	if k.ahead = hostTime(h, now).Sub(now); k.ahead.Abs() < time.Minute {
		k.ahead = 0
	}
}

// remember notes the secrets of a form before it leaves, because a service
// may echo them in an error.
func (k *courier) remember(req *http.Request) error {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close() // it has been read
	if err != nil {
		return err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body)) // the SDK's own
	for _, name := range []string{"client_secret", "client_assertion", "refresh_token", "device_code", "code", "code_verifier"} {
		if v := form.Get(name); len(v) > 6 { // a shorter one is in every text by chance
			k.sent = append(k.sent, v, url.QueryEscape(v))
		}
	}
	return nil
}

// explain returns the reason why there is no token; inner is the bounded
// context of the try. What the credential itself says of an answer is not
// used: it may quote all of it.
func (k *courier) explain(ctx, inner context.Context, err error) *Error {
	kind, last := k.client.way().kind, k.err
	switch {
	case ctx.Err() != nil:
		return ended(ctx)
	case kind.waits() && (inner.Err() != nil || last != nil && last.Code == codePending):
		return &Error{kind: cordon.ErrCredential, late: true, Message: "nobody has signed in in time"}
	case last != nil && !errors.Is(last.cause, context.DeadlineExceeded):
		last.cause = nil // its text is in the message
		return last
	case last != nil, errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), context.DeadlineExceeded.Error()):
		return late(k.client.hub.timeout) // the SDK quotes the end of a context without wrapping it
	case !kind.needsApp(), kind == KindBrowser && len(k.sent) == 0: // a browser's answer passes us by: no code came back to send
		return localError(kind, err)
	}
	return &Error{kind: cordon.ErrMalformed, Message: "the answer of sign-in is malformed: " + err.Error()}
}

// codePending is what sign-in says while a person has not signed in yet.
const codePending = "authorization_pending"

// credentialError makes the error of a credential that cannot be shown.
func credentialError(err error) *Error {
	return &Error{kind: cordon.ErrCredential, unsent: true, Message: "cannot load the credential: " + err.Error()}
}
