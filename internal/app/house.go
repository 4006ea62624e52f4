package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/notify"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/google/uuid"
)

// Options are what a caller may add to the configuration. The zero value is
// right for production.
type Options struct {
	Channels []notify.Channel // besides those of the configuration
	Log      *slog.Logger
	Now      func() time.Time
	At       func(engine.Point) // see engine.Options
}

// A House is everything that works on one store.
type House struct {
	Config *Config
	Store  *store.Store
	Engine *engine.Engine

	hub     *microsoft.Hub
	release func() error
}

// Open builds the house of a configuration and takes its store for the
// command named. It fails with cordon.ErrHeldElsewhere when another process
// works on the store.
func Open(ctx context.Context, c *Config, command string, o Options) (*House, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	release, err := store.Hold(c.Storage.URL, store.Holder{Command: command, PID: os.Getpid(), Host: host, Since: time.Now().UTC()})
	if err != nil {
		return nil, err
	}
	h := &House{Config: c, release: release}
	if err := h.build(ctx, o); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *House) build(ctx context.Context, o Options) (err error) {
	if h.Store, err = store.Open(ctx, h.Config.Storage.URL); err != nil {
		return err
	}
	tenants, cloud, err := h.Config.Enter(o.Now)
	h.hub = cloud
	if err != nil {
		return err
	}
	playbooks, err := h.Config.LoadPlaybooks()
	if err != nil {
		return err
	}
	channels, err := h.Config.channels(o)
	if err != nil {
		return err
	}
	h.Engine, err = engine.New(engine.Options{
		Store: h.Store, Tenants: tenants, Playbooks: playbooks, On: h.Config.Playbooks.On, Channels: channels,
		Guard: guard.Defaults(), Poll: engine.Poll(h.Config.Poll), NewID: uuid.NewString, Now: o.Now, Log: o.Log, At: o.At,
	})
	return err
}

// Close closes the store and gives it back.
func (h *House) Close() error {
	var errs []error
	if h.Store != nil {
		errs = append(errs, h.Store.Close())
	}
	if h.hub != nil {
		h.hub.Close()
	}
	return errors.Join(append(errs, h.release())...)
}

// Enter returns the configured tenants with the clients that enter them.
// Nothing is called yet.
func (c *Config) Enter(now func() time.Time) ([]engine.Tenant, *microsoft.Hub, error) {
	cloud, err := microsoft.New(microsoft.Options{
		Endpoints: microsoft.Endpoints(c.Endpoints), Share: c.Budget.Share, MaxWait: maxWait, Now: now,
	})
	if err != nil {
		return nil, nil, err
	}
	var tenants []engine.Tenant
	var errs []error
	for _, tc := range c.Tenants {
		secret, err := tc.Credential.Secret.Reveal()
		if err != nil {
			errs = append(errs, fmt.Errorf("tenant %s: %w", tc.Name, err))
			continue
		}
		t := tc.tenant()
		client, err := cloud.Client(t, secret)
		if err != nil {
			errs = append(errs, fmt.Errorf("tenant %s: %w", tc.Name, err))
			continue
		}
		tenants = append(tenants, engine.Tenant{Tenant: t, Client: client})
	}
	return tenants, cloud, errors.Join(errs...)
}

// maxWait is the longest wait for a budget inside one call: less than the
// time a job may take.
const maxWait = 12 * time.Second

// LoadPlaybooks returns the playbooks that ship with Cordon and those of the
// configured folder, by name.
func (c *Config) LoadPlaybooks() ([]playbook.Playbook, error) {
	all, err := playbook.Builtin()
	if err != nil || c.Playbooks.Dir == "" {
		return all, errors.Join(err, c.checkOn(all))
	}
	if _, err := os.Stat(c.Playbooks.Dir); err != nil {
		return nil, fmt.Errorf("playbooks.dir: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(c.Playbooks.Dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("playbooks: %w", err)
	}
	for _, file := range files {
		p, err := ReadPlaybook(file)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(o playbook.Playbook) bool { return o.Name == p.Name }) {
			return nil, fmt.Errorf("%s: a playbook is called %s already", file, p.Name)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b playbook.Playbook) int { return strings.Compare(a.Name, b.Name) })
	return all, c.checkOn(all)
}

// ReadPlaybook reads and checks one playbook.
func ReadPlaybook(file string) (playbook.Playbook, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return playbook.Playbook{}, fmt.Errorf("playbook: %w", err)
	}
	return playbook.Parse(file, b)
}

// checkOn makes sure that a playbook that is to act is there: a misspelt name
// would otherwise contain nobody.
func (c *Config) checkOn(all []playbook.Playbook) error {
	for _, name := range c.Playbooks.On {
		if !slices.ContainsFunc(all, func(p playbook.Playbook) bool { return p.Name == name }) {
			return fmt.Errorf("%s: playbooks.on names %q, and no playbook is called so: cordon playbook list shows them", c.file, name)
		}
	}
	return nil
}

// Verify makes sure that everything the configuration points to can be had:
// secrets, certificates, playbooks. Nothing is called.
func (c *Config) Verify(now func() time.Time) error {
	_, cloud, err := c.Enter(now)
	if cloud != nil {
		cloud.Close()
	}
	_, playbookErr := c.LoadPlaybooks()
	_, channelErr := c.channels(Options{Now: now})
	_, tenantErr := c.Pick("")
	return errors.Join(err, tenantErr, playbookErr, channelErr)
}

func (c *Config) channels(o Options) ([]notify.Channel, error) {
	channels := slices.Clone(o.Channels)
	if c.Notify.File != "" {
		channels = append(channels, notify.NewFile(c.Notify.File))
	}
	for _, w := range c.Notify.Webhooks {
		secret, err := w.Secret.Reveal()
		if err != nil {
			return nil, fmt.Errorf("webhook: %w", err)
		}
		hook, err := notify.NewWebhook(notify.WebhookConfig{URL: w.URL, Secret: secret, Private: w.Private, Now: o.Now})
		if err != nil {
			return nil, err
		}
		channels = append(channels, hook)
	}
	return channels, nil
}

// Locate returns the tenant and the object id of the user that name, an
// object id or UPN, stands for. It asks every tenant given and wants exactly
// one answer.
func Locate(ctx context.Context, tenants []engine.Tenant, name string) (engine.Tenant, cordon.Entity, error) {
	answers := ask(ctx, tenants, func(ctx context.Context, t engine.Tenant) (microsoft.User, error) {
		return t.Client.Users.Get(ctx, name)
	})
	var found []int
	var errs []error
	for i, a := range answers {
		switch {
		case a.err == nil:
			found = append(found, i)
		case !errors.Is(a.err, cordon.ErrNotFound):
			errs = append(errs, fmt.Errorf("%s: %w", tenants[i].Name, a.err))
		}
	}
	switch {
	case len(found) == 1 && len(errs) == 0:
		u := answers[found[0]].value
		if !strings.EqualFold(u.ID, name) && !strings.EqualFold(u.UserPrincipalName, name) {
			return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("asked for %q, Microsoft answered with another user: %w", name, cordon.ErrMalformed)
		}
		return tenants[found[0]], cordon.NewUser(u.ID, u.UserPrincipalName, ""), nil
	case len(found) > 1:
		return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("%q is a user of %d tenants: name one with --tenant", name, len(found))
	case len(errs) > 0:
		return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("look for %q: %w", name, errors.Join(errs...))
	}
	return engine.Tenant{}, cordon.Entity{}, fmt.Errorf("user %q: %w in any of %d tenants", name, cordon.ErrNotFound, len(tenants))
}
