package cli

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// budgetRow says how much of one of Microsoft's limits was used.
type budgetRow struct {
	TenantID    string     `json:"tenant_id"`
	Tenant      string     `json:"tenant"`
	AppID       string     `json:"app_id"`
	Family      string     `json:"family"`
	Limit       string     `json:"limit"`
	Window      float64    `json:"window_seconds"`
	Used        float64    `json:"used"`
	Left        float64    `json:"left"`
	Refused     int        `json:"refused"`
	ClosedUntil *time.Time `json:"closed_until"`
	Reason      string     `json:"reason"`
	UsedAt      *time.Time `json:"used_at"`
	At          *time.Time `json:"at"`
	Age         float64    `json:"age_seconds"`
}

// limitRow is one of Microsoft's limits.
type limitRow struct {
	Family string `json:"family"`
	Calls  string `json:"calls"`
	Limit  string `json:"limit"`
	Whose  string `json:"counted"`
	Source string `json:"source"`
}

func newBudgetCmd(d *Deps) *cobra.Command {
	var limits bool
	var sel *app.Selection
	cmd := &cobra.Command{
		Use:   "budget [TENANT]",
		Short: "Show what was used of Microsoft's limits, and what is left",
		Long: `Show, for each tenant and family of calls, what was used of Microsoft's limits
and what is left of our share, as the engine wrote it down: serve does so once
a minute, and serve and sync when they end. Works while serve runs. Without
TENANT the limits of the app over all tenants follow at the end.`,
		Example: `  cordon budget
  cordon budget contoso -o json
  cordon budget --limits             every limit, without a configuration`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limits {
				if len(args) > 0 {
					return usagef("--limits shows what holds for every tenant: name none")
				}
				return print(d, limitRows(), limitColumns())
			}
			return d.showBudget(cmd, *sel, args)
		},
	}
	cmd.Flags().BoolVar(&limits, "limits", false, "show the limits themselves, and where Microsoft says so")
	sel = d.tenantFlags(cmd)
	return cmd
}

func (d *Deps) showBudget(cmd *cobra.Command, sel app.Selection, args []string) error {
	return d.read(cmd.Context(), sel, args, func(tx *store.Tx, about subject) error {
		if len(about.entity) > 0 {
			return fmt.Errorf("no tenant is called %s: cordon tenant list shows them", cordon.Quote(args[0]))
		}
		found, err := tx.Usage(cmd.Context(), about.tenants...)
		if err != nil {
			return err
		}
		rows := make([]budgetRow, 0, len(found))
		for _, u := range found {
			rows = append(rows, budgetRowOf(u, about, d.Now()))
		}
		return print(d, rows, budgetColumns())
	})
}

func budgetRowOf(u cordon.Usage, about subject, now time.Time) budgetRow {
	r := budgetRow{
		TenantID: u.TenantID, Tenant: about.name(u.TenantID), AppID: u.AppID, Family: u.Family, Limit: u.Limit,
		Window: u.Window.Seconds(), Used: tenth(u.Used), Left: tenth(u.Left), Refused: u.Refused,
		UsedAt: stamp(u.UsedAt), At: stamp(u.At), Age: tenth(max(0, now.Sub(u.At).Seconds())),
	}
	if u.ClosedUntil.After(now) {
		r.ClosedUntil, r.Reason = stamp(u.ClosedUntil), u.Why
	}
	return r
}

// tenth rounds: more would pretend to a precision that a count over a sliding
// window does not have.
func tenth(n float64) float64 { return math.Round(n*10) / 10 }

func budgetColumns() []column[budgetRow] {
	number := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	seconds := func(n float64) string { return time.Duration(n * float64(time.Second)).Round(time.Second).String() }
	return []column[budgetRow]{
		{"tenant", func(r budgetRow) string {
			if r.AppID != "" {
				return "all, app " + r.AppID
			}
			return r.Tenant
		}},
		{"family", func(r budgetRow) string { return r.Family }},
		{"limit", func(r budgetRow) string { return r.Limit }},
		{"used", func(r budgetRow) string {
			if r.Window == 0 {
				return number(r.Used) + " under way"
			}
			return number(r.Used) + " in " + seconds(r.Window)
		}},
		{"left", func(r budgetRow) string { return number(r.Left) }},
		{"refused", func(r budgetRow) string { return strconv.Itoa(r.Refused) }},
		{"age", func(r budgetRow) string { return seconds(r.Age) }},
		{"closed until", func(r budgetRow) string { return clock(r.ClosedUntil) }},
		{"reason", func(r budgetRow) string { return r.Reason }},
	}
}

func limitRows() []limitRow {
	var rows []limitRow
	for _, l := range microsoft.Limits() {
		rows = append(rows, limitRow{Family: l.Family.String(), Calls: l.Calls, Limit: l.Limit, Whose: l.Whose, Source: l.Source})
	}
	return rows
}

func limitColumns() []column[limitRow] {
	return []column[limitRow]{
		{"family", func(r limitRow) string { return r.Family }},
		{"limit", func(r limitRow) string { return r.Limit }},
		{"counted are", func(r limitRow) string { return r.Whose }},
		{"calls", func(r limitRow) string { return r.Calls }},
		{"source", func(r limitRow) string { return r.Source }},
	}
}
