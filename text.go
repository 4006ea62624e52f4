package cordon

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain makes text that came from a tenant safe to show on one line: control
// and formatting characters (line ends, escape codes, bidirectional
// overrides) become spaces or go, invalid bytes are replaced, and the rest is
// cut after limit runes.
func Plain(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			r = '�'
		case unicode.IsSpace(r), unicode.IsControl(r):
			r = ' '
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			continue
		}
		if n == limit {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
