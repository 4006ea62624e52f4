package microsoft

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A gate limits how many calls are under way at once. Its last place is kept
// for containment, and a place that falls free goes to containment first.
type gate struct {
	mu      sync.Mutex
	places  int
	free    int
	waiting [priorities][]chan struct{}
}

// gatePause is when to look again at a gate without a place.
const gatePause = 100 * time.Millisecond

// newGate returns a gate with that many places, or nil for any number.
func newGate(places int) *gate {
	if places == 0 {
		return nil
	}
	return &gate{places: places, free: places}
}

// open reports whether a call of that priority may take a place.
func (g *gate) open(prio Priority) bool {
	if prio == PriorityContain {
		return g.free > 0
	}
	return g.free > 1 || g.free == g.places // a gate with one place is not closed for good
}

// full reports whether a poll would have to wait for a place.
func (g *gate) full() bool {
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.open(PriorityPoll)
}

// enter takes a place, or waits for one until ctx ends.
func (g *gate) enter(ctx context.Context, prio Priority) error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	if g.open(prio) {
		g.free--
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting[prio] = append(g.waiting[prio], turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.giveUp(prio, turn)
		return ctx.Err()
	}
}

// giveUp leaves the queue, or gives back the place that came too late.
func (g *gate) giveUp(prio Priority, turn chan struct{}) {
	g.mu.Lock()
	i := slices.Index(g.waiting[prio], turn)
	if i >= 0 {
		g.waiting[prio] = slices.Delete(g.waiting[prio], i, i+1)
	}
	g.mu.Unlock()
	if i < 0 {
		g.leave()
	}
}

// leave gives a place back, to whoever is first in the order of priorities.
func (g *gate) leave() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free++
	for _, prio := range [...]Priority{PriorityContain, PriorityCommand, PriorityPoll} {
		for len(g.waiting[prio]) > 0 && g.open(prio) {
			close(g.waiting[prio][0])
			g.waiting[prio] = g.waiting[prio][1:]
			g.free--
		}
	}
}
