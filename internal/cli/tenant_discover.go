package cli

import (
	"strings"

	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// customerRow is a customer of a partner.
type customerRow struct {
	TenantID string   `json:"tenant_id"`
	Name     string   `json:"name"`
	Domain   string   `json:"domain"`
	From     []string `json:"from"`
	Tenant   string   `json:"tenant"`
	Lacks    []string `json:"lacks"`
	Consent  string   `json:"consent_url"`
}

func newTenantDiscoverCmd(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "discover PARTNER",
		Short: "List the customers of a partner's tenant, and what each still lacks",
		Long: `List the customers that a partner's tenant knows, from its delegated admin
relationships (GDAP) and its contracts, and what each still lacks before Cordon
can watch it: an active relationship, consent to the shared app, being added
here, or the permissions that the configuration needs. -o json and csv have the
link for consent too. Exit 5 when one of the lists could not be read, or a
customer could not be asked.`,
		Example: `  cordon tenant discover ourcompany
  cordon tenant discover ourcompany -o csv > customers.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := d.oneTenant(cmd, args[0])
			if err != nil {
				return err
			}
			bar := newBar(d, 0, "asking customers")
			found, listErr := c.Customers(cmd.Context(), t, person(), bar.grow, bar.step, d.house())
			bar.end()
			if listErr != nil && len(found) == 0 {
				return listErr
			}
			if err := d.showCustomers(found); err != nil || listErr == nil {
				return err
			}
			return &findings{code: exitPartial, text: listErr.Error()}
		},
	}
	cmd.ValidArgsFunction = d.completeTenants
	return cmd
}

func (d *Deps) showCustomers(found []app.Customer) error {
	rows := make([]customerRow, 0, len(found))
	for _, f := range found {
		rows = append(rows, customerRow{f.ID, f.Name, f.Domain, texts(f.From), f.Tenant, texts(f.Lacks), f.Consent})
	}
	return print(d, rows, []column[customerRow]{
		{"customer", func(r customerRow) string { return r.Name }},
		{"tenant", func(r customerRow) string { return r.Tenant }},
		{"from", func(r customerRow) string { return strings.Join(r.From, ", ") }},
		{"id", func(r customerRow) string { return r.TenantID }},
		{"lacks", func(r customerRow) string { return orNone(r.Lacks) }},
	})
}
