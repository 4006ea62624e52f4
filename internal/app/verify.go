package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// An Ending is a credential whose end is near or has come.
type Ending struct {
	Who     string // "app", or the tenant
	Text    string // when, and what to do about it
	Expired bool
}

// Verify makes sure that everything the configuration points to can be had:
// secrets, certificates, keys, playbooks; and tells which credentials end.
// Nothing is called.
func (c *Config) Verify(ctx context.Context, o Options) ([]Ending, error) {
	_, playbookErr := c.LoadPlaybooks()
	_, mute, channelErr := c.channels(ctx, o)
	_, tenantErr := c.Select(Selection{})
	if len(c.Tenants) == 0 && !c.App.none() {
		tenantErr = nil // they are added, or connect themselves, later
	}
	ends, err := c.verifyCredentials(ctx, o)
	return ends, errors.Join(err, tenantErr, playbookErr, channelErr, mute)
}

// verifyCredentials opens the key, if one is named, and the credential of every
// tenant.
func (c *Config) verifyCredentials(ctx context.Context, o Options) (ends []Ending, err error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return nil, err
	}
	defer e.hub.Close()
	errs := []error{e.brokenKey(ctx)}
	if len(c.Tenants) == 0 && !c.App.none() {
		if _, err := c.App.open(ctx, o); err != nil {
			errs = append(errs, fmt.Errorf("app: %w", err))
		}
	}
	told := map[string]bool{} // many tenants share the app
	for _, tc := range c.Tenants {
		who := "tenant " + tc.Name
		if tc.shares() {
			who = "app"
		}
		t, err := e.enter(ctx, tc)
		if err != nil {
			errs = append(errs, fmt.Errorf("tenant %s: %w", tc.Name, err))
		} else if end, near := ending(who, t.Client.Credential(), e.opts.now()); near && !told[who] {
			ends, told[who] = append(ends, end), true
		}
	}
	return ends, errors.Join(errs...)
}

// ending says what to tell of a credential that ends soon, or has.
func ending(who string, c microsoft.CredentialInfo, now time.Time) (Ending, bool) {
	left := c.Expires.Sub(now)
	near := !c.Expires.IsZero() && left <= collect.NearDays*24*time.Hour
	return Ending{Who: who, Text: collect.EndText(c, now), Expired: left <= 0}, near
}

// brokenKey returns why the key that the configuration names cannot be had. To
// name none is no mistake.
func (e *entrance) brokenKey(ctx context.Context) error {
	if e.config.Secrets.Key.ref == "" {
		return nil
	}
	_, err := e.key.get(ctx)
	return err
}
