package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// tenantFlags lets a command be narrowed to some tenants.
func (d *Deps) tenantFlags(cmd *cobra.Command) *app.Selection {
	s := &app.Selection{}
	cmd.Flags().StringSliceVar(&s.Names, "tenant", nil, "only these tenants: id, name or glob such as 'contoso-*'; repeatable")
	cmd.Flags().StringSliceVar(&s.Tags, "tag", nil, "only tenants with this tag: key, key=value or key=glob; all of several")
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = d.completeTenants
	}
	return s
}

// completeTenants offers the names of the configured tenants.
func (d *Deps) completeTenants(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	c, err := d.readConfig(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, t := range c.Tenants {
		if strings.HasPrefix(t.Name, begun) {
			names = append(names, t.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// also adds an argument to a selection, when there is one.
func also(s app.Selection, args []string) app.Selection {
	s.Names = append(append([]string{}, s.Names...), args...)
	return s
}

// pick returns the tenants that flags and arguments name.
func (d *Deps) pick(ctx context.Context, s app.Selection) (*app.Config, []cordon.Tenant, error) {
	c, err := d.readConfig(ctx)
	if err != nil {
		return nil, nil, err
	}
	picked, err := c.Select(s)
	return c, picked, err
}

// maxGaps is how many gaps are told apart before they are only counted.
const maxGaps = 5

// notWhole ends a command whose answer has gaps; command shows them all.
func notWhole(title string, found []string, command string) error {
	shown := found[:min(len(found), maxGaps)]
	if more := len(found) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more: %s shows them", more, command))
	}
	return &findings{code: exitPartial, text: title + "\n" + strings.Join(shown, "\n")}
}
