package app

import (
	"context"
	"errors"
	"net"
	"syscall"

	"github.com/cordonhq/cordon/internal/web"
	"golang.org/x/sync/errgroup"
)

// Serve watches every tenant and, where listen is set, answers browsers, until
// ctx ends. It calls ready once nothing is in the way of that any more.
func (h *House) Serve(ctx context.Context, ready func()) error {
	if h.Config.Listen == "" {
		ready()
		return h.Engine.Run(ctx)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", h.Config.Listen)
	if err != nil {
		return h.Config.cannotListen(err)
	}
	ready()
	handler := web.Handler(web.Options{Callback: CallbackPath, Onboard: h.Onboard, Log: h.log})
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return web.Run(gctx, listener, handler) })
	g.Go(func() error { return h.Engine.Run(gctx) })
	return g.Wait()
}

// cannotListen says why browsers cannot be answered, with its place.
func (c *Config) cannotListen(err error) error {
	what := "listen: " + err.Error()
	if errors.Is(err, syscall.EADDRINUSE) {
		what = "listen: " + c.Listen + " is in use by another program: stop that one, or write another port"
	}
	return errors.Join(c.placed([]problem{{"$.listen", what}})...)
}

// Onboards reports whether administrators can let us into tenants while we
// watch: then there need not be a tenant yet.
func (c *Config) Onboards() bool { return c.Listen != "" && c.App.PublicURL != "" && !c.App.none() }
