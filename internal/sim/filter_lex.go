package sim

import (
	"fmt"
	"strings"
)

// tokenKind says what a piece of a filter is.
type tokenKind int

const (
	tokenEnd  tokenKind = iota
	tokenWord           // a property, an operator, a number, a time, true, null …
	tokenText           // a quoted string, unescaped; word holds a type name before the quote
	tokenOpen
	tokenClose
)

type filterToken struct {
	kind tokenKind
	word string
	text string
	at   int // byte offset in the filter
}

// lexFilter cuts a filter into tokens.
func lexFilter(filter string) ([]filterToken, error) {
	var out []filterToken
	for i := 0; i < len(filter); {
		switch filter[i] {
		case ' ', '\t':
			i++
		case '(':
			out = append(out, filterToken{kind: tokenOpen, at: i})
			i++
		case ')':
			out = append(out, filterToken{kind: tokenClose, at: i})
			i++
		default:
			t, next, err := lexWord(filter, i)
			if err != nil {
				return nil, err
			}
			out, i = append(out, t), next
		}
	}
	return append(out, filterToken{kind: tokenEnd, at: len(filter)}), nil
}

// lexWord reads a word, a quoted string, or the old form of an enum value,
// which is both: microsoft.graph.riskLevel'medium'.
func lexWord(filter string, start int) (filterToken, int, error) {
	i := start
	for i < len(filter) && !strings.ContainsRune(" \t()'", rune(filter[i])) {
		i++
	}
	t := filterToken{kind: tokenWord, word: filter[start:i], at: start}
	if i == len(filter) || filter[i] != '\'' {
		return t, i, nil
	}
	t.kind = tokenText
	var text strings.Builder
	for i++; i < len(filter); i++ {
		if filter[i] != '\'' {
			text.WriteByte(filter[i])
			continue
		}
		if i+1 == len(filter) || filter[i+1] != '\'' {
			t.text = text.String()
			return t, i + 1, nil
		}
		text.WriteByte('\'')
		i++
	}
	return t, i, fmt.Errorf("there is an unterminated string literal at position %d in '%s'", start, filter)
}
