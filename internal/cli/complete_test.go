package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// freeFlags take any text: names, reasons, times, files. Every other flag with
// a text takes one of a closed set.
var freeFlags = []string{
	"break-glass", "certificate", "client-id", "compromised-at", "config", "data-dir", "head", "listen", "name", "password-file", "reason", "run",
	"secret-expires", "secret-file", "since", "state-dir", "tag",
}

// takesText reports whether the value of a flag is more than a number, a
// duration or yes.
func takesText(f *pflag.Flag) bool {
	return !slices.Contains([]string{"bool", "duration", "int", "int64", "rows"}, f.Value.Type())
}

// What a flag takes of a closed set is offered to the shell.
func TestClosedSetsAreCompleted(t *testing.T) {
	t.Parallel()
	for _, cmd := range everyCommand(newRoot(&Deps{})) {
		cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			_, completed := cmd.GetFlagCompletionFunc(f.Name)
			if free := slices.Contains(freeFlags, f.Name); takesText(f) && completed == free {
				t.Errorf("%s --%s: completed: %v, takes any text: %v", cmd.CommandPath(), f.Name, completed, free)
			}
		})
	}
}

// offered returns what the shell is offered for a command line.
func offered(t *testing.T, line string) []string {
	t.Helper()
	var out bytes.Buffer
	args := append([]string{cobra.ShellCompRequestCmd}, append(strings.Fields(line), "")...)
	if got := Main(t.Context(), args, &Deps{Out: &out, Err: &bytes.Buffer{}}); got != exitOK {
		t.Fatalf("%s: exit %d", line, got)
	}
	words := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, w := range words {
		words[i], _, _ = strings.Cut(w, "\t")
	}
	return words[:len(words)-1] // the last line tells the shell what to do with them
}

// What is offered is what the command takes: the refusal of another word lists
// the same.
func TestOfferedWordsAreTaken(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "cordon.yaml")
	if err := os.WriteFile(config, []byte("storage: {url: sqlite://cordon.db}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"version -o", "signal list --source", "run list --state", "tenant add x --mode", "tenant add x --cloud", "tenant consent-url --form",
		"tenant consent-url --cloud", "account disable x --provider", "tenant permissions --features",
	} {
		words := strings.Join(offered(t, line), ", ")
		var refusal bytes.Buffer
		args := append(strings.Fields(line), "none-of-them", "--config", config)
		got := Main(t.Context(), args, &Deps{Out: io.Discard, Err: &refusal})
		if got != exitUsage || !strings.Contains(strings.ReplaceAll(refusal.String(), " and ", ", "), words) || !strings.Contains(words, ", ") {
			t.Errorf("%s: offered %s; exit %d, %s", line, words, got, &refusal)
		}
	}
}

// The tenants are offered for every flag that names one.
func TestTenantsAreOffered(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "cordon.yaml")
	text := `storage: {url: sqlite://cordon.db}
tenants:
  - {id: 0f3a1c9e-8565-448e-bc2d-57f2b7c4c58a, name: contoso, credential: {client_id: 6f1c0c9e-8565-448e-bc2d-57f2b7c4c58a, secret: "env:NONE"}}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"signal list --tenant", "contain x --tenant", "tenant permissions --ids-from", "defaults enable", "defaults disable"} {
		if got := offered(t, "--config "+config+" "+line); !slices.Equal(got, []string{"contoso"}) {
			t.Errorf("%s: offered %q", line, got)
		}
	}
}
