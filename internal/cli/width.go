package cli

import (
	"os"

	"github.com/cordonhq/cordon"
	"golang.org/x/term"
)

// How much of a cell a table shows on a terminal: titles come from tenants.
const (
	maxCell  = 100
	maxLast  = 500  // nothing stands behind it; nor do the cells of a column make the others any wider
	maxWhole = 2000 // of reasons, which are ours: the link that mends it is at their end
	minText  = 8    // what a narrow terminal leaves of a text
	minName  = 16   // and of a name
	tabStop  = 2    // blanks between columns
)

// width is that of the terminal that answers go to; 0 where there is none.
func (d *Deps) width() int {
	file, ok := d.Out.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// atMost is how much of a text is shown: n characters on a terminal, and all
// of it where standard output is none.
func (d *Deps) atMost(n int) int { return atMost(n, d.width()) }

func atMost(n, width int) int {
	if width == 0 {
		return cordon.Uncut
	}
	return n
}

// most is how much of a cell is shown below a head.
func most(head string, last bool) int {
	switch {
	case isReason(head):
		return maxWhole
	case last:
		return maxLast
	}
	return maxCell
}
