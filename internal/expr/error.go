package expr

import (
	"fmt"
	"strings"
	"unicode"

	"cel.dev/cel-go/cel"

	"github.com/cordonhq/cordon"
)

// maxMessage is how many characters of what CEL says are shown: it may repeat
// the condition.
const maxMessage = 300

// An Error says what is wrong with a condition, and where.
type Error struct {
	Line    int // from 1
	Column  int // from 1, in characters
	Message string
	Excerpt string // the line, and below it a mark; "" for none
}

// Error implements error: line:column: message, and the excerpt below.
func (e *Error) Error() string {
	s := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

// firstError returns the first of the issues in reading order: the ones after
// it often follow from it.
func firstError(source string, issues *cel.Issues) error {
	all := issues.Errors()
	if len(all) == 0 {
		return &Error{Line: 1, Column: 1, Message: issues.Err().Error()}
	}
	first := all[0]
	for _, e := range all {
		at, best := e.Location, first.Location
		if at.Line() < best.Line() || at.Line() == best.Line() && at.Column() < best.Column() {
			first = e
		}
	}
	// CEL counts columns from 0, and gives -1 for a place it does not know.
	line, column := max(1, first.Location.Line()), max(0, first.Location.Column())+1
	return &Error{Line: line, Column: column, Message: cordon.Plain(first.Message, maxMessage), Excerpt: Excerpt(source, line, column)}
}

// excerptWidth is how many characters of a line an excerpt shows: long enough
// for every line that a person writes.
const excerptWidth = 160

// Excerpt returns a line of the source, or what of it is near the column, and
// a mark below the column.
func Excerpt(source string, line, column int) string {
	lines := strings.Split(source, "\n")
	if line > len(lines) {
		return ""
	}
	text := []rune(steady(lines[line-1]))
	column = min(column, len(text)+1)
	from := max(0, column-1-excerptWidth/2)
	text = text[from:min(len(text), from+excerptWidth)]
	return fmt.Sprintf(" | %s\n | %s^", string(text), strings.Repeat(" ", column-1-from))
}

// steady makes control and formatting characters spaces, so that the mark
// stands right and a terminal is not steered.
func steady(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}
