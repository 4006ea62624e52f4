package app

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cordonhq/cordon/internal/yamlscan"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// bounds are on the work of reading a configuration. Ten thousand tenants with
// every setting are well within them.
func bounds() yamlscan.Bounds {
	return yamlscan.Bounds{Depth: 16, Levels: 32, Keys: 1000, Tokens: 1_000_000}
}

// plainYAML reads b as one document of plain values. Anchors, aliases, merges
// and tags are refused: a few lines of them make a file of gigabytes.
func plainYAML(path string, b []byte) (*ast.File, error) {
	text := strings.TrimPrefix(string(b), "\ufeff")
	if at := notText(text); at >= 0 {
		return nil, fmt.Errorf("%s:%d:1: the file must be UTF-8 text without control characters", path, strings.Count(text[:at], "\n")+1)
	}
	tokens, err := yamlscan.Tokens(text, bounds(), notPlain())
	if e := new(yamlscan.Error); errors.As(err, &e) {
		return nil, fmt.Errorf("%s:%d:%d: %s", path, e.Token.Position.Line, e.Token.Position.Column, e.Message)
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, atPlace(path, nil, err)
	}
	file.Docs = slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool {
		_, comment := d.Body.(*ast.CommentGroupNode)
		return d.Body == nil || comment
	})
	if len(file.Docs) == 0 {
		return nil, fmt.Errorf("%s:1:1: the file is empty, or holds only comments: docs/reference/config.md shows what to write", path)
	}
	if len(file.Docs) > 1 {
		return nil, fmt.Errorf("%s:1:1: the file must hold one document, not %d", path, len(file.Docs))
	}
	return file, nil
}

// notText returns where s is not text, or -1.
func notText(s string) int {
	for i, r := range s {
		broken := r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD")
		if broken || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return i
		}
	}
	return -1
}

// notPlain returns a function that says of each token whether it makes the file
// more than one document of plain values.
func notPlain() func(*token.Token) string {
	documents := 0
	return func(t *token.Token) string {
		switch t.Type { //nolint:exhaustive // the others are plain values
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType:
			return "anchors, aliases, merges, tags and directives are not allowed"
		case token.DocumentHeaderType:
			documents++
		}
		if documents > 1 {
			return "the file must hold one document"
		}
		return ""
	}
}

// atPlace says where in the file an error is. It repeats neither the excerpt
// nor the values that the YAML library could show: a misplaced secret might
// be among them.
func atPlace(path string, file *ast.File, err error) error {
	var ye yaml.Error
	if !errors.As(err, &ye) || ye.GetToken() == nil { // durations alone fail without a place
		line, column := locate(file, "$.poll")
		return fmt.Errorf("%s:%d:%d: %s", path, line, column, mustBe(reflect.TypeFor[time.Duration]()))
	}
	p := ye.GetToken().Position
	what, ok := unknownKey(file, ye)
	if !ok {
		what = sentence(ye)
	}
	return fmt.Errorf("%s:%d:%d: %s", path, p.Line, p.Column, what)
}

func sentence(err yaml.Error) string {
	var wrong *yaml.TypeError
	var large *yaml.OverflowError
	switch {
	case errors.As(err, &wrong):
		return mustBe(wrong.DstType)
	case errors.As(err, &large):
		return mustBe(large.DstType)
	}
	if strings.ContainsRune(err.GetMessage(), '\t') { // shown as it is, nobody sees what it is
		return "a tab stands here: YAML is indented with spaces"
	}
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		return "this is not valid YAML: " + quiet(err.GetMessage()) + hint(err.GetMessage())
	}
	return quiet(err.GetMessage())
}

// hint says what to look for where the message of the YAML library is about a
// sign that is missing.
func hint(message string) string {
	switch {
	case strings.Contains(message, "must be specified"), strings.Contains(message, "flow mapping end token"):
		return ": a [ or { before this place is not closed, or a comma is missing"
	case strings.Contains(message, "quoted text"):
		return ": a quotation mark before this place is not closed"
	case strings.Contains(message, "value is not allowed"), strings.Contains(message, "unexpected key name"), strings.Contains(message, "unexpected map key"):
		return ": check the indentation and the colon of this line and the one before"
	}
	return ""
}

// mustBe says what kind of value belongs at a place.
func mustBe(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "the value must be a duration such as 30s or 5m"
	case t.Kind() == reflect.Bool:
		return "the value must be true or false"
	case t.Kind() == reflect.Float64:
		return "the value must be a number"
	}
	return "the value must be text"
}

// keyLike is what a message may repeat: a key, perhaps misspelt.
var keyLike = regexp.MustCompile(`^[A-Za-z_-]{1,32}$`)

// quiet takes out of a message what stands in quotes and is no key.
func quiet(message string) string {
	first, last := strings.IndexByte(message, '"'), strings.LastIndexByte(message, '"')
	if first >= 0 && !keyLike.MatchString(message[first+1:max(first+1, last)]) {
		message = message[:first] + "[…]" + message[last+1:]
	}
	line, _, _ := strings.Cut(message, "\n")
	return line
}
