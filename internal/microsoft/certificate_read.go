package microsoft

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"
)

// readCertificate reads any of the forms. A password for PEM is one too many,
// and does no harm.
func readCertificate(text []byte, password string) ([]*x509.Certificate, []crypto.PrivateKey, error) {
	switch {
	case len(text) == 0:
		return nil, nil, errors.New("there is none")
	case bytes.Contains(text, []byte("-----BEGIN ")):
		return readPEM(text)
	}
	if der, ok := unbase64(text); ok {
		text = der
	}
	// That of the SDK does not read what OpenSSL has sealed by default since 3.0.
	key, leaf, chain, err := pkcs12.DecodeChain(text, password)
	if err != nil {
		return nil, nil, fmt.Errorf("neither PEM nor PKCS#12 (also in Base64) that can be read with that password: %s", clean(err.Error(), 160))
	}
	return append([]*x509.Certificate{leaf}, chain...), []crypto.PrivateKey{key}, nil
}

// unbase64 returns what Base64 holds, in lines or in one. DER, which PKCS#12
// is, does not look like it: it begins with a byte that Base64 has as a digit,
// and has bytes that are no letters right behind.
func unbase64(text []byte) ([]byte, bool) {
	joined := bytes.Join(bytes.Fields(text), nil)
	der := make([]byte, base64.StdEncoding.DecodedLen(len(joined)))
	n, err := base64.StdEncoding.Decode(der, joined)
	return der[:n], err == nil && n > 0
}

// readPEM reads the certificates and keys of PEM; other blocks are passed over.
func readPEM(text []byte) (all []*x509.Certificate, keys []crypto.PrivateKey, err error) {
	if bytes.Contains(text, []byte("ENCRYPTED")) {
		return nil, nil, errors.New("the key in the PEM is encrypted: store it decrypted in a secret, or use PKCS#12")
	}
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, nil, errors.New("the PEM is cut off or damaged")
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		cert, key, err := readBlock(block)
		if err != nil {
			return nil, nil, fmt.Errorf("a %s in the PEM is damaged: %s", clean(block.Type, 40), clean(err.Error(), 160))
		}
		if cert != nil {
			all = append(all, cert)
		}
		if key != nil {
			keys = append(keys, key)
		}
	}
	switch {
	case len(keys) == 0:
		return nil, nil, errors.New("the PEM holds no private key")
	case len(all) == 0:
		return nil, nil, errors.New("the PEM holds no certificate")
	}
	return all, keys, nil
}

func readBlock(block *pem.Block) (cert *x509.Certificate, key crypto.PrivateKey, err error) {
	switch block.Type {
	case "CERTIFICATE":
		cert, err = x509.ParseCertificate(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	}
	return cert, key, err
}
