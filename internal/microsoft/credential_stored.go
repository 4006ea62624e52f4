package microsoft

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// NewMissingCredential returns a credential that cannot be had yet. Whenever a
// token is needed again is asked for it: in place of the token its error is
// told, so that a tenant entered with it is unreadable for that reason while
// others go on; what it returns is used from then on. How often it looks is
// its own affair.
func NewMissingCredential(again func(context.Context) (Credential, error)) Credential {
	return Credential{&way{kind: KindMissing, again: again}}
}

// way returns what the client enters the tenant with: in place of what was
// missing, what was had since.
func (c *core) way() *way {
	if found := c.cred.found.Load(); found != nil {
		return found
	}
	return c.cred
}

// arrive asks for a credential that is missing still.
func (c *core) arrive(ctx context.Context) *Error {
	if c.way().kind != KindMissing {
		return nil
	}
	got, err := c.cred.again(ctx)
	switch {
	case err != nil:
		return credentialError(err)
	case got.empty() || got.Kind() == KindMissing:
		return credentialError(errors.New("it is empty"))
	}
	c.cred.found.Store(got.way)
	return nil
}

// PlainCertificate returns a certificate and its key as PEM without a
// password, in the form in which they are sealed. It takes what
// NewCertificateCredential takes.
func PlainCertificate(pemOrPFX []byte, password string) ([]byte, error) {
	c, err := parseCertificate(pemOrPFX, password)
	if err != nil {
		return nil, fmt.Errorf("microsoft: certificate: %w", err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.key())
	if err != nil {
		return nil, fmt.Errorf("microsoft: certificate: %w", err)
	}
	var b bytes.Buffer
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: c.leaf.Raw}, {Type: "PRIVATE KEY", Bytes: key}} {
		if err := pem.Encode(&b, block); err != nil {
			return nil, fmt.Errorf("microsoft: certificate: %w", err)
		}
	}
	return b.Bytes(), nil
}
