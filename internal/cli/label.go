package cli

import "github.com/cordonhq/cordon"

// tenant is what is known of a tenant: its id, and its name while it is
// configured.
func (s subject) tenant(id string) cordon.Tenant { return cordon.Tenant{ID: id, Name: s.names[id]} }

// label is the name of an entity in a tenant that a person reads best. The
// tenant itself is called by its name, with its id.
func (s subject) label(tenantID string, e cordon.Entity) string {
	return s.tenant(tenantID).Label(e)
}

// nameOf is the same where the id has a field of its own.
func (s subject) nameOf(tenantID string, e cordon.Entity) string {
	if s.tenant(tenantID).Is(e) {
		return s.name(tenantID)
	}
	return e.Label()
}
