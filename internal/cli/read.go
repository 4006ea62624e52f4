package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
)

// A subject is what the argument of a list names: a tenant, or somebody in
// one.
type subject struct {
	tenants []string // ids; empty: all
	entity  []string // every name that is known of whom it names; none for a tenant
	names   map[string]string
}

// subjectOf finds what name means. Whatever is no tenant is somebody.
func subjectOf(c *app.Config, name string) (subject, error) {
	s := subject{names: map[string]string{}}
	all, err := c.Pick("")
	if err != nil {
		return s, err
	}
	for _, t := range all {
		s.names[t.ID] = t.Name
		if name != "" && t.Named(name) {
			s.tenants = append(s.tenants, t.ID)
		}
	}
	if name != "" && len(s.tenants) == 0 {
		s.entity = []string{entityName(name)}
	}
	return s, nil
}

// learn adds the other names that incidents know of the same entity, so that
// a UPN also finds what speaks of the object id alone.
func (s *subject) learn(ctx context.Context, tx *store.Tx) error {
	if len(s.entity) == 0 {
		return nil
	}
	found, err := tx.Incidents(ctx, store.IncidentFilter{Names: s.entity})
	for _, in := range found {
		for _, n := range in.Entity.Names {
			if n.Kind != cordon.NameDisplayName && !slices.Contains(s.entity, n.Value) {
				s.entity = append(s.entity, n.Value)
			}
		}
	}
	return err
}

// entityName turns a cloud SID into the object id under which we know it.
func entityName(name string) string {
	if id, ok := cordon.ObjectIDFromSID(name); ok {
		return id
	}
	return strings.ToLower(name)
}

// name returns the short name of a tenant, or its id when it is no longer
// configured.
func (s subject) name(id string) string {
	if n := s.names[id]; n != "" {
		return n
	}
	return id
}

// read runs do on what is stored about the subject that the first argument
// names.
func (d *Deps) read(ctx context.Context, args []string, do func(*store.Tx, subject) error) error {
	c, err := d.readConfig()
	if err != nil {
		return err
	}
	about, err := subjectOf(c, strings.Join(args, ""))
	if err != nil {
		return err
	}
	s, err := store.OpenReader(c.Storage.URL)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Read(ctx, func(tx *store.Tx) error {
		if err := about.learn(ctx, tx); err != nil {
			return err
		}
		return do(tx, about)
	})
}
