package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// manyWords is a text of some thousand characters whose last word says whether
// it was cut.
var manyWords = strings.Repeat("Require compliant device for administrators, ", 100) + "last-word"

// Where standard output is no terminal, no answer loses text: not its tables,
// not what is said below them, and not the demo.
func TestPipesLoseNoText(t *testing.T) {
	t.Parallel()
	ada := cordon.NewUser("", "ada@contoso.com", "")
	step := cordon.Step{Action: cordon.ActionDisableUser, Target: ada, Outcome: cordon.OutcomeSkipped, Verdict: cordon.Verdict{
		Decision: cordon.Refuse, Reason: cordon.ReasonBreakGlass, Detail: manyWords, Would: &cordon.Verdict{Decision: cordon.Hold, Reason: cordon.ReasonBreakGlass, Detail: manyWords},
	}}
	var users []cordon.DirectoryUser
	for i := range 100 {
		users = append(users, cordon.DirectoryUser{UPN: fmt.Sprintf("ada%d@contoso.com", i), ObjectID: "588d7c15-8565-448e-bc2d-57f2b7c4c58a"})
	}
	users = append(users, cordon.DirectoryUser{ObjectID: "last-word"})
	for name, tt := range map[string]struct {
		show func(*Deps) error
		want int // how often the last word is there
	}{
		"defaults show": {func(d *Deps) error {
			return showDefaults(d, []app.Defaults{{Blocking: []string{manyWords}, Reason: manyWords}})
		}, 2},
		"token show": {func(d *Deps) error {
			return d.showTokens([]app.Token{{Info: microsoft.TokenInfo{Roles: []string{manyWords}, App: manyWords}, Missing: []string{}}})
		}, 2},
		"run show": {func(d *Deps) error {
			return showRun(d, runRowOf(cordon.Run{Why: manyWords, Steps: []cordon.Step{step}}, subject{}))
		}, 3},
		"incident show": {func(d *Deps) error {
			return showIncident(d, incidentRow{Unresolved: &unresolvedRow{State: "ambiguous", Users: users}}, incidentParts{Kinds: []kindRow{{Kind: "x", Title: manyWords, About: manyWords}}})
		}, 3},
		"detection list": {func(d *Deps) error {
			return print(d, []detectionRow{{Detectors: []string{"a", "b", "c", "last-word"}}}, detectionColumns(d.atMost))
		}, 1},
		"config check": {func(d *Deps) error {
			var row configRow
			d.warn(&row, manyWords)
			d.format = "json"
			return d.showChecked(row, 0)
		}, 1},
		"demo": {func(d *Deps) error {
			s := newStory(d)
			for _, line := range s.stepLines(step) {
				s.line(line[1])
			}
			s.line(s.decided(cordon.Run{Why: manyWords, Steps: []cordon.Step{{Target: cordon.Entity{Names: []cordon.Name{{Kind: cordon.NameDisplayName, Value: manyWords}}}}}}))
			return s.Send(t.Context(), cordon.Notice{At: time.Now(), Title: manyWords})
		}, 4},
	} {
		var out bytes.Buffer
		err := tt.show(&Deps{Out: &out, Err: &bytes.Buffer{}, format: "table"})
		if got := strings.Count(out.String(), "last-word"); err != nil || got != tt.want || strings.Contains(out.String(), "…") {
			t.Errorf("%s: the end is there %d times, want %d; error %v: %.300s", name, got, tt.want, err, &out)
		}
	}
}

// One endless cell makes no endless rows of the others.
func TestLongCellsPadNoOthers(t *testing.T) {
	t.Parallel()
	got := printed(t, "table", []row{{ID: manyWords, Title: "x"}, {ID: "1", Title: "y"}})
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], manyWords+"  -") || len(lines[2]) > maxLast+50 {
		t.Errorf("got %q", got)
	}
}
