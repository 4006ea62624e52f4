package cli

import (
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// coverageRow says how much of a source has been read.
type coverageRow struct {
	TenantID  string     `json:"tenant_id"`
	Tenant    string     `json:"tenant"`
	Source    string     `json:"source"`
	State     string     `json:"state"`
	ReadFrom  *time.Time `json:"read_from"`
	ReadUntil *time.Time `json:"read_until"`
	CheckedAt *time.Time `json:"checked_at"`
	Reason    string     `json:"reason"`
	LostSince *time.Time `json:"lost_since"` // null: it is there, or never was
}

func newCoverageCmd(d *Deps) *cobra.Command {
	var sel *app.Selection
	cmd := &cobra.Command{
		Use:   "coverage [TENANT]",
		Short: "Show which window of each source has been read, and why not if not",
		Long: `Show which window of each source has been read, and why not if not. Exit 5 when
a source could not be read, is stale, or was lost within the last 7 days because
its licence or product is gone.`,
		Example: `  cordon coverage
  cordon coverage --tag ring=canary
  cordon coverage contoso -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.read(cmd.Context(), *sel, args, func(tx *store.Tx, about subject) error {
				if len(about.entity) > 0 {
					return fmt.Errorf("no tenant is called %s: cordon tenant list shows them", cordon.Quote(args[0]))
				}
				found, err := d.coverage(cmd.Context(), tx, about)
				if err != nil {
					return err
				}
				rows := make([]coverageRow, 0, len(found))
				for _, c := range found {
					rows = append(rows, coverageRowOf(c, about))
				}
				if err := print(d, rows, coverageColumns()); err != nil {
					return err
				}
				return unreadOf(found, about, d.Now())
			})
		},
	}
	sel = d.tenantFlags(cmd)
	return cmd
}

// unreadOf says whether something could not be read of the configured tenants,
// and which of them never were: those stand in no row.
func unreadOf(found []cordon.Coverage, about subject, now time.Time) error {
	read := map[string]bool{}
	for _, c := range found {
		read[c.TenantID] = true
	}
	var never []string
	for _, id := range about.watched() {
		if !read[id] {
			never = append(never, about.name(id)+": was never read")
		}
	}
	if len(never) > 0 {
		return notWhole(oldness(0), never, "cordon tenant list")
	}
	if text := unreadText(about.configured(found), now); text != "" {
		return &findings{code: exitPartial, text: text}
	}
	return nil
}

func coverageRowOf(c cordon.Coverage, about subject) coverageRow {
	row := coverageRow{
		TenantID: c.TenantID, Tenant: about.name(c.TenantID), Source: string(c.Source), State: string(c.State),
		ReadFrom: stamp(c.ReadFrom), ReadUntil: stamp(c.ReadUntil), CheckedAt: stamp(c.CheckedAt), Reason: lostReason(c),
	}
	if c.Lost() {
		row.LostSince = stamp(c.ReadUntil)
	}
	return row
}

func coverageColumns() []column[coverageRow] {
	return []column[coverageRow]{
		{"tenant", func(r coverageRow) string { return r.Tenant }},
		{"source", func(r coverageRow) string { return r.Source }},
		{"state", func(r coverageRow) string { return r.State }},
		{"read until", func(r coverageRow) string { return clock(r.ReadUntil) }},
		{"reason", func(r coverageRow) string { return r.Reason }},
	}
}
