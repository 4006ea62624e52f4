package sim

import (
	"sync/atomic"
	"time"
)

// clock is the cloud's own time: the base clock plus what was advanced.
type clock struct {
	base func() time.Time
	lead atomic.Int64 // nanoseconds
}

func (c *clock) now() time.Time          { return c.base().UTC().Add(time.Duration(c.lead.Load())) }
func (c *clock) advance(d time.Duration) { c.lead.Add(int64(d)) }

// Advance moves the cloud's clock forward. Events that fall due have happened
// by the time the next request looks.
func (c *Cloud) Advance(d time.Duration) { c.clock.advance(d) }
