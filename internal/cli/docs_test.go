package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// pages returns every page of the project, by its path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		all[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = string(text)
		return err
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d pages, error %v", len(all), err)
	}
	return all
}

// A command line in a page is a code span, or a line of a block.
var calls = regexp.MustCompile("(?m)(?:`|^ *(?:\\$ )?(?:bin/|\\./)?)cordon( +[a-z-][^`\n]*)")

// A word that is typed as it stands; what is in capitals is put in.
var word = regexp.MustCompile("^[a-z][a-z-]*$")

// called returns what the command lines in a text ask for, an alternation
// spelt out.
func called(text string) (lines [][]string) {
	for _, m := range calls.FindAllStringSubmatch(text, -1) {
		line, _, _ := strings.Cut(m[1], " #")
		words := strings.Fields(strings.ReplaceAll(line, `\|`, "|"))
		spelt := [][]string{nil}
		for _, w := range words {
			var next [][]string
			for _, alternative := range strings.Split(w, "|") {
				for _, s := range spelt {
					next = append(next, append(s[:len(s):len(s)], alternative))
				}
			}
			spelt = next
		}
		lines = append(lines, spelt...)
	}
	return lines
}

// unknown returns what of a command line does not exist.
func unknown(root *cobra.Command, words []string) string {
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err.Error()
	}
	if cmd.HasSubCommands() && len(rest) > 0 && word.MatchString(rest[0]) {
		return rest[0] + " is no command of " + cmd.CommandPath()
	}
	for _, w := range rest {
		if name, _, _ := strings.Cut(strings.TrimPrefix(w, "--"), "="); strings.HasPrefix(w, "--") && cmd.Flag(strings.Trim(name, "[].,")) == nil && name != "help" {
			return cmd.CommandPath() + " has no " + w
		}
	}
	return ""
}

// What the pages and the help tell people to type exists.
func TestPagesNameWhatExists(t *testing.T) {
	t.Parallel()
	root := newRoot(&Deps{})
	texts := pages(t)
	for _, cmd := range everyCommand(root) {
		texts["cordon help "+cmd.CommandPath()] = cmd.Example
	}
	for page, text := range texts {
		for _, words := range called(text) {
			if why := unknown(root, words); why != "" {
				t.Errorf("%s: cordon %s: %s", page, strings.Join(words, " "), why)
			}
		}
	}
}

// Every command has its place in the reference, and an example.
func TestCommandsAreInTheReference(t *testing.T) {
	t.Parallel()
	reference := pages(t)["docs/reference/commands.md"]
	for _, cmd := range everyCommand(newRoot(&Deps{})) {
		if cmd.HasSubCommands() || cmd.Parent().Name() == "completion" { // that is cobra's own
			continue
		}
		if !strings.Contains(reference, "`"+cmd.CommandPath()) {
			t.Errorf("%s is not in docs/reference/commands.md", cmd.CommandPath())
		}
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
	}
}

func everyCommand(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, everyCommand(sub)...)
	}
	return all
}
