package microsoft

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A meter is one bucket that a call pays into.
type meter struct {
	b     *bucket
	paces []pace
	cost  float64
	own   bool // the family's own: it may be closed. Of the others only the units count
}

// maxMeters is how many a write to the directory pays into: writes and units,
// each of the tenant and of the app, and all of Graph.
const maxMeters = 5

// meters returns the buckets that a call pays into: those of the tenant, then
// those of the app.
func (c *core) meters(f Family, cost float64) (all [maxMeters]meter, n int) {
	h, of := c.hub, &limits[f]
	add := func(a *account, f Family, paces []pace, cost float64, own bool) {
		all[n] = meter{a.bucket(f), paces, cost, own}
		n++
	}
	add(c.account, f, h.tenantPaces(c.account, f), cost, true)
	for _, also := range of.also {
		add(c.account, also, h.tenantPaces(c.account, also), 1, false)
		if paces := h.appPaces[also]; len(paces) > 0 {
			add(c.shared, also, paces, 1, false)
		}
	}
	if paces := h.appPaces[f]; len(paces) > 0 {
		add(c.shared, f, paces, cost, true)
	}
	if paces := h.appPaces[FamilyGraph]; !of.outside && len(paces) > 0 {
		add(c.shared, FamilyGraph, paces, 1, true)
	}
	return all, n
}

// tenantPaces returns the paces of a family in a tenant of that size.
func (h *Hub) tenantPaces(a *account, f Family) []pace {
	if f == FamilyDirectory {
		if size := a.size.Load(); size > 0 {
			return h.sized[size]
		}
	}
	return h.paces[f]
}

// at is a time on the clock of the buckets.
func (h *Hub) at(now time.Time) time.Duration { return now.Sub(h.start) }

// pay takes the cost of a call out of every bucket that counts it, or out of
// none, and then returns how long to wait before asking again.
func (c *core) pay(f Family, cost float64, prio Priority, now time.Time) time.Duration {
	all, n := c.meters(f, cost)
	at := c.hub.at(now)
	for i, m := range all[:n] {
		wait := m.take(prio, at)
		if wait <= 0 {
			continue
		}
		for _, paid := range all[:i] {
			paid.b.undo(paid.paces, paid.cost, prio, at)
		}
		return wait
	}
	return 0
}

func (m *meter) take(prio Priority, at time.Duration) time.Duration {
	if m.own {
		return m.b.take(m.paces, m.cost, prio, at)
	}
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	m.b.turnBack(at)
	if wait := m.b.owes(m.paces, prio, at); wait > 0 {
		return wait
	}
	m.b.charge(m.paces, m.cost, prio, at)
	return 0
}

// due returns how long a call would have to wait. It takes nothing.
func (c *core) due(f Family, prio Priority, now time.Time) (wait time.Duration) {
	all, n := c.meters(f, 1)
	at := c.hub.at(now)
	for _, m := range all[:n] {
		if m.own {
			wait = max(wait, m.b.wait(m.paces, prio, at))
			continue
		}
		m.b.mu.Lock()
		m.b.turnBack(at)
		wait = max(wait, m.b.owes(m.paces, prio, at))
		m.b.mu.Unlock()
	}
	return wait
}

// refused closes the bucket whose limit was met: that of the tenant, unless
// the service says that it was the app's.
//
// Source: microsoft-graph-docs concepts/throttling-limits, x-ms-throttle-scope.
func (c *core) refused(f Family, e *Error) {
	a, paces := c.account, c.hub.tenantPaces(c.account, f)
	if strings.HasPrefix(e.scope, "Application/") && len(c.hub.appPaces[f]) > 0 {
		a, paces = c.shared, c.hub.appPaces[f]
	}
	a.bucket(f).refused(paces, c.hub.at(c.hub.now()), e.RetryAfter, c.hub.jitter())
}

// Where the directory begins to say how full it is, and where it stops.
const (
	fullFrom = 0.8
	fullTo   = 1.8
)

// heed learns from an answer of the directory what the call did cost, and
// slows polling when the limit is near: by as much of its window of 10 s as
// the limit is passed.
//
// Source: microsoft-graph-docs concepts/throttling-limits.
func (c *core) heed(q *request, h http.Header) {
	charged := q.cost
	switch q.family { //nolint:exhaustive // the others say nothing of it
	case FamilyDirectory:
	case FamilyLookup:
		charged = 1 // see meters
	default:
		return
	}
	at := c.hub.at(c.hub.now())
	units, err := strconv.ParseFloat(h.Get("X-Ms-Resource-Unit"), 64)
	if more := units - charged; err == nil && more != 0 && units > 0 && units <= 100 {
		c.account.bucket(FamilyDirectory).settle(c.hub.tenantPaces(c.account, FamilyDirectory), more, at)
		c.shared.bucket(FamilyDirectory).settle(c.hub.appPaces[FamilyDirectory], more, at)
	}
	part, err := strconv.ParseFloat(h.Get("X-Ms-Throttle-Limit-Percentage"), 64)
	if err == nil && part > fullFrom {
		pause := (min(part, fullTo) - fullFrom) * float64(10*time.Second)
		c.account.bucket(FamilyDirectory).slow(at + time.Duration(pause))
	}
}

// Sized says how many users the tenant has: Microsoft gives more to larger
// ones. Until it is known, the tenant is taken for a small one.
func (c *Client) Sized(users int) { c.account.size.Store(sizeOf(users)) }
