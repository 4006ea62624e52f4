package playbook

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/expr"
	"github.com/cordonhq/cordon/internal/yamlscan"
)

// The bounds of a file: they are on the work of reading it.
const (
	maxSize = 64 << 10 // bytes
	maxLine = 4 << 10  // bytes

	maxMessage = 500 // characters of a message: it may repeat the file
)

func bounds() yamlscan.Bounds {
	return yamlscan.Bounds{Depth: 8, Levels: 16, Keys: 100, Tokens: 10_000}
}

// An Error says what is wrong with a playbook, and where.
type Error struct {
	File    string
	Line    int // from 1
	Column  int // from 1
	Message string
	Excerpt string // the line, and below it a mark; "" for none
}

// Error implements error: file:line:column: message, and the excerpt below.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

// A source is a file that was read as YAML, so that errors find their place.
type source struct {
	name, text string
	file       *ast.File
	root       ast.Node
}

// open reads b as one bounded YAML document without anchors, aliases, merges
// and tags.
func open(name string, b []byte) (*source, error) {
	s := &source{name: name, text: string(b)}
	if len(b) > maxSize {
		return nil, s.error(1, 1, "the file has %d bytes, at most %d are allowed", len(b), maxSize)
	}
	for i, line := range strings.Split(s.text, "\n") {
		if len(line) > maxLine {
			return nil, s.error(i+1, 1, "the line has %d bytes, at most %d are allowed", len(line), maxLine)
		}
	}
	tokens, err := yamlscan.Tokens(s.text, bounds(), func(*token.Token) string { return "" })
	if e := new(yamlscan.Error); errors.As(err, &e) {
		return nil, s.errorIn(e.Token, "%s", e.Message)
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, s.yamlError(err)
	}
	s.file = file
	return s, s.single()
}

// single checks that the file holds one document of plain values.
func (s *source) single() error {
	if len(s.file.Docs) != 1 || s.file.Docs[0].Body == nil {
		return s.error(1, 1, "the file must hold one playbook")
	}
	s.root = s.file.Docs[0].Body
	var f forbidden
	ast.Walk(&f, s.root)
	if f.node != nil {
		return s.errorIn(f.node.GetToken(), "anchors, aliases, merges and tags are not allowed")
	}
	return nil
}

// forbidden finds the first node that makes YAML more than plain values.
type forbidden struct{ node ast.Node }

// Visit implements ast.Visitor.
func (f *forbidden) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode, *ast.DirectiveNode:
		if f.node == nil {
			f.node = n
		}
	}
	return f
}

func (s *source) error(line, column int, format string, args ...any) error {
	line, column = max(1, line), max(1, column)
	return &Error{
		File: s.name, Line: line, Column: column,
		Message: cordon.Plain(fmt.Sprintf(format, args...), maxMessage), Excerpt: expr.Excerpt(s.text, line, column),
	}
}

func (s *source) errorIn(t *token.Token, format string, args ...any) error {
	if t == nil || t.Position == nil {
		return s.error(1, 1, format, args...)
	}
	return s.error(t.Position.Line, t.Position.Column, format, args...)
}

// errorAt is an error at a path, or at the file's start when the path is not
// there.
func (s *source) errorAt(path, format string, args ...any) error {
	return s.errorIn(s.tokenAt(path), format, args...)
}

func (s *source) tokenAt(path string) *token.Token {
	if n := s.nodeAt(path); n != nil {
		return n.GetToken()
	}
	return nil
}

func (s *source) nodeAt(path string) ast.Node {
	p, err := yaml.PathString(path)
	if err != nil {
		return nil
	}
	n, err := p.FilterFile(s.file)
	if err != nil {
		return nil
	}
	return n
}

// yamlError gives an error of the YAML package its place in the file.
func (s *source) yamlError(err error) error {
	if e, ok := errors.AsType[yaml.Error](err); ok {
		message := e.GetMessage()
		if unknown, ok := errors.AsType[*yaml.UnknownFieldError](err); ok && unknown.Token != nil {
			message = fmt.Sprintf("unknown key %q", unknown.Token.Value)
			if near := cordon.Near(unknown.Token.Value, keys()); near != "" {
				message += ": did you mean " + near + "?"
			}
		}
		return s.errorIn(e.GetToken(), "%s", message)
	}
	return s.error(1, 1, "%v", err)
}

// conditionError gives an error in the condition its place in the file, as
// near as the way in which the condition is written allows.
func (s *source) conditionError(e *expr.Error) error {
	switch n := s.nodeAt("$.when").(type) {
	case *ast.LiteralNode:
		if n.Start.Value == "|" || n.Start.Value == "|-" {
			line := n.Start.Position.Line + e.Line
			return s.error(line, indent(s.text, n.Start.Position.Line)+e.Column, "when: %s", e.Message)
		}
	case *ast.StringNode:
		if t := n.Token; t.Type == token.StringType && e.Line == 1 {
			return s.error(t.Position.Line, t.Position.Column+e.Column-1, "when: %s", e.Message)
		}
	}
	return s.errorAt("$.when", "when: %d:%d: %s", e.Line, e.Column, e.Message)
}

// indent returns by how much the first line after the one numbered header is
// indented.
func indent(text string, header int) int {
	for _, line := range strings.Split(text, "\n")[header:] {
		if in := strings.TrimLeft(line, " "); strings.TrimSpace(in) != "" {
			return len(line) - len(in)
		}
	}
	return 0
}
