package sim

import (
	"errors"
	"fmt"
	"strings"
)

// A condition is a parsed $filter.
type condition func(*object) bool

// errNotModelled marks what the real service may know and this one does not.
var errNotModelled = errors.New("not modelled by the simulator")

// maxNesting bounds the parentheses and nots of one filter.
const maxNesting = 100

// parseFilter reads the part of OData that the documented calls use:
// comparisons joined by and, or, not and parentheses. Only the given fields
// may be compared.
func parseFilter(filter string, known fields) (condition, error) {
	tokens, err := lexFilter(filter)
	if err != nil {
		return nil, err
	}
	p := &filterParser{tokens: tokens, known: known}
	cond, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, fmt.Errorf("syntax error at position %d in '%s'", t.at, filter)
	}
	return cond, nil
}

type filterParser struct {
	tokens []filterToken
	known  fields
	next   int
}

func (p *filterParser) peek() filterToken { return p.tokens[p.next] }

// take returns the next token. The end is never passed.
func (p *filterParser) take() filterToken {
	t := p.tokens[p.next]
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

// keyword takes the next token when it is this word.
func (p *filterParser) keyword(word string) bool {
	if t := p.peek(); t.kind != tokenWord || t.word != word {
		return false
	}
	p.next++
	return true
}

func (p *filterParser) or(depth int) (condition, error) {
	left, err := p.and(depth)
	for err == nil && p.keyword("or") {
		var right condition
		if right, err = p.and(depth); err == nil {
			a, b := left, right
			left = func(o *object) bool { return a(o) || b(o) }
		}
	}
	return left, err
}

func (p *filterParser) and(depth int) (condition, error) {
	left, err := p.unary(depth)
	for err == nil && p.keyword("and") {
		var right condition
		if right, err = p.unary(depth); err == nil {
			a, b := left, right
			left = func(o *object) bool { return a(o) && b(o) }
		}
	}
	return left, err
}

func (p *filterParser) unary(depth int) (condition, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("the filter is nested deeper than %d", maxNesting)
	}
	if p.keyword("not") {
		inner, err := p.unary(depth + 1)
		return func(o *object) bool { return !inner(o) }, err
	}
	if p.peek().kind != tokenOpen {
		return p.comparison(depth)
	}
	p.take()
	inner, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if t := p.take(); t.kind != tokenClose {
		return nil, fmt.Errorf("a closing parenthesis is missing at position %d", t.at)
	}
	return inner, nil
}

// comparison reads `property operator literal`.
func (p *filterParser) comparison(depth int) (condition, error) {
	name := p.take()
	if name.kind != tokenWord {
		return nil, fmt.Errorf("a property is expected at position %d", name.at)
	}
	if p.peek().kind == tokenOpen {
		return p.function(name.word, depth)
	}
	field, ok := p.known[name.word]
	switch {
	case !ok:
		return nil, fmt.Errorf("the property '%s' cannot be used in $filter here", name.word)
	case field.kind == fieldRefused:
		return nil, unsupportedClause{name.word}
	case field.kind == fieldList:
		return nil, fmt.Errorf("the property '%s' is a collection, and is asked for with any()", name.word)
	}
	op := p.take()
	if op.kind == tokenWord && (op.word == "in" || op.word == "has") {
		return nil, fmt.Errorf("%w: the filter operator '%s'", errNotModelled, op.word)
	}
	if op.kind != tokenWord || !strings.Contains(" eq ne gt ge lt le ", " "+op.word+" ") {
		return nil, fmt.Errorf("a comparison operator is expected at position %d", op.at)
	}
	return field.compare(op.word, p.take())
}
