package cli

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// tableRows is how many rows a table shows when --limit is not given; the other
// formats, which programs read, give all.
const tableRows = 100

// A limit is how many rows a list shows: 0 shows all.
type limit struct {
	rows  int
	given bool
}

// String returns the number, "" while none is given.
func (l *limit) String() string {
	if !l.given {
		return ""
	}
	return strconv.Itoa(l.rows)
}

// Set reads a number that is not negative.
func (l *limit) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("must be 0 (all) or more")
	}
	l.rows, l.given = n, true
	return nil
}

// Type names the value in help texts.
func (l *limit) Type() string { return "rows" }

func limitFlag(cmd *cobra.Command) *limit {
	l := &limit{}
	cmd.Flags().Var(l, "limit", fmt.Sprintf("show at most this many; 0 shows all (default: %d in a table, else all)", tableRows))
	return l
}

// in is the limit of a list in a format.
func (l *limit) in(format string) int {
	if !l.given && format == "table" {
		return tableRows
	}
	return l.rows
}

// tellMore says on standard error that a list goes on behind the rows shown.
func (d *Deps) tellMore(more store.More, shown int) {
	switch more {
	case store.MoreRows:
		fmt.Fprintf(d.Err, "cordon: the newest %s, and there are more: narrow the list, or --limit 0 shows all\n", many(shown, "row"))
	case store.MoreSearch:
		fmt.Fprintf(d.Err, "cordon: %s found in the newest %d that were looked through, and there are older ones: narrow the list, or --limit 0 looks through all\n",
			many(shown, "row"), store.Searched)
	case store.NoMore:
	}
}
