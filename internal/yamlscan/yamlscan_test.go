package yamlscan_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/cordonhq/cordon/internal/yamlscan"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

var bounds = yamlscan.Bounds{Depth: 4, Levels: 6, Keys: 10, Tokens: 200}

// keys are n keys, each on a line that begins with indent.
func keys(n int, indent string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sk%d: 1\n", indent, i)
	}
	return b.String()
}

// stairs are mappings in mappings.
func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// What is within the bounds gives the tokens that the lexer gives; what is not
// ends at its first token that is too much, however much follows.
// The bounds are on tokens: the work does not grow with what follows.
func TestTokens(t *testing.T) {
	t.Parallel()
	plain := func(t *token.Token) string {
		if t.Type == token.AnchorType {
			return "no anchors"
		}
		return ""
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"as many keys as may be", keys(10, "") + "z:\n", "11:2: more than 10 keys in one mapping"},
		{"ten keys", keys(10, ""), ""},
		{"items with few keys each", "a:\n" + strings.Repeat("- b: 1\n  c: 2\n", 20), ""},
		{"items of an item", "a:\n" + strings.Repeat("- b:\n  - c: 1\n", 20), ""},
		{"a mapping in each item", "a:\n" + strings.Repeat("- b:\n    c: 1\n    d: 2\n", 12), ""},
		{"keys of an item", "- a: 1\n" + keys(1000, "  "), "12:6: more than 10 keys in one mapping"},
		{"keys in braces", "{" + strings.Repeat("a: 1, ", 1000) + "}", "1:63: more than 10 keys in one mapping"},
		{"braces in a row", "[" + strings.Repeat("{a: 1}, ", 12) + "]", ""},
		{"keys on lines in braces", "a: {\n" + strings.Repeat("b: 1,\n", 1000) + "}", "12:2: more than 10 keys in one mapping"},
		{"brackets", strings.Repeat("[", 1<<20), "1:5: nested more than 4 deep"},
		{"brackets on lines", strings.Repeat("[\n", 1<<19), "5:1: nested more than 4 deep"},
		{"dashes", strings.Repeat("- ", 1<<19), "1:9: nested more than 4 deep"},
		{"stairs", stairs(6), ""},
		{"high stairs", stairs(2000), "7:7: nested more than 6 deep"},
		{"closed before opened", strings.Repeat("]", 100), ""},
		{"many items", "a:\n" + strings.Repeat("- x\n", 1<<18), "101:1: more than 200 words and marks"},
		{"anchor", "a: &x 1\n" + strings.Repeat("[", 1<<20), "1:4: no anchors"},
		{"quoted text that a part ends in", "a: \"" + strings.Repeat("[[[[[[[[\n", 1<<12) + "\"\n", ""},
		{"keys twice in a part", "#" + strings.Repeat(" much is said before", 1<<10) + "\n" + keys(11, ""), "12:4: more than 10 keys in one mapping"},
		{"not valid", "a: \"\\q\"\n" + strings.Repeat("[\n", 1<<19), "198:1: more than 200 words and marks"},
		{"text in several lines", "a: >\n" + strings.Repeat("  x: [\n", 1000), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := yamlscan.Tokens(tt.text, bounds, plain)
			said := ""
			if e := new(yamlscan.Error); errors.As(err, &e) {
				said = fmt.Sprintf("%d:%d: %s", e.Token.Position.Line, e.Token.Position.Column, e.Message)
			}
			if said != tt.want {
				t.Errorf("got %q, want %q", said, tt.want)
			}
			if err == nil && !reflect.DeepEqual(got, lexer.Tokenize(tt.text)) {
				t.Error("the tokens are not those of the lexer")
			}
		})
	}
}
