package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// row is a row with a field of every kind that rows have.
type row struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Names   []string   `json:"names"`
	Count   int        `json:"count,omitempty"`
	OK      *bool      `json:"ok"`
	At      *time.Time `json:"at"`
	Score   part       `json:"score"`
	ByKinds []part     `json:"by_kinds"`
}

type part struct {
	Value int    `json:"value"`
	Why   string `json:"why"`
}

func columns() []column[row] {
	return []column[row]{
		{"id", func(r row) string { return r.ID }},
		{"at", func(r row) string { return clock(r.At) }},
		{"title", func(r row) string { return r.Title }},
	}
}

// printed returns what rows look like in a format.
func printed(t *testing.T, format string, rows []row) string {
	t.Helper()
	var out bytes.Buffer
	if err := print(&Deps{Out: &out, format: format}, rows, columns()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const hostileTitle = "=cmd|' /C calc'!A0\nb\t\x1b[31mred\u202egpj\r\u2028,\"<b>"

func rows() []row {
	yes, at := true, time.Date(2026, 2, 3, 10, 0, 0, 123456000, time.UTC)
	return []row{
		{ID: "1", Title: "plain, \"quoted\"", Names: []string{"ada@contoso.com", "lin@contoso.com"}, Count: 2, OK: &yes, At: &at, Score: part{7, "a;b"}, ByKinds: []part{{1, "x"}}},
		{ID: "2", Title: hostileTitle, Names: []string{}},
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		format string
		rows   []row
		want   string
	}{
		{"json", nil, "[]\n"},
		{"json", []row{}, "[]\n"},
		{"ndjson", nil, ""},
		{"csv", nil, "id,title,names,count,ok,at,score,by_kinds\n"},
		{"table", nil, "ID  AT  TITLE\n"},
		{"table", rows(), "ID  AT                   TITLE\n" +
			"1   2026-02-03 10:00:00  plain, \"quoted\"\n" +
			"2   -                    =cmd|' /C calc'!A0 b  [31mredgpj  ,\"<b>\n"},
		{"ndjson", rows(), `{"id":"1","title":"plain, \"quoted\"","names":["ada@contoso.com","lin@contoso.com"],"count":2,"ok":true,"at":"2026-02-03T10:00:00.123456Z","score":{"value":7,"why":"a;b"},"by_kinds":[{"value":1,"why":"x"}]}` + "\n" +
			`{"id":"2","title":"=cmd|' /C calc'!A0\nb\t\u001b[31mred\u202egpj\r\u2028,\"\u003cb\u003e","names":[],"ok":null,"at":null,"score":{"value":0,"why":""},"by_kinds":null}` + "\n"},
		{"csv", rows(), "id,title,names,count,ok,at,score,by_kinds\n" +
			`1,"plain, ""quoted""",ada@contoso.com;lin@contoso.com,2,true,2026-02-03T10:00:00.123456Z,"{""value"":7,""why"":""a;b""}","[{""value"":1,""why"":""x""}]"` + "\n" +
			"2,\"'=cmd|' /C calc'!A0\\u000ab\\u0009\\u001b[31mred\\u202egpj\\u000d\\u2028,\"\"<b>\",,0,,,\"{\"\"value\"\":0,\"\"why\"\":\"\"\"\"}\",\n"},
	}
	for _, tt := range tests {
		if got := printed(t, tt.format, tt.rows); got != tt.want {
			t.Errorf("%s of %d:\ngot  %q\nwant %q", tt.format, len(tt.rows), got, tt.want)
		}
	}
}

func TestPrintOne(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"json":  "{\n  \"value\": 1,\n  \"why\": \"x\"\n}\n",
		"csv":   "value,why\n1,x\n",
		"table": "WHY\nx\n",
	} {
		var out bytes.Buffer
		err := printOne(&Deps{Out: &out, format: format}, part{1, "x"}, []column[part]{{"why", func(p part) string { return p.Why }}})
		if err != nil || out.String() != want {
			t.Errorf("%s: got %q, %v", format, out.String(), err)
		}
	}
}

// A row stays one line of a table, whatever a tenant wrote; on a terminal it is
// no longer than fits.
func TestTableLines(t *testing.T) {
	t.Parallel()
	rows := []row{{ID: "a\nb\vc\u2029d\u0085e", Title: strings.Repeat("ä\n", 5000)}, {ID: "x\ty", Title: "\x1b]0;title\a\u009b2J"}}
	for width, most := range map[int]int{0: 10100, 120: 120, 1000: 540} {
		var out bytes.Buffer
		if err := printTable(&out, rows, columns(), width); err != nil {
			t.Fatal(err)
		}
		got := out.String()
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if len(lines) != 3 || strings.ContainsAny(got, "\x1b\a\u009b\u2029\u0085\v\t") {
			t.Errorf("got %q", got)
		}
		if n := len([]rune(lines[1])); n > most {
			t.Errorf("at width %d a line of %d runes", width, n)
		}
	}
}

// Reasons are what a person looks for: they wrap.
func TestReasonsStayWhole(t *testing.T) {
	t.Parallel()
	for _, head := range []string{"reason", "what to do"} {
		var out bytes.Buffer
		long := "grant the app the permission User.Read.All. The answer: " + strings.Repeat("x", 500) + "; an administrator consents at https://x.example/adminconsent"
		err := printTable(&out, []string{long}, []column[string]{{head, func(s string) string { return s }}}, 20)
		if want := strings.ToUpper(head) + "\n" + long + "\n"; err != nil || out.String() != want {
			t.Errorf("got %q, %v", out.String(), err)
		}
	}
}

// On a terminal texts are cut so that rows fit, the widest first; ids, times
// and links stay whole. No line ends in blanks, there or elsewhere.
func TestTableFits(t *testing.T) {
	t.Parallel()
	const id, at = "588d7c15-8565-448e-bc2d-57f2b7c4c58a", "2026-02-03 10:00:00"
	tests := []struct {
		name  string
		width int
		rows  [][]string
		want  string
	}{
		{"no terminal", 0, [][]string{{id, "one two three four five", "six seven eight nine ten eleven"}, {"1", "", ""}},
			"A                                     B                        C\n" + id + "  one two three four five  six seven eight nine ten eleven\n1\n"},
		{"wide enough", 95, [][]string{{id, "one two three four five", "six seven eight nine ten eleven"}},
			"A                                     B                        C\n" + id + "  one two three four five  six seven eight nine ten eleven\n"},
		{"the widest", 86, [][]string{{id, "one two three four five", "six seven eight nine ten eleven"}, {at, "short", "äöü"}},
			"A                                     B                        C\n" + id + "  one two three four five  six seven eight nine t…\n" + at + "                   short                    äöü\n"},
		{"both", 70, [][]string{{id, "one two three four five", "six seven eight nine ten eleven"}},
			"A                                     B                C\n" + id + "  one two three …  six seven eigh…\n"},
		{"no room", 40, [][]string{{id, "one two three four five", at}}, "A                                     B                      C\n" + id + "  one two three four f…  " + at + "\n"},
		{"a link", 20, [][]string{{"1", "2", "consent at https://x.example/adminconsent"}, {"1", "2", "a text that has no link in it"}},
			"A  B  C\n1  2  consent at https://x.example/adminconsent\n1  2  a text that has no link in it\n"},
		{"a text, then a user", 50, [][]string{{at, "break.glass.one@contoso.com", "one two three four five"}}, "A                    B                    C\n" + at + "  break.glass.one@co…  one two…\n"},
		{"a user who stays", 40, [][]string{{at, "break.glass.one@contoso.com", "one two three four five"}}, "A                    B                            C\n" + at + "  break.glass.one@contoso.com  one two three four five\n"},
	}
	for _, tt := range tests {
		var columns []column[[]string]
		for i, head := range []string{"a", "b", "c"} {
			columns = append(columns, column[[]string]{head, func(r []string) string { return r[i] }})
		}
		var out bytes.Buffer
		if err := printTable(&out, tt.rows, columns, tt.width); err != nil || out.String() != tt.want {
			t.Errorf("%s: error %v\ngot\n%s\nwant\n%s", tt.name, err, out.String(), tt.want)
		}
	}
}

// What a spreadsheet would take for a formula begins with an apostrophe, in
// every cell and in every part of a list.
func TestCSVFormulas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "=", "=HYPERLINK(\"http://evil\",\"x\")", "＝1", "＋1", "－1", "＠a"} {
		records, err := csv.NewReader(strings.NewReader(printed(t, "csv", []row{{ID: text, Title: "a", Names: []string{"a", text}}}))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		safe := "'" + text
		if escaped := cordon.Escape(text); escaped != text { // it begins with a backslash now
			safe = escaped
		}
		if got, want := records[1][:3], []string{safe, "a", "a;" + safe}; !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "a=1", "1+1", "'", "Ada", "ä", " =1", "\x1b"} {
		if got := harmless(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestCheckFormat(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"table", "json", "ndjson", "csv"} {
		if err := checkFormat(format); err != nil {
			t.Error(err)
		}
	}
	for _, format := range []string{"", "JSON", "yaml", "csv "} {
		if err := checkFormat(format); exitCode(err) != exitUsage || err.Error() != "-o "+format+": the formats are table, json, ndjson and csv" {
			t.Errorf("%q: got %v", format, err)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 11, 0, 0, 0, time.FixedZone("", 3600))
	if got := stamp(at); got == nil || got.Format(time.RFC3339) != "2026-02-03T10:00:00Z" || clock(got) != "2026-02-03 10:00:00" {
		t.Errorf("got %v", got)
	}
	if got := stamp(time.Time{}); got != nil || clock(got) != "-" {
		t.Errorf("got %v", got)
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	if got := texts([]cordon.Source{cordon.SourceAlerts, "x"}); !reflect.DeepEqual(got, []string{"alerts", "x"}) {
		t.Errorf("got %q", got)
	}
	if got := texts[cordon.Source](nil); got == nil || len(got) != 0 {
		t.Errorf("got %v: no list is null in JSON", got)
	}
}

// A pipe that is closed is an error, and never half an answer.
func TestPrintFails(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"table", "json", "ndjson", "csv"} {
		if err := print(&Deps{Out: closed{}, format: format}, rows(), columns()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
