package app

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// A Selection names tenants. The zero value is all of them.
type Selection struct {
	Names []string // ids, names or globs over them; any suffices
	Tags  []string // key, or key=value; every one must be there
}

// Select returns the tenants that s names, in the order of the configuration.
// A name that fits no tenant is an error: a misspelt one must not pass for a
// tenant where all is well.
func (c *Config) Select(s Selection) ([]cordon.Tenant, error) {
	var picked []cordon.Tenant
	named := make([]bool, len(s.Names))
	for _, t := range c.Tenants {
		tenant, fits := t.tenant(), len(s.Names) == 0
		for i, name := range s.Names {
			if tenant.Matches(name) {
				named[i], fits = true, true
			}
		}
		if fits && !slices.ContainsFunc(s.Tags, func(tag string) bool { return !tenant.Tagged(tag) }) {
			picked = append(picked, tenant)
		}
	}
	if i := slices.Index(named, false); i >= 0 {
		return nil, c.noTenant(s.Names[i])
	}
	switch {
	case len(c.Tenants) == 0:
		return nil, errors.New(c.file + " names no tenant, and none was added: cordon tenant add --help")
	case len(picked) == 0:
		who := "no tenant"
		if len(s.Names) > 0 {
			who += " called " + strings.Join(s.Names, " or ")
		}
		return nil, fmt.Errorf("%s has the tag %s: cordon tenant list shows them", who, strings.Join(s.Tags, " and "))
	}
	return picked, nil
}

func (c *Config) noTenant(name string) error {
	if _, err := path.Match(name, ""); err != nil {
		return fmt.Errorf("%s is not a pattern: [ needs its ]", cordon.Quote(name))
	}
	return fmt.Errorf("no tenant is called %s in %s or among those added: cordon tenant list shows them", cordon.Quote(name), c.file)
}
