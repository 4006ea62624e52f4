// Package sim is a Microsoft cloud in memory, for demos and tests.
//
// It answers as Entra sign-in, Microsoft Graph and Defender for Endpoint do, for
// one tenant or ten thousand, and a control API steers it. It shares no types
// with any client, and what it does not model it refuses by name.
package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

// Options shape a cloud. The zero value is one empty tenant on free loopback ports.
type Options struct {
	Listen   string           // control listener; default "127.0.0.1:0"; only loopback is taken
	Tenants  int              // default 1
	Seed     int64            // default 1; same seed, same cloud
	Scenario string           // built-in name or path of a YAML file; default "empty"
	StateDir string           // where ca.pem is written; default a temporary folder that Close removes
	Live     bool             // tell timed events as the clock passes; false: they are over at start
	Now      func() time.Time // default time.Now; the cloud's clock is Now plus what was advanced
	Calm     bool             // no throttles, and no answer gets lost unasked; for tests and benchmarks that count

	Cloud        string        // national cloud to play; default what the scenario says, or global
	Certificates []Certificate // keys of apps

	RiskyUsersInvokeAction bool // riskyUsers/{id}/invokeAction exists; the real service has no such call
}

// A Cloud is a running simulator. Its methods may be called from any goroutine.
type Cloud struct {
	opts     Options
	scenario *scenario
	start    time.Time
	clock    clock
	tenants  []*tenant
	byName   map[string]*tenant
	keys     *keys
	national national
	registry registry
	ledger   ledger
	faults   faults
	outbox   *outbox
	graph    []route
	defender []route
	info     Info
	stateDir string

	servers []*http.Server
	failed  chan error
	done    <-chan struct{}
	stop    context.CancelFunc
	closing sync.Once
}

// Start opens the listeners and returns when all of them answer. The cloud
// runs until ctx ends or Close is called.
func Start(ctx context.Context, opts Options) (*Cloud, error) {
	c, err := build(opts)
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	c.done, c.stop = running.Done(), stop
	if err := c.listen(running); err != nil {
		return nil, errors.Join(fmt.Errorf("sim: %w", err), c.Close())
	}
	go c.outbox.run(running)
	context.AfterFunc(running, func() { _ = c.Close() })
	return c, nil
}

// build makes the cloud's content without opening anything.
func build(opts Options) (*Cloud, error) {
	opts.Listen = cmp.Or(opts.Listen, "127.0.0.1:0")
	opts.Scenario = cmp.Or(opts.Scenario, "empty")
	opts.Seed, opts.Tenants = cmp.Or(opts.Seed, 1), cmp.Or(opts.Tenants, 1)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Tenants < 1 {
		return nil, fmt.Errorf("tenants must be 1 or more, not %d", opts.Tenants)
	}
	if err := checkLoopback(opts.Listen); err != nil {
		return nil, err
	}
	script, err := loadScenario(opts.Scenario)
	if err != nil {
		return nil, err
	}
	signer, err := newKeys()
	if err != nil {
		return nil, err
	}
	c := &Cloud{opts: opts, scenario: script, keys: signer, failed: make(chan error, 4), outbox: newOutbox()}
	c.clock.base = opts.Now
	c.start = c.clock.now().Truncate(time.Second)
	c.graph, c.defender = graphRoutes(), defenderRoutes()
	if opts.RiskyUsersInvokeAction || script.Tenant.RiskyUsersInvoke {
		c.graph = append(c.graph, hearsayRoutes()...)
	}
	if c.national, err = nationalNamed(cmp.Or(opts.Cloud, script.Cloud)); err != nil {
		return nil, err
	}
	c.peopleTenants()
	for i, cert := range opts.Certificates {
		if err := c.RegisterCertificate(cert); err != nil {
			return nil, fmt.Errorf("certificates[%d]: %w", i, err)
		}
	}
	return c, nil
}

// Wait blocks until the context given to Start ends, Close is called, or a listener fails.
func (c *Cloud) Wait() error {
	select {
	case err := <-c.failed:
		return err
	case <-c.done:
		return nil
	}
}

// Close stops the listeners and removes the temporary folder, if the cloud made one.
func (c *Cloud) Close() error {
	var err error
	c.closing.Do(func() {
		c.stop()
		for _, s := range c.servers {
			err = errors.Join(err, s.Close())
		}
		if c.opts.StateDir == "" && c.stateDir != "" {
			err = errors.Join(err, os.RemoveAll(c.stateDir))
		}
	})
	return err
}
