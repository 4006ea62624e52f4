package cli

import (
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/spf13/cobra"
)

func newTenantConsentCmd(d *Deps) *cobra.Command {
	in := app.Invitation{}
	var form, cloud string
	var tags []string
	cmd := &cobra.Command{
		Use:   "consent-url [TENANT]",
		Short: "Print the link with which a customer's administrator lets the shared app in",
		Long: `Print the link with which an administrator lets the app that all tenants share
into a tenant, by directory id or domain. The link is good for one tenant and
seven days. Who follows it comes back to app.public_url, where cordon serve
proves the tenant by a token and by asking it who it is, and then watches it in
mode observe. Without TENANT, anybody who has the link can connect one tenant.

The forms: v2 asks for what the app's registration lists; v1 is its older
spelling; partner is the link of Defender's page for partners, which leads
back to nowhere: add such a tenant with cordon tenant add.`,
		Example: `  cordon tenant consent-url contoso.com --name contoso --tag customer=contoso
  cordon tenant consent-url --form partner`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			if err := oneOf("--form", form, texts(microsoft.ConsentForms())); err != nil {
				return err
			}
			if in.Cloud, err = cordon.ParseCloud(cloud); err != nil {
				return usagef("--cloud: %w", err)
			}
			in.Form, in.Tenant, in.Tags = microsoft.ConsentForm(form), strings.Join(args, ""), map[string]string{}
			for _, tag := range tags {
				key, value, ok := strings.Cut(tag, "=")
				if !ok || key == "" {
					return usagef("--tag %s: must be key=value", tag)
				}
				in.Tags[key] = value
			}
			link, err := c.ConsentURL(cmd.Context(), in, person(), d.house())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(d.Out, link)
			return err
		},
	}
	cmd.Flags().StringVar(&form, "form", "v2", "v2, v1 or partner")
	cmd.Flags().StringVar(&cloud, "cloud", "", "the tenant's cloud, when TENANT is no domain")
	cmd.Flags().StringVar(&in.Name, "name", "", "short name that the tenant will have; default what it calls itself")
	cmd.Flags().StringSliceVar(&tags, "tag", nil, "tag that the tenant will have, as key=value; repeatable")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}
