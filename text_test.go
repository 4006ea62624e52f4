package cordon_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/cordonhq/cordon"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{`CORP\ada`: `"CORP\ada"`, "": `""`, "a\x1b[31m\nb": `"a [31m b"`} {
		if got := cordon.Quote(typed); got != want {
			t.Errorf("%q: got %s, want %s", typed, got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		limit      int
		want       string
	}{
		{"plain", "Suspicious PowerShell command line", 100, "Suspicious PowerShell command line"},
		{"other scripts", "Überprüfung 検出 обнаружено", 100, "Überprüfung 検出 обнаружено"},
		{"line ends", "a\nb\r\nc\u2028d\u2029e\u0085f\vg\fh", 100, "a b  c d e f g h"},
		{"NUL and tab", "a\x00b\tc", 100, "a b c"},
		{"escape codes", "\x1b[31mred\x1b[0m \x1b]0;title\a", 100, "[31mred [0m  ]0;title"},
		{"C1 escape codes", "a\u009b31mb\u0090c", 100, "a 31mb c"},
		{"bidi", "user\u202egpj.exe\u202c \u2066x\u2069 \u200f\u061c", 100, "usergpj.exe x"},
		{"invisible", "pay\u200bpal\u200d\ufeff\u00ad\U000e0041", 100, "paypal"},
		{"private use", "a\ue000b\U000f0000c", 100, "abc"},
		{"invalid bytes", "a\xff\xfeb\xc3", 100, "a\ufffd\ufffdb\ufffd"},
		{"cut", "abcdef", 3, "abc…"},
		{"just fits", "abc", 3, "abc"},
		{"uncut", "abc\ndef", cordon.Uncut, "abc def"},
		{"cut by runes", "äöüß", 3, "äöü…"},
		{"cut within spaces", "ab   cd", 4, "ab  …"},
		{"invisible behind the limit", "abc\u200b", 3, "abc"},
		{"spaces around", "  a  ", 100, "a"},
		{"nothing", "", 10, ""},
		{"nothing visible", "\x1b\u202e\n", 10, ""},
		{"markup stays text", "<script>alert('=1+1')</script>", 100, "<script>alert('=1+1')</script>"},
	}
	for _, tt := range tests {
		if got := cordon.Plain(tt.text, tt.limit); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"a\nb", "\x1b[2J", "user\u202egpj.exe", "a\xff", "äöü", strings.Repeat("x", 100)} {
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, limit%1000)
		got := cordon.Plain(s, limit)
		if n := utf8.RuneCountInString(got); n > limit+1 || !utf8.ValidString(got) {
			t.Errorf("%q: %d runes, limit %d: %q", s, n, limit, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.IsSpace(r) && r != ' '
		}); i >= 0 {
			t.Errorf("%q: left in %q at %d", s, got, i)
		}
		if again := cordon.Plain(got, limit+1); again != got {
			t.Errorf("%q became %q and then %q", s, got, again)
		}
	})
}
