package cli

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/cordonhq/cordon/internal/app"
	"github.com/spf13/cobra"
)

// tokenRow is what a token says of itself.
type tokenRow struct {
	TenantID string     `json:"tenant_id"`
	Tenant   string     `json:"tenant"`
	Resource string     `json:"resource"`
	State    string     `json:"state"` // ok or none
	App      string     `json:"app_id"`
	Object   string     `json:"object_id"`
	Audience string     `json:"audience"`
	Method   string     `json:"method"`
	Roles    []string   `json:"roles"`
	Scopes   []string   `json:"scopes"`
	Missing  []string   `json:"missing"`
	Unused   []string   `json:"unused"`
	Expires  *time.Time `json:"expires_at"`
	Reason   string     `json:"reason"`
}

func newTokenShowCmd(d *Deps) *cobra.Command {
	var sel *app.Selection
	cmd := &cobra.Command{
		Use:   "show [TENANT]",
		Short: "Show what the tokens of tenants permit, and never the tokens",
		Long: `Get a token for Microsoft Graph and one for Defender for Endpoint in each tenant,
and show what they say: the permissions in them, the app, the audience and when
they expire, beside what the configured features need: missing is needed and not
in the token, unused is in the token and no configured feature needs it. The
token itself is never shown. Exit 3 when something is missing.`,
		Example: `  cordon token show
  cordon token show contoso -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, picked, err := d.pick(cmd.Context(), also(*sel, args))
			if err != nil {
				return err
			}
			bar := newBar(d, len(picked), "getting tokens")
			tokens, err := c.Tokens(cmd.Context(), picked, bar.step, d.house())
			bar.end()
			if err != nil {
				return err
			}
			return d.showTokens(tokens)
		},
	}
	sel = d.tenantFlags(cmd)
	return cmd
}

func (d *Deps) showTokens(tokens []app.Token) error {
	rows, wrong := make([]tokenRow, 0, len(tokens)), 0
	for _, t := range tokens {
		row := tokenRow{
			TenantID: t.Tenant.ID, Tenant: t.Tenant.Name, Resource: string(t.Resource), State: "ok", App: t.Info.App, Object: t.Info.Object,
			Audience: t.Info.Audience, Method: t.Info.Method, Roles: texts(t.Info.Roles), Scopes: texts(t.Info.Scopes),
			Missing: texts(t.Missing), Unused: texts(t.Unused), Expires: stamp(t.Info.Expires),
		}
		if t.Err != nil {
			row.State, row.Reason = "none", t.Err.Error()
		}
		if t.Err != nil && t.Needed || len(t.Missing) > 0 {
			wrong++
		}
		rows = append(rows, row)
	}
	err := print(d, rows, []column[tokenRow]{
		{"tenant", func(r tokenRow) string { return r.Tenant }},
		{"resource", func(r tokenRow) string { return r.Resource }},
		{"state", func(r tokenRow) string { return r.State }},
		{"expires", func(r tokenRow) string { return clock(r.Expires) }},
		{"app", func(r tokenRow) string { return cmp.Or(r.App, "-") }},
		{"audience", func(r tokenRow) string { return cmp.Or(r.Audience, "-") }},
		{"missing", func(r tokenRow) string {
			if r.State == "none" {
				return "-" // nobody knows
			}
			return orNone(r.Missing)
		}},
		{"roles, or why there is no token", func(r tokenRow) string {
			return cmp.Or(r.Reason, orNone(slices.Concat(r.Roles, r.Scopes)))
		}},
	})
	if err == nil && wrong > 0 {
		return &findings{code: exitFindings, text: fmt.Sprintf("%d of %d tokens miss something or cannot be had", wrong, len(tokens))}
	}
	return err
}
