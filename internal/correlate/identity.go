package correlate

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// A name is a name that identifies, in the space in which it does.
type name struct {
	tenant string
	entity cordon.EntityKind
	kind   cordon.NameKind
	value  string
}

// subjects returns whom a signal of a tenant goes to.
func subjects(tenant string, entities []cordon.Entity) []cordon.Entity {
	for _, kinds := range [][]cordon.EntityKind{{cordon.KindUser, cordon.KindServicePrincipal}, {cordon.KindDevice}, {cordon.KindTenant}} {
		var out []cordon.Entity
		for _, e := range entities {
			if slices.Contains(kinds, e.Kind) {
				out = append(out, single(normal(e))...)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return []cordon.Entity{cordon.NewTenantEntity(tenant)}
}

// normal returns e with its names written and ordered as Entity.Add does.
func normal(e cordon.Entity) cordon.Entity { return cordon.Entity{Kind: e.Kind}.Join(e) }

// single returns e if it can be identified. An entity with several object ids
// is several, and its other names are anybody's.
func single(e cordon.Entity) []cordon.Entity {
	var ids []cordon.Entity
	for _, n := range e.Names {
		if n.Kind == cordon.NameObjectID {
			ids = append(ids, cordon.Entity{Kind: e.Kind, Names: []cordon.Name{n}})
		}
	}
	if len(ids) > 1 {
		return ids
	}
	if e.ID() == "" {
		return nil
	}
	return []cordon.Entity{e}
}

// names returns the names by which n is compared, at least one.
func (n node) names() []name {
	var out []name
	for _, m := range n.entity.Keys() {
		out = append(out, name{n.tenant, n.entity.Kind, m.Kind, m.Value})
	}
	if len(out) == 0 {
		out = append(out, name{tenant: n.tenant, entity: n.entity.Kind})
	}
	return out
}

// identify sorts nodes by whom they are about. Sharing a name makes one, in a
// chain if need be; where a chain ends in two object ids it is not followed.
func identify(nodes []node) [][]node {
	all := chains(nodes)
	byRoot := map[name][]node{}
	for _, n := range nodes {
		root := all.root(n.names()[0])
		byRoot[root] = append(byRoot[root], n)
	}
	var out [][]node
	for _, group := range byRoot {
		if len(objectIDs(group)) > 1 {
			out = append(out, disentangle(group)...)
		} else {
			out = append(out, group)
		}
	}
	return out
}

// disentangle parts nodes whose names lead to several object ids. A node
// without an object id goes to the one that its names stand beside, if that
// is one only; the rest go by their names among themselves.
func disentangle(nodes []node) [][]node {
	owners := map[name]map[string]bool{}
	for _, n := range nodes {
		for _, m := range n.names() {
			if owners[m] == nil {
				owners[m] = map[string]bool{}
			}
			if id := n.entity.Name(cordon.NameObjectID); id != "" {
				owners[m][id] = true
			}
		}
	}
	byOwner := map[string][]node{}
	var rest []node
	for _, n := range nodes {
		if ids := n.owners(owners); len(ids) == 1 {
			byOwner[ids[0]] = append(byOwner[ids[0]], n)
		} else {
			rest = append(rest, n)
		}
	}
	var out [][]node
	for _, group := range byOwner {
		out = append(out, group)
	}
	if len(rest) > 0 {
		out = append(out, identify(rest)...)
	}
	return out
}

// owners returns the object ids that n may stand for.
func (n node) owners(of map[name]map[string]bool) []string {
	if id := n.entity.Name(cordon.NameObjectID); id != "" {
		return []string{id}
	}
	ids := map[string]bool{}
	for _, m := range n.names() {
		for id := range of[m] {
			ids[id] = true
		}
	}
	return sorted(ids)
}

// objectIDs returns the different object ids of nodes.
func objectIDs(nodes []node) []string {
	ids := map[string]bool{}
	for _, n := range nodes {
		for _, m := range n.entity.Names {
			if m.Kind == cordon.NameObjectID {
				ids[m.Value] = true
			}
		}
	}
	return sorted(ids)
}

// A forest joins names into sets; each name points towards the root of its
// set.
type forest map[name]name

func chains(nodes []node) forest {
	f := forest{}
	for _, n := range nodes {
		names := n.names()
		for _, m := range names[1:] {
			f[f.root(m)] = f.root(names[0])
		}
	}
	return f
}

func (f forest) root(n name) name {
	for {
		up, ok := f[n]
		if !ok || up == n {
			return n
		}
		if over, ok := f[up]; ok {
			f[n] = over // halve the way for the next one
		}
		n = up
	}
}
