package microsoft

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordonhq/cordon"
)

// What was used, what is left, and why it is closed.
func TestUsage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status, header := http.StatusOK, http.Header{}
		h := memoryHub(t, &memoryCloud{answer: func(*http.Request) (int, http.Header) { return status, header }})
		c, quiet := h.enter(t, tenantID), h.enter(t, clientID)
		if got := h.Usage(time.Now()); len(got) != 0 {
			t.Errorf("before the first call: %+v", got)
		}
		call := func(f Family, cost float64) {
			_, _ = c.do(WithPriority(t.Context(), PriorityPoll), get(graph, f, cost, pathUsers, ""))
		}
		call(FamilyIdentityProtection, 1)
		call(FamilySecureScore, 1)
		call(FamilyDirectory, 2)
		went := time.Now()
		status = http.StatusTooManyRequests
		time.Sleep(10 * time.Second)
		call(FamilyIdentityProtection, 1)
		header.Set("Retry-After", "30")
		call(FamilyDirectory, 2)
		refused := time.Now()
		time.Sleep(time.Second)
		now := time.Now()
		row := func(family, limit string, window time.Duration, used, left float64) cordon.Usage {
			return cordon.Usage{TenantID: tenantID, Family: family, Limit: limit, Window: window, Used: used, Left: left, UsedAt: went, At: now}
		}
		identity, dir := row("identity_protection", "1/s, shared, our share 0.5", time.Minute, 2, 28), row("directory", "3500 units/10 s", time.Minute, 4, 20996)
		identity.Refused, identity.UsedAt, identity.Why = 1, refused, "refused without a time: our guess"
		identity.ClosedUntil = refused.Add(4080 * time.Millisecond)
		dir.Refused, dir.UsedAt, dir.Why, dir.ClosedUntil = 1, refused, "Microsoft said when to come back", refused.Add(30*time.Second)
		want := []cordon.Usage{
			identity, row("security", "150/min", time.Minute, 1, 149),
			row("secure_score", "10000/10 min", 10*time.Minute, 1, 9999), row("secure_score", "4 at once", 0, 0, 4), dir,
		}
		if got := c.Usage(now); !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v, want\n%+v", got, want)
		}
		if got := quiet.Usage(now); len(got) != 0 {
			t.Errorf("another tenant: %+v", got)
		}
		all := h.Usage(now)
		if apps := all[len(want):]; len(apps) != 2 || apps[0].AppID != clientID || apps[0].Family != "directory" || apps[1].Family != "graph" || apps[1].Used != 5 {
			t.Errorf("of the app: %+v", apps)
		}
		time.Sleep(90 * time.Second)
		if got := c.Usage(time.Now())[0]; math.Round(got.Used) != 1 || got.Why != "" || !got.ClosedUntil.IsZero() {
			t.Errorf("a window and a half later: %+v", got) // half of the window before
		}
		time.Sleep(time.Minute)
		if got := c.Usage(time.Now())[0]; got.Used != 0 || got.Left != 30 || got.Refused != 1 {
			t.Errorf("later still: %+v", got)
		}
	})
}

// The page of the limits is made from the limits.
func TestLimitsPage(t *testing.T) {
	t.Parallel()
	const page, begin, end = "../../docs/reference/budgets.md", "<!-- limits: made by go test ./internal/microsoft -run TestLimitsPage -update -->\n", "<!-- end of limits -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", page)
	}
	want := head + begin + limitsTable() + end + tail
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil { //nolint:gosec // a page of the documentation
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s is not what the limits say: run the test with -update", page)
	}
}

func limitsTable() string {
	var b strings.Builder
	b.WriteString("| family | calls | limit | counted are | source |\n| --- | --- | --- | --- | --- |\n")
	for _, l := range Limits() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", l.Family, l.Calls, l.Limit, l.Whose, l.Source)
	}
	return b.String()
}

// Every family has a name, a page, a limit, and no more limits than a bucket
// can meter.
func TestLimitsAreWhole(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for f := range families {
		of := limits[f]
		if of.name == "" || names[of.name] || of.calls == "" || of.source == "" || len(of.all) == 0 {
			t.Errorf("family %d: %+v", f, of)
		}
		names[of.name] = true
		if room := len(bucket{}.paid); len(f.paces(1, false)) > room || len(f.paces(1, true)) > room {
			t.Errorf("%s has more limits than a bucket meters", f)
		}
		for _, l := range of.all {
			if l.units <= 0 || l.per <= 0 || l.burst < 1 || l.burst > l.units {
				t.Errorf("%s: %+v", f, l)
			}
		}
	}
}

// Usage is asked for once a minute, beside the calls of a whole fleet.
func BenchmarkUsageOfTenThousand(b *testing.B) {
	h := newBudgetCloud(b, time.Now)
	for i := range 10_000 {
		c, err := h.Client(cordon.Tenant{ID: guid(i), ClientID: clientID}, NewSecretCredential("x"))
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range []Family{FamilyIdentityProtection, FamilySecurity, FamilyEndpoint} {
			c.pay(f, 1, PriorityPoll, time.Now())
		}
	}
	for b.Loop() {
		if n := len(h.Usage(time.Now())); n != 40_001 {
			b.Fatal(n)
		}
	}
}
