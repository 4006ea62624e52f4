package microsoft

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A certificate signs assertions. It is parsed once, for all tenants.
type certificate struct {
	leaf   *x509.Certificate
	sum    [sha256.Size]byte
	header string                 // of every assertion, encoded
	key    func() *rsa.PrivateKey // a func, because no way of printing calls it
}

// assertionLife is how long an assertion holds: five to ten minutes.
const assertionLife = 5 * time.Minute

// NewCertificateCredential returns a credential that signs assertions with
// the key of a certificate. It takes PEM with certificates and unencrypted keys
// in any order, or PKCS#12 with its password, also in Base64 as Azure Key Vault
// gives it. Of several certificates whose key is there it uses the one that
// ends last.
//
// Source: entra-docs certificate-credentials.
func NewCertificateCredential(pemOrPFX []byte, password string) (Credential, error) {
	cert, err := parseCertificate(pemOrPFX, password)
	if err != nil {
		return Credential{}, fmt.Errorf("microsoft: certificate: %w", err)
	}
	sign := func(_ context.Context, c *core, at time.Time) (string, error) { return cert.assert(c, at) }
	return Credential{&way{kind: KindCertificate, cert: cert, open: asserting(sign)}}, nil
}

func parseCertificate(text []byte, password string) (*certificate, error) {
	all, keys, err := readCertificate(text, password)
	if err != nil {
		return nil, err
	}
	var found *certificate
	for _, key := range keys {
		private, ok := key.(*rsa.PrivateKey)
		if !ok {
			err = errors.New("the key is not RSA, and Entra takes no other")
			continue
		}
		leaf := longest(all, private)
		if leaf != nil && (found == nil || leaf.NotAfter.After(found.leaf.NotAfter)) {
			found = newCertificate(leaf, private)
		}
	}
	if found == nil {
		return nil, cmp.Or(err, errors.New("no certificate belongs to the key"))
	}
	return found, nil
}

// longest returns the certificate of that key that ends last, or nil.
func longest(all []*x509.Certificate, key *rsa.PrivateKey) (found *x509.Certificate) {
	for _, leaf := range all {
		if key.PublicKey.Equal(leaf.PublicKey) && (found == nil || leaf.NotAfter.After(found.NotAfter)) {
			found = leaf
		}
	}
	return found
}

func newCertificate(leaf *x509.Certificate, private *rsa.PrivateKey) *certificate {
	c := &certificate{leaf: leaf, sum: sha256.Sum256(leaf.Raw), key: func() *rsa.PrivateKey { return private }}
	c.header = encodeSegment(map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(c.sum[:])})
	return c
}

// assert returns an assertion that we are the app, as of that time and for the
// token endpoint of the tenant alone. The SDK has one of its own, but takes the machine's clock
// and pads the thumbprint.
func (k *certificate) assert(c *core, at time.Time) (string, error) {
	id, err := newGUID()
	if err != nil {
		return "", err
	}
	now := at.Unix()
	text := k.header + "." + encodeSegment(map[string]any{
		"aud": c.at.hosts[login].base + c.tenant + "/oauth2/v2.0/token", "iss": c.app, "sub": c.app, "jti": id,
		"nbf": now, "iat": now, "exp": now + int64(assertionLife/time.Second),
	})
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPSS(rand.Reader, k.key(), crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", fmt.Errorf("sign the assertion: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func encodeSegment(v any) string {
	text, _ := json.Marshal(v) // maps of strings and numbers cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

// newGUID returns a random GUID.
func newGUID() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make a GUID: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
