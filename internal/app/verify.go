package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
)

// An Ending is a credential whose end is near or has come.
type Ending struct {
	Who     string // "app", or the tenant
	Text    string // when, and what to do about it
	Expired bool
}

// Verify makes sure that everything the configuration points to can be had:
// the store's folder, secrets, certificates, keys, authorities, playbooks; and
// tells which credentials end. Nothing is called. Each thing that cannot be had
// is told once, with the place in the file that names it.
func (c *Config) Verify(ctx context.Context, o Options) ([]Ending, error) {
	found := c.verifyRest(ctx, o)
	ends, broken := c.verifyCredentials(ctx, o)
	return ends, errors.Join(c.placed(append(found, broken...))...)
}

// verifyRest looks at everything that is no credential.
func (c *Config) verifyRest(ctx context.Context, o Options) (found []problem) {
	add := func(path string, err error) {
		if err != nil {
			found = append(found, problem{path, err.Error()})
		}
	}
	path := "$.playbooks.dir"
	if builtin, err := playbook.Builtin(); err == nil && c.checkOn(builtin) != nil && c.Playbooks.Dir == "" {
		path = "$.playbooks.on"
	}
	_, err := c.LoadPlaybooks()
	add(path, err)
	if len(c.Tenants) > 0 || c.App.none() { // else they are added, or connect themselves, later
		_, err = c.Select(Selection{})
		add("$.tenants", err)
	}
	add("$.storage.url", store.CheckFolder(c.Storage.URL))
	if err := c.checkCA(); err != nil {
		return append(found, problem{"$.endpoints.ca_file", err.Error()}) // nothing can be built without
	}
	hooks, err := c.webhooks(ctx, o)
	add("$.notify.webhooks", err)
	for i, hook := range hooks {
		at := fmt.Sprintf("notify.webhooks[%d]", i)
		if err := hook.Ready(ctx); err != nil {
			add("$."+at, fmt.Errorf("%s: %w", at, err))
		}
	}
	return found
}

// checkCA says what is wrong with the file of authorities.
func (c *Config) checkCA() error {
	if _, err := microsoft.NewTransport(c.Endpoints.CAFile); err != nil {
		return fmt.Errorf("endpoints.ca_file: %w: put the file there, or take the key out if only the system's authorities are needed", err)
	}
	return nil
}

// verifyCredentials opens the key, if one is named, and the credential of every
// tenant. The app that tenants share is opened, and told of, once.
func (c *Config) verifyCredentials(ctx context.Context, o Options) (ends []Ending, found []problem) {
	e, err := c.entrance(ctx, o)
	switch {
	case err != nil && c.checkCA() != nil:
		return nil, nil // told with what is no credential
	case err != nil:
		return nil, []problem{{"$.endpoints", err.Error()}}
	}
	defer e.hub.Close()
	if err := e.brokenKey(ctx); err != nil {
		found = append(found, problem{"$.secrets.key", err.Error()})
	}
	if len(c.Tenants) == 0 && !c.App.none() {
		if _, err := c.App.open(ctx, o); err != nil {
			found = append(found, problem{c.App.where("$.app", err), "app: " + err.Error()})
		}
	}
	told := map[string]bool{}
	for i, tc := range c.Tenants {
		who, path := "tenant "+tc.Name, fmt.Sprintf("$.tenants[%d].credential", i)
		switch {
		case tc.shares():
			who, path = "app", "$.app"
		case tc.onboarded != nil:
			path = "" // it is not in the file
		}
		t, err := e.enter(ctx, tc)
		if told[who] {
			continue
		}
		if err != nil {
			found, told[who] = append(found, problem{tc.wayIn(c).where(path, err), who + ": " + err.Error()}), true
		} else if end, near := ending(who, t.Client.Credential(), e.opts.now()); near {
			ends, told[who] = append(ends, end), true
		}
	}
	return ends, found
}

// wayIn is the credential that is written down for a tenant.
func (t TenantConfig) wayIn(c *Config) Credential {
	if t.shares() {
		return c.App.Credential
	}
	return t.Credential
}

// where returns the path of the key that an error of a credential is about.
func (c Credential) where(path string, err error) string {
	ways := c.ways()
	switch {
	case path == "" || len(ways) == 0:
		return path
	case strings.HasPrefix(err.Error(), "password: "):
		return path + ".password"
	}
	return path + "." + ways[0]
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
