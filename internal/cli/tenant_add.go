package cli

import (
	"context"
	"fmt"
	"io"
	"os"
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
	cmd.Flags().StringSliceVar(&w.breakGlass, "break-glass", nil, "object id or UPN that is never acted on; repeatable, replaces the list")
	words := make([]string, 0, len(cordon.Modes()))
	for _, m := range cordon.Modes() {
		words = append(words, string(m))
	}
	_ = cmd.RegisterFlagCompletionFunc("mode", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
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
	var clientID, certificate, password, secret string
	cmd := &cobra.Command{
		Use:   "add TENANT",
		Short: "Add a tenant, by directory id or domain",
		Long: `Add a tenant, by directory id or domain, in mode observe unless --mode says
otherwise. Its cloud is found by asking Microsoft. Without a certificate or a
secret it is entered with the app that all tenants share (app: in the
configuration). A certificate or secret of its own is encrypted with the key
that secrets.key names before it is stored.

A secret is never an argument: --secret-file reads a file, or - standard input.`,
		Example: `  cordon tenant add contoso.com --name contoso --tag ring=canary
  cordon tenant add fabrikam.com --client-id 6f1c… --certificate fabrikam.pem
  cordon tenant add 0f3a… --cloud us_gov_l4 --client-id 6f1c… --secret-file -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			n := app.NewTenant{Tenant: cordon.Tenant{ID: args[0], Name: w.name, ClientID: clientID, Mode: cordon.ModeObserve}}
			if err := w.apply(cmd, &n.Tenant); err != nil {
				return err
			}
			if n.Cloud, err = cordon.ParseCloud(w.cloud); err != nil {
				return usagef("--cloud: %w", err)
			}
			if err := d.readSecrets(&n, certificate, password, secret); err != nil {
				return err
			}
			return d.addTenant(cmd.Context(), c, n, cmd.Flags().Changed("cloud"))
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&w.name, "name", "", "short name; default the domain or id")
	cmd.Flags().StringVar(&w.cloud, "cloud", "", "global, gcc, us_gov_l4, us_gov_l5 or china; default found by asking")
	cmd.Flags().StringVar(&clientID, "client-id", "", "id of the tenant's own app; default the app that all share")
	cmd.Flags().StringVar(&certificate, "certificate", "", "file with the app's certificate and key, PEM or PKCS#12")
	cmd.Flags().StringVar(&password, "password-file", "", "file with the password of a PKCS#12 certificate, or -")
	cmd.Flags().StringVar(&secret, "secret-file", "", "file with the app's client secret, or -")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}

// readSecrets reads the files that hold secrets.
func (d *Deps) readSecrets(n *app.NewTenant, certificate, password, secret string) error {
	for _, f := range []struct {
		path string
		take func([]byte)
	}{
		{certificate, func(b []byte) { n.Certificate = b }},
		{password, func(b []byte) { n.Password = strings.TrimRight(string(b), "\r\n") }},
		{secret, func(b []byte) { n.Secret = strings.TrimRight(string(b), "\r\n") }},
	} {
		if f.path == "" {
			continue
		}
		b, err := readFile(f.path)
		if err != nil {
			return err
		}
		f.take(b)
	}
	return nil
}

// maxSecret bounds a file with a secret.
const maxSecret = 1 << 20

func readFile(path string) ([]byte, error) {
	if path != "-" {
		info, err := os.Stat(path)
		if err == nil && info.Size() > maxSecret {
			err = fmt.Errorf("%s is too large for a secret", path)
		}
		if err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	}
	b, err := io.ReadAll(io.LimitReader(os.Stdin, maxSecret))
	if err == nil && len(b) == 0 {
		err = usagef("nothing on standard input")
	}
	return b, err
}

// addTenant finds out which tenant is meant and stores it.
func (d *Deps) addTenant(ctx context.Context, c *app.Config, n app.NewTenant, cloudGiven bool) error {
	if !cordon.IsGUID(n.ID) || !cloudGiven {
		found, err := c.Discover(ctx, n.ID, d.house())
		if err != nil {
			return err
		}
		if n.Name == "" {
			n.Name = n.ID
		}
		n.ID = found.TenantID
		if !cloudGiven {
			n.Cloud = found.Cloud
		}
	}
	if err := c.AddTenant(ctx, n, person(), d.Now()); err != nil {
		return err
	}
	return d.showTenant(ctx, n.ID)
}

// showTenant prints one tenant as it is stored now.
func (d *Deps) showTenant(ctx context.Context, id string) error {
	c, picked, err := d.pick(ctx, app.Selection{Names: []string{id}})
	if err != nil {
		return err
	}
	return printOne(d, tenantRowOf(c, picked[0]), tenantColumns())
}
