package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A run is carried on for a turn at a time, so that a step that hangs does not
// keep its place for ever. A turn that was too short is no failure: the run is
// taken up again at once, with twice the time.
const (
	firstTurn   = 20 * time.Second
	longestTurn = 80 * time.Second
)

// A pace knows how long the turns of runs are and whether anything moves.
type pace struct {
	first, longest time.Duration

	mu      sync.Mutex
	cut     map[string]int // how often in a row a run was cut short
	full    int            // turns of full length that were cut short since something moved
	working int            // jobs under way in this process
	since   time.Time      // when something moved last, or the last job ended
}

func newPace() *pace {
	return &pace{first: firstTurn, longest: longestTurn, cut: map[string]int{}}
}

// turn is how long the next turn of a run is.
func (p *pace) turn(runID string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.length(runID)
}

func (p *pace) length(runID string) time.Duration {
	length := p.first
	for range p.cut[runID] {
		length = min(2*length, p.longest)
	}
	return length
}

// ended notes how a turn of a run ended.
func (p *pace) ended(runID string, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !cut {
		delete(p.cut, runID)
		return
	}
	if p.length(runID) == p.longest {
		p.full++
	}
	p.cut[runID]++
}

// moved notes that something was carried a step further.
func (p *pace) moved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.full, p.since = 0, time.Now()
}

// begin notes that a job is under way, until the function it returns is called.
func (p *pace) begin() (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.working++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.working--
		p.since = time.Now()
	}
}

// stuck reports whether so many jobs that are due hang: each had a turn of
// full length since anything moved.
func (p *pace) stuck(due int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return due > 0 && p.full >= due
}

// idle returns for how long no job has been under way in this process.
func (p *pace) idle() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.working > 0 || p.since.IsZero() {
		return 0
	}
	return time.Since(p.since)
}

// takeTurn carries a run on for one turn. The turn begins when no other
// goroutine works on the run any more.
func (e *Engine) takeTurn(ctx context.Context, runID string) error {
	defer e.runs.lock(runID)()
	turn, cancel := context.WithTimeout(ctx, e.pace.turn(runID))
	defer cancel()
	err := e.carry(turn, runID)
	e.pace.ended(runID, errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil)
	return err
}

// An UnfinishedError says that reading everything once ended while work was
// still due, because nothing moved any more.
type UnfinishedError struct {
	Jobs int // that are due
}

// Error implements error.
func (e *UnfinishedError) Error() string {
	jobs := "1 job is"
	if e.Jobs != 1 {
		jobs = fmt.Sprintf("%d jobs are", e.Jobs)
	}
	return jobs + " unfinished, because nothing moves any more: the next sync or serve goes on"
}
