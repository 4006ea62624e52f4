package cli

import (
	"strings"

	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// findingRow says whether a feature works in a tenant.
type findingRow struct {
	TenantID string   `json:"tenant_id"`
	Tenant   string   `json:"tenant"`
	Feature  string   `json:"feature"`
	Used     bool     `json:"used"`
	State    string   `json:"state"`
	Missing  []string `json:"missing"`
	Role     string   `json:"missing_role"`
	Grant    string   `json:"grant_url"`
	Reason   string   `json:"reason"`
}

func newDoctorCmd(d *Deps) *cobra.Command {
	var sel *app.Selection
	var names []string
	cmd := &cobra.Command{
		Use:   "doctor [TENANT]",
		Short: "Say what works in each tenant, what does not, and what to do about it",
		Long: `Say for each tenant and feature whether it works: can_read, can_write,
not_permitted (with the permission or directory role that is missing and the
link that grants it), not_licensed, not_provisioned, not_in_cloud, no_entry (no
token), names_nobody (a break-glass account that is listed and not there),
throttled or unreachable. It gets tokens, reads a little of everything
that is read, and changes nothing: whether a write may be made is told by the
permissions in the token.

Without --features it looks at what the configuration uses. Exit 3 when a
feature that the configuration uses cannot work.`,
		Example: `  cordon doctor
  cordon doctor contoso --features all
  cordon doctor --tag ring=canary --features contain_users,contain_administrators -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, picked, err := d.pick(cmd.Context(), also(*sel, args))
			if err != nil {
				return err
			}
			features, err := app.FindFeatures(names)
			if err != nil {
				return usageError{err}
			}
			bar := newBar(d, len(picked), "examining tenants")
			found, err := c.Examine(cmd.Context(), app.Examination{Tenants: picked, Features: features, Progress: bar.step}, d.house())
			bar.end()
			if err != nil {
				return err
			}
			return d.showFindings(found)
		},
	}
	sel = d.tenantFlags(cmd)
	featureFlag(cmd, &names, "look at these features, or all; default those that the configuration uses")
	return cmd
}

// featureFlag lets a command be narrowed to features.
func featureFlag(cmd *cobra.Command, names *[]string, usage string) {
	cmd.Flags().StringSliceVar(names, "features", nil, usage)
}

func (d *Deps) showFindings(found []app.Finding) error {
	rows := make([]findingRow, 0, len(found))
	broken, last := 0, ""
	for _, f := range found {
		rows = append(rows, findingRowOf(f))
		if f.Used && !f.State.Works() {
			broken++
		}
	}
	err := print(d, rows, []column[findingRow]{
		{"tenant", func(r findingRow) string { return r.Tenant }},
		{"feature", func(r findingRow) string { return r.Feature }},
		{"state", func(r findingRow) string { return r.State }},
		{"used", func(r findingRow) string { return yesNo(r.Used) }},
		{"what to do", func(r findingRow) string {
			told, now := last, r.TenantID+whatToDo(r)
			if last = now; now == told && r.Reason != "" {
				return "as above"
			}
			return whatToDo(r)
		}},
	})
	if err == nil && broken > 0 {
		return &findings{code: exitFindings, text: many(broken, "feature") + " that the configuration uses cannot work"}
	}
	return err
}

func findingRowOf(f app.Finding) findingRow {
	row := findingRow{
		TenantID: f.Tenant.ID, Tenant: f.Tenant.Name, Feature: f.Feature.Name, Used: f.Used, State: string(f.State),
		Missing: []string{}, Role: f.Role, Grant: f.Grant, Reason: f.Reason,
	}
	for _, n := range f.Missing {
		row.Missing = append(row.Missing, n.Permission)
	}
	return row
}

// whatToDo is the reason with the link that mends it.
func whatToDo(r findingRow) string {
	parts := []string{r.Reason}
	if r.Grant != "" {
		parts = append(parts, "an administrator consents at "+r.Grant)
	}
	return strings.Trim(strings.Join(parts, "; "), "; ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
