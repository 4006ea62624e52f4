package app

import (
	"context"
	"errors"
	"slices"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// A Token is what a tenant's token for one API says of itself.
type Token struct {
	Tenant   cordon.Tenant
	Resource microsoft.Resource
	Needed   bool // a feature that the configuration uses needs this API
	Info     microsoft.TokenInfo
	Missing  []string // needed by the configured features, and not in it
	Unused   []string // in it, and needed by none
	Err      error    // why there is none
}

// Tokens gets the tokens of tenants and compares them with what the
// configured features need.
func (c *Config) Tokens(ctx context.Context, picked []cordon.Tenant, progress func(), o Options) ([]Token, error) {
	e, err := c.entrance(ctx, o)
	if err != nil {
		return nil, err
	}
	defer e.hub.Close()
	tenants, err := e.only(ctx, picked)
	if err != nil {
		return nil, err
	}
	var all []Token
	var errs []error
	for _, a := range ask(ctx, tenants, func(ctx context.Context, t engine.Tenant) ([]Token, error) {
		if progress != nil {
			defer progress()
		}
		return c.tokensOf(ctx, t)
	}) {
		all, errs = append(all, a.value...), append(errs, a.err)
	}
	return all, errors.Join(errs...)
}

func (c *Config) tokensOf(ctx context.Context, t engine.Tenant) ([]Token, error) {
	used, err := c.Used(t.Mode)
	if err != nil {
		return nil, err
	}
	features, err := FindFeatures(used)
	if err != nil {
		return nil, err
	}
	needs := Needs(features)
	var all []Token
	for _, r := range []microsoft.Resource{microsoft.ResourceGraph, microsoft.ResourceDefender} {
		k := Token{Tenant: t.Tenant, Resource: r, Needed: slices.ContainsFunc(needs, func(n Need) bool { return n.Resource == r })}
		if k.Info, k.Err = t.Client.TokenInfo(ctx, r); k.Err == nil {
			k.compare(needs)
		}
		all = append(all, k)
	}
	return all, nil
}

// compare fills in what is missing in the token and what is unused.
func (k *Token) compare(needs []Need) {
	granted := append(append([]string{}, k.Info.Roles...), k.Info.Scopes...)
	needs = slices.DeleteFunc(slices.Clone(needs), func(n Need) bool { return n.Resource != k.Resource })
	for _, n := range missing(needs, map[microsoft.Resource][]string{k.Resource: granted}) {
		k.Missing = append(k.Missing, n.Permission)
	}
	for _, g := range granted {
		serves := func(n Need) bool { return microsoft.Covered(n.Permission, []string{g}) }
		if !slices.ContainsFunc(needs, serves) {
			k.Unused = append(k.Unused, g)
		}
	}
}
