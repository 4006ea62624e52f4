package correlate

import (
	"cmp"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// A board holds everything that one Join has to arrange.
type board struct {
	known    map[string]cordon.Signal
	coverage []cordon.Coverage
	opts     Options
	newest   map[key]cordon.Signal // the newest version of each signal that is known or news
	nodes    []node
}

// A node is an open incident, or one entity that news are about.
type node struct {
	tenant   string
	entity   cordon.Entity
	from, to time.Time
	incident *cordon.Incident // nil for news
	news     cordon.Signal    // the newest version, for news
}

func (b *board) putIncidents(open []cordon.Incident) {
	for _, s := range b.known {
		b.learn(s)
	}
	for _, in := range open {
		if in.State == cordon.IncidentMerged {
			continue
		}
		b.nodes = append(b.nodes, node{
			tenant: in.TenantID, entity: normal(in.Entity), from: in.FirstAt, to: in.LastAt, incident: &in,
		})
	}
}

// putNews puts one node for each entity that a signal, in any of its
// versions, is about.
func (b *board) putNews(news []cordon.Signal) {
	said := map[key][]cordon.Entity{}
	for _, s := range news {
		b.learn(s)
		said[keyOf(s)] = append(said[keyOf(s)], s.Entities...)
	}
	for _, s := range b.known {
		if _, isNews := said[keyOf(s)]; isNews {
			said[keyOf(s)] = append(said[keyOf(s)], s.Entities...)
		}
	}
	b.follow(said)
	for k, entities := range said {
		s := b.newest[k]
		from, to := b.span(s)
		for _, e := range subjects(s.TenantID, entities) {
			b.nodes = append(b.nodes, node{tenant: s.TenantID, entity: e, from: from, to: to, news: s})
		}
	}
}

// follow has incidents about a device, or about the tenant for want of anybody,
// go where their signals went: a later version may name the user whom the first
// did not know. One that keeps a signal of its own, or whose signals went to
// different users, stays.
func (b *board) follow(said map[key][]cordon.Entity) {
	for i, n := range b.nodes {
		if n.incident == nil || n.entity.Kind != cordon.KindDevice && n.entity.Kind != cordon.KindTenant {
			continue
		}
		if to, ok := b.moved(n, said); ok {
			b.nodes[i].entity = to
		}
	}
}

// moved returns the one user or app to whom all signals of the incident of n
// went.
func (b *board) moved(n node, said map[key][]cordon.Entity) (to cordon.Entity, ok bool) {
	for _, id := range n.incident.Signals {
		s, known := b.known[id]
		whom := subjects(s.TenantID, said[keyOf(s)])
		if !known || whom[0].Kind != cordon.KindUser && whom[0].Kind != cordon.KindServicePrincipal {
			return cordon.Entity{}, false
		}
		if ok && !to.Same(whom[0]) {
			return cordon.Entity{}, false
		}
		to, ok = cordon.Entity{Kind: whom[0].Kind}.Join(to).Join(whom[0]), true
	}
	return to, ok
}

func (b *board) learn(s cordon.Signal) {
	if old, ok := b.newest[keyOf(s)]; !ok || newer(s, old) > 0 {
		b.newest[keyOf(s)] = s
	}
}

// span returns from when to when a signal reaches. A feed may lack either
// time, or have a clock that runs ahead.
func (b *board) span(s cordon.Signal) (from, to time.Time) {
	from, to = s.OccurredAt, s.DetectedAt
	if from.IsZero() && to.IsZero() {
		from = s.UpdatedAt
	}
	if from.IsZero() {
		from = cmp.Or(to, b.opts.Now)
	}
	if to.IsZero() {
		to = from
	}
	if now := b.opts.Now; !now.IsZero() {
		from, to = earlier(from, now), earlier(to, now)
	}
	return earlier(from, to), later(from, to)
}

// clusters returns the sets of nodes that make one incident each.
func (b *board) clusters() [][]node {
	groups := identify(b.nodes)
	var out [][]node
	for _, g := range groups {
		out = append(out, b.split(g)...)
	}
	slices.SortFunc(out, func(x, y []node) int { return compare(x[0], y[0]) })
	return out
}

// split cuts the nodes of one entity where nothing lies for longer than the
// window. Every node learns all names of the entity.
func (b *board) split(group []node) [][]node {
	whole := group[0].entity
	for _, n := range group {
		whole = whole.Join(n.entity)
	}
	b.hold(group)
	slices.SortFunc(group, compare)
	var out [][]node
	var end time.Time
	for _, n := range group {
		n.entity = whole
		if len(out) == 0 || n.from.Sub(end) > b.opts.Window {
			out, end = append(out, nil), n.to
		}
		out[len(out)-1] = append(out[len(out)-1], n)
		end = later(end, n.to)
	}
	return out
}

// hold lets news reach as far as the incident that holds an older version of
// them, so that a signal whose times changed stays where it is.
func (b *board) hold(group []node) {
	spans := map[key]node{}
	for _, n := range group {
		for _, k := range b.held(n) {
			old, ok := spans[k]
			if !ok {
				old = n
			}
			spans[k] = node{from: earlier(old.from, n.from), to: later(old.to, n.to)}
		}
	}
	for i, n := range group {
		if span, ok := spans[keyOf(n.news)]; ok && n.incident == nil {
			group[i].from, group[i].to = earlier(n.from, span.from), later(n.to, span.to)
		}
	}
}

// held returns the keys of the signals that the incident of n holds.
func (b *board) held(n node) []key {
	if n.incident == nil {
		return nil
	}
	var out []key
	for _, id := range n.incident.Signals {
		if s, ok := b.known[id]; ok {
			out = append(out, keyOf(s))
		}
	}
	return out
}

// compare orders nodes by time, and those of one time in some order that does
// not depend on how they came.
func compare(a, b node) int {
	return cmp.Or(
		a.from.Compare(b.from), a.to.Compare(b.to),
		cmp.Compare(a.incidentID(), b.incidentID()), cmp.Compare(a.news.ID, b.news.ID),
		cmp.Compare(a.entity.Kind, b.entity.Kind), slices.CompareFunc(a.entity.Names, b.entity.Names, func(x, y cordon.Name) int {
			return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Value, y.Value))
		}),
	)
}

func (n node) incidentID() string {
	if n.incident == nil {
		return ""
	}
	return n.incident.ID
}
