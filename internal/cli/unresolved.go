package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// unresolvedRow says of a name that it is not known whose it is, and why.
type unresolvedRow struct {
	Name   string                 `json:"name"`
	Kind   string                 `json:"kind"`
	State  string                 `json:"state"` // not_resolved, ambiguous or not_in_directory
	At     *time.Time             `json:"at"`    // when the directory answered; null: it has not yet
	Reason string                 `json:"reason"`
	Users  []cordon.DirectoryUser `json:"users"` // whose it may be
}

// resolutions are what the directories said, by tenant and name.
type resolutions map[string]map[cordon.Name]cordon.Resolution

// resolutionsOf reads what the directories said of the names of entities.
func resolutionsOf(ctx context.Context, tx *store.Tx, entities map[string][]cordon.Entity) (resolutions, error) {
	said := resolutions{}
	for tenant, all := range entities {
		var names []cordon.Name
		for _, e := range all {
			names = append(names, e.Unresolved()...)
		}
		var err error
		if said[tenant], err = tx.Resolutions(ctx, tenant, names); err != nil {
			return nil, err
		}
	}
	return said, nil
}

// unresolved returns what is to be said of an entity whose user, or machine,
// is not known; nil when there is nothing.
func (r resolutions) unresolved(tenantID string, e cordon.Entity) *unresolvedRow {
	if e.Kind == cordon.KindDevice && e.Name(cordon.NameHost) != "" && e.Name(cordon.NameMachineID) == "" && e.Name(cordon.NameDeviceID) == "" {
		return &unresolvedRow{Name: e.Name(cordon.NameHost), Kind: string(cordon.NameHost), State: "not_resolved", Users: []cordon.DirectoryUser{}}
	}
	var best *unresolvedRow
	for _, n := range e.Unresolved() {
		said, known := r[tenantID][n]
		if said.State == cordon.ResolutionFound {
			return nil // it is being given to the signals
		}
		if !known && n.Kind == cordon.NameUPN {
			continue // it says whose it is
		}
		if row := unresolvedRowOf(n, said); best == nil || rank(row) > rank(*best) {
			best = &row
		}
	}
	return best
}

func unresolvedRowOf(n cordon.Name, said cordon.Resolution) unresolvedRow {
	row := unresolvedRow{Name: n.Value, Kind: string(n.Kind), State: "not_resolved", At: stamp(said.AnsweredAt), Reason: said.Reason, Users: said.Users}
	switch said.State { //nolint:exhaustive // the others are not resolved
	case cordon.ResolutionAmbiguous:
		row.State, row.Reason = "ambiguous", fmt.Sprintf("%d users have it", len(said.Users))
	case cordon.ResolutionNotFound:
		row.State = "not_in_directory"
	}
	if row.Users == nil {
		row.Users = []cordon.DirectoryUser{}
	}
	return row
}

// rank orders rows: what was deferred says most, what was never asked least.
func rank(r unresolvedRow) int {
	if r.State == "not_resolved" && r.Reason != "" {
		return 3
	}
	return slices.Index([]string{"not_resolved", "not_in_directory", "ambiguous"}, r.State)
}

// remark is what a table says behind a name.
func (r *unresolvedRow) remark() string {
	switch {
	case r == nil:
		return ""
	case r.State == "ambiguous":
		return fmt.Sprintf(" (ambiguous: %s)", many(len(r.Users), "user"))
	}
	return " (" + strings.ReplaceAll(strings.Replace(r.State, "in_", "in the ", 1), "_", " ") + ")"
}

// sentence says the same in full.
func (r *unresolvedRow) sentence() string {
	when := ""
	if r.At != nil {
		when = ", as the directory said at " + clock(r.At)
	}
	switch r.State {
	case "ambiguous":
		return fmt.Sprintf("%s is ambiguous: %s have it (%s)%s", r.Name, many(len(r.Users), "user"), usersText(r.Users), when)
	case "not_in_directory":
		return r.Name + " is not in the directory" + when
	}
	if r.Reason != "" {
		return r.Name + " is not resolved: " + r.Reason
	}
	return r.Name + " is not resolved"
}

func usersText(users []cordon.DirectoryUser) string {
	var all []string
	for _, u := range users {
		all = append(all, u.UPN+" "+u.ObjectID)
	}
	return strings.Join(all, ", ")
}

// incidentRows are incidents as commands show them.
func incidentRows(ctx context.Context, tx *store.Tx, found []cordon.Incident, about subject) ([]incidentRow, error) {
	entities := map[string][]cordon.Entity{}
	for _, in := range found {
		entities[in.TenantID] = append(entities[in.TenantID], in.Entity)
	}
	said, err := resolutionsOf(ctx, tx, entities)
	rows := make([]incidentRow, 0, len(found))
	for _, in := range found {
		row := incidentRowOf(in, about)
		row.Unresolved = said.unresolved(in.TenantID, in.Entity)
		rows = append(rows, row)
	}
	return rows, err
}

// signalRows are signals as commands show them.
func signalRows(ctx context.Context, tx *store.Tx, signals []cordon.Signal, about subject) ([]signalRow, error) {
	entities := map[string][]cordon.Entity{}
	for _, s := range signals {
		entities[s.TenantID] = append(append(entities[s.TenantID], s.Entities...), s.Named...)
	}
	said, err := resolutionsOf(ctx, tx, entities)
	rows := make([]signalRow, 0, len(signals))
	for _, s := range signals {
		row := signalRowOf(s, about)
		for _, e := range slices.Concat(s.Entities, s.Named) {
			u := said.unresolved(s.TenantID, e)
			if row.remarks = append(row.remarks, u.remark()); u != nil {
				row.Unresolved = append(row.Unresolved, *u)
			}
		}
		rows = append(rows, row)
	}
	return rows, err
}
