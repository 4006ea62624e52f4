package cordon

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Uncut is the limit that cuts nothing.
const Uncut = -1

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

// Quote shows a name as it was typed: a backslash in it stays one, unlike with
// %q, and what a terminal would act on goes.
func Quote(name string) string { return `"` + Plain(name, 100) + `"` }

// unseen reports whether a character must not be printed as it is: it controls
// a terminal, turns the direction of writing, or cannot be seen.
func unseen(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// EscapeJSON writes every character of a JSON text that must not be printed as
// it is as an escape. It stays the same JSON: such characters are in strings
// only, save line ends and tabs between them, which stay.
func EscapeJSON(text []byte) []byte {
	return []byte(escape(string(text), func(r rune) bool { return r >= 0x7f && unseen(r) }))
}

// Escape writes every character that must not be printed as it is, line ends
// and tabs too, as JSON would escape it.
func Escape(text string) string { return escape(strings.ToValidUTF8(text, "\uFFFD"), unseen) }

func escape(text string, wanted func(rune) bool) string {
	if strings.IndexFunc(text, wanted) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !wanted(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
