package microsoft

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// A TokenInfo is what a token says of itself. Nothing of it is verified: it
// shows people what was granted, and decides nothing.
type TokenInfo struct {
	Tenant   string    // directory id
	App      string    // client id
	Object   string    // object id of the service principal, or of the person
	Audience string    // API that the token is for
	Roles    []string  // app permissions, sorted; none without consent
	Scopes   []string  // delegated permissions, sorted; of a person's token
	Method   string    // "public", "secret" or "certificate": how the app proved who it is
	Issued   time.Time // zero when not told
	Expires  time.Time // zero when not told
}

// TokenInfo shows what the token for the resource says, getting one if there
// is none. The token itself is never shown.
//
// Wire: POST /{tenant}/oauth2/v2.0/token
//
// Source: entra-docs access-token-claims-reference.
func (c *Client) TokenInfo(ctx context.Context, resource Resource) (TokenInfo, error) {
	t, err := c.token(ctx, resource.service(), "")
	if err != nil {
		return TokenInfo{}, err
	}
	info, err := readToken(t.bearer())
	if err != nil {
		return TokenInfo{}, c.failLogin(resource.service(), nil, &Error{kind: cordon.ErrMalformed, Message: err.Error()})
	}
	return info, nil
}

// Bounds of what is shown of a token.
const (
	tokenCeiling = 64 << 10
	grantCeiling = 500
)

// tokenClaims are the claims of both versions.
type tokenClaims struct {
	Tenant   Text   `json:"tid"`
	AppV1    Text   `json:"appid"`
	AppV2    Text   `json:"azp"`
	MethodV1 Text   `json:"appidacr"`
	MethodV2 Text   `json:"azpacr"`
	Object   Text   `json:"oid"`
	Audience Text   `json:"aud"`
	Scopes   Text   `json:"scp"`
	Roles    []Text `json:"roles"`
	Issued   Text   `json:"iat"`
	Expires  Text   `json:"exp"`
}

// readToken reads the middle of a JWT. Errors do not quote it.
func readToken(bearer string) (TokenInfo, error) {
	parts := strings.Split(bearer[:min(len(bearer), tokenCeiling)], ".")
	if len(parts) != 3 || len(bearer) > tokenCeiling {
		return TokenInfo{}, errors.New("the token cannot be read: it is no JWT")
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return TokenInfo{}, errors.New("the token cannot be read: it is not base64url")
	}
	c, err := Decode[tokenClaims](body)
	if err != nil {
		return TokenInfo{}, errors.New("the token cannot be read: its claims are malformed")
	}
	plain := func(v1, v2 Text) string {
		if v1 == "" {
			v1 = v2
		}
		return clean(string(v1), 200)
	}
	info := TokenInfo{Tenant: plain(c.Tenant, ""), App: plain(c.AppV1, c.AppV2), Object: plain(c.Object, ""), Audience: plain(c.Audience, ""),
		Roles: grants(c.Roles), Issued: unixTime(c.Issued), Expires: unixTime(c.Expires)}
	info.Scopes = bounded(strings.Fields(string(c.Scopes)))
	info.Method = map[string]string{"0": "public", "1": "secret", "2": "certificate"}[plain(c.MethodV1, c.MethodV2)]
	return info, nil
}

func grants(names []Text) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, string(n))
	}
	return bounded(out)
}

// bounded makes names fit to be shown, sorted and without doubles.
func bounded(names []string) []string {
	names = names[:min(len(names), grantCeiling)]
	out := make([]string, 0, len(names))
	for _, n := range names {
		if n = clean(n, 120); n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// unixTime reads seconds since 1970; zero for what is none.
func unixTime(t Text) time.Time {
	n, err := strconv.ParseFloat(string(t), 64)
	if err != nil || n != n || n <= 0 || n > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0).UTC()
}
