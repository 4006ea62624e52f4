package microsoft

import (
	"context"
	"time"
)

// SetSleep replaces how a cloud waits.
func (h *Hub) SetSleep(sleep func(context.Context, time.Duration) error) { h.sleep = sleep }

// CheckToken gets a token for the resource, from the cache or from Entra.
func (c *Client) CheckToken(ctx context.Context, resource Resource) error {
	_, err := c.token(ctx, resource.service(), "")
	return err
}
