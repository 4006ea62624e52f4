package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// tenantWish is what the flags say about a tenant.
type tenantWish struct {
	name, cloud, mode string
	tags, breakGlass  []string
}

func (w *tenantWish) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.mode, "mode", "", "observe, approve, protect or enforce")
	cmd.Flags().StringSliceVar(&w.tags, "tag", nil, "tag, as key=value; key= takes one away; repeatable")
	cmd.Flags().StringSliceVar(&w.breakGlass, "break-glass", nil, "object id that is never acted on (or a UPN, which a rename takes out of use); repeatable, replaces the list")
}

// apply changes t as the flags say; what was not given stays.
func (w *tenantWish) apply(cmd *cobra.Command, t *cordon.Tenant) (err error) {
	if cmd.Flags().Changed("mode") {
		if t.Mode, err = cordon.ParseMode(w.mode); err != nil {
			return usagef("--mode: %w", err)
		}
	}
	tags := map[string]string{}
	for k, v := range t.Tags {
		tags[k] = v
	}
	for _, tag := range w.tags {
		key, value, ok := strings.Cut(tag, "=")
		switch {
		case !ok || key == "":
			return usagef("--tag %s: must be key=value", tag)
		case value == "":
			delete(tags, key)
		default:
			tags[key] = value
		}
	}
	t.Tags = tags
	if !cmd.Flags().Changed("break-glass") {
		return nil
	}
	for _, who := range w.breakGlass {
		if !cordon.IsGUID(who) && !strings.Contains(who, "@") {
			return usagef("--break-glass %s: must be an object id or a user principal name", who)
		}
	}
	t.BreakGlass = w.breakGlass
	return nil
}

func newTenantAddCmd(d *Deps) *cobra.Command {
	var w tenantWish
	var f secretFlags
	cmd := &cobra.Command{
		Use:   "add TENANT",
		Short: "Add a tenant, by directory id or domain",
		Long: `Add a tenant, by directory id or domain, in mode observe unless --mode says
otherwise. Its cloud is found by asking Microsoft. Without a certificate or a
secret it is entered with the app that all tenants share (app: in the
configuration). A certificate or secret of its own is encrypted with the key
that secrets.key names before it is stored.

A secret is never an argument: --secret-file reads a file, or - standard input.
When a secret ends nobody tells Cordon but you, with --secret-expires; a
certificate tells its own end.`,
		Example: `  cordon tenant add contoso.com --name contoso --tag ring=canary
  cordon tenant add fabrikam.com --client-id 6f1c… --certificate fabrikam.pem
  cordon tenant add 0f3a… --cloud us_gov_l4 --client-id 6f1c… --secret-file - --secret-expires 2027-01-31`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			t := cordon.Tenant{ID: args[0], Name: w.name, Mode: cordon.ModeObserve}
			if err := w.apply(cmd, &t); err != nil {
				return err
			}
			if t.Cloud, err = cordon.ParseCloud(w.cloud); err != nil {
				return usagef("--cloud: %w", err)
			}
			s, err := f.read()
			if err != nil {
				return err
			}
			return d.addTenant(cmd.Context(), c, t, s, cmd.Flags().Changed("cloud"))
		},
	}
	w.flags(cmd)
	f.flags(cmd)
	cmd.Flags().StringVar(&w.name, "name", "", "short name; default the domain or id")
	cmd.Flags().StringVar(&w.cloud, "cloud", "", "global, gcc, us_gov_l4, us_gov_l5 or china; default found by asking")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}

// addTenant finds out which tenant is meant and stores it.
func (d *Deps) addTenant(ctx context.Context, c *app.Config, t cordon.Tenant, s app.Secret, cloudGiven bool) error {
	if !cordon.IsGUID(t.ID) || !cloudGiven {
		found, err := c.Discover(ctx, t.ID, d.house())
		if err != nil {
			return err
		}
		if t.Name == "" {
			t.Name = t.ID
		}
		t.ID = found.TenantID
		if !cloudGiven {
			t.Cloud = found.Cloud
		}
	}
	if err := c.CheckNew(t, s); err != nil {
		return err
	}
	if err := d.tryEntry(ctx, c, t, s); err != nil {
		return fmt.Errorf("%s was not added: %w", t.Name, err)
	}
	if err := c.AddTenant(ctx, t, s, person(), d.Now()); err != nil {
		return err
	}
	return d.showTenant(ctx, t.ID)
}

// tryEntry refuses a secret that does not open the tenant, and says what else
// is in the way: that may come later.
func (d *Deps) tryEntry(ctx context.Context, c *app.Config, t cordon.Tenant, s app.Secret) error {
	later, err := c.TryEntry(ctx, t, s, d.house())
	if later != nil {
		fmt.Fprintf(d.Err, "cordon: %s cannot be entered yet: %s\n", t.Name, cordon.Plain(later.Error(), maxError))
	}
	return err
}

// showTenant prints one tenant as it is stored now.
func (d *Deps) showTenant(ctx context.Context, id string) error {
	c, picked, err := d.pick(ctx, app.Selection{Names: []string{id}})
	if err != nil {
		return err
	}
	return printOne(d, tenantRowOf(c, picked[0]), tenantColumns())
}
