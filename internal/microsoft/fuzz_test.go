package microsoft

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func FuzzDecodeAlert(f *testing.F) {
	f.Add([]byte(`{"id":"1","evidence":[{"userAccount":{"userSid":null}},null,7],"incidentId":1e400}`))
	f.Add([]byte(`{"a":[[[[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := Decode[Alert](raw); err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
		if _, err := Decode[EndpointAlert](raw); err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
	})
}

func FuzzDecodeDetection(f *testing.F) {
	f.Add([]byte(`{"id":"1","additionalInfo":"[{\"Key\":\"a\",\"Value\":{}}]","location":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Decode[RiskDetection](raw)
		if err != nil && !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("got %v", err)
		}
		d.Info()
	})
}

func FuzzDecodePage(f *testing.F) {
	f.Add([]byte(`{"@odata.context":"x","value":[{"id":"1"},null],"@odata.nextLink":"https://h/p?a=1"}`))
	f.Add([]byte(`{"value":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, _, err := split(body)
		if err != nil && (len(page.Items) > 0 || page.Skipped > 0) {
			t.Errorf("a part of a page came with error %v", err)
		}
		for _, raw := range page.Items {
			if len(raw) < 2 || raw[0] != '{' || raw[len(raw)-1] != '}' {
				t.Errorf("item %q", raw)
			}
		}
	})
}

// Whatever the link, the next request goes to the same place or nowhere.
func FuzzNextLink(f *testing.F) {
	for _, link := range []string{
		"https://graph.microsoft.com" + pathAlerts + "?$skip=10", "https://graph.microsoft.com.evil" + pathAlerts,
		"https://graph.microsoft.com@evil" + pathAlerts, "http://graph.microsoft.com" + pathAlerts, "//evil", "https:\\\\evil", "",
		"https://graph.microsoft.com/v1.0/security/../security/alerts_v2", "https://graph.microsoft.com%2eevil" + pathAlerts,
	} {
		f.Add(link)
	}
	at, _ := Endpoints{}.place(cordon.CloudGlobal)
	f.Fuzz(func(t *testing.T, link string) {
		w := walker{hosts: at.hosts[graph].names, path: pathAlerts}
		query, bad := w.follow(link)
		if bad != nil {
			if !errors.Is(bad, cordon.ErrUnsafeLink) && !errors.Is(bad, cordon.ErrMalformed) {
				t.Errorf("got %v", bad)
			}
			return
		}
		tail, ok := strings.CutPrefix(strings.ToLower(link), "https://graph.microsoft.com"+pathAlerts)
		if !ok || tail != "" && tail[0] != '?' && tail != "#" {
			t.Errorf("%q was followed", link)
		}
		q := get(graph, FamilySecurity, 1, pathAlerts, query)
		req, err := q.http(t.Context(), at.hosts[graph], newToken(graph, "t", "ua", time.Unix(0, 0), time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(req.URL.String())
		if err != nil || u.Host != "graph.microsoft.com" || u.Path != pathAlerts || u.User != nil || u.Scheme != "https" {
			t.Errorf("%q leads to %q, %v", link, req.URL, err)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, h := range []string{"", "1", "2.128", "-1", "1e999", "NaN", "Sun, 01 Mar 2026 12:00:30 GMT", "0x1p-2"} {
		f.Add(h)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if got := retryAfter(header, now); got < 0 || got > closeCeiling {
			t.Errorf("%q: got %s", header, got)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("a\r\n\x1b[0m\u202e\xff", 10)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, limit%1000)
		got := clean(s, limit)
		if len(got) > limit+len("…") || strings.ContainsAny(got, "\r\n\x1b\u202e\u200f") {
			t.Errorf("got %q", got)
		}
	})
}
