package collect

import (
	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// Resolve returns a signal with what the directory told of the names in it:
// resolve is called for every entity that the item names. It reads the item
// again, so that of two pieces of evidence that turn out to be about one user
// the one that says more decides whether the user is accused.
func Resolve(s cordon.Signal, resolve func(cordon.Entity) cordon.Entity) cordon.Signal {
	var m mentions
	for _, o := range mentionsOf(s) {
		m = m.add(resolve(o.entity), o.stance)
	}
	s.Entities, s.Named = m.split()
	sortEntities(s.Entities)
	return s
}

// mentionsOf returns whom the item of a signal names.
func mentionsOf(s cordon.Signal) mentions {
	switch s.Source { //nolint:exhaustive // the others name one entity, or none
	case cordon.SourceAlerts:
		if a, err := microsoft.Decode[microsoft.Alert](s.Raw); err == nil && a.ID != "" {
			return alertMentions(a.Evidence)
		}
	case cordon.SourceEndpointAlerts:
		if a, err := microsoft.Decode[microsoft.EndpointAlert](s.Raw); err == nil && a.ID != "" {
			return endpointMentions(a)
		}
	}
	var m mentions
	for _, e := range s.Entities {
		m = append(m, mention{e, isSubject})
	}
	for _, e := range s.Named {
		m = append(m, mention{e, isContext})
	}
	return m
}

// Unresolved returns the names of users in a signal by which the directory may
// find them.
func Unresolved(s cordon.Signal) (names []cordon.Name) {
	for _, o := range mentionsOf(s) {
		names = append(names, o.entity.Unresolved()...)
	}
	return names
}
