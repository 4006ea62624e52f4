package cli

import (
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// tenantRow is a tenant as configured.
type tenantRow struct {
	TenantID   string            `json:"tenant_id"`
	Tenant     string            `json:"tenant"`
	Cloud      string            `json:"cloud"`
	Mode       string            `json:"mode"`
	ClientID   string            `json:"client_id"`
	Tags       map[string]string `json:"tags"`
	BreakGlass []string          `json:"break_glass"`
	From       string            `json:"from"` // file or store
}

func newTenantListCmd(d *Deps) *cobra.Command {
	var sel *app.Selection
	cmd := &cobra.Command{
		Use: "list [TENANT]", Short: "List the tenants: those of the configuration and those that were added",
		Example: `  cordon tenant list -o json
  cordon tenant list 'contoso-*' --tag ring=canary`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, picked, err := d.pick(cmd.Context(), also(*sel, args))
			if err != nil {
				return err
			}
			var rows []tenantRow
			for _, t := range picked {
				rows = append(rows, tenantRowOf(c, t))
			}
			if err := print(d, rows, tenantColumns()); err != nil {
				return err
			}
			return d.noteEngine(cmd.Context())
		},
	}
	sel = d.tenantFlags(cmd)
	return cmd
}

func tenantRowOf(c *app.Config, t cordon.Tenant) tenantRow {
	row := tenantRow{
		TenantID: t.ID, Tenant: t.Name, Cloud: string(t.Cloud), Mode: string(t.Mode), ClientID: t.ClientID, Tags: t.Tags,
		BreakGlass: append([]string{}, t.BreakGlass...), From: "file",
	}
	if row.Tags == nil {
		row.Tags = map[string]string{}
	}
	if c.Onboarded(t.ID) {
		row.From = "store"
	}
	return row
}

func tenantColumns() []column[tenantRow] {
	return []column[tenantRow]{
		{"tenant", func(r tenantRow) string { return r.Tenant }},
		{"mode", func(r tenantRow) string { return r.Mode }},
		{"cloud", func(r tenantRow) string { return r.Cloud }},
		{"from", func(r tenantRow) string { return r.From }},
		{"tags", func(r tenantRow) string { return tagsText(r.Tags) }},
		{"id", func(r tenantRow) string { return r.TenantID }},
	}
}

func tagsText(tags map[string]string) string {
	var parts []string
	for k, v := range tags {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
