package microsoft

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordonhq/cordon"
)

// What each refusal of sign-in means, in words that help and hold no secret.
func TestSignInErrors(t *testing.T) {
	t.Parallel()
	aad := func(status int, kind string, number int, text string) http.HandlerFunc {
		body := fmt.Sprintf(`{"error":%q,"error_description":"AADSTS%d: %s\r\nTrace ID: trace-1\r\nCorrelation ID: c\r\nTimestamp: t","error_codes":[%d],"trace_id":"trace-1"}`,
			kind, number, text, number)
		return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) }
	}
	tests := map[string]struct {
		signIn http.HandlerFunc
		want   error
		says   string
	}{
		"wrong secret":    {aad(401, "invalid_client", 7000215, "Invalid client secret "+canary), cordon.ErrCredential, "AADSTS7000215: the client secret is wrong: store the secret's value, not its id (request trace-1)"},
		"expired secret":  {aad(401, "invalid_client", 7000222, "x"), cordon.ErrCredential, "AADSTS7000222: the client secret has expired"},
		"bad certificate": {aad(401, "invalid_client", 700027, "x"), cordon.ErrCredential, "AADSTS700027"},
		"app unknown":     {aad(400, "unauthorized_client", 700016, "x"), cordon.ErrGone, "consent"},
		"app disabled":    {aad(400, "unauthorized_client", 7000112, "x"), cordon.ErrGone, "service principal"},
		"no such tenant":  {aad(400, "invalid_request", 90002, "x"), cordon.ErrGone, "tenant id"},
		"no Graph":        {aad(400, "invalid_resource", 500011, "x"), cordon.ErrGone, "Microsoft Graph is missing or disabled"},
		"busy":            {aad(400, "temporarily_unavailable", 90024, "x"), cordon.ErrUnavailable, "try again"},
		"loop":            {aad(400, "invalid_grant", 50196, "x"), cordon.ErrThrottled, "too often"},
		"429":             {say(429, `{"error":"x"}`), cordon.ErrThrottled, "429"},
		"500":             {say(500, "<html>"), cordon.ErrUnavailable, "500"},
		"503":             {say(503, `{"error":"server_error"}`), cordon.ErrUnavailable, "503"},
		"unknown number":  {aad(401, "invalid_client", 999999, "Something else "+canary+" here"), cordon.ErrCredential, "AADSTS999999: Something else [secret] here"},
		"unknown error":   {aad(400, "invalid_scope", 7011999, "bad scope"), cordon.ErrBadRequest, "bad scope"},
		"500, unknown":    {aad(500, "invalid_scope", 7011999, "bad scope"), cordon.ErrUnavailable, "AADSTS7011999"},
		"html":            {say(200, "<html>"), cordon.ErrMalformed, "malformed"},
		"html error":      {say(400, "<html>"), cordon.ErrMalformed, "no error of sign-in"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/", http.StatusTemporaryRedirect)
		}, cordon.ErrUnsafeLink, "redirect"},
		"hung up": {func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, cordon.ErrUnavailable, "does not answer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, say(200, `{}`))
			f.signIn = tt.signIn
			c := f.client(t, Options{})
			err := c.CheckToken(t.Context(), ResourceGraph)
			if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("got %v; want %v saying %q", err, tt.want, tt.says)
			}
			if strings.Contains(fmt.Sprintf("%+v", err), canary) {
				t.Errorf("the error shows the secret: %v", err)
			}
			err = c.Users.SetEnabled(t.Context(), userID, false, requestID)
			if !errors.Is(err, tt.want) || errors.Is(err, cordon.ErrUnknownOutcome) || f.count() != 0 {
				t.Errorf("write without a token: got %v after %d requests", err, f.count())
			}
		})
	}
}

// Every number that the reference lists has a meaning and an advice.
func TestEveryRefusalAdvises(t *testing.T) {
	t.Parallel()
	kinds := map[error][]int{
		cordon.ErrCredential: {7000215, 7000222, 700027, 7000218, 50013, 500133, 50012, 50048, 700229, 50034, 50057, 50053, 50055, 50126, 50076, 50079, 50173, 50133},
		cordon.ErrGone:       {700016, 7000112, 90002, 90038, 900382, 900432},
		cordon.ErrDenied:     {65001, 65004, 90099, 500014}, cordon.ErrNotProvisioned: {500011, 650051, 650052},
		cordon.ErrBlocked:    {53003, 530032, 530034, 530035, 53011, 500021, 5000224},
		cordon.ErrBadRequest: {50194, 9001023, 70011, 700022, 28002, 28003, 900144},
		cordon.ErrThrottled:  {50196, 90055}, cordon.ErrUnavailable: {70021, 90024, 90033, 50033, 90006},
	}
	for want, numbers := range kinds {
		for _, n := range numbers {
			resp := &http.Response{StatusCode: 400}
			e := signInError(defender, resp, []byte(fmt.Sprintf(`{"error":"invalid_request","error_description":"AADSTS%d: words\r\nTrace ID: x"}`, n)), time.Time{})
			if !errors.Is(e, want) || e.Code != fmt.Sprintf("AADSTS%d", n) || !strings.Contains(e.Message, ":") || strings.Contains(e.Message, "words") {
				t.Errorf("%d: got %v, want %v", n, e, want)
			}
		}
	}
}

// A discovery document that sends the secret elsewhere is not obeyed.
func TestSignInStaysOnItsHost(t *testing.T) {
	t.Parallel()
	var evil int
	thief := newFake(t, func(http.ResponseWriter, *http.Request) { evil++ })
	thief.signIn = func(http.ResponseWriter, *http.Request) { evil++ }
	f := newFake(t, nil)
	inner := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "openid-configuration") {
			reply(w, 200, fmt.Sprintf(`{"token_endpoint":%q,"authorization_endpoint":%q,"issuer":%q}`,
				thief.URL+"/x/token", f.URL+"/x/authorize", f.URL+"/"+tenantID+"/v2.0"))
			return
		}
		inner.ServeHTTP(w, r)
	})
	err := f.client(t, Options{}).CheckToken(t.Context(), ResourceGraph)
	if !errors.Is(err, cordon.ErrUnsafeLink) || evil != 0 {
		t.Errorf("got %v; the other host received %d requests", err, evil)
	}
}

// A token that ends in the middle of a walk is renewed, and the same page is
// read again.
func TestTokenExpiresMidWalk(t *testing.T) {
	t.Parallel()
	var f *fake
	f = newFake(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("$skiptoken")
		if page != "" && r.Header.Get("Authorization") == "Bearer "+canaryJWT+".1" {
			graphError(w, 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
			return
		}
		link := map[string]string{"": "a", "a": "b"}[page]
		if link != "" {
			link = fmt.Sprintf(`,"@odata.nextLink":%q`, f.URL+pathAlerts+"?$skiptoken="+link)
		}
		reply(w, 200, `{"value":[{"page":"`+page+`"}]`+link+`}`)
	})
	items, _, err := drain(f.client(t, Options{}).Alerts.List(t.Context(), time.Time{}))
	want := `{"page":""} {"page":"a"} {"page":"b"}`
	if err != nil || strings.Join(items, " ") != want || f.count() != 4 || f.tokens != 2 {
		t.Errorf("got %q, error %v, %d requests, %d tokens", items, err, f.count(), f.tokens)
	}
}

// A claims challenge is answered with a token that was asked for with the
// claims; also for a write, of which a 401 says that it was not done.
func TestClaimsChallenge(t *testing.T) {
	t.Parallel()
	claims := `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`
	var asked []string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+canaryJWT+".1" {
			w.Header().Set("Www-Authenticate", `Bearer realm="", error="insufficient_claims", claims="`+base64.StdEncoding.EncodeToString([]byte(claims))+`"`)
			graphError(w, 401, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge.")
			return
		}
		w.WriteHeader(204)
	})
	f.signIn = func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.PostFormValue("claims"))
		reply(w, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":3599,"access_token":"%s.%d"}`, canaryJWT, len(asked)))
	}
	err := f.client(t, Options{}).Users.SetEnabled(t.Context(), userID, false, requestID)
	if err != nil || len(asked) != 2 || asked[0] != "" || !strings.Contains(asked[1], "1604106651") {
		t.Errorf("error %v, claims %q", err, asked)
	}
}

// Whoever must have claims is not given the token that somebody without them
// has asked for a moment before; and all whom one challenge meets share one.
func TestClaimsBesideARenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked []string // claims; one after another, as the flights go
		h := bubbleHub(t, func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			asked = append(asked, r.PostFormValue("claims"))
			return answer(r, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":3599,"access_token":"%s.%d"}`, canaryJWT, len(asked)))
		})
		c, err := h.Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewSecretCredential(canary))
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		want := map[string]string{"": "Bearer " + canaryJWT + ".1", `{"access_token":{}}`: "Bearer " + canaryJWT + ".2"}
		for _, claims := range []string{"", `{"access_token":{}}`, `{"access_token":{}}`} {
			all.Go(func() {
				got, err := c.token(t.Context(), graph, claims)
				if err != nil || got.header.Get("Authorization") != want[claims] {
					t.Errorf("with claims %q: got %v, %v", claims, got, err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		if _, err := c.token(t.Context(), graph, `{"access_token":{}}`); err != nil || len(asked) != 2 {
			t.Errorf("got %v after %d tokens", err, len(asked))
		}
	})
}

// What an administrator grants is in new tokens alone: one that does not
// permit a call is not kept until its end.
func TestGrantIsNoticed(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+canaryJWT+".1" {
			graphError(w, 403, "Forbidden", "Missing application roles.")
			return
		}
		reply(w, 200, `{"value":[]}`)
	})
	c := f.client(t, Options{})
	for i, tt := range []struct {
		after  time.Duration
		want   error
		tokens int
	}{{0, cordon.ErrDenied, 1}, {9 * time.Minute, cordon.ErrDenied, 1}, {2 * time.Minute, cordon.ErrDenied, 1}, {time.Minute, nil, 2}} {
		f.advance(tt.after)
		_, _, err := drain(c.Alerts.List(t.Context(), time.Time{}))
		if !errors.Is(err, tt.want) || f.tokens != tt.tokens {
			t.Errorf("call %d: got %v, %d tokens", i+1, err, f.tokens)
		}
	}
}

// Sign-in that says when to come back is left alone until then, but not for
// longer than containment can wait.
func TestSignInSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		after  string
		quiet  time.Duration
	}{
		"throttled": {429, "20", 20 * time.Second}, "busy": {503, "20", 20 * time.Second},
		"soon": {429, "1", stopPause}, "never": {429, "86400", containCeiling},
	} {
		f := newFake(t, nil)
		f.signIn = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tt.after)
			reply(w, tt.status, `{"error":"temporarily_unavailable"}`)
		}
		c := f.client(t, Options{})
		for i, pause := range []time.Duration{0, tt.quiet - time.Second, time.Second} {
			f.advance(pause)
			err := c.CheckToken(t.Context(), ResourceGraph)
			if want := 1 + i/2; err == nil || f.tokens != want {
				t.Errorf("%s: got %v after %d requests, want %d", name, err, f.tokens, want)
			}
		}
	}
}

// Many callers fetch one token, and use it until shortly before its end.
func TestTokenIsShared(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(200, `{"value":[]}`))
	c := f.client(t, Options{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := c.CheckToken(t.Context(), ResourceGraph); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f.advance(54 * time.Minute)
	_ = c.CheckToken(t.Context(), ResourceGraph)
	if f.tokens != 1 {
		t.Errorf("%d tokens, want 1", f.tokens)
	}
	f.advance(2 * time.Minute)
	_ = c.CheckToken(t.Context(), ResourceGraph)
	if f.tokens != 2 {
		t.Errorf("%d tokens after 56 minutes, want 2", f.tokens)
	}
	// When sign-in fails, the token that is still good goes on, and sign-in is
	// not asked again at once.
	f.signIn = say(401, `{"error":"invalid_client","error_codes":[7000222]}`)
	f.advance(56 * time.Minute)
	if err := errors.Join(c.CheckToken(t.Context(), ResourceGraph), c.CheckToken(t.Context(), ResourceGraph)); err != nil || f.tokens != 3 {
		t.Errorf("got %v after %d requests", err, f.tokens)
	}
	f.advance(10 * time.Minute)
	for range 3 {
		if err := c.CheckToken(t.Context(), ResourceGraph); !errors.Is(err, cordon.ErrCredential) {
			t.Errorf("got %v", err)
		}
	}
	if f.tokens != 4 {
		t.Errorf("%d requests for a refused credential, want 4", f.tokens)
	}
	f.signIn = nil
	f.advance(stopPause)
	if err := c.CheckToken(t.Context(), ResourceGraph); err != nil {
		t.Errorf("after the refusal is forgotten: %v", err)
	}
}

// Nothing that is printed shows the secret or the token.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	var seen []Call
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		graphError(w, 403, "Forbidden", "echo "+r.Header.Get("Authorization"))
	})
	c := f.client(t, Options{Observe: func(call Call) { seen = append(seen, call) }})
	_, err := c.Users.Get(t.Context(), "ada@contoso.com")
	if !errors.Is(err, cordon.ErrDenied) || !strings.Contains(err.Error(), "[secret]") {
		t.Errorf("got %v", err)
	}
	var e *Error
	errors.As(err, &e)
	text := fmt.Sprintf("%v %+v %#v %s %+v %#v %v %+v %#v %+v", c, c, c, c, c.Risk, c.Risk, err, *e, *e, seen)
	for _, secret := range []string{canary, canaryJWT} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is shown in %s", secret, text)
		}
	}
	want := Call{Tenant: tenantID, Service: "graph", Method: "GET", Path: "/v1.0/users/ada@contoso.com", Status: 403, RequestID: "req-1"}
	if len(seen) != 3 || seen[2] != want || seen[1].Service != "login" {
		t.Errorf("observed %+v", seen)
	}
}

func TestClientNeedsWhatItNeeds(t *testing.T) {
	t.Parallel()
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []cordon.Tenant{{}, {ID: tenantID}, {ID: "../common", ClientID: clientID}, {ID: "a/b", ClientID: clientID}} {
		if _, err := c.Client(tenant, NewSecretCredential("x")); err == nil {
			t.Errorf("%+v was taken", tenant)
		}
	}
	for _, cred := range []Credential{{}, NewSecretCredential(""), NewFederatedCredential(nil), NewDeviceCodeCredential(nil)} {
		if _, err := c.Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, cred); !errors.Is(err, cordon.ErrCredential) {
			t.Errorf("no credential: got %v", err)
		}
	}
	for cred, ok := range map[Credential]bool{NewAzureCLICredential(): true, NewManagedIdentityCredential(""): true, NewBrowserCredential(): false} {
		if _, err := c.Client(cordon.Tenant{ID: tenantID}, cred); (err == nil) != ok {
			t.Errorf("%s without a client id: got %v", cred, err)
		}
	}
}
