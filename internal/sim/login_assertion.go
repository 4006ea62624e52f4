package sim

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the older thumbprint is a SHA-1; it names a key and proves nothing
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// clockSkew is what the clocks of two parties may differ by.
const clockSkew = 5 * time.Minute

// exchangeAudience is what a federated assertion must be for.
const exchangeAudience = "api://AzureADTokenExchange"

// A Federation is a trust of an app in the tokens of another issuer.
type Federation struct {
	Tenant   string `json:"tenant,omitempty"`   // whose app; default the first
	Issuer   string `json:"issuer"`             // exact, as subject and audience
	Subject  string `json:"subject"`            //
	Audience string `json:"audience,omitempty"` // default api://AzureADTokenExchange
	PEM      string `json:"pem"`                // the issuer's RSA PUBLIC KEY or CERTIFICATE

	key *rsa.PublicKey
}

// RegisterFederation adds a federated credential to a tenant's app.
func (c *Cloud) RegisterFederation(f Federation) error {
	t, err := c.tenantNamed(f.Tenant)
	if err != nil {
		return err
	}
	if f.Issuer == "" || f.Subject == "" {
		return errors.New("a federation needs issuer and subject")
	}
	if f.Audience == "" {
		f.Audience = exchangeAudience
	}
	if f.key, err = readPublicKey(f.PEM); err != nil {
		return err
	}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	a := c.registry.app(t.clientID)
	a.trusts = append(a.trusts, f)
	return nil
}

func readPublicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("pem holds no public key")
	}
	var public any
	var err error
	if block.Type == "CERTIFICATE" {
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = cert.PublicKey
		}
	} else {
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("pem: %w", err)
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("pem holds no RSA key")
	}
	return key, nil
}

// An assertion is a JWT that an app shows in place of a secret.
type assertion struct {
	header struct {
		Algorithm string `json:"alg"`
		Thumb     string `json:"x5t"`
		Thumb256  string `json:"x5t#S256"`
	}
	body struct {
		Audience  string  `json:"aud"`
		Issuer    string  `json:"iss"`
		Subject   string  `json:"sub"`
		ID        string  `json:"jti"`
		Expires   float64 `json:"exp"`
		NotBefore float64 `json:"nbf"`
		Scopes    string  `json:"scp"`
	}
	digest    [sha256.Size]byte
	signature []byte
}

func readAssertion(text string) (*assertion, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, errors.New("the assertion is no JWT")
	}
	a := &assertion{digest: sha256.Sum256([]byte(parts[0] + "." + parts[1]))}
	for i, into := range []any{&a.header, &a.body} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(raw, into) != nil {
			return nil, errors.New("the assertion is malformed")
		}
	}
	var err error
	if a.signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return nil, errors.New("the assertion's signature is malformed")
	}
	return a, nil
}

// signedBy checks the signature by the algorithm that the header names.
func (a *assertion) signedBy(key *rsa.PublicKey) bool {
	if a.header.Algorithm == "PS256" {
		return rsa.VerifyPSS(key, crypto.SHA256, a.digest[:], a.signature, nil) == nil
	}
	return a.header.Algorithm == "RS256" && rsa.VerifyPKCS1v15(key, crypto.SHA256, a.digest[:], a.signature) == nil
}

// thumbed reports whether the header names that certificate: PS256 by its
// SHA-256, RS256 by either.
func (a *assertion) thumbed(cert *x509.Certificate) bool {
	long, short := sha256.Sum256(cert.Raw), sha1.Sum(cert.Raw) //nolint:gosec // see the import
	same := func(text string, sum []byte) bool {
		text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "=")) // some clients do not write base64url
		return text == base64.RawURLEncoding.EncodeToString(sum)
	}
	return same(a.header.Thumb256, long[:]) || a.header.Algorithm == "RS256" && same(a.header.Thumb, short[:])
}

func badAssertion(number int, format string, args ...any) error {
	return loginError(http.StatusUnauthorized, "invalid_client", number, format, args...)
}

// checkAssertion refuses assertions that do not prove that the client is the app.
func (c *Cloud) checkAssertion(t, home *tenant, form url.Values) error {
	if kind := form.Get("client_assertion_type"); kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return loginError(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type'.")
	}
	a, err := readAssertion(form.Get("client_assertion"))
	if err != nil {
		return badAssertion(50013, "Assertion failed signature validation or is malformed: %s.", err.Error())
	}
	c.registry.mu.Lock()
	defer c.registry.mu.Unlock()
	mine := c.registry.app(home.clientID)
	if strings.EqualFold(a.body.Issuer, home.clientID) {
		return c.checkOwnAssertion(t, home, mine, a)
	}
	return c.checkForeignAssertion(mine, a)
}

// checkOwnAssertion checks what the app has signed with a certificate.
func (c *Cloud) checkOwnAssertion(t, home *tenant, mine *app, a *assertion) error {
	var cert *x509.Certificate
	for _, k := range mine.keys {
		if a.thumbed(k) {
			cert = k
		}
	}
	if cert == nil {
		return badAssertion(700027, "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found.]")
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || !a.signedBy(key) {
		return badAssertion(50012, "Client assertion failed: the provided signature value did not match the expected signature value.")
	}
	if !strings.EqualFold(a.body.Subject, home.clientID) {
		return badAssertion(50048, "Subject must match Issuer claim in the client assertion.")
	}
	if !c.tokenAudience(t, a.body.Audience) {
		return badAssertion(50013, "Assertion audience claim does not match Realm issuer. Review the documentation.")
	}
	if a.body.ID == "" {
		return badAssertion(50013, "Assertion is missing the claim 'jti'.")
	}
	return c.checkTimes(a)
}

// tokenAudience reports whether an address is that of the tenant's token
// endpoint, here or in the real cloud that this one plays.
func (c *Cloud) tokenAudience(t *tenant, audience string) bool {
	for _, host := range []string{c.info.LoginURL, "https://" + c.national.login} {
		for _, name := range []string{t.id, t.domain, t.name} {
			if audience == host+"/"+name+"/oauth2/v2.0/token" {
				return true
			}
		}
	}
	return false
}

// checkForeignAssertion checks what another issuer has signed.
func (c *Cloud) checkForeignAssertion(mine *app, a *assertion) error {
	entra := strings.HasPrefix(a.body.Issuer, c.info.LoginURL+"/") || strings.HasPrefix(a.body.Issuer, "https://sts.windows.net/")
	if entra && a.body.Scopes != "" {
		return badAssertion(700229, "Only app-only tokens can be used as Federated Identity Credentials for Microsoft Entra issuers.")
	}
	for _, f := range mine.trusts {
		if f.Issuer != a.body.Issuer || f.Subject != a.body.Subject || f.Audience != a.body.Audience {
			continue
		}
		if a.header.Algorithm != "RS256" || !a.signedBy(f.key) {
			return badAssertion(50012, "Client assertion failed: the signature of the external issuer could not be verified.")
		}
		return c.checkTimes(a)
	}
	return badAssertion(70021, "No matching federated identity record found for presented assertion. Assertion Issuer: '%s'. Assertion Subject: '%s'. Assertion Audience: '%s'.",
		a.body.Issuer, a.body.Subject, a.body.Audience)
}

func (c *Cloud) checkTimes(a *assertion) error {
	now := float64(c.clock.now().Unix())
	if now >= a.body.Expires+clockSkew.Seconds() || now < a.body.NotBefore-clockSkew.Seconds() {
		return badAssertion(500133, "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token.")
	}
	return nil
}
