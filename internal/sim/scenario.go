package sim

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed scenarios/*.yaml
var shipped embed.FS

// A scenario is the story of a cloud: who is in it, what happens, and how it
// should end. Only the first tenant has the story; the others are quiet.
type scenario struct {
	Name   string       `yaml:"name"`
	About  string       `yaml:"about"`
	Cloud  string       `yaml:"cloud"` // national cloud; default global
	Tenant tenantSpec   `yaml:"tenant"`
	Others othersSpec   `yaml:"others"`
	Noise  noiseSpec    `yaml:"noise"`
	Events []eventSpec  `yaml:"events"`
	Expect *expectation `yaml:"expect"`
}

// tenantSpec describes a directory. Every tenant of a cloud has this shape.
type tenantSpec struct {
	Licence          string         `yaml:"licence"`  // free, p1 or p2 (default)
	Defender         string         `yaml:"defender"` // on (default), off, or absent: no such resource in the directory
	Crowd            int            `yaml:"crowd"`    // generated users
	Fleet            int            `yaml:"fleet"`    // generated devices, one for each of the first crowd users
	Hybrid           int            `yaml:"hybrid"`   // generated users besides the crowd, synced from Active Directory
	Okta             int            `yaml:"okta"`     // generated users besides the crowd, who sign in with Okta
	Guests           int            `yaml:"guests"`   // generated users besides the crowd, whose home is another tenant
	Users            []userSpec     `yaml:"users"`
	Groups           []groupSpec    `yaml:"groups"`
	Devices          []deviceSpec   `yaml:"devices"`
	Permissions      permissionSpec `yaml:"permissions"`
	Partner          bool           `yaml:"partner"`         // the app may ask for the customers, which are the other tenants
	DirectoryRoles   []string       `yaml:"directory_roles"` // held by the app's service principal
	SecurityDefaults bool           `yaml:"security_defaults"`
	Policies         []policySpec   `yaml:"policies"`

	EntraActions     bool `yaml:"entra_actions"`             // invokeAction takes Entra ID accounts as well
	RiskyUsersInvoke bool `yaml:"risky_users_invoke_action"` // riskyUsers/{id}/invokeAction exists, as hearsay has it
}

type userSpec struct {
	Key        string   `yaml:"key"`
	Name       string   `yaml:"name"`
	Title      string   `yaml:"title"`
	Roles      []string `yaml:"roles"`
	Disabled   bool     `yaml:"disabled"`
	Synced     bool     `yaml:"synced"`
	BreakGlass bool     `yaml:"break_glass"` // permanent Global Administrator, excluded from every policy
}

type groupSpec struct {
	Key     string   `yaml:"key"`
	Name    string   `yaml:"name"`
	Members []string `yaml:"members"` // keys of users and groups
	Roles   []string `yaml:"roles"`   // that whoever is in it holds
}

type deviceSpec struct {
	Key  string `yaml:"key"`
	Name string `yaml:"name"`
	OS   string `yaml:"os"`
}

type permissionSpec struct {
	Graph    []string `yaml:"graph"`
	Defender []string `yaml:"defender"`
}

type policySpec struct {
	Name          string   `yaml:"name"`
	State         string   `yaml:"state"`
	Roles         []string `yaml:"roles"`          // whom it binds; nobody named means everybody
	Groups        []string `yaml:"groups"`         // besides: group keys
	Exclude       []string `yaml:"exclude"`        // user keys, besides the break-glass accounts
	ExcludeGroups []string `yaml:"exclude_groups"` // group keys
	Controls      []string `yaml:"controls"`       // built-in grant controls
	Clients       []string `yaml:"clients"`        // client app types; default all
	SignIn        []string `yaml:"sign_in_risk"`
	User          []string `yaml:"user_risk"`
}

// othersSpec is what the quiet tenants have in place of the first one's crowd.
type othersSpec struct {
	Crowd int `yaml:"crowd"`
	Fleet int `yaml:"fleet"`
}

// noiseSpec counts the harmless findings that surround the story.
type noiseSpec struct {
	Risk     int           `yaml:"risk"`
	Alerts   int           `yaml:"alerts"`
	Endpoint int           `yaml:"endpoint"`
	Over     time.Duration `yaml:"over"` // how far back they reach
}

// eventSpec is one object that appears at a moment of the story.
type eventSpec struct {
	At       time.Duration `yaml:"at"`
	Key      string        `yaml:"key"` // events that share it share {id} and {hex}
	User     string        `yaml:"user"`
	Device   string        `yaml:"device"`
	Resource string        `yaml:"resource"`
	Object   string        `yaml:"object"` // JSON with {words} to fill in
}

// expectation is how the story should end, by user key.
type expectation struct {
	Contained []string      `yaml:"contained"` // disabled, sessions revoked
	Untouched []string      `yaml:"untouched"` // still enabled
	Only      bool          `yaml:"only"`      // nothing else was written
	Refused   []refusalSpec `yaml:"refused"`
}

type refusalSpec struct {
	User   string `yaml:"user"`
	Reason string `yaml:"reason"`
}

// Scenarios names the scenarios that are built in.
func Scenarios() []string {
	files, _ := fs.Glob(shipped, "scenarios/*.yaml") // the pattern is well formed
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	return files
}

// loadScenario reads a built-in scenario or a file.
func loadScenario(name string) (*scenario, error) {
	var text []byte
	var err error
	if slices.Contains(Scenarios(), name) {
		text, err = shipped.ReadFile("scenarios/" + name + ".yaml")
	} else {
		text, err = os.ReadFile(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("scenario %q is neither built in (%s) nor a file", name, strings.Join(Scenarios(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("scenario %q: %w", name, err)
	}
	s := &scenario{}
	if err := yaml.UnmarshalWithOptions(text, s, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("scenario %q: %w", name, err)
	}
	s.setDefaults()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("scenario %q: %w", name, err)
	}
	return s, nil
}
