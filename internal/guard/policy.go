package guard

import (
	_ "embed"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
)

// A Policy holds the limits. The zero value refuses everything.
type Policy struct {
	MinDetectors   int           `yaml:"min_detectors"`   // independent detectors that a playbook needs
	CoolDown       time.Duration `yaml:"cool_down"`       // between the same action on the same target
	UndoCoolDown   time.Duration `yaml:"undo_cool_down"`  // after a person's undo, for playbooks
	Disables       int           `yaml:"disables"`        // disabled accounts per tenant ...
	DisablesWithin time.Duration `yaml:"disables_within"` // ... within this
	Users          int           `yaml:"users"`           // users acted on per tenant, at most this ...
	UsersPercent   int           `yaml:"users_percent"`   // ... and at most this share of all ...
	UsersLeast     int           `yaml:"users_least"`     // ... but never fewer than this ...
	UsersWithin    time.Duration `yaml:"users_within"`    // ... within this
	KeepAdmins     int           `yaml:"keep_admins"`     // enabled Global Administrators that nobody touches
}

//go:embed defaults.yaml
var defaults []byte

// Defaults returns the limits of defaults.yaml.
func Defaults() Policy {
	p, err := parse(defaults)
	if err != nil {
		panic(fmt.Sprintf("guard: the built-in limits do not parse: %v", err))
	}
	return p
}

// parse reads limits; each must be there.
func parse(b []byte) (Policy, error) {
	var p Policy
	if err := yaml.UnmarshalWithOptions(b, &p, yaml.Strict()); err != nil {
		return Policy{}, fmt.Errorf("limits: %w", err)
	}
	if !p.whole() {
		return Policy{}, fmt.Errorf("limits: every one must be there and more than zero: %+v", p)
	}
	return p, nil
}

// whole reports whether every limit is set.
func (p Policy) whole() bool {
	return p.MinDetectors > 0 && p.CoolDown > 0 && p.UndoCoolDown > 0 && p.Disables > 0 && p.DisablesWithin > 0 &&
		p.Users > 0 && p.UsersPercent > 0 && p.UsersLeast > 0 && p.UsersWithin > 0 && p.KeepAdmins > 0
}

// usersCap returns how many users may be acted on in a tenant of that size; a
// size below zero is not known.
func (p Policy) usersCap(size int) int {
	if size < 0 {
		return min(p.Users, p.UsersLeast)
	}
	share := size / 100 * p.UsersPercent // whole hundreds first: a huge size must not overflow
	share += size % 100 * p.UsersPercent / 100
	return min(p.Users, max(p.UsersLeast, share))
}
