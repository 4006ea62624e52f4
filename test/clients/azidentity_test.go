package clients

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// decode reads the JSON in one part of a JWT.
func decode(t *testing.T, jwt string, part int) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[part])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// token asks a credential for a token of Graph.
func token(ctx context.Context, cred azcore.TokenCredential) (azcore.AccessToken, error) {
	return cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{graphScope}})
}

func (s *simulator) secretCredential(tenant, client, secret string) *azidentity.ClientSecretCredential {
	s.t.Helper()
	cred, err := azidentity.NewClientSecretCredential(tenant, client, secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: s.options(), DisableInstanceDiscovery: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return cred
}

func TestAzidentitySecret(t *testing.T) {
	t.Parallel()
	s := start(t)
	me := s.Tenants[0]
	cred := s.secretCredential(me.ID, me.ClientID, me.ClientSecret)
	got, err := token(t.Context(), cred)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(got.ExpiresOn); left < 55*time.Minute || left > time.Hour {
		t.Errorf("the token lives %v, want about an hour", left)
	}
	claims := decode(t, got.Token, 1)
	if claims["tid"] != me.ID || claims["appid"] != me.ClientID || claims["appidacr"] != "1" || claims["roles"] == nil {
		t.Errorf("claims %v", claims)
	}
	again, err := token(t.Context(), cred)
	if err != nil || again.Token != got.Token {
		t.Errorf("a second token %v, error %v; want the first, kept", again.Token != got.Token, err)
	}
	if n := len(s.ledger("/" + me.ID + "/oauth2/v2.0/token")); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestAzidentityRefusals(t *testing.T) {
	t.Parallel()
	s := start(t)
	me := s.Tenants[0]
	stranger := "11111111-2222-4333-8444-555555555555"
	tests := []struct {
		name, tenant, client, secret string
		status                       int
		code                         string
	}{
		{"wrong secret", me.ID, me.ClientID, "not the secret", http.StatusUnauthorized, "AADSTS7000215"},
		{"unknown app", me.ID, stranger, me.ClientSecret, http.StatusBadRequest, "AADSTS700016"},
		{"unknown tenant", stranger, me.ClientID, me.ClientSecret, http.StatusBadRequest, "AADSTS90002"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := token(t.Context(), s.secretCredential(tt.tenant, tt.client, tt.secret))
			var failed *azidentity.AuthenticationFailedError
			if err == nil || !strings.Contains(err.Error(), tt.code) {
				t.Fatalf("error %v, want one with %s", err, tt.code)
			}
			if tt.code == "AADSTS90002" {
				return // met while the SDK looks for the tenant's endpoints, before it authenticates
			}
			if !errors.As(err, &failed) || failed.RawResponse == nil || failed.RawResponse.StatusCode != tt.status {
				t.Errorf("error %T with answer %v, want azidentity's with status %d", err, failed, tt.status)
			}
		})
	}
}

// A witness keeps the assertions of the token requests that pass by.
type witness struct {
	next       http.RoundTripper
	assertions []string
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return w.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("client_assertion") != "" {
		w.assertions = append(w.assertions, form.Get("client_assertion"))
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return w.next.RoundTrip(r)
}

func newCertificate(t *testing.T) (*x509.Certificate, crypto.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an app"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// The SDK decides what an assertion looks like; the simulator must take it as
// it comes, and only from a certificate that it knows.
func TestAzidentityCertificate(t *testing.T) {
	t.Parallel()
	s := start(t)
	me := s.Tenants[0]
	cert, key := newCertificate(t)
	seen := &witness{next: s.http.Transport}
	options := s.options()
	options.Transport = &http.Client{Transport: seen}
	ask := func() (azcore.AccessToken, error) {
		cred, err := azidentity.NewClientCertificateCredential(me.ID, me.ClientID, []*x509.Certificate{cert}, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		if err != nil {
			t.Fatal(err)
		}
		return token(t.Context(), cred)
	}
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Fatalf("before the certificate is registered: error %v, want one with AADSTS700027", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	s.control(http.MethodPost, "/certificates", map[string]string{"pem": string(text)}, nil)
	got, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	if claims := decode(t, got.Token, 1); claims["appidacr"] != "2" {
		t.Errorf("appidacr %v, want 2: a certificate", claims["appidacr"])
	}
	checkAssertion(t, seen.assertions[len(seen.assertions)-1], s, cert)
}

// checkAssertion holds what the SDK sent against what Microsoft documents.
func checkAssertion(t *testing.T, jwt string, s *simulator, cert *x509.Certificate) {
	t.Helper()
	me, sum := s.Tenants[0], sha256.Sum256(cert.Raw)
	header, claims := decode(t, jwt, 0), decode(t, jwt, 1)
	thumbprint, _ := header["x5t#S256"].(string)
	if header["alg"] != "PS256" || strings.TrimRight(thumbprint, "=") != base64.RawURLEncoding.EncodeToString(sum[:]) &&
		strings.TrimRight(thumbprint, "=") != base64.RawStdEncoding.EncodeToString(sum[:]) {
		t.Errorf("header %v, want PS256 and the thumbprint of the certificate", header)
	}
	if want := s.LoginURL + "/" + me.ID + "/oauth2/v2.0/token"; claims["aud"] != want || claims["iss"] != me.ClientID || claims["sub"] != me.ClientID {
		t.Errorf("claims %v, want aud %s and the client id as iss and sub", claims, want)
	}
	if claims["jti"] == nil || claims["exp"] == nil {
		t.Errorf("claims %v, want jti and exp", claims)
	}
}
