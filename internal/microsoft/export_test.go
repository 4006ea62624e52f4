package microsoft

import (
	"context"
	"time"
)

// SetSleep replaces how a cloud waits.
func (c *Cloud) SetSleep(sleep func(context.Context, time.Duration) error) { c.sleep = sleep }
