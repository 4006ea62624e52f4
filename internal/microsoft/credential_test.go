package microsoft

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// testCertificate is the key of the PKCS#12 in testdata, as a credential.
func testCertificate(t *testing.T) Credential {
	t.Helper()
	text, err := os.ReadFile("testdata/legacy.pfx")
	if err != nil {
		t.Fatal(err)
	}
	cred, err := NewCertificateCredential(text, "correct-horse")
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

// Printing a credential, and what holds one, shows no secret.
func TestCredentialsAreNotPrinted(t *testing.T) {
	t.Parallel()
	cert := testCertificate(t)
	private := cert.way.cert.key()
	secrets := []string{canary, private.D.String(), fmt.Sprintf("%x", private.D), private.D.Text(36)}
	device := NewDeviceCodeCredential(func(context.Context, DeviceCode) error { return nil })
	for _, cred := range []Credential{{}, NewSecretCredential(canary), cert, device, NewManagedIdentityCredential(clientID), NewAzureCLICredential(), NewBrowserCredential()} {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, nil))
		holder := struct {
			Cred Credential
			cred Credential
			ptr  *Credential
		}{cred, cred, &cred}
		logger.Info("x", "cred", cred, "holder", holder, "pointer", &cred)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cred", cred, "holder", holder)
		text, err := json.Marshal(map[string]any{"cred": cred, "holder": holder, "pointer": &cred})
		if err != nil {
			t.Error(err)
		}
		all := log.String() + string(text)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			all += fmt.Sprintf(verb, cred) + fmt.Sprintf(verb, &cred) + fmt.Sprintf(verb, holder) + fmt.Sprintf(verb, []Credential{cred})
		}
		for _, secret := range secrets {
			if strings.Contains(all, secret) {
				t.Errorf("a %s shows %q in %s", cred.Kind(), secret, all)
			}
		}
		if !strings.Contains(all, cred.String()) {
			t.Errorf("a credential does not say what it is: %s", all)
		}
	}
	if s := fmt.Sprintf("%v %+v %s", NewSecretCredential(canary), NewSecretCredential(canary), Credential{}); s != "secret credential secret credential no credential" {
		t.Errorf("got %s", s)
	}
}

// Whatever of a request sign-in echoes, no text shows it.
func TestEchoedSecrets(t *testing.T) {
	t.Parallel()
	assertion := "opaque-assertion/with+marks=="
	for name, cred := range map[string]Credential{
		"secret":      NewSecretCredential(canary),
		"certificate": testCertificate(t),
		"federated":   NewFederatedCredential(func(context.Context) (string, error) { return assertion, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, nil)
			var sent string
			f.signIn = func(w http.ResponseWriter, r *http.Request) {
				sent = r.PostFormValue("client_secret") + r.PostFormValue("client_assertion")
				text, _ := json.Marshal(map[string]any{"error": "invalid_client", "error_description": "I got " + sent + " and " + r.PostForm.Encode()})
				reply(w, 401, string(text))
			}
			var seen []Call
			c, err := f.cloud(t, Options{Observe: func(call Call) { seen = append(seen, call) }}).Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, cred)
			if err != nil {
				t.Fatal(err)
			}
			err = c.CheckToken(t.Context(), ResourceGraph)
			var e *Error
			if !errors.Is(err, cordon.ErrCredential) || !errors.As(err, &e) || !strings.Contains(e.Message, "[secret]") {
				t.Fatalf("got %v", err)
			}
			text := fmt.Sprintf("%v %+v %#v %+v %+v", err, *e, *e, seen, c)
			if sent == "" || strings.Contains(text, sent) || strings.Contains(text, sent[len(sent)/2:]) {
				t.Errorf("%q is shown in %s", sent, text)
			}
		})
	}
}

// An assertion says who we are to one endpoint, for a short time.
func TestAssertion(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	var seen []map[string]any
	f.signIn = func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.PostFormValue("client_assertion"), ".")
		claims := map[string]any{"type": r.PostFormValue("client_assertion_type")}
		for _, p := range parts[:2] {
			raw, err := base64.RawURLEncoding.DecodeString(p)
			if err != nil || json.Unmarshal(raw, &claims) != nil {
				t.Errorf("malformed: %v", err)
			}
		}
		seen = append(seen, claims)
		reply(w, 200, `{"token_type":"Bearer","expires_in":3599,"access_token":"x"}`)
	}
	cred := testCertificate(t)
	c, err := f.cloud(t, Options{}).Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, cred)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.CheckToken(t.Context(), ResourceGraph), c.CheckToken(t.Context(), ResourceDefender)); err != nil {
		t.Fatal(err)
	}
	first, second := seen[0], seen[1]
	if first["jti"] == second["jti"] || !cordon.IsGUID(fmt.Sprint(first["jti"])) {
		t.Errorf("ids %v, %v", first["jti"], second["jti"])
	}
	now := float64(f.now().Unix())
	want := map[string]any{"type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "alg": "PS256", "typ": "JWT",
		"x5t#S256": base64.RawURLEncoding.EncodeToString(cred.way.cert.sum[:]), "aud": f.URL + "/" + tenantID + "/oauth2/v2.0/token",
		"iss": clientID, "sub": clientID, "jti": first["jti"], "nbf": now, "iat": now, "exp": now + 300}
	if fmt.Sprint(first) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", first, want)
	}
}

// One certificate serves ten thousand clients: it is parsed once, and a
// client holds no more than a pointer to it.
func TestManyClientsOneCredential(t *testing.T) {
	cred, hub := testCertificate(t), newBudgetCloud(t, time.Now)
	const n = 10_000
	clients := make([]*Client, 0, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		c, err := hub.Client(cordon.Tenant{ID: guid(i), ClientID: clientID}, cred)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	bytes, objects := float64(after.HeapAlloc-before.HeapAlloc)/n, float64(after.HeapObjects-before.HeapObjects)/n
	t.Logf("%.0f bytes and %.1f objects for a client", bytes, objects)
	if bytes > 2048 || objects > 5 {
		t.Errorf("%.0f bytes and %.1f objects for a client", bytes, objects)
	}
	for _, c := range clients {
		if c.cred != cred.way {
			t.Fatal("a client has a credential of its own")
		}
	}
}

func TestReadToken(t *testing.T) {
	t.Parallel()
	jwt := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
	}
	info, err := readToken(jwt(`{"ver":"2.0","tid":"t","azp":"a","azpacr":"2","oid":"o","aud":"https://graph","roles":["b","a","b","\u001b[31mc"],"scp":"y x","iat":1700000000,"exp":"1700003600"}`))
	want := TokenInfo{Tenant: "t", App: "a", Object: "o", Audience: "https://graph", Roles: []string{"[31mc", "a", "b"}, Scopes: []string{"x", "y"},
		Method: "certificate", Issued: time.Unix(1700000000, 0).UTC(), Expires: time.Unix(1700003600, 0).UTC()}
	if err != nil || fmt.Sprintf("%+v", info) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v, %v\nwant %+v", info, err, want)
	}
	if info, err := readToken(jwt(`{"tid":7,"aud":["x"],"roles":"Global","exp":1e300,"iat":-5,"appidacr":9}`)); err != nil || info.Tenant != "7" || len(info.Roles) != 0 ||
		!info.Expires.IsZero() || !info.Issued.IsZero() || info.Method != "" {
		t.Errorf("odd types: %+v, %v", info, err)
	}
	for _, bad := range []string{"", "opaque", "a.b", "a.!!.c", jwt("[]"), jwt("{"), jwt(strings.Repeat(`{"a":`, 5000)), strings.Repeat("x", 100_000), "a." + strings.Repeat("e30", 40_000) + ".c"} {
		if info, err := readToken(bad); err == nil || len(bad) > 8 && strings.Contains(err.Error(), bad) {
			t.Errorf("%.20q: got %+v, %v", bad, info, err)
		}
	}
}

// An opaque token opens as well as another; only it cannot be shown.
func TestTokenInfoOfOpaqueToken(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c := f.client(t, Options{})
	_, err := c.TokenInfo(t.Context(), ResourceGraph)
	if !errors.Is(err, cordon.ErrMalformed) || strings.Contains(err.Error(), canaryJWT) || f.tokens != 1 {
		t.Errorf("got %v", err)
	}
}

func FuzzReadToken(f *testing.F) {
	f.Add([]byte(`{"tid":"t","roles":["a"],"exp":1,"scp":"x y"}`))
	f.Add([]byte(`{"roles":[{}],"exp":{}}`))
	f.Fuzz(func(t *testing.T, claims []byte) {
		for _, token := range []string{string(claims), "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".s"} {
			info, err := readToken(token)
			if err != nil {
				continue
			}
			if len(info.Roles) > grantCeiling || !slices.IsSorted(info.Roles) || !slices.IsSorted(info.Scopes) || len(info.Audience) > 210 {
				t.Errorf("got %+v", info)
			}
			for _, text := range append(slices.Concat(info.Roles, info.Scopes), info.Tenant, info.App, info.Object, info.Audience, info.Method) {
				if text != clean(text, 300) {
					t.Errorf("%q is not clean", text)
				}
			}
		}
	})
}
