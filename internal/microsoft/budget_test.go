package microsoft

import (
	"context"
	"errors"
	"math"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cordonhq/cordon"
)

func newBudgetCloud(t testing.TB, now func() time.Time) *Hub {
	c, err := New(Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	c.jitter = func() float64 { return 0.5 }
	return c
}

// No window of a limit's length sees more polls than our share of it.
func TestPollingKeepsTheLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := Family(rapid.IntRange(0, int(families)-1).Draw(rt, "family"))
		now := time.Duration(0)
		h := newBudgetCloud(t, time.Now)
		b, app := new(bucket), new(bucket)
		var went []time.Duration
		for range rapid.IntRange(50, 400).Draw(rt, "calls") {
			wait := b.take(h.paces[f], 1, PriorityPoll, now)
			if wait <= 0 {
				if wait = app.take(h.appPaces[f], 1, PriorityPoll, now); wait > 0 {
					b.undo(h.paces[f], 1, PriorityPoll, now)
				}
			}
			if wait <= 0 {
				went = append(went, now)
				continue
			}
			now += wait + time.Duration(rapid.IntRange(0, 1000).Draw(rt, "late"))*time.Millisecond
		}
		for _, l := range limits[f].all {
			share := 1.0
			if l.scope == ofTenant {
				share = 0.5
			}
			for i := range went {
				n := 0
				for _, at := range went[i:] {
					if at-went[i] < l.per {
						n++
					}
				}
				if float64(n) > math.Max(1, l.units*share) {
					rt.Fatalf("%s: %d calls in %s", f, n, l.per)
				}
			}
		}
	})
}

// Containment goes where polling has to wait, and polling pays it back: in
// the buckets of a tenant and in those of an app.
func TestContainmentOvertakes(t *testing.T) {
	t.Parallel()
	h := newBudgetCloud(t, time.Now)
	for f := range families {
		for _, paces := range [][]pace{h.paces[f], h.appPaces[f]} {
			if len(paces) == 0 {
				continue
			}
			b := new(bucket)
			polls, contains := 0, 0
			for b.take(paces, 1, PriorityPoll, 0) <= 0 {
				polls++
			}
			for b.take(paces, 1, PriorityContain, 0) <= 0 {
				contains++
			}
			if polls < 1 || contains < overdraft || contains > overdraft+polls {
				t.Errorf("%s: %d polls and %d containments at once", f, polls, contains)
			}
			if b.take(paces, 1, PriorityPoll, 0) <= b.take(paces, 1, PriorityContain, 0) {
				t.Errorf("%s: polling would go first", f)
			}
		}
	}
}

func TestClosedBucket(t *testing.T) {
	t.Parallel()
	h := newBudgetCloud(t, time.Now)
	paces := h.paces[FamilySecurity]
	b, now := new(bucket), 1000*time.Second
	refused := func(after time.Duration) { b.refused(paces, now, after, 0.5) }
	steps := []struct {
		name    string
		do      func()
		poll    time.Duration
		contain time.Duration
	}{
		{"fresh", func() {}, 0, 0},
		{"2.5 s", func() { refused(2500 * time.Millisecond) }, 2500 * time.Millisecond, 2500 * time.Millisecond},
		{"a year", func() { refused(365 * 24 * time.Hour) }, closeCeiling, containCeiling},
		{"20 s later", func() { now += 20 * time.Second }, closeCeiling - 20*time.Second, containCeiling - 20*time.Second},
		{"clock set back", func() { now -= time.Hour }, closeCeiling - 20*time.Second, containCeiling - 20*time.Second},
		{"10 s later", func() { now += 10 * time.Second }, closeCeiling - 30*time.Second, 0},
		{"much later", func() { now += time.Hour }, 0, 0},
		{"no time named", func() { refused(0) }, time.Second, containPause},
		{"again", func() { refused(0) }, 2 * time.Second, containPause},
		{"and again", func() { refused(-time.Second) }, 4 * time.Second, containPause},
		{"many times", func() {
			for range 300 {
				refused(0)
			}
		}, guessCeiling, containPause},
		{"served, then refused", func() { b.served(); refused(0) }, time.Second, containPause},
	}
	for _, s := range steps {
		s.do()
		got := [2]time.Duration{max(0, b.due(paces, PriorityPoll, now)), max(0, b.due(paces, PriorityContain, now))}
		if got != [2]time.Duration{s.poll, s.contain} {
			t.Errorf("%s: got %v, want %v", s.name, got, [2]time.Duration{s.poll, s.contain})
		}
	}
}

// Refusals make our pace slower, answers bring it back, and a row of refusals
// counts once.
func TestPaceEases(t *testing.T) {
	t.Parallel()
	b := new(bucket)
	pace := func() float64 { return math.Round(1000*float64(1-b.eased)) / 1000 }
	for range 5 {
		b.refused(nil, 0, 0, 0.5)
	}
	if pace() != 0.9 {
		t.Errorf("after a row of refusals: %v", pace())
	}
	for range 40 {
		b.served()
		b.refused(nil, 0, 0, 0.5)
	}
	if pace() != easeFloor {
		t.Errorf("after many: %v", pace())
	}
	for range 350 {
		b.served()
	}
	if pace() != 1 {
		t.Errorf("after many answers: %v", pace())
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "-0.5": 0, "NaN": 0, "-Inf": 0, "soon": 0, "3, 5": 0, "1s": 0, "\x00": 0, "0.001": time.Millisecond, "2.128": 2128 * time.Millisecond, " 7 ": 7 * time.Second,
		"31536000": closeCeiling, "1e300": closeCeiling, "Inf": closeCeiling,
		"Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second, "Sun, 01 Mar 2026 11:00:00 GMT": 0,
		"Mon, 01 Mar 2027 12:00:00 GMT": closeCeiling,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
}

// A date is read by the clock of the host that names it, whatever ours says.
func TestRetryAfterOfAWrongClock(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]time.Duration{"slow": -10 * time.Minute, "fast": 10 * time.Minute} {
		f := newFake(t, nil)
		f.api = func(w http.ResponseWriter, _ *http.Request) {
			theirs := f.now().Add(-wrong)
			w.Header().Set("Date", theirs.Format(http.TimeFormat))
			w.Header().Set("Retry-After", theirs.Add(20*time.Second).Format(http.TimeFormat))
			graphError(w, 429, "TooManyRequests", "x")
		}
		_, _, err := drain(f.client(t, Options{}).Alerts.List(WithPriority(t.Context(), PriorityPoll), time.Time{}))
		if e := new(Error); !errors.As(err, &e) || e.RetryAfter != 20*time.Second {
			t.Errorf("%s: got %+v", name, err)
		}
	}
}

// Throttled, then served: who waits gets an answer, and who polls is told when
// to come back.
func TestThrottledRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prio   Priority
		header string
		times  int // 429 before the service answers
		want   error
		calls  int
		slept  time.Duration
	}{
		"named":                {PriorityCommand, "3", 2, nil, 3, 6 * time.Second},
		"with a fraction":      {PriorityCommand, "0.5", 1, nil, 2, 500 * time.Millisecond},
		"not named":            {PriorityCommand, "", 2, nil, 3, 3 * time.Second},
		"zero":                 {PriorityCommand, "0", 1, nil, 2, time.Second},
		"a date":               {PriorityCommand, "Sun, 01 Mar 2026 12:00:20 GMT", 1, nil, 2, 20 * time.Second},
		"too long":             {PriorityCommand, "31", 1, cordon.ErrThrottled, 1, 0},
		"a year":               {PriorityCommand, "31536000", 1, cordon.ErrThrottled, 1, 0},
		"in all too long":      {PriorityCommand, "20", 3, cordon.ErrThrottled, 2, 20 * time.Second},
		"too often":            {PriorityCommand, "1", 9, cordon.ErrThrottled, 6, 5 * time.Second},
		"poll":                 {PriorityPoll, "1", 1, cordon.ErrThrottled, 1, 0},
		"containment":          {PriorityContain, "2", 1, nil, 2, 2 * time.Second},
		"containment, guessed": {PriorityContain, "", 3, nil, 4, 3 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				if n++; n <= tt.times {
					if tt.header != "" {
						w.Header().Set("Retry-After", tt.header)
					}
					graphError(w, 429, "TooManyRequests", "Please retry again later.")
					return
				}
				reply(w, 200, `{"value":[]}`)
			})
			c := f.client(t, Options{})
			start := f.now()
			_, _, err := drain(c.Alerts.List(WithPriority(t.Context(), tt.prio), time.Time{}))
			if !errors.Is(err, tt.want) || f.count() != tt.calls || f.now().Sub(start) != tt.slept {
				t.Errorf("got %v after %d calls and %s; want %v, %d, %s", err, f.count(), f.now().Sub(start), tt.want, tt.calls, tt.slept)
			}
			var e *Error
			if errors.As(err, &e) && e.RequestID != "inner-1" {
				t.Errorf("request id %q", e.RequestID)
			}
		})
	}
}

// Ready tells a scheduler when to come back, after polls and refusals.
func TestReady(t *testing.T) {
	t.Parallel()
	status := 200
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if status == 429 {
			graphError(w, 429, "TooManyRequests", "x")
			return
		}
		reply(w, 200, `{"value":[]}`)
	})
	c := f.client(t, Options{})
	ctx := WithPriority(t.Context(), PriorityPoll)
	ready := func() time.Duration { return c.Ready(FamilyIdentityProtection, f.now()).Sub(f.now()) }
	if ready() != 0 {
		t.Errorf("at first: %s", ready())
	}
	_, _, err := drain(c.Risk.Detections(ctx, time.Time{}))
	if err != nil || ready() != 2040*time.Millisecond { // half of 1 a second, and the margin
		t.Errorf("after a poll: %s, %v", ready(), err)
	}
	f.advance(2040 * time.Millisecond)
	status = 429
	_, _, err = drain(c.Risk.Detections(ctx, time.Time{}))
	if !errors.Is(err, cordon.ErrThrottled) || ready() != 4080*time.Millisecond {
		t.Errorf("after a refusal: %s, %v", ready(), err)
	}
	if other := c.Ready(FamilySecurity, f.now()); other != f.now() {
		t.Errorf("another family waits for %s", other.Sub(f.now()))
	}
	neighbour, err := c.hub.Client(cordon.Tenant{ID: clientID, ClientID: clientID}, NewSecretCredential("x"))
	if err != nil || neighbour.Ready(FamilyIdentityProtection, f.now()) != f.now() {
		t.Errorf("another tenant waits: %v", err)
	}
	twin, err := c.hub.Client(cordon.Tenant{ID: tenantID, ClientID: clientID}, NewSecretCredential("x"))
	if err != nil || twin.Ready(FamilyIdentityProtection, f.now()).Equal(f.now()) {
		t.Errorf("another client of the tenant has a budget of its own: %v", err)
	}
}

// A budget that is spent for longer than the caller can wait is an error that
// says for how long.
func TestBudgetSpent(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(200, `{"value":[]}`))
	c := f.client(t, Options{MaxWait: time.Second})
	_, _, err := drain(c.Risk.Detections(t.Context(), time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = drain(c.Risk.Detections(t.Context(), time.Time{}))
	var e *Error
	if !errors.Is(err, cordon.ErrThrottled) || !errors.As(err, &e) || e.RetryAfter != 2040*time.Millisecond || f.count() != 1 {
		t.Errorf("got %v after %d calls", err, f.count())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c = f.client(t, Options{})
	_, _, _ = drain(c.Risk.Detections(t.Context(), time.Time{}))
	if _, _, err = drain(c.Risk.Detections(ctx, time.Time{})); !errors.Is(err, cordon.ErrThrottled) {
		t.Errorf("with a deadline: got %v", err)
	}
}
