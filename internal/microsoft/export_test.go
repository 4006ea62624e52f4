package microsoft

import (
	"context"
	"time"
)

// SetSleep replaces how a cloud waits.
func (h *Hub) SetSleep(sleep func(context.Context, time.Duration) error) { h.sleep = sleep }
