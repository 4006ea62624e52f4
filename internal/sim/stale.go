package sim

import (
	"maps"
	"net/http"
	"time"
)

// staleMost is for how long a tenant remembers what it was like before a write.
const staleMost = 24 * time.Hour

// A snapshot is what a tenant held before a write.
type snapshot struct {
	at      time.Time // of the write
	content map[string]*collection
	seen    map[string]int
	scored  time.Time
}

// remember keeps what the tenant holds, for reads that shall not see the write
// which is about to be made. It costs nothing while no fault asks for such
// reads. Callers hold the lock.
func (t *tenant) remember(r *route, now time.Time) {
	if r.method == http.MethodGet {
		return
	}
	if !t.cloud.faults.staleFor(t.id) {
		t.past = nil
		return
	}
	for len(t.past) > 0 && now.Sub(t.past[0].at) > staleMost {
		t.past = t.past[1:]
	}
	s := snapshot{at: now, content: make(map[string]*collection, len(t.content)), seen: maps.Clone(t.seen), scored: t.scored}
	for name, c := range t.content {
		s.content[name] = c.clone()
	}
	t.past = append(t.past, s)
}

// asItWas lets the tenant hold what it held before the writes of the last
// while, until the function that it returns is called. Callers hold the lock.
func (t *tenant) asItWas(age time.Duration, now time.Time) (restore func()) {
	for i := range t.past {
		s := &t.past[i]
		if now.Sub(s.at) >= age {
			continue
		}
		content, seen, scored := t.content, t.seen, t.scored
		t.content, t.seen, t.scored = s.content, s.seen, s.scored
		return func() {
			s.seen, s.scored = t.seen, t.scored
			t.content, t.seen, t.scored = content, seen, scored
		}
	}
	return func() {}
}

// do does what the route does, on a state that may be stale.
func (x *exchange) do(c *call) (answer, error) {
	c.tenant.remember(c.route, x.now)
	defer c.tenant.asItWas(x.stale, x.now)()
	return c.route.do(x, c)
}

// clone copies a collection and its objects.
func (c *collection) clone() *collection {
	out := &collection{items: make([]item, len(c.items)), index: maps.Clone(c.index), next: c.next}
	for i, it := range c.items {
		out.items[i] = item{it.number, it.object.clone()}
	}
	return out
}

// staleFor reports whether a fault makes reads of a tenant stale.
func (fs *faults) staleFor(tenant string) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, a := range fs.list {
		if a.Stale != "" && (a.tenantID == "" || a.tenantID == tenant) {
			return true
		}
	}
	return false
}

// age is how old the state is that a stale read shows.
func (f *Fault) age() time.Duration {
	d, _ := time.ParseDuration(f.Stale) // it was checked when the fault was added
	return d
}
