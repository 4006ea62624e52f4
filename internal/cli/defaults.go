package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/spf13/cobra"
)

// defaultsRow is a tenant's security defaults as read just now.
type defaultsRow struct {
	TenantID         string   `json:"tenant_id"`
	Tenant           string   `json:"tenant"`
	State            string   `json:"state"`
	Enabled          *bool    `json:"enabled"`
	Reason           string   `json:"reason"`
	BlockingPolicies []string `json:"blocking_policies"`
}

func newDefaultsShowCmd(d *Deps) *cobra.Command {
	var all bool
	var sel *app.Selection
	cmd := &cobra.Command{
		Use:   "show [TENANT]",
		Short: "Read the security defaults of tenants, just now",
		Long: `Read the security defaults of one, some or all tenants, just now, with the
enabled Conditional Access policies that stand in the way of switching them
on. An error is never shown as "off". Exit 5 when a tenant could not be read.`,
		Example: `  cordon defaults show
  cordon defaults show --tag ring=canary
  cordon defaults show --all-tenants -o csv
  cordon defaults show contoso -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all && len(args)+len(sel.Names)+len(sel.Tags) > 0 {
				return usagef("name tenants or --all-tenants, not both")
			}
			_, tenants, done, err := d.enter(cmd.Context(), also(*sel, args))
			if err != nil {
				return err
			}
			defer done()
			bar := newBar(d, len(tenants), "reading tenants")
			found := app.ReadDefaults(cmd.Context(), tenants, bar.step)
			bar.end()
			return showDefaults(d, found)
		},
	}
	cmd.Flags().BoolVar(&all, "all-tenants", false, "all tenants, as without an argument")
	sel = d.tenantFlags(cmd)
	return cmd
}

func showDefaults(d *Deps, found []app.Defaults) error {
	var rows []defaultsRow
	unread := 0
	for _, f := range found {
		rows = append(rows, defaultsRow{f.Tenant.ID, f.Tenant.Name, string(f.State), f.Enabled, f.Reason, f.Blocking})
		if f.State == cordon.ObservedUnreadable || f.State == cordon.ObservedValue && f.Reason != "" {
			unread++
		}
	}
	err := print(d, rows, []column[defaultsRow]{
		{"tenant", func(r defaultsRow) string { return r.Tenant }},
		{"state", func(r defaultsRow) string { return r.State }},
		{"enabled", func(r defaultsRow) string { return boolText(r.Enabled) }},
		{"blocking policies", func(r defaultsRow) string { return strings.Join(r.BlockingPolicies, ", ") }},
		{"reason", func(r defaultsRow) string { return r.Reason }},
	})
	if err != nil {
		return err
	}
	return partial(unread, len(rows), "tenants")
}

func boolText(b *bool) string {
	if b == nil {
		return "unknown"
	}
	return fmt.Sprint(*b)
}

func newDefaultsSetCmd(d *Deps, enable bool) *cobra.Command {
	verb, action := "disable", cordon.ActionDisableSecurityDefaults
	if enable {
		verb, action = "enable", cordon.ActionEnableSecurityDefaults
	}
	var why string
	cmd := &cobra.Command{
		Use:   verb + " TENANT",
		Short: strings.ToUpper(verb[:1]) + verb[1:] + " security defaults of a tenant, through guard and audit",
		Long: `Change the security defaults of a tenant. The change takes the road of every
write: guard judges it, the audit holds it before and after, and reading the
state back proves it. Before enabling, the Conditional Access policies that
stand in the way are named. Exit 4 when guard refuses.`,
		Example: "  cordon defaults " + verb + ` contoso --reason "baseline 2026, change 812"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(why) == "" {
				return usagef("--reason is needed: it stands in the audit")
			}
			c, picked, err := d.pick(cmd.Context(), app.Selection{Names: args})
			if err != nil {
				return err
			}
			if len(picked) > 1 {
				return usagef("%s fits %d tenants: name one", args[0], len(picked))
			}
			target := cordon.NewTenantEntity(picked[0].ID)
			return d.grant(cmd, c, engine.Wish{
				TenantID: picked[0].ID, Why: why, Steps: []cordon.PlannedStep{{Action: action, Target: target}},
			})
		},
	}
	cmd.Flags().StringVar(&why, "reason", "", "why; it stands in the audit (required)")
	cmd.ValidArgsFunction = d.completeTenants
	return cmd
}

// grant carries a person's wish and shows what became of it.
func (d *Deps) grant(cmd *cobra.Command, c *app.Config, w engine.Wish) error {
	h, err := d.openHouse(cmd.Context(), c, strings.TrimPrefix(cmd.CommandPath(), "cordon "), d.house())
	if err != nil {
		return err
	}
	w.Person = person()
	run, err := h.Engine.Grant(cmd.Context(), w)
	err = errors.Join(err, h.Close())
	if run.ID == "" {
		return err
	}
	return errors.Join(err, d.showGranted(c, run))
}

// showGranted shows a run that a person asked for. What did not take effect
// is an error, in words that say what to do.
func (d *Deps) showGranted(c *app.Config, run cordon.Run) error {
	about, err := subjectOf(c, app.Selection{}, "")
	if err != nil {
		return err
	}
	row := runRowOf(run, about)
	if err := printOne(d, row, runColumns()); err != nil {
		return err
	}
	d.sayUnproved([]runRow{row})
	return errors.Join(about.astray(run)...)
}

// astray says of every step that did not take effect why.
func (s subject) astray(run cordon.Run) (errs []error) {
	for _, step := range run.Steps {
		errs = append(errs, s.wentAstray(run, step))
	}
	for _, step := range run.Barren() {
		errs = append(errs, fmt.Errorf("%s %s: skipped: %s", step.Action, s.label(run.TenantID, step.Target), step.Detail))
	}
	return errs
}

// wentAstray says why a step did not take effect; nil when it did, or was
// never reached.
func (s subject) wentAstray(run cordon.Run, step cordon.Step) error {
	what := fmt.Sprintf("%s %s: ", step.Action, s.label(run.TenantID, step.Target))
	word := map[cordon.Decision]string{cordon.Hold: "held by guard", cordon.Refuse: "refused by guard"}[step.Verdict.Decision]
	switch {
	case step.Settled(), step.PassedOver():
		return nil
	case word != "":
		text := fmt.Sprintf("%s%s: %s: %s", what, word, step.Verdict.Reason, step.Verdict.Detail)
		if would := step.Verdict.WouldBe(); would != "" {
			text += "; in mode enforce it would be: " + would
		}
		return &findings{code: exitRefused, text: text}
	case step.Outcome == cordon.OutcomeFailed:
		return errors.New(what + step.Detail)
	case step.Verdict.Decision == "" && run.State != cordon.RunRunning:
		return nil
	}
	return fmt.Errorf("%s%s: %s; cordon sync or cordon serve goes on with run %s", what, step.Outcome, step.Detail, run.ID)
}
