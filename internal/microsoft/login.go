package microsoft

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/cordonhq/cordon"
)

// acquire asks Entra for a new token. The credential lives for this one
// request: kept, it would hold some 10 kB for each tenant and hand out its own
// copy of a token that a service has just refused.
//
// Wire: POST /{tenant}/oauth2/v2.0/token
func (c *core) acquire(ctx context.Context, s service, claims string) (*token, *Error) {
	inner, cancel := c.hub.within(ctx)
	defer cancel()
	courier := &courier{client: c, service: s}
	opts := &azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: true} // the host is a setting, not a guess
	opts.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: c.hub.hosts[login].base}
	opts.Transport = courier
	opts.Retry.MaxRetries = -1 // budgets and retries are ours
	opts.Telemetry.Disabled = true
	cred, err := azidentity.NewClientSecretCredential(c.tenant, c.app, c.secret(), opts)
	if err != nil {
		return nil, c.failLogin(s, &Error{kind: cordon.ErrBadRequest, Message: "tenant id or client id is malformed"})
	}
	got, err := cred.GetToken(inner, policy.TokenRequestOptions{Scopes: []string{s.scope()}, Claims: claims})
	if err != nil {
		return nil, c.failLogin(s, courier.explain(ctx, err))
	}
	return newToken(s, got.Token, c.hub.userAgent, c.hub.now(), time.Until(got.ExpiresOn)), nil
}

// failLogin completes an error with what the call was.
func (c *core) failLogin(s service, e *Error) *Error {
	e.Method, e.Path, e.Tenant = http.MethodPost, "/"+c.tenant+"/oauth2/v2.0/token", c.tenant
	e.Message = clean(scrub(e.Message, c.secret(), url.QueryEscape(c.secret())), 1000)
	if e.Message == "" {
		e.Message = "no token for " + s.String()
	}
	return e
}

// A courier carries the requests of one credential to the login host and to
// no other, and remembers what went wrong on the way.
type courier struct {
	client  *core
	service service
	err     *Error
}

// Do sends one request of the credential.
func (k *courier) Do(req *http.Request) (*http.Response, error) {
	c := k.client
	if req.URL.Scheme != "https" || req.URL.Host != c.hub.hosts[login].name || req.URL.User != nil {
		k.err = &Error{kind: cordon.ErrUnsafeLink, Message: "sign-in sends us to another host: " + clean(req.URL.Host, 120)}
		return nil, k.err
	}
	q := &request{method: req.Method, service: login, path: req.URL.EscapedPath()}
	start := c.hub.now()
	resp, err := c.hub.transport.RoundTrip(req)
	if err != nil {
		c.observe(q, start, 0, "")
		k.err = &Error{kind: cordon.ErrUnavailable, cause: err, Message: "sign-in does not answer: " + err.Error()}
		return nil, err
	}
	body, err := readBody(resp)
	c.observe(q, start, resp.StatusCode, resp.Header.Get("X-Ms-Request-Id"))
	if err != nil {
		k.err = &Error{kind: cordon.ErrUnavailable, cause: err, Message: "sign-in broke off its answer: " + err.Error()}
		return nil, err
	}
	if resp.StatusCode >= 300 {
		k.err = signInError(resp, body, c.hub.now())
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// explain returns the reason why there is no token. What the credential itself
// says of an answer is not used: it may quote all of it.
func (k *courier) explain(ctx context.Context, err error) *Error {
	switch {
	case ctx.Err() != nil:
		return ended(ctx)
	case errors.Is(err, context.DeadlineExceeded) || k.err != nil && errors.Is(k.err.cause, context.DeadlineExceeded):
		return k.client.hub.late()
	case k.err != nil:
		k.err.cause = nil // its text is in the message
		return k.err
	}
	return &Error{kind: cordon.ErrMalformed, Message: "the answer of sign-in is malformed: " + scrub(err.Error(), k.client.secret())}
}
