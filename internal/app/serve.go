package app

import (
	"context"
	"fmt"
	"net"

	"github.com/cordonhq/cordon/internal/web"
	"golang.org/x/sync/errgroup"
)

// Serve watches every tenant and, where listen is set, answers browsers, until
// ctx ends.
func (h *House) Serve(ctx context.Context) error {
	if h.Config.Listen == "" {
		return h.Engine.Run(ctx)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", h.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	handler := web.Handler(web.Options{Callback: CallbackPath, Onboard: h.Onboard, Log: h.log})
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return web.Run(gctx, listener, handler) })
	g.Go(func() error { return h.Engine.Run(gctx) })
	return g.Wait()
}
