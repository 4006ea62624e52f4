package microsoft

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text from outside fit to stand in one line of a log or a
// terminal: no control characters, no characters that turn the direction of
// writing, no invisible ones, and at most max bytes.
func clean(s string, max int) string {
	if len(s) > 4*max {
		s = s[:4*max]
	}
	s = strings.Join(strings.Fields(strings.Map(visible, strings.ToValidUTF8(s, "�"))), " ")
	if len(s) <= max {
		return s
	}
	end := max
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// visible maps what must not be printed to a space, or to nothing.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r) || unicode.IsControl(r):
		return ' '
	case unicode.Is(unicode.Cf, r): // bidi controls, zero-width characters, tags
		return -1
	}
	return r
}

// scrub takes our own secrets out of text that a service may have echoed.
func scrub(s string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[secret]")
		}
	}
	return s
}
