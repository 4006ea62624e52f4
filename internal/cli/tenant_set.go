package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// tenantWishes are the flags that change a tenant.
var tenantWishes = []string{"mode", "tag", "break-glass", "name", "certificate", "secret-file", "secret-expires", "client-id"}

func newTenantSetCmd(d *Deps) *cobra.Command {
	var w tenantWish
	var f secretFlags
	cmd := &cobra.Command{
		Use:   "set TENANT",
		Short: "Change mode, tags, name, break-glass accounts or secret of a tenant that was added",
		Long: `Change mode, tags, name or break-glass accounts of a tenant that was added, or
put a new certificate or secret in the place of the old one. A tenant that
stands in the configuration is changed there. The audit holds the change; serve
takes it up at its next start.`,
		Example: `  cordon tenant set contoso --mode enforce
  cordon tenant set contoso --secret-file new --secret-expires 2028-01-31
  cordon tenant set contoso --tag ring=wide --break-glass glass@contoso.com`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.ContainsFunc(tenantWishes, cmd.Flags().Changed) {
				return usagef("nothing to change: give --mode, --tag, --break-glass, --name, --certificate or --secret-file")
			}
			c, t, err := d.oneTenant(cmd, args[0])
			if err != nil {
				return err
			}
			if err := w.apply(cmd, &t); err != nil {
				return err
			}
			if cmd.Flags().Changed("name") {
				t.Name = w.name
			}
			if t.Name == "" {
				return usagef("--name must not be empty")
			}
			s, err := f.read()
			if err != nil {
				return err
			}
			if f.clientID != "" && f.certificate+f.secret == "" {
				return usagef("--client-id goes with --certificate or --secret-file")
			}
			if f.certificate+f.secret != "" {
				tried := s
				tried.ClientID = cmp.Or(s.ClientID, t.ClientID)
				if err := d.tryEntry(cmd.Context(), c, t, tried); err != nil {
					return fmt.Errorf("%s was not changed: %w", t.Name, err)
				}
			}
			if err := c.SetTenant(cmd.Context(), t, s, person(), d.Now()); err != nil {
				return err
			}
			return d.showTenant(cmd.Context(), t.ID)
		},
	}
	w.flags(cmd)
	f.flags(cmd)
	cmd.Flags().StringVar(&w.name, "name", "", "new short name")
	cmd.ValidArgsFunction = d.completeTenants
	return cmd
}

// oneTenant returns the one tenant that name means.
func (d *Deps) oneTenant(cmd *cobra.Command, name string) (*app.Config, cordon.Tenant, error) {
	c, picked, err := d.pick(cmd.Context(), app.Selection{Names: []string{name}})
	if err != nil {
		return nil, cordon.Tenant{}, err
	}
	if len(picked) > 1 {
		return nil, cordon.Tenant{}, usagef("%s fits %d tenants: name one", name, len(picked))
	}
	return c, picked[0], nil
}

func newTenantRemoveCmd(d *Deps) *cobra.Command {
	var sure bool
	cmd := &cobra.Command{
		Use:   "remove TENANT",
		Short: "Remove a tenant that was added: stop its runs, delete its secret and cursors",
		Long: `Remove a tenant that was added: stop its runs, delete its secret and how far its
sources were read. Signals, runs and the audit stay. Cordon's app stays in the
tenant until its administrator deletes it there.`,
		Example: "  cordon tenant remove contoso --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := d.oneTenant(cmd, args[0])
			if err != nil {
				return err
			}
			if !sure {
				return usagef("this deletes the secret of %s and stops its runs: say --yes", t.Name)
			}
			stopped, err := c.RemoveTenant(cmd.Context(), t, person(), d.Now())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(d.Err, "%s is removed; stopped: %s\n", t.Name, many(stopped, "run"))
			return err
		},
	}
	cmd.Flags().BoolVar(&sure, "yes", false, "do it")
	cmd.ValidArgsFunction = d.completeTenants
	return cmd
}
