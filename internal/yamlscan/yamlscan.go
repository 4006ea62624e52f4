// Package yamlscan cuts YAML into tokens within bounds.
//
// A parser's time grows faster than the text: with the square of the depth and
// of the number of keys in a mapping. The bounds are on the work, and hold
// before a parser sees anything: scanning ends soon after the first token that
// is too much. What the tokens mean is left to the packages that parse them.
package yamlscan

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// Bounds are how much a text may hold.
type Bounds struct {
	Depth  int // brackets in brackets, and dashes on one line
	Levels int // blocks in blocks
	Keys   int // in one mapping
	Tokens int
}

// An Error says which token is too much, and why.
type Error struct {
	Token   *token.Token
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// firstPart is how much of a text is looked at first, and growth by how much
// more each time after: what is hostile mostly shows soon, and what is not is
// scanned twice.
const (
	firstPart = 8 << 10
	growth    = 2
)

// Tokens returns the tokens of text. It ends with an *Error at the first one
// that is beyond the bounds, or of which refuse says why it is not allowed.
func Tokens(text string, b Bounds, refuse func(*token.Token) string) (token.Tokens, error) {
	for size := firstPart; size < len(text); size *= growth {
		if err := check(lexer.Tokenize(text[:end(text, size)]), b, refuse); err != nil {
			return nil, err
		}
	}
	all := lexer.Tokenize(text)
	return all, check(all, b, refuse)
}

// end is where a part of about size bytes ends: after a line, if there is one.
func end(text string, size int) int {
	if line := strings.LastIndexByte(text[:size], '\n'); line > 0 {
		return line + 1
	}
	return size
}

// check returns what is wrong with the tokens. What follows one that is not
// valid is only counted: a part may end in the middle of a quoted text.
func check(tokens token.Tokens, b Bounds, refuse func(*token.Token) string) error {
	if len(tokens) > b.Tokens {
		tokens = tokens[:b.Tokens+1]
	}
	c := counter{Bounds: b, keys: []int{0}}
	for _, t := range tokens {
		if t.Type == token.InvalidType {
			break
		}
		why := c.count(t)
		if why == "" {
			why = refuse(t)
		}
		if why != "" {
			return &Error{Token: t, Message: why}
		}
	}
	if len(tokens) > b.Tokens {
		return &Error{Token: tokens[b.Tokens], Message: fmt.Sprintf("more than %d words and marks", b.Tokens)}
	}
	return nil
}

// A counter counts what the tokens so far hold.
type counter struct {
	Bounds
	line, dashes int
	columns      []int // at which the blocks that are open begin
	keys         []int // of the mappings that are open: the blocks, and the brackets in the last of them
	brackets     int
}

// count takes one more token and says what is too much, if anything is.
func (c *counter) count(t *token.Token) string {
	if t.Position.Line != c.line {
		c.line, c.dashes = t.Position.Line, 0
		c.open(t.Position.Column)
	}
	switch t.Type { //nolint:exhaustive // the others do not nest
	case token.SequenceStartType, token.MappingStartType:
		c.brackets++
		c.keys = append(c.keys, 0)
	case token.SequenceEndType, token.MappingEndType:
		if c.brackets > 0 {
			c.brackets--
			c.keys = c.keys[:len(c.keys)-1]
		}
	case token.SequenceEntryType:
		c.dashes++
		c.keys[len(c.keys)-1] = 0 // a mapping of its own
	case token.MappingKeyType:
		c.dashes++
	case token.MappingValueType:
		c.keys[len(c.keys)-1]++
	}
	return c.tooMuch()
}

// open notes the block that a line belongs to: those that are indented further
// have ended.
func (c *counter) open(column int) {
	if c.brackets > 0 {
		return
	}
	for len(c.columns) > 0 && c.columns[len(c.columns)-1] > column {
		c.columns, c.keys = c.columns[:len(c.columns)-1], c.keys[:len(c.keys)-1]
	}
	if len(c.columns) == 0 || c.columns[len(c.columns)-1] < column {
		c.columns, c.keys = append(c.columns, column), append(c.keys, 0)
	}
}

func (c *counter) tooMuch() string {
	switch {
	case c.brackets > c.Depth || c.dashes > c.Depth:
		return fmt.Sprintf("nested more than %d deep", c.Depth)
	case len(c.columns) > c.Levels:
		return fmt.Sprintf("nested more than %d deep", c.Levels)
	case c.keys[len(c.keys)-1] > c.Keys:
		return fmt.Sprintf("more than %d keys in one mapping", c.Keys)
	}
	return ""
}
