package microsoft

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordonhq/cordon"
)

// A memoryCloud answers every call without a network, after some time.
type memoryCloud struct {
	mu     sync.Mutex
	answer func(*http.Request) (int, http.Header)
	delay  time.Duration
}

func (m *memoryCloud) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	status, header := m.answer(r)
	delay := m.delay
	m.mu.Unlock()
	time.Sleep(delay)
	if header == nil {
		header = http.Header{}
	}
	body := `{"value":[]}`
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
}

// memoryHub returns a hub of such a cloud, for use inside a bubble.
func memoryHub(t *testing.T, m *memoryCloud) *Hub {
	t.Helper()
	h, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.transport.RegisterProtocol("https", m)
	h.jitter = func() float64 { return 0.5 }
	return h
}

// enter returns a client that has its token.
func (h *Hub) enter(t *testing.T, tenant string) *Client {
	t.Helper()
	c, err := h.Client(cordon.Tenant{ID: tenant, ClientID: clientID}, NewSecretCredential("x"))
	if err != nil {
		t.Fatal(err)
	}
	c.graph.token = newToken(graph, tenant, "cordon", h.now(), 24*time.Hour)
	return c
}

type containKey struct{}

// An hour on the road that every call takes, beside a rival that takes half.
func TestHourOfCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tenants = 40
		start := time.Now()
		services := map[string]*shared{}
		served, refused, held := 0, 0, time.Duration(0)
		m := &memoryCloud{delay: 5 * time.Millisecond, answer: func(r *http.Request) (int, http.Header) {
			ok := services[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")].take(time.Since(start))
			if last, contains := r.Context().Value(containKey{}).(*time.Time); contains {
				held = max(held, time.Since(*last))
				*last = time.Now()
			}
			if !ok {
				refused++
				return http.StatusTooManyRequests, nil
			}
			served++
			return http.StatusOK, nil
		}}
		h := memoryHub(t, m)
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		clients := make([]*Client, tenants)
		for i := range clients {
			rng := rand.New(rand.NewPCG(2, uint64(i)))
			clients[i] = h.enter(t, guid(i))
			services[clients[i].tenant] = &shared{left: serviceBurst, rng: rng, greed: steady(2 * time.Second), next: rand10(rng, 2*time.Second)}
		}
		var all sync.WaitGroup
		for i, c := range clients {
			all.Go(func() { pollForAnHour(ctx, c, rand.New(rand.NewPCG(3, uint64(i)))) })
			all.Go(func() { containForAnHour(ctx, c, rand.New(rand.NewPCG(4, uint64(i)))) })
		}
		all.Wait()
		used := float64(served) / (tenants * 0.5 * time.Hour.Seconds())
		part := float64(refused) / float64(served+refused)
		t.Logf("%d answers: %.2f %% of our share used, %.3f %% of the answers are 429, longest hold of a containment %s", served+refused, 100*used, 100*part, held)
		if used < 0.95 || used > 1.01 || part > 0.005 || held > time.Second+m.delay {
			t.Errorf("%.2f %% used, %.3f %% refused, containment held for %s", 100*used, 100*part, held)
		}
	})
}

func pollForAnHour(ctx context.Context, c *Client, rng *rand.Rand) {
	poll := WithPriority(ctx, PriorityPoll)
	_ = sleep(ctx, rand10(rng, 2*time.Second))
	for ctx.Err() == nil {
		_, _, _ = drain(c.Risk.Detections(poll, time.Time{})) // the cloud counts
		now := time.Now()
		_ = sleep(ctx, c.Ready(FamilyIdentityProtection, now).Sub(now)+rand10(rng, 50*time.Millisecond))
	}
}

func containForAnHour(ctx context.Context, c *Client, rng *rand.Rand) {
	for sleep(ctx, 5*time.Minute+rand10(rng, 10*time.Minute)) == nil {
		asked := time.Now()
		hurry := context.WithValue(WithPriority(ctx, PriorityContain), containKey{}, &asked)
		_, _ = c.do(hurry, get(graph, FamilyIdentityProtection, 1, pathDetections, ""))
	}
}

// Of secure scores four calls may be under way at once: polling takes three,
// containment the fourth, and the next place that falls free.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now, most := 0, 0
		var order []string
		m := &memoryCloud{}
		m.answer = func(r *http.Request) (int, http.Header) {
			m.delay += time.Second // no two places fall free in the same instant
			now++
			most = max(most, now)
			order = append(order, r.URL.RawQuery)
			return http.StatusOK, nil
		}
		h := memoryHub(t, m)
		c := h.enter(t, tenantID)
		call := func(prio Priority, name string) error {
			_, err := c.do(WithPriority(t.Context(), prio), get(graph, FamilySecureScore, 1, "/v1.0/security/secureScores", name))
			m.mu.Lock()
			now--
			m.mu.Unlock()
			return err
		}
		var all sync.WaitGroup
		begin := func(prio Priority, name string) {
			all.Go(func() {
				if err := call(prio, name); err != nil {
					t.Error(name, err)
				}
			})
			synctest.Wait()
		}
		for i := range 5 {
			begin(PriorityPoll, "poll"+strconv.Itoa(i))
		}
		if most != 3 {
			t.Errorf("%d polls at once", most)
		}
		if ready := time.Until(c.Ready(FamilySecureScore, time.Now())); ready != gatePause {
			t.Errorf("with all places taken, ready in %s", ready)
		}
		begin(PriorityContain, "contain1")
		begin(PriorityCommand, "command")
		begin(PriorityContain, "contain2")
		all.Wait()
		want := "poll0 poll1 poll2 contain1 contain2 command poll3 poll4"
		if got := strings.Join(order, " "); most != 4 || got != want {
			t.Errorf("%d at once, in the order %s; want %s", most, got, want)
		}
		if g := c.account.bucket(FamilySecureScore).gate; g.free != g.places {
			t.Errorf("%d of %d places are free at the end", g.free, g.places)
		}
	})
}

// Who waits for a place gives up in time, and leaves the queue.
func TestNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memoryCloud{answer: func(*http.Request) (int, http.Header) { return http.StatusOK, nil }, delay: 20 * time.Second}
		h := memoryHub(t, m)
		h.maxWait = 3 * time.Second
		c := h.enter(t, tenantID)
		read := func(ctx context.Context) error {
			_, err := c.do(ctx, get(graph, FamilySecureScore, 1, "/v1.0/security/secureScores", ""))
			return err
		}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { _ = read(t.Context()) })
		}
		synctest.Wait()
		began := time.Now()
		if err := read(t.Context()); !errors.Is(err, cordon.ErrThrottled) || time.Since(began) != 3*time.Second {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a deadline: %v", err)
		}
		all.Wait()
		if g := c.account.bucket(FamilySecureScore).gate; g.free != 4 || len(g.waiting[PriorityCommand]) != 0 {
			t.Errorf("%d places are free, %d wait", g.free, len(g.waiting[PriorityCommand]))
		}
	})
}

// The directory says what calls cost and how full it is, and whose limit was
// met.
func TestDirectorySays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		header, status := http.Header{}, http.StatusOK
		m := &memoryCloud{answer: func(*http.Request) (int, http.Header) { return status, header }}
		h := memoryHub(t, m)
		c, other := h.enter(t, tenantID), h.enter(t, clientID)
		read := func(prio Priority) {
			_, _ = c.do(WithPriority(t.Context(), prio), get(graph, FamilyDirectory, 2, pathUsers, ""))
		}
		ready := func(c *Client) time.Duration { return time.Until(c.Ready(FamilyDirectory, time.Now())) }
		used := func() float64 {
			return math64(c.account.bucket(FamilyDirectory).counts[0].used(h.at(time.Now()), time.Minute))
		}
		header.Set("X-Ms-Resource-Unit", "5")
		read(PriorityPoll)
		if used() != 5 {
			t.Errorf("a call of 5 units counts %v", used())
		}
		header.Set("X-Ms-Resource-Unit", "nonsense")
		header.Set("X-Ms-Throttle-Limit-Percentage", "0.8")
		read(PriorityPoll)
		if used() != 7 || ready(c) != 0 {
			t.Errorf("%v units, ready in %s", used(), ready(c))
		}
		header.Set("X-Ms-Throttle-Limit-Percentage", "1.3")
		read(PriorityPoll)
		if got := ready(c).Round(time.Millisecond); got != 5*time.Second || ready(other) != 0 {
			t.Errorf("over the limit: ready in %s, another tenant in %s", got, ready(other))
		}
		if wait := c.due(FamilyDirectory, PriorityContain, time.Now()); wait > 0 {
			t.Errorf("containment waits for %s because polling is slowed", wait)
		}
		time.Sleep(time.Minute)
		header.Del("X-Ms-Throttle-Limit-Percentage")
		header.Set("X-Ms-Throttle-Scope", "Application/Read/"+clientID+"/"+tenantID)
		header.Set("Retry-After", "7")
		status = http.StatusTooManyRequests
		read(PriorityPoll)
		if ready(c) != 7*time.Second || ready(other) != 7*time.Second {
			t.Errorf("the app's limit was met: ready in %s and %s", ready(c), ready(other))
		}
	})
}

// A write to the directory pays for the write and for a unit, in the tenant
// and in the app, and what cannot be paid in one place is not paid in any.
func TestAllOrNone(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	h := newBudgetCloud(t, func() time.Time { return now })
	c := h.enter(t, tenantID)
	at := h.at(now)
	used := func() (all []float64) {
		meters, n := c.meters(FamilyDirectoryWrites, 1)
		for _, m := range meters[:n] {
			all = append(all, m.b.counts[0].used(at, m.paces[0].window))
		}
		return all
	}
	if wait := c.pay(FamilyDirectoryWrites, 1, PriorityCommand, now); wait > 0 || !equalFloats(used(), 1, 1, 1, 1, 1) {
		t.Errorf("a write counts %v", used())
	}
	c.shared.bucket(FamilyGraph).refused(nil, at, time.Minute, 0.5)
	if wait := c.pay(FamilyDirectoryWrites, 1, PriorityCommand, now); wait != time.Minute || !equalFloats(used(), 1, 1, 1, 1, 1) {
		t.Errorf("a write that did not go counts %v, waits for %s", used(), wait)
	}
	if wait := c.pay(FamilyEndpoint, 1, PriorityPoll, now); wait > 0 {
		t.Errorf("Defender for Endpoint waits for Graph: %s", wait)
	}
}

// A larger tenant may ask for more.
func TestSized(t *testing.T) {
	t.Parallel()
	h := newBudgetCloud(t, time.Now)
	for users, want := range map[int]float64{0: 3500, 49: 3500, 50: 5000, 500: 5000, 501: 8000} {
		c := h.enter(t, guid(users))
		c.Sized(users)
		if got := h.tenantPaces(c.account, FamilyDirectory)[0].allowed / 6; got != want {
			t.Errorf("%d users: %v units in 10 s, want %v", users, got, want)
		}
	}
}

func equalFloats(got []float64, want ...float64) bool {
	for i := range want {
		if len(got) != len(want) || math64(got[i]) != want[i] {
			return false
		}
	}
	return true
}

func math64(f float64) float64 { return float64(int64(f*1000+0.5)) / 1000 }

// Taking from the budget is on the road of every poll.
func BenchmarkPay(b *testing.B) {
	now := time.Unix(1000, 0)
	h := newBudgetCloud(b, func() time.Time { return now })
	c, err := h.Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewSecretCredential("x"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(3 * time.Second)
		if c.pay(FamilyIdentityProtection, 1, PriorityPoll, now) > 0 {
			b.Fatal("it waits")
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.pay(FamilyDirectoryWrites, 1, PriorityContain, now) }); n > 0 {
		b.Errorf("%v allocations", n)
	}
}

func TestPayingAllocatesNothing(t *testing.T) {
	now := time.Unix(1000, 0)
	h := newBudgetCloud(t, func() time.Time { return now })
	c := h.enter(t, tenantID)
	if n := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Second)
		c.pay(FamilyDirectoryWrites, 1, PriorityContain, now)
		c.Ready(FamilyIdentityProtection, now)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
