package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/capolicy"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
)

// policiesLast is how long the steps of a tenant are judged by one live
// reading of its policies: long enough for the steps of users who are
// contained together, and little beside the age at which a stored reading is
// taken, too. All apps of a tenant together may make one such call a second.
const policiesLast = 30 * time.Second

// policies returns the tenant's Conditional Access policies, to find
// break-glass accounts by: as last read if that is fresh, for their limit is
// shared by all apps of the tenant.
func (e *Engine) policies(ctx context.Context, t Tenant) ([]capolicy.Policy, error) {
	var o cordon.Observation
	err := e.Store.Read(ctx, func(tx *store.Tx) (err error) {
		o, err = tx.Observation(ctx, t.ID, cordon.SourceConditionalAccess)
		return err
	})
	age := e.Now().Sub(o.ObservedAt) // below zero: the clock was set back since
	if err == nil && o.State == cordon.ObservedValue && age >= 0 && age < cordon.StaleAfter {
		var raws []json.RawMessage
		if err := json.Unmarshal(o.Value, &raws); err != nil {
			return nil, err
		}
		return asPolicies(raws)
	}
	return e.policiesRead.of(ctx, t.ID, e.Now, func(ctx context.Context) ([]capolicy.Policy, error) { return livePolicies(ctx, t) })
}

func livePolicies(ctx context.Context, t Tenant) ([]capolicy.Policy, error) {
	return Policies(ctx, t.Client)
}

// Policies reads a tenant's Conditional Access policies.
func Policies(ctx context.Context, c *microsoft.Client) ([]capolicy.Policy, error) {
	var all []capolicy.Policy
	for page, err := range c.Policies.ConditionalAccess(ctx) {
		if err != nil {
			return nil, err
		}
		if page.Skipped > 0 {
			return nil, fmt.Errorf("%d conditional access policies are no objects: %w", page.Skipped, cordon.ErrMalformed)
		}
		some, err := asPolicies(page.Items)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func asPolicies(raws []json.RawMessage) ([]capolicy.Policy, error) {
	var out []capolicy.Policy
	for _, raw := range raws {
		p, err := capolicy.Parse(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// sizeLasts is how long a tenant is taken to have as many users as were
// counted.
const sizeLasts = 24 * time.Hour

// size returns the number of users, or -1 when it cannot be read: guard then
// takes the smallest cap.
func (e *Engine) size(ctx context.Context, t Tenant) int {
	n, err := e.sizeRead.of(ctx, t.ID, e.Now, t.Client.Users.Count)
	if err != nil {
		return -1
	}
	t.Client.Sized(n)
	return n
}
