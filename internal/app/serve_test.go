package app_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
)

// serve watches with the house as cordon serve does, and has browsers come
// back to it, until the function that it returns is called.
func (p *partner) serve() (stop func()) {
	p.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(p.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.house.Config.Listen = l.Addr().String()
	_ = l.Close() // it was only to find an address that is free
	p.pages.URL = "http://" + p.house.Config.Listen
	ctx, cancel := context.WithCancel(p.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.house.Serve(ctx, func() {}) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Error(err)
		}
	}
}

// await waits until met, however slow the machine is.
func await(t *testing.T, what string, met func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("never: " + what)
		}
	}
}

func (p *partner) whole(tenantID string) (sources int) {
	p.t.Helper()
	for _, c := range ask(p.world, func(ctx context.Context, tx *store.Tx) ([]cordon.Coverage, error) { return tx.Coverage(ctx, tenantID) }) {
		if c.State == cordon.CoverageWhole {
			sources++
		}
	}
	return sources
}

// A tenant consents while serve runs, and serve reads every source of it
// without a new start.
func TestServeReadsWhoJoins(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	defer p.serve()()
	all := len(cordon.Sources())
	await(t, "the first tenant is read", func() bool { return p.whole(p.tenant.ID) == all })
	customer := p.cloud.Info().Tenants[1]
	if got := p.comeBack(p.consent(p.link(app.Invitation{Tenant: customer.ID})), nil); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	await(t, "the tenant that consented is read", func() bool { return p.whole(customer.ID) == all })
}
