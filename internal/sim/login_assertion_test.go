package sim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the older thumbprint
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// testCert returns a certificate of the test key.
func testCert(t *testing.T, serial int64) (*x509.Certificate, string) {
	t.Helper()
	shape := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "app"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, testKey().Public(), testKey())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// jwt signs an assertion as its header says.
func jwt(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	text := segment(encode(header)) + "." + segment(encode(claims))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, testKey(), crypto.SHA256, sum[:])
	if header["alg"] == "PS256" {
		signature, err = rsa.SignPSS(rand.Reader, testKey(), crypto.SHA256, sum[:], nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + segment(signature)
}

func asserted(me TenantInfo, assertion string) url.Values {
	form := credentials(me, "https://graph.microsoft.com/.default")
	form.Del("client_secret")
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	return form
}

// bodyOf reads the claims of a token that was handed out.
func bodyOf(t *testing.T, token string) claims {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var c claims
	if err != nil || json.Unmarshal(raw, &c) != nil {
		t.Fatalf("no claims in %q: %v", token, err)
	}
	return c
}

// TestCertificateAssertions shows assertions that are in order, and others.
func TestCertificateAssertions(t *testing.T) {
	t.Parallel()
	cert, text := testCert(t, 1)
	r := newRig(t, Options{Certificates: []Certificate{{PEM: text}}})
	me := r.cloud.Info().Tenants[0]
	endpoint := r.cloud.Info().LoginURL + "/" + me.ID + "/oauth2/v2.0/token"
	long, short := sha256.Sum256(cert.Raw), sha1.Sum(cert.Raw) //nolint:gosec // see the import
	strange, _ := testCert(t, 2)
	other := sha256.Sum256(strange.Raw)
	now := fixed().Unix()
	tests := []struct {
		name           string
		header, claims map[string]any // over those that are in order
		number         string         // "" is a token
	}{
		{"PS256", nil, nil, ""},
		{"padded thumbprint", map[string]any{"x5t#S256": base64.StdEncoding.EncodeToString(long[:])}, nil, ""},
		{"RS256 and SHA-1", map[string]any{"alg": "RS256", "x5t": segment(short[:]), "x5t#S256": nil}, nil, ""},
		{"the real cloud's endpoint", nil, map[string]any{"aud": "https://login.microsoftonline.com/" + me.ID + "/oauth2/v2.0/token"}, ""},
		{"PS256 and SHA-1", map[string]any{"x5t": segment(short[:]), "x5t#S256": nil}, nil, "700027"},
		{"unknown key", map[string]any{"x5t#S256": segment(other[:])}, nil, "700027"},
		{"no thumbprint", map[string]any{"x5t#S256": nil}, nil, "700027"},
		{"no signature", map[string]any{"alg": "none"}, nil, "50012"},
		{"another algorithm", map[string]any{"alg": "HS256"}, nil, "50012"},
		{"another subject", nil, map[string]any{"sub": "x"}, "50048"},
		{"another audience", nil, map[string]any{"aud": "https://login.example/" + me.ID + "/oauth2/v2.0/token"}, "50013"},
		{"another tenant's audience", nil, map[string]any{"aud": r.cloud.Info().LoginURL + "/common/oauth2/v2.0/token"}, "50013"},
		{"no id", nil, map[string]any{"jti": ""}, "50013"},
		{"expired", nil, map[string]any{"exp": now - 301}, "500133"},
		{"no end", nil, map[string]any{"exp": nil}, "500133"},
		{"not yet", nil, map[string]any{"nbf": now + 301}, "500133"},
		{"another issuer", nil, map[string]any{"iss": "https://idp.example/"}, "70021"},
	}
	for _, tt := range tests {
		header := map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": segment(long[:])}
		body := map[string]any{"aud": endpoint, "iss": me.ClientID, "sub": me.ClientID, "jti": "1", "nbf": now, "exp": now + 300}
		maps.Copy(header, tt.header)
		maps.Copy(body, tt.claims)
		g := r.post(endpoint, asserted(me, jwt(t, header, body)))
		if tt.number == "" {
			if c := bodyOf(t, g.field(t, "access_token")); c.AppAuth != "2" || c.AppID != me.ClientID || len(c.Roles) == 0 {
				t.Errorf("%s: %+v", tt.name, c)
			}
			continue
		}
		code, message := g.problem(t)
		if g.status != 401 || code != "invalid_client" || !strings.HasPrefix(message, "AADSTS"+tt.number+": ") {
			t.Errorf("%s: got %d %s %s, want %s", tt.name, g.status, code, message, tt.number)
		}
	}
	for _, bad := range []string{"", "a.b", "a.b.c", "e30.e30.!"} {
		if _, message := r.post(endpoint, asserted(me, bad)).problem(t); !strings.HasPrefix(message, "AADSTS50013: ") {
			t.Errorf("%q: %s", bad, message)
		}
	}
	if text := r.control("GET", "/ledger?reads=1", "").body; strings.Contains(text, segment(long[:])) {
		t.Error("an assertion is in the ledger")
	}
}

// TestFederations trusts an issuer's subject, and nothing beside it.
func TestFederations(t *testing.T) {
	t.Parallel()
	_, text := testCert(t, 1)
	public, err := x509.MarshalPKIXPublicKey(testKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	r := newRig(t, Options{})
	me := r.cloud.Info().Tenants[0]
	endpoint := r.cloud.Info().LoginURL + "/" + me.ID + "/oauth2/v2.0/token"
	claims := map[string]any{"iss": "https://idp.example/", "sub": "ci", "aud": exchangeAudience, "exp": fixed().Unix() + 60}
	try := func(alg string, change map[string]any) string {
		body := maps.Clone(claims)
		maps.Copy(body, change)
		g := r.post(endpoint, asserted(me, jwt(t, map[string]any{"alg": alg}, body)))
		if g.status == 200 {
			return bodyOf(t, g.field(t, "access_token")).AppAuth
		}
		_, message := g.problem(t)
		number, _, _ := strings.Cut(message, ":")
		return number
	}
	if got := try("RS256", nil); got != "AADSTS70021" {
		t.Errorf("before it is registered: %s", got)
	}
	for _, pem := range []string{key, text} {
		g := r.control("POST", "/federations", string(encode(map[string]string{"issuer": "https://idp.example/", "subject": "ci", "pem": pem})))
		if g.status != 200 {
			t.Fatalf("got %d %s", g.status, g.body)
		}
	}
	for _, tt := range []struct {
		alg    string
		change map[string]any
		want   string
	}{
		{"RS256", nil, "2"},
		{"PS256", nil, "AADSTS50012"},
		{"RS256", map[string]any{"sub": "CI"}, "AADSTS70021"},
		{"RS256", map[string]any{"aud": "api://other"}, "AADSTS70021"},
		{"RS256", map[string]any{"exp": fixed().Unix() - 301}, "AADSTS500133"},
		{"RS256", map[string]any{"iss": "https://sts.windows.net/x/", "scp": "User.Read"}, "AADSTS700229"},
	} {
		if got := try(tt.alg, tt.change); got != tt.want {
			t.Errorf("%s %v: got %s, want %s", tt.alg, tt.change, got, tt.want)
		}
	}
}
