package microsoft

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordonhq/cordon"
)

// A road carries the requests of a hub inside a bubble.
type road func(*http.Request) (*http.Response, error)

func (f road) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// bubbleHub returns a hub whose requests take that road, except those for what
// sign-in tells anybody.
func bubbleHub(t *testing.T, f road) *Hub {
	t.Helper()
	h, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.transport.RegisterProtocol("https", road(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
			base := "https://" + r.URL.Host + "/" + tenantID
			return answer(r, 200, fmt.Sprintf(`{"token_endpoint":"%[1]s/token","authorization_endpoint":"%[1]s/authorize","issuer":"%[1]s/v2.0"}`, base))
		}
		return f(r)
	}))
	return h
}

func answer(r *http.Request, status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)),
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// silence answers nothing until the caller gives up.
func silence(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// signedIn answers with a token.
func signedIn(r *http.Request) (*http.Response, error) {
	return answer(r, 200, `{"token_type":"Bearer","expires_in":3599,"access_token":"`+canaryJWT+`"}`)
}

// Sign-in that hangs is given up, by whoever waits for it.
func TestSignInHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, signIn := 0, road(silence)
		h := bubbleHub(t, func(r *http.Request) (*http.Response, error) { asked++; return signIn(r) })
		enter := func() *Client {
			c, err := h.Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewSecretCredential(canary))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		start := time.Now()
		err := enter().CheckToken(t.Context(), ResourceGraph)
		if took := time.Since(start); !errors.Is(err, cordon.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || asked != 1 || took != 30*time.Second {
			t.Errorf("got %v after %d requests and %s", err, asked, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		signIn = func(r *http.Request) (*http.Response, error) { cancel(); return silence(r) }
		if err := enter().CheckToken(ctx, ResourceGraph); !errors.Is(err, context.Canceled) || errors.Is(err, cordon.ErrUnavailable) {
			t.Errorf("cancelled: got %v", err)
		}
		// Whoever waited for a caller that gave up asks for itself.
		signIn = silence
		c := enter()
		first, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _ = c.CheckToken(first, ResourceGraph) })
		synctest.Wait()
		all.Go(func() {
			if err := c.CheckToken(t.Context(), ResourceGraph); err != nil {
				t.Errorf("the second caller got %v", err)
			}
		})
		synctest.Wait()
		signIn = signedIn
		stop()
		all.Wait()
	})
}

// A person's sign-in may take its time; one exchange with a host may not.
func TestPersonSignInHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := road(silence)
		h := bubbleHub(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/devicecode") {
				return device(r)
			}
			return answer(r, 400, `{"error":"authorization_pending","error_codes":[70016]}`)
		})
		person, err := h.Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewDeviceCodeCredential(func(context.Context, DeviceCode) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		if err := person.CheckToken(t.Context(), ResourceGraph); !errors.Is(err, cordon.ErrUnavailable) || !strings.Contains(err.Error(), "no answer within 30s") {
			t.Errorf("device code: got %v", err)
		}
		device = func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, `{"user_code":"u","device_code":"d","verification_uri":"https://x/","expires_in":900,"interval":5,"message":"m"}`)
		}
		start := time.Now()
		err = person.CheckToken(t.Context(), ResourceGraph) // nobody enters the code until it ends
		if took := time.Since(start); !errors.Is(err, cordon.ErrCredential) || !strings.Contains(err.Error(), "nobody has signed in") || took > personCeiling+time.Second {
			t.Errorf("device code that ends: got %v after %s", err, took)
		}
	})
}
