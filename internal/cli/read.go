package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
)

// A subject is what a list is about: tenants, or somebody in them.
type subject struct {
	tenants []string          // ids; empty: all
	entity  []string          // every name that is known of whom it names; none for tenants
	typed   string            // the name as it was given
	names   map[string]string // of the configured tenants, by id
	rhythms cordon.Rhythms    // in which they are read
	storage string            // address of the store
}

// subjectOf finds what a list is about: the tenants that flags name, and what
// the argument names. Whatever is no tenant is somebody.
func subjectOf(c *app.Config, s app.Selection, arg string) (subject, error) {
	about := subject{names: map[string]string{}, rhythms: cordon.Rhythms(c.Poll), storage: c.Storage.URL}
	all, err := c.Select(app.Selection{})
	if err != nil {
		return about, err
	}
	for _, t := range all {
		about.names[t.ID] = t.Name
	}
	isTenant := arg != "" && slices.ContainsFunc(all, func(t cordon.Tenant) bool { return t.Matches(arg) })
	if isTenant {
		s = also(s, []string{arg})
	}
	if len(s.Names)+len(s.Tags) > 0 {
		picked, err := c.Select(s)
		if err != nil {
			return about, err
		}
		for _, t := range picked {
			about.tenants = append(about.tenants, t.ID)
		}
	}
	if arg != "" && !isTenant {
		about.entity, about.typed = []string{entityName(arg)}, arg
	}
	return about, nil
}

// watched are the ids of the configured tenants that the list is about.
func (s subject) watched() (ids []string) {
	for id := range s.names {
		if len(s.tenants) == 0 || slices.Contains(s.tenants, id) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(s.name(a), s.name(b)) })
	return ids
}

// learn adds the other names that incidents know of the same entity, so that
// a UPN also finds what speaks of the object id alone.
func (s *subject) learn(ctx context.Context, tx *store.Tx) error {
	if len(s.entity) == 0 {
		return nil
	}
	found, err := tx.Incidents(ctx, store.IncidentFilter{Names: s.entity, Tenants: s.tenants})
	if err == nil {
		err = meansOne(s.typed, found)
	}
	if err != nil {
		return err
	}
	for _, in := range found {
		for _, n := range in.Entity.Names {
			if n.Kind != cordon.NameDisplayName && !slices.Contains(s.entity, n.Value) {
				s.entity = append(s.entity, n.Value)
			}
		}
	}
	return nil
}

// meansOne refuses a name by which incidents know several users, and says
// which.
func meansOne(name string, found []cordon.Incident) error {
	users := map[string]string{}
	for _, in := range found {
		if id := in.Entity.Name(cordon.NameObjectID); id != "" && in.Entity.Called(entityName(name)) {
			users[id] = strings.TrimSpace(in.Entity.Name(cordon.NameUPN) + " " + id)
		}
	}
	if len(users) < 2 {
		return nil
	}
	return fmt.Errorf("%s may be %d users: give the UPN or object id of one: %s", cordon.Quote(name), len(users), cordon.Plain(strings.Join(slices.Sorted(maps.Values(users)), ", "), 1000))
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

// read runs do on what is stored about the subject that flags and the first
// argument name.
func (d *Deps) read(ctx context.Context, s app.Selection, args []string, do func(*store.Tx, subject) error) error {
	c, err := d.readConfig(ctx)
	if err != nil {
		return err
	}
	about, err := subjectOf(c, s, strings.Join(args, ""))
	if err != nil {
		return err
	}
	stored, err := store.OpenReader(ctx, c.Storage.URL)
	if err != nil {
		return err
	}
	defer stored.Close()
	return stored.Read(ctx, func(tx *store.Tx) error {
		switch st, err := tx.Standing(ctx); {
		case err == nil && st.Unknown != "":
			d.warnUnknown(st)
		case err != nil && !errors.Is(err, cordon.ErrNotFound):
			return err
		}
		if err := about.learn(ctx, tx); err != nil {
			return err
		}
		if err := about.mustMatch(ctx, tx, strings.Join(args, "")); err != nil {
			return err
		}
		return do(tx, about)
	})
}

// mustMatch makes a name that matches nothing an error: an empty list about a
// misspelt name would pass for an all-clear.
func (s *subject) mustMatch(ctx context.Context, tx *store.Tx, arg string) error {
	if len(s.entity) == 0 {
		return nil
	}
	known, err := tx.Known(ctx, s.tenants, s.entity)
	if err != nil || known {
		return err
	}
	return s.noMatch(arg)
}

// noMatch is the error for a name that is neither a tenant's nor that of an
// entity that anything stored is about.
func (s *subject) noMatch(arg string) error {
	if near := cordon.Near(arg, slices.Sorted(maps.Values(s.names))); near != "" {
		return fmt.Errorf("no tenant or user matches %s: did you mean the tenant %s?", cordon.Quote(arg), near)
	}
	where := ""
	if len(s.tenants) > 0 {
		where = " in the tenants asked for"
	}
	return fmt.Errorf("no tenant is called %s, and nothing that is stored%s is about a user or device of that name: "+
		"cordon tenant list shows the tenants, cordon incident list the names", cordon.Quote(arg), where)
}
