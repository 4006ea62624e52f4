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
	"sync"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/guard"
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
	Only     []cordon.Tenant    // whose sources are read; default all
	Ask      Ask                // shows a person how to sign in; needed for sign_in: device_code
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// A House is everything that works on one store.
type House struct {
	Config *Config
	Store  *store.Store
	Engine *engine.Engine
	Taken  engine.Taken // how the store stands

	entrance *entrance
	log      *slog.Logger
	joining  sync.Mutex // one tenant at a time
	release  func() error
}

// Open builds the house of a configuration and takes its store for the
// command named. It fails with cordon.ErrHeldElsewhere when another process
// works on the store.
func Open(ctx context.Context, c *Config, command string, o Options) (*House, error) {
	release, err := hold(c, command)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &House{Config: c, log: o.Log, release: release}
	if err := h.build(ctx, o); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *House) build(ctx context.Context, o Options) (err error) {
	if h.Store, err = store.Open(ctx, h.Config.Storage.URL); err != nil {
		return err
	}
	if h.Taken, err = engine.Take(ctx, h.Store, engine.Claim{Expected: h.Config.Storage.ID, NewID: uuid.NewString, Now: o.now()}); err != nil {
		return err
	}
	if err := h.Config.enlist(ctx, h.Store); err != nil {
		return err
	}
	if h.entrance, err = h.Config.entrance(ctx, o); err != nil {
		return err
	}
	playbooks, err := h.Config.LoadPlaybooks()
	if err != nil {
		return err
	}
	channels, mute, err := h.Config.channels(ctx, o)
	if err != nil {
		return err
	}
	if mute != nil {
		h.log.WarnContext(ctx, "not everybody is told: notices wait until the secret can be read", "error", mute)
	}
	if err := h.entrance.brokenKey(ctx); err != nil {
		h.log.WarnContext(ctx, "tenants whose secrets are stored are not read, and no consent is taken, until the key can be had: it is asked for again", "error", err)
	}
	tenants, err := h.entrance.tenants(ctx, h.Config.Tenants)
	if err != nil {
		return err
	}
	h.Engine, err = engine.New(engine.Options{
		Store: h.Store, Standing: h.Taken.Standing, Tenants: tenants, Only: idsOf(o.Only), Playbooks: playbooks, On: h.Config.Playbooks.On, Channels: channels,
		Guard: guard.Defaults(), Actions: action.Backend(h.Config.Actions.Backend), Poll: engine.Poll(h.Config.Poll), NewID: uuid.NewString,
		Now: o.Now, Log: o.Log, At: o.At, Usage: h.entrance.hub.Usage,
	})
	return err
}

// idsOf returns the ids of tenants, nil when there are none.
func idsOf(tenants []cordon.Tenant) map[string]bool {
	var ids map[string]bool
	for _, t := range tenants {
		if ids == nil {
			ids = make(map[string]bool, len(tenants))
		}
		ids[t.ID] = true
	}
	return ids
}

// Close closes the store and gives it back.
func (h *House) Close() error {
	var errs []error
	if h.Store != nil {
		errs = append(errs, h.Store.Close())
	}
	if h.entrance != nil {
		h.entrance.hub.Close()
	}
	return errors.Join(append(errs, h.release())...)
}

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
