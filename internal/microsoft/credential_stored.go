package microsoft

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// NewMissingCredential returns a credential that cannot be had. In place of
// every token it says why, so that a tenant entered with it is unreadable for
// that reason while others go on.
func NewMissingCredential(why error) Credential {
	return Credential{&way{kind: KindMissing, open: func(_ *core, via *relay) (azcore.TokenCredential, error) {
		via.note(credentialError(why))
		return nil, why
	}}}
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
