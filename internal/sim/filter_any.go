package sim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// An unsupportedClause is a filter over a property that the service has and
// does not filter by, or not without more.
type unsupportedClause struct{ property string }

func (u unsupportedClause) Error() string {
	return fmt.Sprintf("Unsupported or invalid query filter clause specified for property '%s' of resource 'User'.", u.property)
}

// function reads what follows the name of a function: list/any(x:condition
// over x) or startswith(property,'text'). Other functions are not modelled.
func (p *filterParser) function(name string, depth int) (condition, error) {
	if strings.EqualFold(name, "startswith") {
		return p.startsWith()
	}
	list, isAny := strings.CutSuffix(name, "/any")
	field := p.known[list]
	if !isAny || field.kind != fieldList {
		return nil, fmt.Errorf("%w: the filter function '%s'", errNotModelled, name)
	}
	open := p.take()
	variable, err := p.variable()
	if err != nil {
		return nil, err
	}
	outer := p.known
	p.known = fields{variable: {fieldFolded, variable}}
	inner, err := p.or(depth + 1)
	p.known = outer
	if err != nil {
		return nil, err
	}
	if t := p.take(); t.kind != tokenClose {
		return nil, fmt.Errorf("the parenthesis at position %d is not closed", open.at)
	}
	return field.anyOf(variable, inner), nil
}

// startsWith reads (property,'text'), for texts that are compared without case.
func (p *filterParser) startsWith() (condition, error) {
	open := p.take()
	t := p.take()
	name, comma := strings.CutSuffix(t.word, ",")
	field, ok := p.known[name]
	if !comma || !ok || field.kind != fieldFolded {
		return nil, fmt.Errorf("a property of text and a comma are expected at position %d", t.at)
	}
	if t.kind != tokenText {
		t = p.take()
	}
	if closing := p.take(); t.kind != tokenText || closing.kind != tokenClose {
		return nil, fmt.Errorf("the parenthesis at position %d is not closed after a text", open.at)
	}
	want := field.fold(t.text)
	return func(o *object) bool {
		got, ok := field.text(o)
		return ok && strings.HasPrefix(got, want)
	}, nil
}

// variable reads `x:` and leaves what comes after it, be it a word of its own or not.
func (p *filterParser) variable() (string, error) {
	t := p.peek()
	name, rest, ok := strings.Cut(t.word, ":")
	if t.kind != tokenWord || !ok || name == "" {
		return "", fmt.Errorf("a variable and a colon are expected at position %d", t.at)
	}
	if rest == "" {
		p.take()
		return name, nil
	}
	p.tokens[p.next].word, p.tokens[p.next].at = rest, t.at+len(name)+1
	return name, nil
}

// anyOf is true of an object when an element of its list fulfils the condition
// over the variable.
func (f field) anyOf(variable string, inner condition) condition {
	return func(o *object) bool {
		var elements []json.RawMessage
		if json.Unmarshal(f.value(o), &elements) != nil {
			return false
		}
		for _, e := range elements {
			if inner(&object{members: []member{{variable, e}}}) {
				return true
			}
		}
		return false
	}
}
