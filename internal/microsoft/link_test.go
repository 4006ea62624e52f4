package microsoft

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// A next link that leads anywhere else is refused, and nobody sees the token.
func TestPoisonedNextLink(t *testing.T) {
	t.Parallel()
	var evil int
	thief := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { evil++ }))
	t.Cleanup(thief.Close)
	plainThief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { evil++ }))
	t.Cleanup(plainThief.Close)
	const path = pathDetections
	links := map[string]func(self string) string{
		"other host":          func(string) string { return thief.URL + path + "?$skiptoken=x" },
		"http":                func(self string) string { return "http://" + self + path },
		"http to other host":  func(string) string { return plainThief.URL + path },
		"other port":          func(string) string { return "https://127.0.0.1:1" + path },
		"no port":             func(string) string { return "https://127.0.0.1" + path },
		"user info":           func(self string) string { return "https://" + self + "@" + host1(thief.URL) + path },
		"user info, our host": func(self string) string { return "https://a:b@" + self + path },
		"look-alike host":     func(self string) string { return "https://" + strings.Split(self, ":")[0] + ".evil:443" + path },
		"graph look-alike":    func(string) string { return "https://graph.microsoft.com.evil" + path },
		"look-alike path": func(self string) string {
			return "https://" + self + "/v1.0.evil/identityProtection/riskDetections"
		},
		"other path":     func(self string) string { return "https://" + self + "/v1.0/users" },
		"longer path":    func(self string) string { return "https://" + self + path + "/x" },
		"trailing slash": func(self string) string { return "https://" + self + path + "/" },
		"dots": func(self string) string {
			return "https://" + self + "/v1.0/users/../identityProtection/riskDetections"
		},
		"encoded dots":      func(self string) string { return "https://" + self + "/v1.0/%2e%2e" + path },
		"encoded slash":     func(self string) string { return "https://" + self + "/v1.0%2fidentityProtection/riskDetections" },
		"encoded letter":    func(self string) string { return "https://" + self + "/v1.0/identityProtection/risk%44etections" },
		"backslash":         func(self string) string { return "https://" + self + `\@` + host1(thief.URL) + path },
		"fragment":          func(self string) string { return "https://" + self + path + "?a=b#c" },
		"relative":          func(string) string { return path + "?$skiptoken=x" },
		"without scheme":    func(self string) string { return "//" + self + path },
		"opaque":            func(string) string { return "https:graph.microsoft.com" + path },
		"other scheme":      func(self string) string { return "file://" + self + path },
		"capital scheme":    func(self string) string { return "HTTPS://" + self + path + ".x" },
		"line break":        func(self string) string { return "https://" + self + path + "?a=\n\rHost: evil" },
		"empty host":        func(string) string { return "https://" + path },
		"double slash":      func(self string) string { return "https://" + self + "/" + path },
		"semicolon in path": func(self string) string { return "https://" + self + path + ";x=1" },
	}
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			var f *fake
			f = newFake(t, func(w http.ResponseWriter, r *http.Request) {
				reply(w, 200, fmt.Sprintf(`{"value":[{"id":"1"}],"@odata.nextLink":%q}`, link(host1(f.URL))))
			})
			items, _, err := drain(f.client(t, Options{}).Risk.Detections(t.Context(), time.Time{}))
			if !errors.Is(err, cordon.ErrUnsafeLink) || len(items) != 1 {
				t.Errorf("got %d items, error %v; want 1 item, %v", len(items), err, cordon.ErrUnsafeLink)
			}
			if f.count() != 1 || strings.Contains(fmt.Sprint(err), canaryJWT) {
				t.Errorf("%d requests, error %v", f.count(), err)
			}
		})
	}
	if evil != 0 {
		t.Errorf("another host received %d requests", evil)
	}
}

func host1(url string) string {
	_, host, _ := strings.Cut(url, "://")
	return host
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var evil int
	thief := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { evil++ }))
	t.Cleanup(thief.Close)
	tests := map[string]struct {
		to   string
		want error
	}{
		"other host":       {thief.URL + "/v1.0/users", cordon.ErrUnsafeLink},
		"other host, bare": {"//" + host1(thief.URL) + "/v1.0/users", cordon.ErrUnsafeLink},
		"http":             {"http://" + host1(thief.URL), cordon.ErrUnsafeLink},
		"opaque":           {"https:evil", cordon.ErrUnsafeLink},
		"same host":        {"/v1.0/elsewhere", cordon.ErrMalformed},
		"nowhere":          {"", cordon.ErrMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", tt.to)
				w.WriteHeader(http.StatusTemporaryRedirect)
			})
			c := f.client(t, Options{})
			if _, err := c.Users.Get(t.Context(), userID); !errors.Is(err, tt.want) {
				t.Errorf("read: got %v, want %v", err, tt.want)
			}
			if err := c.Users.SetEnabled(t.Context(), userID, false, requestID); !errors.Is(err, tt.want) {
				t.Errorf("write: got %v, want %v", err, tt.want)
			}
			if f.count() != 2 {
				t.Errorf("%d requests, want 2", f.count())
			}
		})
	}
	if evil != 0 {
		t.Errorf("another host received %d requests", evil)
	}
}

func TestWalkEnds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		next  func(n int) string // query of the link on page n
		pages int
	}{
		"link to itself":      {func(int) string { return "?$skiptoken=a" }, 2},
		"two pages in a ring": {func(n int) string { return fmt.Sprintf("?$skiptoken=%d", n%2) }, 3},
		"endless":             {func(n int) string { return fmt.Sprintf("?$skiptoken=%d", n) }, pageCeiling},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *fake
			n := 0
			f = newFake(t, func(w http.ResponseWriter, r *http.Request) {
				n++
				reply(w, 200, fmt.Sprintf(`{"value":[{"id":"%d"}],"@odata.nextLink":%q}`, n, f.URL+pathAlerts+tt.next(n)))
			})
			items, _, err := drain(f.client(t, Options{}).Alerts.List(t.Context(), time.Time{}))
			if !errors.Is(err, cordon.ErrMalformed) || len(items) != tt.pages {
				t.Errorf("got %d pages, error %v; want %d, %v", len(items), err, tt.pages, cordon.ErrMalformed)
			}
		})
	}
}

// Links in Defender's answers may name its older host. They are followed, on
// the host that was asked.
func TestDefenderNames(t *testing.T) {
	t.Parallel()
	at, err := Endpoints{}.place(cordon.CloudGlobal)
	if err != nil {
		t.Fatal(err)
	}
	w := walker{hosts: at.hosts[defender].names, path: pathEndpointAlerts}
	query, bad := w.follow("https://api.securitycenter.microsoft.com/api/alerts?$skip=500")
	if bad != nil || query != "$skip=500" {
		t.Errorf("got %q, %v", query, bad)
	}
	w = walker{hosts: at.hosts[graph].names, path: pathAlerts}
	if _, err := w.follow("https://api.securitycenter.microsoft.com" + pathAlerts); !errors.Is(err, cordon.ErrUnsafeLink) {
		t.Errorf("got %v", err)
	}
}

func TestEndpointsAreChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"http://graph.microsoft.com", "graph.microsoft.com", "https://", "https://a:b@host", "https://host/v1.0",
		"https://host?x=1", "https://host#x", "https:host", "ftp://host", "https://ho st", ":"} {
		if _, err := New(Options{Endpoints: Endpoints{Graph: bad}}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	c, err := New(Options{Endpoints: Endpoints{Login: "https://LOGIN.example:8443/"}})
	if err != nil {
		t.Fatal(err)
	}
	for cloud, graphHost := range map[cordon.Cloud]string{cordon.CloudGlobal: "https://graph.microsoft.com/", cordon.CloudUSGovL5: "https://dod-graph.microsoft.us/"} {
		if at := c.places[cloud]; at.hosts[login].base != "https://login.example:8443/" || at.hosts[graph].base != graphHost {
			t.Errorf("%s: got %+v", cloud, at)
		}
	}
	if _, err := New(Options{Endpoints: Endpoints{CAFile: "no such file"}}); err == nil {
		t.Error("a missing CA file was taken")
	}
}
