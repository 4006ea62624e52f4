package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// entryRow is an audit entry as commands show it.
type entryRow struct {
	Chain    string          `json:"chain"`
	Seq      int64           `json:"seq"`
	At       *time.Time      `json:"at"`
	Kind     string          `json:"kind"`
	TenantID string          `json:"tenant_id"`
	Tenant   string          `json:"tenant"`
	RunID    string          `json:"run_id"`
	Step     int             `json:"step"`
	Actor    string          `json:"actor"`
	Action   string          `json:"action"`
	Target   string          `json:"target"`
	Data     json.RawMessage `json:"data"`
	Prev     string          `json:"prev"`
	Hash     string          `json:"hash"`
}

func newAuditListCmd(d *Deps) *cobra.Command {
	var f store.EntryFilter
	var sel *app.Selection
	var most *limit
	cmd := &cobra.Command{
		Use:   "list [TENANT|USER]",
		Short: "List audit entries, newest first",
		Example: `  cordon audit list
  cordon audit list ada@contoso.com -o ndjson`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.read(cmd.Context(), *sel, args, func(tx *store.Tx, about subject) error {
				f.Tenants, f.Names = about.tenants, about.entity
				f.Limit = most.in(d.format)
				if f.RunID != "" { // of which one that is nowhere would be an empty list
					run, err := runByID(cmd.Context(), tx, f.RunID)
					switch {
					case errors.Is(err, cordon.ErrNotFound):
						return fmt.Errorf("no run has the id %s: cordon run list shows them", cordon.Quote(f.RunID))
					case err != nil:
						return err
					}
					f.RunID = run.ID
				}
				entries, more, err := tx.ListEntries(cmd.Context(), f)
				if err != nil {
					return err
				}
				rows := make([]entryRow, 0, len(entries))
				for _, e := range entries {
					rows = append(rows, entryRow{
						Chain: e.Chain, Seq: e.Seq, At: stamp(e.At), Kind: string(e.Kind), TenantID: e.TenantID, Tenant: about.name(e.TenantID), RunID: e.RunID,
						Step: e.Step, Actor: e.Actor, Action: string(e.Action), Target: e.Target, Data: e.Data, Prev: e.Prev, Hash: e.Hash,
					})
				}
				if err := print(d, rows, entryColumns()); err != nil {
					return err
				}
				d.tellMore(more, len(entries))
				return d.engineNote(cmd.Context(), tx, about)
			})
		},
	}
	sel = d.tenantFlags(cmd)
	most = limitFlag(cmd)
	cmd.Flags().StringVar(&f.RunID, "run", "", "only those of this run: its id, or the beginning of it")
	return cmd
}

func entryColumns() []column[entryRow] {
	return []column[entryRow]{
		{"at", func(r entryRow) string { return clock(r.At) }},
		{"tenant", func(r entryRow) string { return cmp.Or(r.Tenant, r.Chain) }},
		{"seq", func(r entryRow) string { return fmt.Sprint(r.Seq) }},
		{"kind", func(r entryRow) string { return r.Kind }},
		{"actor", func(r entryRow) string { return r.Actor }},
		{"action", whatWasDone},
		{"target", func(r entryRow) string { return r.Target }},
		{"hash", func(r entryRow) string { return r.Hash[:min(12, len(r.Hash))] }},
	}
}

// whatWasDone is the action; of a change to a tenant, which change it was.
func whatWasDone(r entryRow) string {
	var change struct{ What string }
	if r.Action == "" && json.Unmarshal(r.Data, &change) == nil {
		return change.What
	}
	return r.Action
}
