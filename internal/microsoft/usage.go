package microsoft

import (
	"maps"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// Usage returns what every tenant and every app used of each limit that was
// used at all, by tenant, app and family. It costs the calls nothing.
func (h *Hub) Usage(now time.Time) []cordon.Usage {
	h.mu.Lock()
	tenants, apps := maps.Clone(h.accounts), maps.Clone(h.apps)
	h.mu.Unlock()
	all := make([]cordon.Usage, 0, 5*len(tenants)) // a fleet is large; to grow step by step costs four times as much
	for _, id := range slices.Sorted(maps.Keys(tenants)) {
		all = h.tenantUsage(all, id, tenants[id], now)
	}
	for _, id := range slices.Sorted(maps.Keys(apps)) {
		all = h.usage(all, apps[id], cordon.Usage{AppID: id}, now, func(f Family) []pace { return h.appPaces[f] })
	}
	return all
}

// Usage returns what the tenant used of each limit that it used at all, by
// family.
func (c *Client) Usage(now time.Time) []cordon.Usage {
	return c.hub.tenantUsage(nil, c.tenant, c.account, now)
}

func (h *Hub) tenantUsage(all []cordon.Usage, id string, a *account, now time.Time) []cordon.Usage {
	return h.usage(all, a, cordon.Usage{TenantID: id}, now, func(f Family) []pace { return h.tenantPaces(a, f) })
}

func (h *Hub) usage(all []cordon.Usage, a *account, whose cordon.Usage, now time.Time, paces func(Family) []pace) []cordon.Usage {
	for f := range families {
		if b := a.buckets[f].Load(); b != nil {
			whose.Family = f.String()
			all = b.usage(all, h, whose, paces(f), now)
			all = b.gate.usage(all, whose, b.usedAt(h), now)
		}
	}
	return all
}

// usage adds a row for each limit of a bucket that let a call go.
func (b *bucket) usage(all []cordon.Usage, h *Hub, u cordon.Usage, paces []pace, now time.Time) []cordon.Usage {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.touched {
		return all
	}
	at := h.at(now)
	b.turnBack(at)
	u.At, u.Refused, u.UsedAt = now, int(b.refusal), h.start.Add(b.used)
	u.ClosedUntil, u.Why = b.shut(h, at)
	for i := range paces {
		p := &paces[i]
		u.Limit, u.Window, u.Used = p.words, p.window, b.counts[i].used(at, p.window)
		u.Left = max(0, p.allowed-u.Used)
		all = append(all, u)
	}
	return all
}

// shut returns until when polling stays away, and why.
func (b *bucket) shut(h *Hub, at time.Duration) (until time.Time, why string) {
	switch {
	case b.closed > at && b.guessed:
		return h.start.Add(b.closed), "refused without a time: our guess"
	case b.closed > at:
		return h.start.Add(b.closed), "Microsoft said when to come back"
	case b.slowed > at:
		return h.start.Add(b.slowed), "nearly full, as Microsoft says: polling is slower"
	}
	return time.Time{}, ""
}

func (b *bucket) usedAt(h *Hub) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.touched {
		return time.Time{}
	}
	return h.start.Add(b.used)
}

// usage adds a row for the calls that are under way.
func (g *gate) usage(all []cordon.Usage, u cordon.Usage, usedAt, now time.Time) []cordon.Usage {
	if g == nil || usedAt.IsZero() {
		return all
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	u.Limit, u.UsedAt, u.At = atOnce(g.places), usedAt, now
	u.Used, u.Left = float64(g.places-g.free), float64(g.free)
	return append(all, u)
}
