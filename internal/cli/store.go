package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// openHouse builds the house for a command, and says how its store stands.
func (d *Deps) openHouse(ctx context.Context, c *app.Config, command string, o app.Options) (*app.House, error) {
	h, err := app.Open(ctx, c, command, o)
	if err != nil {
		return nil, err
	}
	switch {
	case h.Taken.Unknown != "":
		d.warnUnknown(h.Taken.Standing)
	case h.Taken.First && c.Storage.ID == "":
		fmt.Fprintf(d.Err, "cordon: the store is %s: with storage: {id: %[1]s} in %s another one in its place is noticed even if the file beside it is lost too\n", h.Taken.StoreID, d.config)
	}
	return h, nil
}

// warnUnknown says that the store is not the one that was expected.
func (d *Deps) warnUnknown(s store.Standing) {
	fmt.Fprintf(d.Err, "cordon: playbooks are held: %s; put the right store back, or run cordon store accept\n", s.Unknown)
}

// storeRow is the store as commands show it.
type storeRow struct {
	ID         string     `json:"id"`
	ExpectedID string     `json:"expected_id"`
	URL        string     `json:"url"`
	Known      bool       `json:"known"`
	Reason     string     `json:"reason"`
	Since      *time.Time `json:"since"`
	Engines    int64      `json:"engines"`
	Head       string     `json:"head"`
}

func newStoreShowCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "Show which store this is, and whether it is the one that was expected",
		Example: "  cordon store show -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			row, err := readStore(cmd.Context(), c)
			if err != nil {
				return err
			}
			return printOne(d, row, storeColumns())
		},
	}
}

func readStore(ctx context.Context, c *app.Config) (row storeRow, err error) {
	s, err := store.OpenReader(ctx, c.Storage.URL)
	if err != nil {
		return row, err
	}
	defer s.Close()
	witness, err := s.Witness()
	if err != nil {
		return row, err
	}
	row = storeRow{URL: c.Storage.URL, ExpectedID: c.Storage.ID}
	if row.ExpectedID == "" {
		row.ExpectedID = witness.StoreID
	}
	return row, s.Read(ctx, func(tx *store.Tx) error {
		st, err := tx.Standing(ctx)
		if errors.Is(err, cordon.ErrNotFound) {
			return errors.New("no engine has worked on this store yet: run cordon sync or cordon serve")
		}
		if err != nil {
			return err
		}
		head, err := tx.Head(ctx, cordon.FleetChain)
		row.ID, row.Known, row.Reason, row.Since, row.Engines = st.StoreID, st.Unknown == "", st.Unknown, stamp(st.Since), st.Epoch
		row.Head = fmt.Sprintf("%d:%s", head.Seq, head.Hash)
		return err
	})
}

func storeColumns() []column[storeRow] {
	return []column[storeRow]{
		{"id", func(r storeRow) string { return r.ID }},
		{"known", func(r storeRow) string { return fmt.Sprint(r.Known) }},
		{"since", func(r storeRow) string { return clock(r.Since) }},
		{"head", func(r storeRow) string { return r.Head }},
		{"reason", func(r storeRow) string { return r.Reason }},
	}
}

func newStoreAcceptCmd(d *Deps) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "accept",
		Short: "Say that the store is the right one, so that playbooks act again",
		Long: `Say that the store that is there is the right one, also if another was expected:
it was lost and is to begin anew, or was put back from a backup. Playbooks act
again at the next start of serve or sync; what was noticed more than an hour
before stays held, for it is not known whether somebody looked after it. Stop
serve first.`,
		Example: `  cordon store accept --reason "restored from the backup of last night, ticket 4711"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(why) == "" {
				return usagef("--reason is needed: it stands in the audit")
			}
			c, err := d.readConfig(cmd.Context())
			if err != nil {
				return err
			}
			st, err := c.AcceptStore(cmd.Context(), person(), why, d.Now())
			if err != nil {
				return err
			}
			fmt.Fprintf(d.Out, "store %s is the expected one: playbooks act again at the next start of cordon serve or cordon sync\n", st.StoreID)
			return nil
		},
	}
	cmd.Flags().StringVar(&why, "reason", "", "why; it stands in the audit (required)")
	return cmd
}
