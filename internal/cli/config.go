package cli

import (
	"fmt"

	"github.com/cordonhq/cordon"
	"github.com/spf13/cobra"
)

// configRow is what config check found.
type configRow struct {
	OK        bool     `json:"ok"`
	File      string   `json:"file"`
	Storage   string   `json:"storage"`
	Tenants   int      `json:"tenants"`
	Playbooks []string `json:"playbooks_on"`
	Webhooks  []string `json:"webhooks"`
	Warnings  []string `json:"warnings"`
}

func newConfigCheckCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the configuration and that its secrets can be had",
		Long: `Check the configuration: every key, every value, that each secret's place holds
one, those of webhooks too, and that each playbook that is to act exists.
Nothing is called and no secret is printed. A certificate or secret that expires
in 30 days or less, and a file with a secret that everyone on this machine can
read, are told on standard error; exit 3 when one has expired.`,
		Example: `  cordon config check
  cordon config check --config /etc/cordon/cordon.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			ends, err := c.Verify(cmd.Context(), d.house())
			row := configRow{File: d.config, Storage: c.Storage.URL, Tenants: len(c.Tenants), Playbooks: texts(c.Playbooks.On), Warnings: []string{}}
			row.Webhooks = c.WebhookNames(cmd.Context(), d.house())
			for _, text := range c.Exposed() {
				d.warn(&row, text)
			}
			expired := 0
			for _, end := range ends {
				d.warn(&row, end.Who+": "+end.Text)
				if end.Expired {
					expired++
				}
			}
			if err != nil {
				return err
			}
			row.OK = expired == 0
			return d.showChecked(row, expired)
		},
	}
}

// warn tells of something that is no error.
func (d *Deps) warn(row *configRow, text string) {
	row.Warnings = append(row.Warnings, cordon.Plain(text, cordon.Uncut))
	fmt.Fprintln(d.Err, "cordon: "+cordon.Plain(text, maxError))
}

func (d *Deps) showChecked(row configRow, expired int) error {
	err := printOne(d, row, []column[configRow]{
		{"ok", func(r configRow) string { return fmt.Sprint(r.OK) }},
		{"file", func(r configRow) string { return r.File }},
		{"tenants", func(r configRow) string { return fmt.Sprint(r.Tenants) }},
		{"playbooks on", func(r configRow) string { return orNone(r.Playbooks) }},
		{"webhooks", func(r configRow) string { return orNone(r.Webhooks) }},
	})
	if err == nil && expired > 0 {
		return &findings{code: exitFindings, text: many(expired, "credential") + " expired"}
	}
	return err
}
