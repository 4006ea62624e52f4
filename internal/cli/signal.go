package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// signalRow is a signal as commands show it.
type signalRow struct {
	ID          string     `json:"id"`
	TenantID    string     `json:"tenant_id"`
	Tenant      string     `json:"tenant"`
	Source      string     `json:"source"`
	Detector    string     `json:"detector"`
	Detectors   []string   `json:"detectors"`
	NativeID    string     `json:"native_id"`
	Kind        string     `json:"kind"`
	Severity    string     `json:"severity"`
	State       string     `json:"state"`
	OccurredAt  *time.Time `json:"occurred_at"`
	DetectedAt  *time.Time `json:"detected_at"`
	UpdatedAt   *time.Time `json:"updated_at"`
	Title       string     `json:"title"`
	Entities    []string   `json:"entities"`
	EntityNames []string   `json:"entity_names"`
	Accused     []string   `json:"accused"`
	Discounted  string     `json:"discounted"`

	Unresolved []unresolvedRow `json:"unresolved"` // of which entities it is not known who they are
	labels     []string        // the entities in tables
	remarks    []string        // behind each of labels
}

func newSignalListCmd(d *Deps) *cobra.Command {
	var f store.SignalFilter
	var sel *app.Selection
	var most *limit
	var source string
	var from since
	cmd := &cobra.Command{
		Use:   "list [TENANT|USER]",
		Short: "List signals, newest first",
		Long: `List signals, newest first: all, those of a tenant (id or name), or those about
somebody (object id, UPN, SID, device id). Exit 5 when part of the answer could
not be read, or is old.`,
		Example: `  cordon signal list
  cordon signal list ada@contoso.com --since 7d
  cordon signal list 'contoso-*' --tag ring=canary
  cordon signal list contoso --source endpoint_alerts -o json
  cordon signal list --discounted              what corroborates nothing, and what cannot be read`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--source", source, texts(cordon.Sources())); err != nil {
				return err
			}
			f.Source = cordon.Source(source)
			var err error
			if f.Since, err = from.from(d.Now()); err != nil {
				return err
			}
			return d.read(cmd.Context(), *sel, args, func(tx *store.Tx, about subject) error {
				f.Tenants, f.Names = about.tenants, about.entity
				f.Limit = most.in(d.format)
				signals, more, err := tx.ListSignals(cmd.Context(), f)
				if err != nil {
					return err
				}
				rows, err := signalRows(cmd.Context(), tx, signals, about)
				if err != nil {
					return err
				}
				if err := print(d, rows, signalColumns()); err != nil {
					return err
				}
				d.tellMore(more, len(signals))
				return d.gaps(cmd.Context(), tx, about)
			})
		},
	}
	sel = d.tenantFlags(cmd)
	most = limitFlag(cmd)
	cmd.Flags().BoolVar(&f.Discounted, "discounted", false, "only what corroborates nothing, such as custom detections and what cannot be read")
	cmd.Flags().StringVar(&source, "source", "", "only this source, such as risk_detections")
	cmd.Flags().Var(&from, "since", "only what changed since: 48h, 7d, 2026-11-01 or 2026-11-01T08:00:00Z")
	return cmd
}

func signalRowOf(s cordon.Signal, about subject) signalRow {
	row := signalRow{
		ID: s.ID, TenantID: s.TenantID, Tenant: about.name(s.TenantID), Source: string(s.Source), Detector: string(s.Detector),
		Detectors: texts(s.Detectors()), Accused: []string{}, Discounted: s.Discounted, NativeID: s.NativeID, Kind: s.Kind, Severity: string(s.Severity), State: string(s.State), Title: s.Title,
		OccurredAt: stamp(s.OccurredAt), DetectedAt: stamp(s.DetectedAt), UpdatedAt: stamp(s.UpdatedAt), Entities: []string{}, EntityNames: []string{},
		Unresolved: []unresolvedRow{},
	}
	for _, e := range s.Entities {
		row.Accused = append(row.Accused, e.ID())
	}
	for _, e := range slices.Concat(s.Entities, s.Named) {
		row.Entities, row.EntityNames = append(row.Entities, e.ID()), append(row.EntityNames, about.nameOf(s.TenantID, e))
		row.labels = append(row.labels, about.label(s.TenantID, e))
	}
	return row
}

func signalColumns() []column[signalRow] {
	return []column[signalRow]{
		{"updated", func(r signalRow) string { return clock(r.UpdatedAt) }},
		{"tenant", func(r signalRow) string { return r.Tenant }},
		{"source", func(r signalRow) string { return r.Source }},
		{"severity", func(r signalRow) string { return r.Severity }},
		{"kind", func(r signalRow) string { return r.Kind }},
		{"detector", func(r signalRow) string { return r.Detector + mark(r.Discounted != "", " (does not count)") }},
		{"about", aboutText},
		{"title", func(r signalRow) string { return r.Title }},
	}
}

// aboutText names whom a signal accuses, and whom it merely names.
func aboutText(r signalRow) string {
	all := slices.Clone(r.labels)
	for i := range r.remarks {
		all[i] += r.remarks[i]
	}
	accused, named := all[:len(r.Accused)], all[len(r.Accused):]
	text := strings.Join(accused, ", ")
	if len(named) > 0 {
		text = strings.TrimSpace(text + " (only named: " + strings.Join(named, ", ") + ")")
	}
	return text
}

// mark is a remark where it applies.
func mark(applies bool, remark string) string {
	if applies {
		return remark
	}
	return ""
}
