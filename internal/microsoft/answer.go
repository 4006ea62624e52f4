package microsoft

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"regexp"

	"github.com/cordonhq/cordon"
)

// An envelope is the body of an error: of Graph, whose inner error is spelt
// in two ways, or of Defender, whose target is the request id.
//
// Source: microsoft-graph-docs concepts/errors; defender-docs common-errors.
type envelope struct {
	Error struct {
		Code    Text  `json:"code"`
		Message Text  `json:"message"`
		Target  Text  `json:"target"`
		Inner   inner `json:"innerError"`
		Lower   inner `json:"innererror"`
	} `json:"error"`
}

type inner struct {
	RequestID Text `json:"request-id"`
	Camel     Text `json:"requestId"`
}

// answerError reads the error that the service sent. One without an envelope
// does not come from the service, so that it cannot say what exists.
func (c *core) answerError(t *token, resp *http.Response, body []byte) *Error {
	env, _ := Decode[envelope](body) // what cannot be read stays empty
	e := &Error{
		Status:     resp.StatusCode,
		Code:       string(env.Error.Code),
		Message:    clean(c.scrub(string(env.Error.Message), t.bearer()), 1000),
		scope:      resp.Header.Get("X-Ms-Throttle-Scope"),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), hostTime(resp.Header, c.hub.now())),
		RequestID: string(cmp.Or(env.Error.Inner.RequestID, env.Error.Inner.Camel, env.Error.Lower.RequestID, env.Error.Lower.Camel,
			Text(resp.Header.Get("Request-Id")), env.Error.Target)),
	}
	if e.Code == "" && e.Message == "" && e.Status < 500 && !speaksAlone(e.Status) {
		e.kind, e.Message = cordon.ErrMalformed, "the answer carries no error of the service"
	}
	if e.Status == http.StatusUnauthorized {
		e.claims = claimsOf(resp.Header.Values("Www-Authenticate"))
	}
	return e
}

// speaksAlone reports whether a status means the same without an envelope.
func speaksAlone(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return false
}

var claimsParameter = regexp.MustCompile(`(?i)\bclaims="([A-Za-z0-9+/=_-]+)"`)

// claimsOf returns the claims that a challenge demands of the next token, or
// "".
//
// Source: entra-docs claims-challenge.
func claimsOf(challenges []string) string {
	for _, challenge := range challenges {
		m := claimsParameter.FindStringSubmatch(challenge)
		if m == nil {
			continue
		}
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if claims, err := enc.DecodeString(m[1]); err == nil {
				return string(claims)
			}
		}
	}
	return ""
}
