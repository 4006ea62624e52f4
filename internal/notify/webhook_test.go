package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	secretCanary = "s3cret-CANARY"
	queryCanary  = "token=CANARY"
	pathCanary   = "/services/T0-CANARY/B0-CANARY"
)

// hook returns a webhook that posts to the server under a secret path.
func hook(t *testing.T, s *httptest.Server) *Webhook {
	t.Helper()
	w, err := NewWebhook(WebhookConfig{ID: "3f2a", URL: known(s.URL + pathCanary + "?" + queryCanary), Secret: known(secretCanary), Private: true, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.CloseIdleConnections)
	return w
}

// A receiver knows by signature and timestamp alone that a call is ours.
func TestWebhook(t *testing.T) {
	t.Parallel()
	type call struct {
		Method, Target, Type, Stamp, Signature, ID string
		Body                                       string
	}
	var calls []call
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		calls = append(calls, call{r.Method, r.URL.String(), r.Header.Get("Content-Type"), r.Header.Get("Cordon-Timestamp"), r.Header.Get("Cordon-Signature"), r.Header.Get("Cordon-Notice"), string(body)})
		if len(calls) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	w, sent := hook(t, s), notice("n-1", hostile)
	if err := w.Send(t.Context(), sent); err == nil || err.Error() != "notify: "+w.Label(t.Context())+" answered 503" {
		t.Errorf("first attempt: %v", err)
	}
	w.now = func() time.Time { return at.Add(2 * time.Second) }
	if err := w.Send(t.Context(), sent); err != nil {
		t.Errorf("second attempt: %v", err)
	}
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	for i, c := range calls {
		stamp := strconv.FormatInt(at.Add(time.Duration(2*i)*time.Second).Unix(), 10)
		mac := hmac.New(sha256.New, []byte(secretCanary))
		io.WriteString(mac, c.Stamp+"."+c.Body)
		want := call{"POST", pathCanary + "?" + queryCanary, "application/json", stamp, "v1=" + hex.EncodeToString(mac.Sum(nil)), "n-1", c.Body}
		if c != want {
			t.Errorf("call %d:\ngot  %+v\nwant %+v", i+1, c, want)
		}
		var got cordon.Notice
		if err := json.Unmarshal([]byte(c.Body), &got); err != nil || !reflect.DeepEqual(got, sent) {
			t.Errorf("call %d: got %+v, %v", i+1, got, err)
		}
	}
	if calls[0].Signature == calls[1].Signature {
		t.Error("the signature does not cover the timestamp: a call could be replayed for ever")
	}
	if got := Sign([]byte("key"), "1770112800", []byte(`{}`)); got != "v1=742fcfc1881fccb980c327a7bdbf30f2c86b5ba328afa2b14bd839302010c02b" {
		t.Errorf("receivers compute another signature than %s", got)
	}
}

// A redirect could lead anywhere: it is never followed.
func TestWebhookFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var strayed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/?"+queryCanary, status))
		w := hook(t, s)
		if err := w.Send(t.Context(), notice("1", "t")); err == nil || err.Error() != fmt.Sprintf("notify: %s answered %d", w.Label(t.Context()), status) {
			t.Errorf("%d: got %v", status, err)
		}
		s.Close()
	}
	if strayed.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// Neither the secret nor the query stands in a name or an error.
func TestWebhookTellsNoSecret(t *testing.T) {
	t.Parallel()
	said := func(err error) string {
		if err == nil {
			t.Error("no error")
			return ""
		}
		return err.Error()
	}
	var all []string
	for _, status := range []int{304, 400, 401, 404, 429, 500, 503} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", r.URL.String())
			w.WriteHeader(status)
			fmt.Fprint(w, secretCanary, r.URL)
		}))
		w := hook(t, s)
		all = append(all, w.Name(), w.Label(t.Context()), said(w.Send(t.Context(), notice("1", "t"))))
		s.Close()
		all = append(all, said(w.Send(t.Context(), notice("1", "t")))) // nobody is there
	}
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	all = append(all, said(hook(t, s).Send(ended, notice("1", "t"))))
	for _, url := range []string{
		"http://h" + pathCanary, "ftp://h/?" + queryCanary, "https://u:" + secretCanary + "@h/", "//?" + queryCanary, "https://h/%zz?" + queryCanary, secretCanary, "", "https:" + pathCanary,
		"https://127.0.0.1:1" + pathCanary,
	} {
		w, err := NewWebhook(WebhookConfig{ID: "3f2a", URL: known(url), Secret: known(secretCanary)})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w.Label(t.Context()), said(w.Send(t.Context(), notice("1", "t"))))
	}
	for _, text := range all {
		if strings.Contains(text, "CANARY") || strings.Contains(text, "s3cret") {
			t.Errorf("it tells %s", text)
		}
	}
}

// Receivers and proxies that repeat what they were asked put nothing of it into
// an error.
func TestWebhookErrorsRepeatNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"a status line":       "HTTP/1.1 " + pathCanary + "?" + queryCanary + " no\r\n\r\n",
		"no HTTP":             pathCanary + "?" + queryCanary + " " + secretCanary + "\r\n\r\n",
		"a redirect":          "HTTP/1.1 302 Found\r\nLocation: " + pathCanary + "%zz?" + queryCanary + "\r\nContent-Length: 0\r\n\r\n",
		"a header":            "HTTP/1.1 200 OK\r\n" + pathCanary + "\r\n\r\n",
		"part of it, decoded": "T0-CANARY B0-CANARY\r\n\r\n",
	} {
		w := hook(t, rawServer(t, answer))
		err := w.Send(t.Context(), notice("1", "t"))
		if err == nil || strings.Contains(err.Error(), "CANARY") || !strings.HasPrefix(err.Error(), "notify: "+w.Label(t.Context())) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// rawServer answers every call with these bytes.
func rawServer(t *testing.T, answer string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func known(secret string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return secret, nil }
}

// A webhook has one name for the outbox, whether its address can be read or
// not, and one for people.
func TestWebhookNames(t *testing.T) {
	t.Parallel()
	const notAddress = "url: what is read is not an absolute address without a password: it must begin with https:// and a host"
	gone := func(context.Context) (string, error) {
		return "", errors.New("url: the environment variable HOOK is empty")
	}
	for _, tt := range []struct {
		name, label, err string
		c                WebhookConfig
	}{
		{"https", "webhook h:8 #3f2a", "", WebhookConfig{URL: known("https://h:8/a/b?" + queryCanary), Secret: known("s")}},
		{"a line end after it", "webhook h #3f2a", "", WebhookConfig{URL: known("https://h/\n"), Secret: known("s")}},
		{"http to a private receiver", "webhook h #3f2a", "", WebhookConfig{URL: known("http://h/"), Secret: known("s"), Private: true}},
		{"http", "webhook h #3f2a", "url: only https (http for receivers marked private: true)", WebhookConfig{URL: known("http://h/"), Secret: known("s")}},
		{"another scheme", "webhook h #3f2a", "url: only https (http for receivers marked private: true)", WebhookConfig{URL: known("file://h/etc/passwd"), Secret: known("s"), Private: true}},
		{"no address yet", "webhook #3f2a", "url: the environment variable HOOK is empty", WebhookConfig{URL: gone, Secret: known("s")}},
		{"no secret", "webhook h #3f2a", "the secret is empty", WebhookConfig{URL: known("https://h/"), Secret: known("")}},
		{"a password", "webhook #3f2a", notAddress, WebhookConfig{URL: known("https://u:p@h/"), Secret: known("s")}},
		{"no host", "webhook #3f2a", notAddress, WebhookConfig{URL: known("https:///x"), Secret: known("s")}},
		{"no scheme", "webhook #3f2a", notAddress, WebhookConfig{URL: known("h/x"), Secret: known("s")}},
	} {
		tt.c.ID = "3f2a"
		w, err := NewWebhook(tt.c)
		if err != nil {
			t.Fatal(err)
		}
		why := ""
		if err := w.Ready(t.Context()); err != nil {
			why = strings.TrimPrefix(err.Error(), "notify: "+tt.label+": ")
		}
		if w.Name() != "webhook #3f2a" || w.Label(t.Context()) != tt.label || why != tt.err {
			t.Errorf("%s: got %q, %q, %q", tt.name, w.Name(), w.Label(t.Context()), why)
		}
	}
	for _, c := range []WebhookConfig{{ID: "a", URL: known("https://h/")}, {ID: "a", Secret: known("s")}, {URL: known("https://h/"), Secret: known("s")}} {
		if _, err := NewWebhook(c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

// Whatever a name resolves to: what is not on the internet is refused, unless
// it is meant.
func TestPublicOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34": true, "1.1.1.1": true, "172.32.0.1": true, "100.128.0.1": true, "169.253.0.1": true, "2606:4700::1111": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "127.1.2.3": false, "::1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false, "::127.0.0.1": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "100.64.0.1": false, "100.100.100.200": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "fec0::1": false, "168.63.129.16": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:10.0.0.1": false, "::ffff:0.0.0.0": false,
		"64:ff9b::a9fe:a9fe": false, "64:ff9b:1::7f00:1": false, "2002:7f00:1::1": false, "2001:0:7f00:1::": false,
		"224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "ff02::1": false, "192.0.0.192": false, "198.18.0.1": false,
	} {
		err := publicOnly("tcp", netip.AddrPortFrom(netip.MustParseAddr(address), 443).String(), nil)
		if (err == nil) != want {
			t.Errorf("%s: got %v", address, err)
		}
		if err != nil && !strings.HasSuffix(err.Error(), " is not a public address: mark the webhook private: true if it is meant") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, bad := range []string{"", "localhost:80", "1.1.1.1", "[::1]"} {
		if err := publicOnly("tcp", bad, nil); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// The refusal happens on the way, after resolving, before a byte is sent.
func TestWebhookRefusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]", "169.254.169.254", "10.255.255.1"} {
		w, err := NewWebhook(WebhookConfig{ID: "3f2a", URL: known("https://" + host + ":" + u.Port() + "/"), Secret: known("s")})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Send(t.Context(), notice("1", "t"))
		if err == nil || !strings.Contains(err.Error(), "is not a public address") {
			t.Errorf("%s: got %v", host, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d calls arrived", reached.Load())
	}
}

// A receiver that never answers is given up in time.
func TestWebhookTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, err := NewWebhook(WebhookConfig{ID: "3f2a", URL: known("https://h/?" + queryCanary), Secret: known(secretCanary)})
		if err != nil {
			t.Fatal(err)
		}
		w.client.Transport = silence{}
		start := time.Now()
		err = w.Send(t.Context(), notice("1", "t"))
		if took := time.Since(start); err == nil || took != 10*time.Second || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("got %v after %v", err, took)
		}
	})
}

// silence is a network that answers nothing.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
