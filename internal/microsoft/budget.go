package microsoft

import (
	"sync"
	"sync/atomic"
	"time"
)

// Ceilings for what a service, or something between us and it, may ask.
const (
	closeCeiling   = 10 * time.Minute // longest that a bucket stays closed
	containCeiling = 30 * time.Second // longest that containment heeds a Retry-After
	guessCeiling   = time.Minute      // longest wait that we guess ourselves
)

// An account holds the budgets of one tenant, or those of one app in all
// tenants. A bucket is made when it is first used.
type account struct {
	buckets [families]atomic.Pointer[bucket]
	size    atomic.Uint32 // of the tenant: see sizeOf
}

func (a *account) bucket(f Family) *bucket {
	if b := a.buckets[f].Load(); b != nil {
		return b
	}
	a.buckets[f].CompareAndSwap(nil, &bucket{gate: newGate(limits[f].concurrent)})
	return a.buckets[f].Load()
}

// A bucket meters calls in one family. Times are counted from the start of
// the Hub. For every limit it keeps one time: when the units taken so far are
// paid for. For polling it is later, while others need more than their part.
type bucket struct {
	mu      sync.Mutex
	paid    [2]time.Duration
	polled  [2]time.Duration // paid, for polling
	counts  [2]count
	seen    time.Duration // when it was last asked
	used    time.Duration // when it last let a call go
	closed  time.Duration // no call before, because the service said so
	since   time.Duration // when it was closed
	slowed  time.Duration // no poll before, because the service is nearly full
	gate    *gate         // nil: calls at once are not limited
	refusal uint32        // in all
	eased   float32       // part of our share that we leave to others, for now
	strikes uint8         // refusals in a row that named no time
	guessed bool          // closed is our guess
	bad     bool          // the last answer was a refusal
	touched bool          // a call was let go at least once
}

// take pays for a call, or returns how long to wait before asking again.
func (b *bucket) take(paces []pace, cost float64, prio Priority, at time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.due(paces, prio, at); wait > 0 {
		return wait
	}
	b.charge(paces, cost, prio, at)
	return 0
}

// charge notes that a call goes. Containment beyond its overdraft goes at the
// pace that the service gives to all apps together.
func (b *bucket) charge(paces []pace, cost float64, prio Priority, at time.Duration) {
	eased := cost
	if prio != PriorityContain {
		eased /= 1 - float64(b.eased)
	}
	for i := range paces {
		p := &paces[i]
		b.paid[i] = max(b.paid[i], at) + time.Duration(cost*float64(p.each))
		b.polled[i] = max(b.polled[i], at) + time.Duration(eased*float64(p.each))
		if prio == PriorityContain {
			b.paid[i] = min(b.paid[i], at+p.contain+time.Duration(cost*float64(p.full)))
		}
		b.counts[i].add(at, p.window, cost)
	}
	b.used, b.touched = at, true
}

// undo takes back a call that did not go after all.
func (b *bucket) undo(paces []pace, cost float64, prio Priority, at time.Duration) {
	b.mu.Lock()
	b.charge(paces, -cost, prio, at)
	b.mu.Unlock()
}

// settle corrects what a call was thought to cost.
func (b *bucket) settle(paces []pace, more float64, at time.Duration) {
	b.mu.Lock()
	b.charge(paces, more, PriorityContain, at)
	b.mu.Unlock()
}

// wait returns how long a call would have to wait.
func (b *bucket) wait(paces []pace, prio Priority, at time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.due(paces, prio, at)
}

// due returns how long a call must wait at that time.
func (b *bucket) due(paces []pace, prio Priority, at time.Duration) time.Duration {
	b.turnBack(at)
	wait := b.owes(paces, prio, at)
	if prio == PriorityPoll {
		wait = max(wait, b.slowed-at)
	}
	return max(wait, b.opens(prio)-at)
}

// owes returns how long until what was taken is paid for.
func (b *bucket) owes(paces []pace, prio Priority, at time.Duration) (wait time.Duration) {
	for i := range paces {
		if prio == PriorityContain {
			wait = max(wait, b.paid[i]-paces[i].contain-at)
		} else {
			wait = max(wait, b.polled[i]-paces[i].poll-at)
		}
	}
	return wait
}

// clockSkew is by how much goroutines may disagree about the time.
const clockSkew = time.Second

// turnBack moves all times along with a clock that was set back: what was to
// wait two seconds still waits for two, and nothing is forgotten.
func (b *bucket) turnBack(at time.Duration) {
	if by := b.seen - at; by > clockSkew {
		for i := range b.paid {
			b.paid[i] -= by
			b.polled[i] -= by
			b.counts[i].start -= by
		}
		b.closed, b.since, b.slowed, b.used = b.closed-by, b.since-by, b.slowed-by, b.used-by
	}
	b.seen = at
}

// containPause is how long containment waits after a refusal that named no
// time.
const containPause = time.Second

// opens returns when the bucket is no longer closed for that priority.
func (b *bucket) opens(prio Priority) time.Duration {
	switch {
	case prio != PriorityContain:
		return b.closed
	case b.guessed: // the limit is one request a second, and refused ones count
		return min(b.closed, b.since+containPause)
	}
	return min(b.closed, b.since+containCeiling)
}

// How our part of a limit gives way to others and comes back. A refusal now
// and then costs nearly nothing; one in twenty answers halves our pace.
const (
	easeFactor = 0.9   // what is left of our pace after a refusal
	easeFloor  = 0.125 // and at least
	easeBack   = 1.0 / 400
)

// refused closes the bucket. Without a time from the service the wait doubles
// with every refusal in a row, with jitter. It begins with the time of two
// units, or a second: refused requests count, so what the service had left is
// gone, and without a pause every later request would find it just as empty.
func (b *bucket) refused(paces []pace, at, retryAfter time.Duration, jitter float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turnBack(at)
	b.guessed = retryAfter <= 0
	if b.guessed {
		base := time.Second
		for i := range paces {
			base = max(base, 2*paces[i].each)
		}
		base = min(base<<min(b.strikes, 10), guessCeiling)
		retryAfter = base*3/4 + time.Duration(jitter*float64(base/2))
		b.strikes = min(b.strikes+1, 10)
	}
	if !b.bad { // of a row, the first says that we were too fast; the pause answers the others
		b.eased = 1 - max((1-b.eased)*easeFactor, easeFloor)
	}
	b.closed, b.since, b.bad = at+min(retryAfter, closeCeiling), at, true
	b.refusal++
}

// served notes that the service answers again.
func (b *bucket) served() {
	b.mu.Lock()
	b.strikes, b.bad, b.eased = 0, false, max(0, b.eased-easeBack)
	b.mu.Unlock()
}

// slow keeps polls away until then.
func (b *bucket) slow(until time.Duration) {
	b.mu.Lock()
	b.slowed = max(b.slowed, until)
	b.mu.Unlock()
}

// A count is how many units went lately: those of the window that runs and
// of the one before.
type count struct {
	start    time.Duration
	now, was float32
}

func (c *count) add(at, window time.Duration, cost float64) {
	c.roll(at, window)
	c.now = max(0, c.now+float32(cost))
}

func (c *count) roll(at, window time.Duration) {
	switch gone := at - c.start; {
	case gone >= 2*window:
		c.start, c.now, c.was = at, 0, 0
	case gone >= window:
		c.start, c.now, c.was = c.start+window, 0, c.now
	}
}

// used returns the units of the window that ends now, of those before the
// running one as many as its part.
func (c *count) used(at, window time.Duration) float64 {
	c.roll(at, window)
	part := 1 - float64(at-c.start)/float64(window)
	return float64(c.now) + float64(c.was)*min(1, max(0, part))
}
