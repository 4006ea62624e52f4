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

// An account holds the budgets of one tenant. A bucket is made when it is
// first used.
type account struct {
	buckets [families]atomic.Pointer[bucket]
}

func (a *account) bucket(f Family) *bucket {
	if b := a.buckets[f].Load(); b != nil {
		return b
	}
	a.buckets[f].CompareAndSwap(nil, new(bucket))
	return a.buckets[f].Load()
}

// A bucket meters the calls of one tenant in one family. Times are counted
// from the start of the Hub. For every limit it keeps one time: when the
// units taken so far are paid for.
type bucket struct {
	mu      sync.Mutex
	paid    [2]time.Duration
	closed  time.Duration // no call before, because the service said so
	since   time.Duration // when it was closed
	strikes uint8         // refusals in a row that named no time
	guessed bool          // closed is our guess
}

// take pays for a call, or returns how long to wait before asking again.
func (b *bucket) take(h *Hub, f Family, cost float64, prio Priority, now time.Time) time.Duration {
	at := now.Sub(h.start)
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.due(h.paces[f], prio, at); wait > 0 {
		return wait
	}
	for i, p := range h.paces[f] {
		b.paid[i] = max(b.paid[i], at) + time.Duration(cost*float64(p.each))
	}
	return 0
}

// wait returns how long a poll would have to wait.
func (b *bucket) wait(h *Hub, f Family, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.due(h.paces[f], PriorityPoll, now.Sub(h.start))
}

// due returns how long a call must wait at that time. What lies further ahead
// than it ever could comes from a clock that was set back, and is cut.
func (b *bucket) due(paces []pace, prio Priority, at time.Duration) (wait time.Duration) {
	for i, p := range paces {
		b.paid[i] = min(b.paid[i], at+p.contain+10*p.each)
		ahead := p.poll
		if prio == PriorityContain {
			ahead = p.contain
		}
		wait = max(wait, b.paid[i]-ahead-at)
	}
	b.closed, b.since = min(b.closed, at+closeCeiling), min(b.since, at)
	return max(wait, b.opens(prio)-at)
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

// refused closes the bucket. Without a time from the service the wait doubles
// with every refusal in a row, with jitter.
func (b *bucket) refused(h *Hub, now time.Time, retryAfter time.Duration) {
	at := now.Sub(h.start)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.guessed = retryAfter <= 0
	if b.guessed {
		base := min(time.Second<<min(b.strikes, 10), guessCeiling)
		retryAfter = base/2 + time.Duration(h.jitter()*float64(base))
		b.strikes = min(b.strikes+1, 10)
	}
	b.closed, b.since = at+min(retryAfter, closeCeiling), at
}

// served notes that the service answers again.
func (b *bucket) served() {
	b.mu.Lock()
	b.strikes = 0
	b.mu.Unlock()
}
