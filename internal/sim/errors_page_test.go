package sim

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the page that is made of the table of errors")

const errorsFile = "../../docs/reference/simulator-errors.md"

// TestErrorsPage compares the page with the table.
func TestErrorsPage(t *testing.T) {
	t.Parallel()
	want := errorsPage(failures())
	if *update {
		if err := os.WriteFile(errorsFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(errorsFile); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale (%v): go test ./internal/sim -run TestErrors -update", errorsFile, err)
	}
}

// errorsPage writes the table down.
func errorsPage(rows []failure) []byte {
	var b bytes.Buffer
	b.WriteString("# Errors of the simulator\n\nEvery error that the [simulator](simulator.md) gives, with a call that provokes it. In a message, … stands for any text.\n" +
		"Sections are those of the project's Microsoft API reference; – is the simulator's own. A call goes to the tenant of a small scenario;\n" +
		"words in braces stand for its ids. What has to be so before the call is said in the last column.\n\n" +
		"This page is made of the table in `internal/sim/errors_test.go`: change that, then run\n`go test ./internal/sim -run TestErrors -update`.\n")
	titles := [][2]string{{serviceLogin, "Sign-in"}, {serviceGraph, "Graph"}, {serviceDefender, "Defender for Endpoint"}}
	for _, title := range titles {
		b.WriteString("\n## " + title[1] + "\n\n| status | code | message | section | call | before |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, f := range rows {
			if f.service == title[0] {
				fmt.Fprintf(&b, "| %d | `%s` | %s | %s | %s | %s |\n", f.status, f.code, cell(f.message), f.section, quoted(strings.TrimSpace(f.call+" "+f.body)), f.conditions())
			}
		}
	}
	return b.Bytes()
}

// conditions says what has to be so before a call.
func (f failure) conditions() string {
	var out []string
	if f.tenant != few {
		lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(f.tenant, few)), "\n")
		for _, l := range lines {
			out = append(out, quoted(strings.TrimSpace(l)))
		}
	}
	switch f.token {
	case "":
	case "no token":
		out = append(out, "no token")
	case serviceDefender:
		out = append(out, "a token for Defender")
	case "another cloud":
		out = append(out, "a token of another cloud")
	default:
		out = append(out, "the token "+quoted(f.token))
	}
	for _, step := range f.before {
		out = append(out, quoted(step))
	}
	return strings.Join(out, ", ")
}

func quoted(text string) string { return "`" + cell(text) + "`" }
func cell(text string) string   { return strings.ReplaceAll(text, "|", `\|`) }
