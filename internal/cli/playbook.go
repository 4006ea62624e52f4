package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/spf13/cobra"
)

// playbookRow is a playbook as commands show it.
type playbookRow struct {
	Name      string   `json:"name"`
	Version   int      `json:"version"`
	State     string   `json:"state"` // on or shadow
	About     string   `json:"about"`
	Detectors int      `json:"detectors"`
	Within    string   `json:"within"`
	When      string   `json:"when"`
	Steps     []string `json:"steps"`
}

func playbookRowOf(p playbook.Playbook, on []string) playbookRow {
	row := playbookRow{
		Name: p.Name, Version: p.Version, State: "shadow", About: p.About, Detectors: p.Corroboration.Detectors,
		Within: p.Corroboration.Within.String(), When: p.When.String(), Steps: texts(p.Steps),
	}
	if slices.Contains(on, p.Name) {
		row.State = "on"
	}
	return row
}

func playbookColumns() []column[playbookRow] {
	return []column[playbookRow]{
		{"name", func(r playbookRow) string { return r.Name }},
		{"version", func(r playbookRow) string { return fmt.Sprint(r.Version) }},
		{"state", func(r playbookRow) string { return r.State }},
		{"wants", func(r playbookRow) string { return fmt.Sprintf("%d detectors within %s", r.Detectors, r.Within) }},
		{"steps", func(r playbookRow) string { return strings.Join(r.Steps, ", ") }},
	}
}

func newPlaybookListCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the playbooks and whether they act",
		Example: "  cordon playbook list -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			all, err := c.LoadPlaybooks()
			if err != nil {
				return err
			}
			var rows []playbookRow
			for _, p := range all {
				rows = append(rows, playbookRowOf(p, c.Playbooks.On))
			}
			if err := print(d, rows, playbookColumns()); err != nil || len(c.Tenants) == 0 {
				return err
			}
			return d.noteEngine(cmd.Context())
		},
	}
}

func newPlaybookCheckCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE…",
		Short:   "Check playbook files: shape, names and conditions",
		Example: "  cordon playbook check playbooks/*.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var rows []playbookRow
			for _, file := range args {
				p, err := app.ReadPlaybook(file)
				if err != nil {
					return err
				}
				rows = append(rows, playbookRowOf(p, nil))
			}
			return print(d, rows, playbookColumns())
		},
	}
}
