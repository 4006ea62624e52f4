package microsoft

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// quietServer answers every API call with an empty page, or with a full one.
func quietServer(b *testing.B, items int) (*Client, *http.Client, string) {
	item := `{"id":"0123456789abcdef","riskEventType":"anonymizedIPAddress","riskLevel":"high","location":{"city":"Dresden","geoCoordinates":{"latitude":51.07}},"userPrincipalName":"ada@contoso.com","additionalInfo":"` + strings.Repeat("x", 500) + `"}`
	list := strings.TrimSuffix(strings.Repeat(item+",", items), ",")
	body := `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#identityProtection/riskDetections","value":[` + list + `]}`
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reply(w, 200, body) }))
	b.Cleanup(srv.Close)
	cloud, err := New(Options{Endpoints: Endpoints{Graph: srv.URL}})
	if err != nil {
		b.Fatal(err)
	}
	cloud.transport.TLSClientConfig.InsecureSkipVerify = true
	for f := range families {
		cloud.paces[f], cloud.appPaces[f] = nil, nil
	}
	c, err := cloud.Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewSecretCredential("x"))
	if err != nil {
		b.Fatal(err)
	}
	c.graph.token = newToken(graph, strings.Repeat("t", 1500), "cordon", cloud.now(), time.Hour)
	return c, &http.Client{Transport: cloud.transport}, srv.URL
}

func BenchmarkPoll(b *testing.B) {
	for _, items := range []int{0, 50} {
		b.Run(fmt.Sprintf("%d items/client", items), func(b *testing.B) {
			c, _, _ := quietServer(b, items)
			since := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				for page, err := range c.Risk.Detections(b.Context(), since) {
					if err != nil || len(page.Items) != items {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run(fmt.Sprintf("%d items/bare", items), func(b *testing.B) {
			c, bare, url := quietServer(b, items)
			b.ReportAllocs()
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), "GET", url+pathDetections+"?$filter=lastUpdatedDateTime%20ge%202026-03-01T08:08:07.123456Z&$top=500", nil)
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+c.graph.token.bearer())
				resp, err := bare.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
}

func BenchmarkDecodeAlert(b *testing.B) {
	raw := []byte(`{"id":"1","title":"x","severity":"high","mitreTechniques":["T1059.001"],"evidence":[{"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{"userSid":"S-1-12-1-1-2-3-4"},"rbacGroupId":0}]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode[Alert](raw); err != nil {
			b.Fatal(err)
		}
	}
}

// A tenant that is not used costs little, and one that polls not much more.
func TestMemoryOfATenant(t *testing.T) {
	cloud := newBudgetCloud(t, time.Now)
	const n = 10_000
	clients := make([]*Client, 0, n)
	measure := func(do func()) float64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		do()
		runtime.GC()
		runtime.ReadMemStats(&after)
		return float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / n
	}
	idle := measure(func() {
		for i := range n {
			c, err := cloud.Client(cordon.Tenant{ID: guid(i), ClientID: clientID}, NewSecretCredential("secret"))
			if err != nil {
				t.Fatal(err)
			}
			clients = append(clients, c)
		}
	})
	budgets := measure(func() {
		for _, c := range clients {
			for _, f := range []Family{FamilyIdentityProtection, FamilySecurity, FamilyEndpoint} {
				c.pay(f, 1, PriorityPoll, cloud.now())
			}
		}
	})
	t.Logf("%.0f bytes for a client, %.0f for the budgets of three families", idle, budgets)
	if idle > 2048 || budgets > 3*200 {
		t.Errorf("%.0f bytes for a client, %.0f for its budgets", idle, budgets)
	}
	runtime.KeepAlive(clients)
}
