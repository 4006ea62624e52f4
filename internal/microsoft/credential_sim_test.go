package microsoft_test

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
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// A stage is a simulated cloud and a hub that stands before it. They share a
// clock that runs ahead when somebody waits.
type stage struct {
	*sim.Cloud
	hub   *microsoft.Hub
	info  sim.Info
	ahead atomic.Int64
	mu    sync.Mutex
	calls []microsoft.Call
}

func newStage(t *testing.T, opts sim.Options) *stage {
	t.Helper()
	s := &stage{}
	opts.Now = s.now
	opts.Calm = true
	var err error
	if s.Cloud, err = sim.Start(context.WithoutCancel(t.Context()), opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.info = s.Info()
	observe := func(c microsoft.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, c)
	}
	if s.hub, err = microsoft.New(microsoft.Options{Endpoints: endpoints(s.info), Now: s.now, Observe: observe}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.hub.Close)
	s.hub.SetSleep(func(ctx context.Context, d time.Duration) error {
		s.ahead.Add(int64(d))
		return ctx.Err()
	})
	return s
}

func (s *stage) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// tenant returns the n-th tenant with the app of the first.
func (s *stage) tenant(n int) cordon.Tenant {
	return cordon.Tenant{ID: s.info.Tenants[n].ID, ClientID: s.info.Tenants[0].ClientID}
}

func (s *stage) client(t *testing.T, tenant cordon.Tenant, cred microsoft.Credential) *microsoft.Client {
	t.Helper()
	c, err := s.hub.Client(tenant, cred)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logins counts the token requests so far.
func (s *stage) logins() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.Service == "login" && strings.HasSuffix(c.Path, "/token") {
			n++
		}
	}
	return n
}

// A pair is a key and its certificate.
type pair struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

var oneKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newPair(t *testing.T, ends time.Time) pair {
	t.Helper()
	shape := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "cordon"}, NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, oneKey().Public(), oneKey())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return pair{oneKey(), cert}
}

func (p pair) certPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw}))
}

func (p pair) keyPEM() string {
	der, _ := x509.MarshalPKCS8PrivateKey(p.key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func (p pair) credential(t *testing.T) microsoft.Credential {
	t.Helper()
	cred, err := microsoft.NewCertificateCredential([]byte(p.keyPEM()+p.certPEM()), "")
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

// enters proves that a client gets tokens for both services and a useful
// answer, and that its token names the method.
func enters(t *testing.T, c *microsoft.Client, method string) {
	t.Helper()
	if _, err := c.Users.Count(t.Context()); err != nil {
		t.Errorf("users: %v", err)
	}
	if err := c.CheckToken(t.Context(), microsoft.ResourceDefender); err != nil {
		t.Errorf("defender: %v", err)
	}
	info, err := c.TokenInfo(t.Context(), microsoft.ResourceGraph)
	if err != nil || info.Method != method || !slices.Contains(append(info.Roles, info.Scopes...), "User.Read.All") {
		t.Errorf("token: %+v, %v", info, err)
	}
}

// A certificate opens the tenant whose app knows it, and no other.
func TestCertificateCredential(t *testing.T) {
	t.Parallel()
	ends := time.Now().AddDate(0, 6, 0).UTC().Truncate(time.Second)
	p := newPair(t, ends)
	s := newStage(t, sim.Options{Certificates: []sim.Certificate{{PEM: p.certPEM()}}})
	cred := p.credential(t)
	enters(t, s.client(t, s.tenant(0), cred), "certificate")
	if at, ok := cred.Expires(); !ok || !at.Equal(ends) || cred.Thumbprint() != fmt.Sprintf("%X", sha256.Sum256(p.cert.Raw)) || cred.Kind() != microsoft.KindCertificate {
		t.Errorf("the credential says %v %v %v", at, cred.Thumbprint(), cred.Kind())
	}
	stranger := newPair(t, ends).credential(t)
	c := s.client(t, s.tenant(0), stranger)
	if err := c.CheckToken(t.Context(), microsoft.ResourceGraph); !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("unknown certificate: got %v", err)
	}
	// The assertion is dated by the hub's clock, as it runs ahead.
	s.ahead.Add(int64(72 * time.Hour))
	enters(t, s.client(t, s.tenant(0), cred), "certificate")
}

// A clock that is wrong locks nobody out: sign-in tells the time.
func TestCertificateOfAWrongClock(t *testing.T) {
	t.Parallel()
	p := newPair(t, time.Now().AddDate(1, 0, 0))
	s := newStage(t, sim.Options{Certificates: []sim.Certificate{{PEM: p.certPEM()}}})
	for _, wrong := range []time.Duration{-24 * time.Hour, -10 * time.Minute, 10 * time.Minute} {
		hub, err := microsoft.New(microsoft.Options{Endpoints: endpoints(s.info), Now: func() time.Time { return s.now().Add(wrong) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(hub.Close)
		c, err := hub.Client(s.tenant(0), p.credential(t))
		if err != nil {
			t.Fatal(err)
		}
		enters(t, c, "certificate")
	}
}

// PKCS#12 is read with its password; what cannot be read says how to make it.
func TestCertificateForms(t *testing.T) {
	t.Parallel()
	s := newStage(t, sim.Options{})
	sealed := map[string][]byte{} // by OpenSSL 3.0: "legacy" with the option of that name, "modern" without
	for _, name := range []string{"legacy", "modern"} {
		text, err := os.ReadFile("testdata/" + name + ".pfx")
		if err != nil {
			t.Fatal(err)
		}
		cred, err := microsoft.NewCertificateCredential(text, "correct-horse")
		if err != nil {
			t.Fatalf("%s PKCS#12: %v", name, err)
		}
		if err := s.client(t, s.tenant(0), cred).CheckToken(t.Context(), microsoft.ResourceGraph); !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "AADSTS700027") {
			t.Errorf("%s PKCS#12 that is not registered: got %v", name, err)
		}
		sealed[name] = text
	}
	elliptic, err := os.ReadFile("testdata/elliptic.pem")
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(t, time.Now().AddDate(1, 0, 0))
	other := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	tests := map[string]struct {
		text     []byte
		password string
		says     string
	}{
		"nothing":          {nil, "", "there is none"},
		"garbage":          {[]byte("hello"), "", "neither PEM nor PKCS#12"},
		"wrong password":   {sealed["legacy"], "wrong-horse", "that password"},
		"of the newer":     {sealed["modern"], "wrong-horse", "that password"},
		"cut PEM":          {[]byte(p.keyPEM())[:200], "", "cut off or damaged"},
		"no key":           {[]byte(p.certPEM()), "", "private key"},
		"no certificate":   {[]byte(p.keyPEM()), "", "certificate"},
		"bad certificate":  {[]byte(p.keyPEM() + other), "", "certificate"},
		"another's key":    {[]byte(p.keyPEM() + foreignCertificate(t)), "", "belongs to the key"},
		"encrypted key":    {[]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"), "x", "decrypted"},
		"an elliptic key":  {elliptic, "", "RSA"},
		"password for PEM": {[]byte(p.keyPEM() + p.certPEM()), "x", ""},
	}
	for name, tt := range tests {
		_, err := microsoft.NewCertificateCredential(tt.text, tt.password)
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: got %v, want %q", name, err, tt.says)
		}
		if err != nil && tt.password != "x" && tt.password != "" && strings.Contains(err.Error(), tt.password) {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

// assertionOf signs what another issuer would.
func (p pair) assertionOf(claims map[string]any) string {
	seg := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := seg(map[string]string{"alg": "RS256", "typ": "JWT"}) + "." + seg(claims)
	sum := sha256.Sum256([]byte(text))
	signature, _ := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// A federated credential shows what a file holds, anew with every token.
func TestFederatedCredential(t *testing.T) {
	t.Parallel()
	s := newStage(t, sim.Options{})
	p := newPair(t, time.Now().AddDate(1, 0, 0))
	file := filepath.Join(t.TempDir(), "token")
	write := func(subject string) {
		t.Helper()
		text := p.assertionOf(map[string]any{"iss": "https://idp.example/", "sub": subject, "aud": "api://AzureADTokenExchange", "exp": s.now().Add(time.Hour).Unix()})
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cred := microsoft.NewFederatedCredential(func(context.Context) (string, error) {
		text, err := os.ReadFile(file)
		return strings.TrimSpace(string(text)), err
	})
	c := s.client(t, s.tenant(0), cred)
	err := c.CheckToken(t.Context(), microsoft.ResourceGraph)
	if !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "cannot load the credential") || s.logins() != 0 {
		t.Errorf("no file: got %v", err)
	}
	write("cordon")
	s.ahead.Add(int64(time.Minute))
	before := s.logins()
	err = c.CheckToken(t.Context(), microsoft.ResourceGraph)
	if !errors.Is(err, cordon.ErrUnavailable) || !strings.Contains(err.Error(), "wait some minutes") || s.logins() != before+1 {
		t.Errorf("not registered: got %v after %d", err, s.logins()-before)
	}
	_ = c.CheckToken(t.Context(), microsoft.ResourceGraph)
	if s.logins() != before+1 {
		t.Error("sign-in was asked again at once")
	}
	if err := s.RegisterFederation(sim.Federation{Issuer: "https://idp.example/", Subject: "cordon", PEM: p.certPEM()}); err != nil {
		t.Fatal(err)
	}
	s.ahead.Add(int64(time.Minute))
	enters(t, c, "certificate")
	write("mallory")
	s.ahead.Add(int64(2 * time.Hour))
	if err := c.CheckToken(t.Context(), microsoft.ResourceGraph); !errors.Is(err, cordon.ErrUnavailable) {
		t.Errorf("another subject: got %v", err)
	}
	canary := "canary-of-a-script"
	c = s.client(t, s.tenant(0), microsoft.NewFederatedCredential(func(context.Context) (string, error) {
		return "", errors.New("boom eyJhbGciOiJub25lIn0.e30." + canary)
	}))
	if err := c.CheckToken(t.Context(), microsoft.ResourceGraph); !errors.Is(err, cordon.ErrCredential) || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "boom") {
		t.Errorf("an assertion that cannot be had: got %v", err)
	}
}
