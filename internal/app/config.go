// Package app reads the configuration and builds the house from it: store,
// clients, playbooks, channels and the engine. It starts and stops them, and
// knows nothing of commands or pages.
package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cordonhq/cordon/internal/store"
	"github.com/goccy/go-yaml"
)

// A Config is cordon.yaml. Keys it does not know are errors.
type Config struct {
	Storage   Storage        `yaml:"storage"`
	Listen    string         `yaml:"listen"`
	App       App            `yaml:"app"`
	Secrets   Secrets        `yaml:"secrets"`
	Endpoints Endpoints      `yaml:"endpoints"`
	Tenants   []TenantConfig `yaml:"tenants"`
	Playbooks Playbooks      `yaml:"playbooks"`
	Actions   Actions        `yaml:"actions"`
	Notify    Notify         `yaml:"notify"`
	Budget    Budget         `yaml:"budget"`
	Poll      Poll           `yaml:"poll"`

	file string // where it was read from
}

// Storage says where everything is kept.
type Storage struct {
	URL string `yaml:"url"` // sqlite:///path/cordon.db
	ID  string `yaml:"id"`  // of the store that is expected there; "": that of the witness beside it
}

// Endpoints point elsewhere than to Microsoft: to a simulator or a proxy.
type Endpoints struct {
	Login    string `yaml:"login"`
	Graph    string `yaml:"graph"`
	Defender string `yaml:"defender"`
	CAFile   string `yaml:"ca_file"`
}

// A TenantConfig is one directory and how to enter it.
type TenantConfig struct {
	ID         string            `yaml:"id"`
	Name       string            `yaml:"name"`
	Cloud      string            `yaml:"cloud"`
	Mode       string            `yaml:"mode"`
	Tags       map[string]string `yaml:"tags"`
	BreakGlass []string          `yaml:"break_glass"`
	Credential Credential        `yaml:"credential"` // none: that of app

	onboarded *store.Onboarded // nil: it stands in the file
}

// An App is our multi-tenant app, for tenants that have no credential of their
// own, and where it can be reached.
type App struct {
	Credential `yaml:",inline"`
	PublicURL  string `yaml:"public_url"` // https address under which browsers reach listen
}

// Secrets says how secrets of onboarded tenants are kept.
type Secrets struct {
	Key SecretRef `yaml:"key"` // the key set that seals them, of cordon key create
}

// Playbooks says which playbooks act. The others are in shadow.
type Playbooks struct {
	On  []string `yaml:"on"`
	Dir string   `yaml:"dir"` // more playbooks, one *.yaml each
}

// Actions says how accounts are changed.
type Actions struct {
	Backend string `yaml:"backend"` // documented or risky_users_invoke_action; default documented
}

// Notify says who is told.
type Notify struct {
	Terminal *bool     `yaml:"terminal"` // default true, for serve and sync
	File     string    `yaml:"file"`     // one line of JSON each
	Webhooks []Webhook `yaml:"webhooks"`
}

// A Webhook is a system that is notified. Its address is a reference because
// with many receivers the address is the secret.
type Webhook struct {
	URL     SecretRef `yaml:"url"`
	Secret  SecretRef `yaml:"secret"`
	Private bool      `yaml:"private"` // it is on a private or loopback address
}

// Budget declares what part of the limits that all apps of a tenant share is
// ours.
type Budget struct {
	Share float64 `yaml:"share"` // over 0 to 1; default 0.5
}

// Poll says how often sources are read.
type Poll struct {
	Threats time.Duration `yaml:"threats"` // risk detections and alerts; default 30s
	Posture time.Duration `yaml:"posture"` // security defaults and Conditional Access; default 5m
}

// maxConfig bounds the file: ten thousand tenants take three megabytes.
const maxConfig = 16 << 20

// ReadConfig reads and checks the file at path. Relative file names in it are
// relative to its folder. Errors name file, line and column, never a value.
func ReadConfig(path string) (*Config, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no configuration at %s: name one with --config, or write one (docs/reference/config.md)", path)
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if info.Size() > maxConfig {
		return nil, fmt.Errorf("%s: larger than %d MiB", path, maxConfig>>20)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parseConfig(path, b)
}

func parseConfig(path string, b []byte) (*Config, error) {
	file, err := plainYAML(path, b)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	if err := yaml.NodeToValue(file.Docs[0].Body, c, yaml.Strict()); err != nil {
		return nil, atPlace(path, file, err)
	}
	c.file = path
	c.fillDefaults()
	if problems := c.check(file); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return c, nil
}

func (c *Config) fillDefaults() {
	c.Storage.URL = cmp.Or(c.Storage.URL, "sqlite://cordon.db")
	if rest, ok := strings.CutPrefix(c.Storage.URL, "sqlite://"); ok && rest != "" && !filepath.IsAbs(rest) {
		c.Storage.URL = "sqlite://" + c.near(rest)
	}
	c.Endpoints.CAFile = c.near(c.Endpoints.CAFile)
	c.Notify.File = c.near(c.Notify.File)
	c.Playbooks.Dir = c.near(c.Playbooks.Dir)
	c.Budget.Share = cmp.Or(c.Budget.Share, 0.5)
	c.Poll.Threats = cmp.Or(c.Poll.Threats, 30*time.Second)
	c.Poll.Posture = cmp.Or(c.Poll.Posture, 5*time.Minute)
	for i := range c.Tenants {
		t := &c.Tenants[i]
		t.ID = strings.ToLower(t.ID)
		t.Name = cmp.Or(t.Name, t.ID)
		t.Credential.relative(c.folder())
	}
	c.App.relative(c.folder())
	if c.Secrets.Key.ref != "" {
		c.Secrets.Key.base = c.folder()
	}
	for i := range c.Notify.Webhooks {
		w := &c.Notify.Webhooks[i]
		w.URL.base, w.Secret.base = c.folder(), c.folder()
	}
}

// folder is where the configuration is. It is absolute, so that an error about
// a file beside it says where that is.
func (c *Config) folder() string {
	folder := filepath.Dir(c.file)
	if abs, err := filepath.Abs(folder); err == nil {
		return abs
	}
	return folder
}

// near makes a relative file name relative to the configuration's folder.
func (c *Config) near(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	if abs, err := filepath.Abs(filepath.Join(filepath.Dir(c.file), path)); err == nil {
		return abs
	}
	return path
}
