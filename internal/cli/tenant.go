package cli

import (
	"slices"
	"strings"

	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/spf13/cobra"
)

// tenantRow is a tenant as configured.
type tenantRow struct {
	TenantID string            `json:"tenant_id"`
	Tenant   string            `json:"tenant"`
	Mode     string            `json:"mode"`
	ClientID string            `json:"client_id"`
	Tags     map[string]string `json:"tags"`
}

func newTenantListCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use: "list [TENANT]", Short: "List the configured tenants",
		Example: "  cordon tenant list -o json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := d.readConfig()
			if err != nil {
				return err
			}
			picked, err := c.Pick(strings.Join(args, ""))
			if err != nil {
				return err
			}
			var rows []tenantRow
			for _, t := range picked {
				row := tenantRow{TenantID: t.ID, Tenant: t.Name, Mode: string(t.Mode), ClientID: t.ClientID, Tags: t.Tags}
				if row.Tags == nil {
					row.Tags = map[string]string{}
				}
				rows = append(rows, row)
			}
			return print(d, rows, []column[tenantRow]{
				{"tenant", func(r tenantRow) string { return r.Tenant }},
				{"mode", func(r tenantRow) string { return r.Mode }},
				{"tags", func(r tenantRow) string { return tagsText(r.Tags) }},
				{"id", func(r tenantRow) string { return r.TenantID }},
			})
		},
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

// findingRow is the answer to one question about entering a tenant.
type findingRow struct {
	TenantID string `json:"tenant_id"`
	Tenant   string `json:"tenant"`
	Check    string `json:"check"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
}

func newTenantCheckCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "check [TENANT]",
		Short: "Try to enter tenants and to read each source; exit 3 when something cannot be",
		Example: `  cordon tenant check
  cordon tenant check contoso -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			tenants, done, err := d.enter(strings.Join(args, ""))
			if err != nil {
				return err
			}
			defer done()
			bar := newBar(d, len(tenants), "checking tenants")
			found := app.CheckTenants(cmd.Context(), tenants, bar.step)
			bar.end()
			var rows []findingRow
			wrong := false
			for _, f := range found {
				rows = append(rows, findingRow{f.Tenant.ID, f.Tenant.Name, f.Check, f.State, f.Reason})
				wrong = wrong || f.State != "ok"
			}
			err = print(d, rows, []column[findingRow]{
				{"tenant", func(r findingRow) string { return r.Tenant }},
				{"check", func(r findingRow) string { return r.Check }},
				{"state", func(r findingRow) string { return r.State }},
				{"reason", func(r findingRow) string { return r.Reason }},
			})
			if err == nil && wrong {
				return &findings{code: exitFindings}
			}
			return err
		},
	}
}

// enter returns the tenants that name picks with the clients that enter them.
func (d *Deps) enter(name string) ([]engine.Tenant, func(), error) {
	c, err := d.readConfig()
	if err != nil {
		return nil, nil, err
	}
	picked, err := c.Pick(name)
	if err != nil {
		return nil, nil, err
	}
	all, cloud, err := c.Enter(d.Now)
	if err != nil {
		return nil, nil, err
	}
	var tenants []engine.Tenant
	for _, t := range all {
		for _, p := range picked {
			if t.ID == p.ID {
				tenants = append(tenants, t)
			}
		}
	}
	return tenants, cloud.Close, nil
}
