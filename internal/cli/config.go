package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// configRow is what config check found.
type configRow struct {
	OK        bool     `json:"ok"`
	File      string   `json:"file"`
	Storage   string   `json:"storage"`
	Tenants   int      `json:"tenants"`
	Playbooks []string `json:"playbooks_on"`
}

func newConfigCheckCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the configuration and that its secrets can be had",
		Long: `Check the configuration: every key, every value, that each secret's place holds
one, those of webhooks too, and that each playbook that is to act exists.
Nothing is called and no secret is printed.`,
		Example: `  cordon config check
  cordon config check --config /etc/cordon/cordon.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			if err := c.Verify(cmd.Context(), d.house()); err != nil {
				return err
			}
			row := configRow{OK: true, File: d.config, Storage: c.Storage.URL, Tenants: len(c.Tenants), Playbooks: texts(c.Playbooks.On)}
			return printOne(d, row, []column[configRow]{
				{"ok", func(r configRow) string { return fmt.Sprint(r.OK) }},
				{"file", func(r configRow) string { return r.File }},
				{"tenants", func(r configRow) string { return fmt.Sprint(r.Tenants) }},
				{"playbooks on", func(r configRow) string { return orNone(r.Playbooks) }},
			})
		},
	}
}
