package cli

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cordonhq/cordon"
)

// printTable writes rows in columns. With a width its texts are cut so that a
// row stays on one line.
func printTable[T any](out io.Writer, rows []T, columns []column[T], width int) error {
	cells := make([][]string, 1, len(rows)+1)
	for _, c := range columns {
		cells[0] = append(cells[0], strings.ToUpper(c.head))
	}
	for _, r := range rows {
		var row []string
		for i, c := range columns {
			row = append(row, cordon.Plain(c.cell(r), atMost(most(cells[0][i], i == len(columns)-1), width)))
		}
		cells = append(cells, row)
	}
	widths := measure(cells)
	if width > 0 {
		fit(cells, widths, width)
	} else {
		for i := range widths {
			widths[i] = min(widths[i], maxLast)
		}
	}
	var b strings.Builder
	for _, row := range cells {
		b.WriteString(tableLine(row, widths, width > 0) + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// tableLine puts cells into columns; what is wider than its column is cut, or
// else moves what stands behind it.
func tableLine(cells []string, widths []int, cut bool) string {
	line := ""
	for i, cell := range cells {
		if cut && utf8.RuneCountInString(cell) > widths[i] {
			cell = cordon.Plain(cell, widths[i]-1) // and …
		}
		line += cell + strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell))+tabStop)
	}
	return strings.TrimRight(line, " ")
}

// measure returns how wide each column is.
func measure(cells [][]string) []int {
	widths := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// fit narrows columns until a row fits: texts first, and names when that makes
// it fit. A row that is too wide even so takes as many lines as it needs, and
// texts are cut no more than these ask for.
func fit(cells [][]string, widths []int, width int) {
	total := -tabStop
	for _, w := range widths {
		total += w + tabStop
	}
	texts, names := columnsWith(cells, " "), columnsWith(cells, "@")
	for room := width; ; room += width {
		cut := slices.Clone(widths)
		over := narrow(cut, texts, minText, total-room)
		if narrow(cut, names, minName, over) == 0 {
			copy(widths, cut)
			return
		}
	}
}

// narrow takes what is over from columns, always from the widest, of equals
// from the last, and returns what is still over.
func narrow(widths, columns []int, least, over int) int {
	for over = max(over, 0); over > 0 && len(columns) > 0; over-- {
		widest := columns[0]
		for _, i := range columns {
			if widths[i] >= widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= least {
			break
		}
		widths[widest]--
	}
	return over
}

// columnsWith returns the columns that may be cut and hold a sign: blanks stand
// in texts and lists. Ids, times and links lead nowhere once they are cut;
// reasons, which few rows have, are read to their end.
func columnsWith(cells [][]string, sign string) (columns []int) {
	for i, head := range cells[0] {
		found, whole := false, isReason(head)
		for _, row := range cells[1:] {
			found = found || strings.Contains(row[i], sign) && len(row[i]) > len("2006-01-02 15:04:05")
			whole = whole || strings.Contains(row[i], "://")
		}
		if found && !whole {
			columns = append(columns, i)
		}
	}
	return columns
}

// isReason reports whether a column says why, or what to do.
func isReason(head string) bool {
	return head == "REASON" || head == "WHAT TO DO"
}
