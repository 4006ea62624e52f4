package sim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// tokenLife is what the token endpoint says in expires_in.
const tokenLife = 3599 * time.Second

// claims are the access-token claims that the services look at or that
// clients show. The shape is that of a v1.0 token.
type claims struct {
	Audience  string   `json:"aud"`
	Issuer    string   `json:"iss"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	Instance  string   `json:"aio"` // opaque in the real cloud; here it tells clouds of one process apart
	AppID     string   `json:"appid"`
	AppAuth   string   `json:"appidacr"`
	Provider  string   `json:"idp"`
	IDType    string   `json:"idtyp"`
	Object    string   `json:"oid"`
	Roles     []string `json:"roles,omitempty"`
	Scopes    string   `json:"scp,omitempty"` // of a person's token, in place of roles
	Subject   string   `json:"sub"`
	Tenant    string   `json:"tid"`
	UPN       string   `json:"upn,omitempty"`
	Unique    string   `json:"uti"` // the number of the token, in hexadecimal
	Version   string   `json:"ver"`
	Wids      []string `json:"wids"`
}

// number returns the order in which the token was issued.
func (c *claims) number() int64 {
	n, ok := new(big.Int).SetString(c.Unique, 16)
	if !ok {
		return 0
	}
	return n.Int64()
}

// signingKey is made once per process: it costs a fifth of a second, and the
// instance claim keeps the tokens of one cloud out of another.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// keys sign access tokens and check them. Checked tokens are remembered, so
// that a token costs one signature check however often it is used.
type keys struct {
	key      *rsa.PrivateKey
	id       string
	instance string
	issued   atomic.Int64
	known    sync.Map // token text to *claims
}

func newKeys() (*keys, error) {
	key, err := signingKey()
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	sum := sha256.Sum256(key.N.Bytes())
	return &keys{key: key, id: base64.RawURLEncoding.EncodeToString(sum[:20]), instance: newGUID()}, nil
}

// sign numbers the token and returns it as a JWT.
func (k *keys) sign(c *claims) (string, error) {
	c.Instance, c.Unique = k.instance, fmt.Sprintf("%x", k.issued.Add(1))
	return k.signBody(encode(c))
}

// signBody returns any claims as a JWT.
func (k *keys) signBody(body []byte) (string, error) {
	header := encode(map[string]string{"typ": "JWT", "alg": "RS256", "kid": k.id, "x5t": k.id})
	text := segment(header) + "." + segment(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return text + "." + segment(signature), nil
}

// verify returns the claims of a token that this cloud has signed. Whether
// they suffice is for the caller to say.
func (k *keys) verify(token string) (*claims, error) {
	if c, ok := k.known.Load(token); ok {
		return c.(*claims), nil
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("JWT is not well formed")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, errors.New("JWT signature is not base64url")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&k.key.PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return nil, errors.New("invalid signature")
	}
	body, _ := base64.RawURLEncoding.DecodeString(parts[1]) // it has our signature
	c := &claims{}
	if err := json.Unmarshal(body, c); err != nil || c.Instance != k.instance {
		return nil, errors.New("the token is of another cloud")
	}
	k.known.Store(strings.Clone(token), c)
	return c, nil
}

// jwks is the public half as the discovery document points to it.
func (k *keys) jwks() json.RawMessage {
	exponent := big.NewInt(int64(k.key.E)).Bytes()
	key := newObject("kty", "RSA", "use", "sig", "kid", k.id, "x5t", k.id, "n", segment(k.key.N.Bytes()), "e", segment(exponent))
	return encode(map[string]any{"keys": []*object{key}})
}

func segment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// claimsFor makes the claims of an app-only token for an app that proved in
// that way who it is. Roles that nobody consented to are simply not there.
func (t *tenant) claimsFor(audience, app, method string, roles []string) *claims {
	now := t.cloud.clock.now()
	wids := []string{}
	if strings.EqualFold(app, t.clientID) {
		for _, name := range t.spec().DirectoryRoles {
			r, _ := roleNamed(name)
			wids = append(wids, r.template)
		}
	}
	principal := t.principalOf(app)
	return &claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + t.id + "/", IssuedAt: now.Unix(), NotBefore: now.Unix(),
		Expires: now.Add(tokenLife).Unix(), AppID: strings.ToLower(app), AppAuth: method, Provider: "https://sts.windows.net/" + t.id + "/",
		IDType: "app", Object: principal, Roles: slices.Clone(roles), Subject: principal, Tenant: t.id, Version: "1.0", Wids: wids,
	}
}
