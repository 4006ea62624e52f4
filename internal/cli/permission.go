package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/spf13/cobra"
)

// permissionRow is a permission that features take.
type permissionRow struct {
	API        string   `json:"api"`
	Permission string   `json:"permission"`
	ID         string   `json:"id"`
	Features   []string `json:"features"`
	Calls      []string `json:"calls"`
}

func newTenantPermissionsCmd(d *Deps) *cobra.Command {
	var names []string
	var from string
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "Print the permissions that features take, as a table or as an app's manifest",
		Long: `Print the application permissions that features take, least privileged, with the
calls that need them. -o json prints requiredResourceAccess, the list that goes
into the manifest of the app's registration.

The ids of Microsoft Graph's permissions are published. Those of Defender for
Endpoint are not: --ids-from reads them from a tenant (which takes
Application.Read.All there); without it they are named on standard error, to be
added by hand under "APIs my organization uses", WindowsDefenderATP.`,
		Example: `  cordon tenant permissions --features risk_detections,alerts,security_defaults,conditional_access,people
  cordon tenant permissions --features all -o json
  cordon tenant permissions --ids-from contoso -o json > manifest.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			features, err := d.wantedFeatures(cmd, names)
			if err != nil {
				return err
			}
			ids, done, err := d.permissionIDs(cmd, from)
			if err != nil {
				return err
			}
			defer done()
			return d.showNeeds(app.Needs(features), ids)
		},
	}
	featureFlag(cmd, &names, "of these features, or all; default those that the configuration uses")
	cmd.Flags().StringVar(&from, "ids-from", "", "read the ids of Defender's permissions from this tenant")
	return cmd
}

// wantedFeatures returns the features that are named; without a name, those
// that the configuration uses, or that a first one would.
func (d *Deps) wantedFeatures(cmd *cobra.Command, names []string) ([]app.Feature, error) {
	if len(names) == 0 {
		c, err := &app.Config{}, error(nil) // before there is a configuration one must know what to ask for
		if _, none := os.Stat(d.config); none == nil || cmd.Flag("config").Changed {
			c, err = d.readConfig(cmd.Context())
		}
		if err != nil {
			return nil, err
		}
		mode := cordon.ModeObserve
		for _, t := range c.Tenants {
			if m, err := cordon.ParseMode(t.Mode); err == nil && m != cordon.ModeObserve {
				mode = m
			}
		}
		if names, err = c.Used(mode); err != nil {
			return nil, err
		}
	}
	features, err := app.FindFeatures(names)
	if err != nil {
		return nil, usageError{err}
	}
	return features, nil
}

type idsOf func(microsoft.Resource, string) (string, bool)

// permissionIDs returns what knows the ids of permissions.
func (d *Deps) permissionIDs(cmd *cobra.Command, from string) (idsOf, func(), error) {
	if from == "" {
		return app.PublishedIDs, func() {}, nil
	}
	_, tenants, done, err := d.enter(cmd.Context(), app.Selection{Names: []string{from}})
	if err != nil {
		return nil, nil, err
	}
	if len(tenants) > 1 {
		done()
		return nil, nil, usagef("--ids-from %s fits %d tenants: name one", from, len(tenants))
	}
	api, err := tenants[0].Client.Apps.ResourceApp(cmd.Context(), microsoft.ResourceAppID(microsoft.ResourceDefender))
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("read the permissions of WindowsDefenderATP from %s: %w", tenants[0].Name, err)
	}
	return func(r microsoft.Resource, name string) (string, bool) {
		if r != microsoft.ResourceDefender {
			return app.PublishedIDs(r, name)
		}
		role, ok := api.Role(name)
		return role.ID, ok
	}, done, nil
}

func (d *Deps) showNeeds(needs []app.Need, ids idsOf) error {
	manifest, unknown := app.NewManifest(needs, ids)
	if d.format == "json" {
		if len(unknown) > 0 {
			fmt.Fprintf(d.Err, "cordon: not in the manifest, because their ids are not published: %s (add them by name, or see --ids-from)\n", strings.Join(unknown, ", "))
		}
		return printJSON(d.Out, manifest)
	}
	rows := make([]permissionRow, 0, len(needs))
	for _, n := range needs {
		id, _ := ids(n.Resource, n.Permission)
		rows = append(rows, permissionRow{apiName(n.Resource), n.Permission, id, n.Features, n.Wire})
	}
	return print(d, rows, []column[permissionRow]{
		{"api", func(r permissionRow) string { return r.API }},
		{"permission", func(r permissionRow) string { return r.Permission }},
		{"features", func(r permissionRow) string { return strings.Join(r.Features, ", ") }},
		{"calls", func(r permissionRow) string { return strings.Join(r.Calls, ", ") }},
	})
}

func apiName(r microsoft.Resource) string {
	if r == microsoft.ResourceDefender {
		return "WindowsDefenderATP"
	}
	return "Microsoft Graph"
}
