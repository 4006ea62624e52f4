package cli

import (
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// raw returns the first character of an output that a terminal would act on,
// or that cannot be seen; line ends divide rows.
func raw(output string) (rune, bool) {
	for _, r := range output {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)) {
			return r, true
		}
	}
	return 0, false
}

// checkOutputs prints a text in every format and every kind of field.
func checkOutputs(t *testing.T, text string) {
	t.Helper()
	all := []row{{ID: text, Title: text, Names: []string{text, "x", text}, Score: part{1, text}, ByKinds: []part{{2, text}}}}
	for _, format := range []string{"table", "json", "ndjson", "csv"} {
		got := printed(t, format, all)
		if r, found := raw(got); found {
			t.Errorf("%s of %q holds %U: %q", format, text, r, got)
		}
		switch format {
		case "table":
			if strings.Count(got, "\n") != 2 {
				t.Errorf("%q is not one line of a table: %q", text, got)
			}
		case "csv":
			if records, err := csv.NewReader(strings.NewReader(got)).ReadAll(); err != nil || len(records) != 2 || strings.Count(got, "\n") != 2 {
				t.Errorf("%q is not one line of CSV: %q, %v", text, got, err)
			}
		default:
			var back []row
			if format == "ndjson" {
				got = "[" + got + "]"
			}
			want := strings.ToValidUTF8(text, "\ufffd")
			if err := json.Unmarshal([]byte(got), &back); err != nil || len(back) != 1 || !sameText(back[0].Title, want) || !reflect.DeepEqual(back[0].Names, []string{back[0].Title, "x", back[0].Title}) {
				t.Errorf("%s of %q comes back as %+v, %v", format, text, back, err)
			}
		}
	}
}

// sameText compares texts in which runs of invalid bytes are one sign or
// several.
func sameText(a, b string) bool {
	one := func(s string) string {
		for strings.Contains(s, "\ufffd\ufffd") {
			s = strings.ReplaceAll(s, "\ufffd\ufffd", "\ufffd")
		}
		return s
	}
	return one(a) == one(b)
}

// No output format carries a character that a terminal acts on.
func TestOutputsCarryNoControls(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "plain", "a\nb\r\tc", "\x00", "\x1b]0;title\a", "\u009b31m", "\x7f", "user\u202egpj.exe\u2066x\u2069", "\u200e\u200f\u061c", "pay\u200bpal\ufeff", "\u2028\u2029\u0085",
		"\U000e0041tag", "\ue000", "\U000f0000", "a\xff\xfeb", "\xed\xa0\x80", "=1+1", "\t=1+1", "\u200b=1+1", `\u202e`, `back\slash`, "\U0001f468\u200d\U0001f469", "\u202e;=x", `"\u202e"`,
	} {
		checkOutputs(t, text)
	}
}

func FuzzOutputs(f *testing.F) {
	f.Add("a\u202eb\x1b")
	f.Add(hostileTitle)
	f.Fuzz(func(t *testing.T, text string) { checkOutputs(t, text) })
}
