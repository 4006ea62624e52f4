package app

import (
	"context"
	"errors"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/guard"
	"golang.org/x/sync/errgroup"
)

// askAtOnce is how many tenants are asked at a time by commands. Most of them
// wait, each for its own budget: doctor takes two seconds for a tenant.
const askAtOnce = 64

type answer[T any] struct {
	value T
	err   error
}

// ask puts one question to every tenant and returns the answers in their
// order.
func ask[T any](ctx context.Context, tenants []engine.Tenant, question func(context.Context, engine.Tenant) (T, error)) []answer[T] {
	answers := make([]answer[T], len(tenants))
	var g errgroup.Group
	g.SetLimit(askAtOnce)
	for i, t := range tenants {
		g.Go(func() error {
			answers[i].value, answers[i].err = question(ctx, t)
			return nil
		})
	}
	_ = g.Wait() // each answer carries its own error
	return answers
}

// Defaults is what reading a tenant's security defaults gave.
type Defaults struct {
	Tenant   cordon.Tenant
	State    cordon.ObservationState
	Enabled  *bool
	Reason   string   // why it is not a value
	Blocking []string // names of the enabled Conditional Access policies
}

// ReadDefaults reads the security defaults of every tenant given. progress is
// told after each; it may be nil.
func ReadDefaults(ctx context.Context, tenants []engine.Tenant, progress func()) []Defaults {
	var all []Defaults
	for i, a := range ask(ctx, tenants, func(ctx context.Context, t engine.Tenant) (Defaults, error) {
		if progress != nil {
			defer progress()
		}
		return readDefaults(ctx, t), nil
	}) {
		a.value.Tenant = tenants[i].Tenant
		all = append(all, a.value)
	}
	return all
}

func readDefaults(ctx context.Context, t engine.Tenant) Defaults {
	o, err := collect.SecurityDefaults(ctx, t.Client)
	if err != nil {
		return Defaults{State: cordon.ObservedUnreadable, Reason: advised(err), Blocking: []string{}}
	}
	d := Defaults{State: o.State, Reason: o.Reason, Blocking: []string{}}
	if o.State == cordon.ObservedAbsent {
		return d
	}
	enabled := string(o.Value) == "true"
	d.Enabled = &enabled
	policies, err := engine.Policies(ctx, t.Client)
	if err != nil {
		d.Reason = "conditional access policies could not be read: " + advised(err)
		return d
	}
	d.Blocking = guard.Blocking(policies)
	return d
}

// advised says what to do about an error of reading policies.
func advised(err error) string {
	if errors.Is(err, cordon.ErrDenied) {
		return "grant the app Policy.Read.All and consent as an administrator: " + err.Error()
	}
	return err.Error()
}
