package microsoft

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// issue returns a certificate of a key in PEM, until that end.
func issue(t *testing.T, key *rsa.PrivateKey, serial int64, end time.Time) []byte {
	t.Helper()
	ask := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "cordon"}, NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, ask, ask, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestCertificateThatEndsLast: of several certificates in a file, in any order
// and also with a key each, the one is used whose key is there and that ends
// last.
func TestCertificateThatEndsLast(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, time.UTC) }
	one, two, other := newKey(t), newKey(t), newKey(t)
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		parts [][]byte
		want  time.Time
	}{
		"old before new":          {[][]byte{keyPEM(t, one), issue(t, one, 1, day(1)), issue(t, one, 2, day(2))}, day(2)},
		"new before old":          {[][]byte{issue(t, one, 2, day(2)), issue(t, one, 1, day(1)), keyPEM(t, one)}, day(2)},
		"one without its key":     {[][]byte{issue(t, other, 3, day(9)), issue(t, one, 1, day(1)), keyPEM(t, one)}, day(1)},
		"old pair, then new pair": {[][]byte{keyPEM(t, one), issue(t, one, 1, day(1)), keyPEM(t, two), issue(t, two, 2, day(3))}, day(3)},
		"new pair, then old pair": {[][]byte{keyPEM(t, two), issue(t, two, 2, day(3)), keyPEM(t, one), issue(t, one, 1, day(1))}, day(3)},
		"a key that is not RSA":   {[][]byte{keyPEM(t, foreign), keyPEM(t, one), issue(t, one, 1, day(1))}, day(1)},
	} {
		cred, err := NewCertificateCredential(bytes.Join(tt.parts, []byte("\n")), "")
		if end, ok := cred.Expires(); err != nil || !ok || !end.Equal(tt.want) {
			t.Errorf("%s: ends %s, %v; want %s", name, end, err, tt.want)
		}
	}
	for name, tt := range map[string]struct {
		text []byte
		says string
	}{
		"no key":         {issue(t, one, 1, day(1)), "the PEM holds no private key"},
		"no certificate": {keyPEM(t, one), "the PEM holds no certificate"},
		"of another key": {slices.Concat(keyPEM(t, one), issue(t, two, 1, day(1))), "no certificate belongs to the key"},
		"not RSA":        {slices.Concat(keyPEM(t, foreign), issue(t, two, 1, day(1))), "the key is not RSA"},
	} {
		if _, err := NewCertificateCredential(tt.text, ""); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCertificateInBase64: PKCS#12 is also read as Azure Key Vault gives it, in
// one line of Base64 or in several.
func TestCertificateInBase64(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/legacy.pfx")
	if err != nil {
		t.Fatal(err)
	}
	line := base64.StdEncoding.EncodeToString(raw)
	lines := ""
	for part := range slices.Chunk([]byte(line), 76) {
		lines += string(part) + "\r\n"
	}
	want := testCertificate(t).Thumbprint()
	for name, text := range map[string]string{"one line": line, "with its end": line + "\n", "lines": lines} {
		cred, err := NewCertificateCredential([]byte(text), "correct-horse")
		if err != nil || cred.Thumbprint() != want {
			t.Errorf("%s: %s, %v", name, cred.Thumbprint(), err)
		}
	}
	if _, err := NewCertificateCredential([]byte("bm8gY2VydGlmaWNhdGU="), ""); err == nil || !strings.Contains(err.Error(), "also in Base64") {
		t.Errorf("no certificate: %v", err)
	}
}

// TestRefusedCredentialIsReadAgain: when sign-in refuses a secret, what its
// place holds by now is tried once, for all tenants that share it; the same
// secret is not shown twice.
func TestRefusedCredentialIsReadAgain(t *testing.T) {
	t.Parallel()
	const old, renewed = "old~secret-8Q", "new~secret-9Q"
	held, reads, valid := old, 0, old
	f := newFake(t, nil)
	var shown []string
	f.signIn = func(w http.ResponseWriter, r *http.Request) {
		shown = append(shown, r.PostFormValue("client_secret"))
		if shown[len(shown)-1] != valid {
			reply(w, 401, `{"error":"invalid_client","error_description":"AADSTS7000222: expired","error_codes":[7000222]}`)
			return
		}
		reply(w, 200, `{"token_type":"Bearer","expires_in":3599,"access_token":"`+canaryJWT+`"}`)
	}
	var read func(context.Context) (Credential, error)
	read = func(context.Context) (Credential, error) {
		reads++
		return NewSecretCredential(held).ReadAgain(read), nil
	}
	cred, err := read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hub := f.cloud(t, Options{})
	client := func(tenant string) *Client {
		c, err := hub.Client(cordon.Tenant{ID: tenant, ClientID: clientID}, cred)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, two := client(tenantID), client(tenantID)
	if err := one.CheckToken(t.Context(), ResourceGraph); err != nil || reads != 1 {
		t.Fatalf("at first: %v after %d reads", err, reads)
	}
	valid = renewed
	if err := one.CheckToken(t.Context(), ResourceDefender); !errors.Is(err, cordon.ErrCredential) || reads != 2 {
		t.Errorf("the same secret: %v after %d reads", err, reads)
	}
	held = renewed
	f.advance(stopPause)
	if err := one.CheckToken(t.Context(), ResourceDefender); err != nil || reads != 3 {
		t.Errorf("a new secret: %v after %d reads", err, reads)
	}
	if err := two.CheckToken(t.Context(), ResourceGraph); err != nil || reads != 3 {
		t.Errorf("another tenant with it: %v after %d reads", err, reads)
	}
	if want := []string{old, old, old, renewed, renewed}; !slices.Equal(shown, want) {
		t.Errorf("shown %q, want %q", shown, want)
	}
}
