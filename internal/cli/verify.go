package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/audit"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// verifyRow is the answer of audit verify.
type verifyRow struct {
	OK          bool   `json:"ok"`
	Chains      int    `json:"chains"`
	Entries     int64  `json:"entries"`
	NotAnchored int64  `json:"not_anchored"`
	Head        string `json:"head"`
	Chain       string `json:"chain"`
	FirstBad    *int64 `json:"first_bad"`
	Why         string `json:"why"`
}

// notedHead reads a head as audit verify prints it.
func notedHead(text string) (h cordon.Head, err error) {
	if text == "" {
		return h, nil
	}
	seq, hash, _ := strings.Cut(text, ":")
	h.Hash = hash
	if h.Seq, err = strconv.ParseInt(seq, 10, 64); err != nil || h.Seq < 1 || len(hash) != 64 {
		return h, usagef("--head %s: must be a number and 64 hexadecimal digits, such as 12:5f3c..., as cordon audit verify prints it", cordon.Quote(text))
	}
	return h, nil
}

func newAuditVerifyCmd(d *Deps) *cobra.Command {
	var head string
	cmd := &cobra.Command{
		Use:   "verify [TENANT]",
		Short: "Check the hash chains of the audit; exit 3 when one is broken",
		Long: `Check that no audit entry was changed, removed, inserted or reordered since it
was written, and that what the runs did stands in it: of all tenants, or of one.
Keep the head that is printed somewhere else: with --head it shows a chain that
was written anew from end to end.`,
		Example: `  cordon audit verify -o json
  cordon audit verify contoso
  cordon audit verify --head 12:093cff96aca40e328e321b0c88c0ca596a5d74d1b68138e699635749f0925e28`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			noted, err := notedHead(head)
			if err != nil {
				return err
			}
			return d.read(cmd.Context(), app.Selection{}, nil, func(tx *store.Tx, about subject) error {
				return d.verify(cmd.Context(), tx, about, strings.Join(args, ""), noted)
			})
		},
	}
	cmd.ValidArgsFunction = d.completeTenants
	cmd.Flags().StringVar(&head, "head", "", "a head that was noted before, SEQ:HASH: the chain must hold it")
	return cmd
}

// verify checks the chains of a tenant or of all, and prints what it found.
func (d *Deps) verify(ctx context.Context, tx *store.Tx, about subject, tenant string, noted cordon.Head) error {
	noted.Chain = cordon.FleetChain
	var tenants []string
	if tenant != "" {
		id, err := chainOf(ctx, tx, about, tenant)
		if err != nil {
			return err
		}
		tenants, noted.Chain = []string{id}, id
	}
	bar := newBar(d, 0, "checking chains")
	reports, err := engine.VerifyAudit(ctx, tx, tenants, []cordon.Head{noted}, bar.reach)
	bar.end()
	if err != nil {
		return err
	}
	row := verified(reports, noted.Chain)
	if err := printOne(d, row, verifyColumns()); err != nil || row.OK {
		return err
	}
	return &findings{code: exitFindings, text: fmt.Sprintf("the audit is broken: chain %s: %s", about.name(row.Chain), row.Why)}
}

// chainOf is the chain of a tenant, also of one that is no longer configured.
func chainOf(ctx context.Context, tx *store.Tx, about subject, tenant string) (string, error) {
	for id, name := range about.names {
		if strings.EqualFold(id, tenant) || strings.EqualFold(name, tenant) {
			return id, nil
		}
	}
	chains, err := tx.Chains(ctx)
	if err == nil && !slices.Contains(chains, strings.ToLower(tenant)) {
		err = about.noMatch(tenant)
	}
	return strings.ToLower(tenant), err
}

// verified sums the reports up: the first chain that is broken, and the head of
// the one that is asked for.
func verified(reports []audit.Report, chain string) verifyRow {
	row := verifyRow{OK: true, Chains: len(reports)}
	for _, r := range reports {
		row.Entries += r.Entries
		if r.Chain != cordon.FleetChain {
			row.NotAnchored += r.Entries - r.Anchored
		}
		if r.Chain == chain && r.Entries > 0 {
			row.Head = fmt.Sprintf("%d:%s", r.Entries, r.Head)
		}
		if !r.OK && row.OK {
			row.OK, row.Chain, row.FirstBad, row.Why = false, r.Chain, &r.FirstBad, r.Why
		}
	}
	return row
}

func verifyColumns() []column[verifyRow] {
	return []column[verifyRow]{
		{"ok", func(r verifyRow) string { return fmt.Sprint(r.OK) }},
		{"chains", func(r verifyRow) string { return fmt.Sprint(r.Chains) }},
		{"entries", func(r verifyRow) string { return fmt.Sprint(r.Entries) }},
		{"not anchored", func(r verifyRow) string { return fmt.Sprint(r.NotAnchored) }},
		{"head", func(r verifyRow) string { return r.Head }},
		{"why", func(r verifyRow) string { return r.Why }},
	}
}
