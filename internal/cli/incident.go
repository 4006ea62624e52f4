package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// incidentRow is an incident as commands show it.
type incidentRow struct {
	ID            string     `json:"id"`
	TenantID      string     `json:"tenant_id"`
	Tenant        string     `json:"tenant"`
	Entity        string     `json:"entity"`
	EntityKind    string     `json:"entity_kind"`
	EntityName    string     `json:"entity_name"`
	Sources       []string   `json:"sources"`
	Detectors     []string   `json:"detectors"`
	Score         int        `json:"score"`
	Floor         bool       `json:"floor"`
	SilentSources []string   `json:"silent_sources"`
	UnreadSources []string   `json:"unread_sources"`
	State         string     `json:"state"`
	Signals       []string   `json:"signals"`
	FirstAt       *time.Time `json:"first_at"`
	LastAt        *time.Time `json:"last_at"`
	OpenedAt      *time.Time `json:"opened_at"`
	UpdatedAt     *time.Time `json:"updated_at"`

	Unresolved *unresolvedRow `json:"unresolved"` // why it is not known who the entity is; null: it is
	label      string         // the entity in tables
}

func newIncidentListCmd(d *Deps) *cobra.Command {
	var f store.IncidentFilter
	var sel *app.Selection
	var most *limit
	var merged bool
	cmd := &cobra.Command{
		Use:   "list [TENANT|USER]",
		Short: "List incidents, newest first",
		Long:  "List incidents, newest first. Exit 5 when part of the answer could not be read, or is old.",
		Example: `  cordon incident list
  cordon incident list --tag ring=canary
  cordon incident list 588d7c15-8565-448e-bc2d-57f2b7c4c58a -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !merged {
				f.States = []cordon.IncidentState{cordon.IncidentOpen, cordon.IncidentContained}
			}
			return d.read(cmd.Context(), *sel, args, func(tx *store.Tx, about subject) error {
				f.Tenants, f.Names, f.Signals = about.tenants, about.entity, true
				f.Limit = most.in(d.format)
				found, more, err := tx.ListIncidents(cmd.Context(), f)
				if err != nil {
					return err
				}
				rows, err := incidentRows(cmd.Context(), tx, found, about)
				if err != nil {
					return err
				}
				if err := print(d, rows, incidentColumns()); err != nil {
					return err
				}
				d.tellMore(more, len(found))
				return d.gaps(cmd.Context(), tx, about)
			})
		},
	}
	sel = d.tenantFlags(cmd)
	most = limitFlag(cmd)
	cmd.Flags().BoolVar(&merged, "merged", false, "also those that went into another")
	return cmd
}

func incidentRowOf(in cordon.Incident, about subject) incidentRow {
	return incidentRow{
		ID: in.ID, TenantID: in.TenantID, Tenant: about.name(in.TenantID), Entity: in.Entity.ID(), EntityKind: string(in.Entity.Kind),
		EntityName: about.nameOf(in.TenantID, in.Entity), label: about.label(in.TenantID, in.Entity), Sources: texts(in.Sources), Detectors: texts(in.Detectors), Score: in.Score.Value,
		Floor: in.Score.Floor(), SilentSources: texts(in.Score.Silent), UnreadSources: texts(in.Score.Unread), State: string(in.State),
		Signals: texts(in.Signals), FirstAt: stamp(in.FirstAt), LastAt: stamp(in.LastAt),
		OpenedAt: stamp(in.OpenedAt), UpdatedAt: stamp(in.UpdatedAt),
	}
}

func incidentColumns() []column[incidentRow] {
	return []column[incidentRow]{
		{"last signal", func(r incidentRow) string { return clock(r.LastAt) }},
		{"tenant", func(r incidentRow) string { return r.Tenant }},
		{"entity", func(r incidentRow) string { return r.label + r.Unresolved.remark() }},
		{"score", func(r incidentRow) string { return scoreText(r) }},
		{"state", func(r incidentRow) string { return r.State }},
		{"detectors", func(r incidentRow) string { return strings.Join(r.Detectors, ", ") }},
		{"signals", func(r incidentRow) string { return fmt.Sprint(len(r.Signals)) }},
		{"id", func(r incidentRow) string { return r.ID }},
	}
}

// scoreText marks a score that may be higher.
func scoreText(r incidentRow) string {
	if r.Floor {
		return fmt.Sprintf("%d+", r.Score)
	}
	return fmt.Sprint(r.Score)
}

func newIncidentShowCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "show INCIDENT|USER",
		Short: "Show one incident with its signals and runs; of a user, the newest",
		Long: `Show one incident with its signals and runs; of a user, the newest. Exit 5 when
part of what its tenant's threat sources say could not be read, or is old.`,
		Example: `  cordon incident show ada@contoso.com
  cordon incident show 7d1f0c9e-… -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.read(cmd.Context(), app.Selection{}, nil, func(tx *store.Tx, about subject) error {
				in, err := findIncident(cmd.Context(), tx, args[0])
				if err != nil {
					return err
				}
				signals, err := tx.SignalsOf(cmd.Context(), in.ID)
				if err != nil {
					return err
				}
				runs, err := tx.Runs(cmd.Context(), store.RunFilter{Incident: in.ID})
				if err != nil {
					return err
				}
				details, err := signalRows(cmd.Context(), tx, signals, about)
				if err != nil {
					return err
				}
				rows, err := incidentRows(cmd.Context(), tx, []cordon.Incident{in}, about)
				if err != nil {
					return err
				}
				if err := showIncident(d, rows[0], incidentParts{details, kindRows(signals), runRows(runs, about)}); err != nil {
					return err
				}
				about.tenants = []string{in.TenantID}
				return d.gaps(cmd.Context(), tx, about)
			})
		},
	}
}

func findIncident(ctx context.Context, tx *store.Tx, name string) (cordon.Incident, error) {
	id, err := wholeID(ctx, "incident", name, tx.IncidentsBeginning)
	if err != nil {
		return cordon.Incident{}, err
	}
	in, err := tx.Incident(ctx, id)
	if !errors.Is(err, cordon.ErrNotFound) {
		return in, err
	}
	named, err := tx.Incidents(ctx, store.IncidentFilter{Names: []string{entityName(name)}})
	if err == nil {
		err = meansOne(name, named)
	}
	if err != nil {
		return in, err
	}
	found, err := tx.Incidents(ctx, store.IncidentFilter{Names: []string{entityName(name)}, Limit: 1, Signals: true})
	if err != nil || len(found) == 0 {
		return in, cmp.Or(err, fmt.Errorf("no incident has the id %s, and none is about a user or device of that name: cordon incident list shows ids and names", cordon.Quote(name)))
	}
	return found[0], nil
}

// incidentParts are what an incident shows below itself.
type incidentParts struct {
	Details []signalRow `json:"signal_details"`
	Kinds   []kindRow   `json:"kinds"`
	Runs    []runRow    `json:"runs"`
}

func showIncident(d *Deps, in incidentRow, parts incidentParts) error {
	if d.format != "table" {
		return printOne(d, struct {
			incidentRow
			incidentParts
		}{in, parts}, nil)
	}
	if err := print(d, []incidentRow{in}, incidentColumns()); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "\nsilent: %s   not read: %s\n\n", orNone(in.SilentSources), orNone(in.UnreadSources))
	if in.Unresolved != nil {
		fmt.Fprintf(d.Out, "%s\n\n", cordon.Plain(in.Unresolved.sentence(), d.atMost(maxWhole)))
	}
	return errors.Join(
		print(d, parts.Details, signalColumns()),
		printBelow(d, parts.Kinds, kindColumns()),
		printBelow(d, parts.Runs, runColumns()),
	)
}

// printBelow prints one more table, if it has rows.
func printBelow[T any](d *Deps, rows []T, columns []column[T]) error {
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(d.Out)
	return print(d, rows, columns)
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
