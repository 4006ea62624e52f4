package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/spf13/cobra"
)

// runRow is a run as commands show it.
type runRow struct {
	ID         string     `json:"id"`
	TenantID   string     `json:"tenant_id"`
	Tenant     string     `json:"tenant"`
	IncidentID string     `json:"incident_id"`
	Playbook   string     `json:"playbook"`
	Requester  string     `json:"requester"`
	Why        string     `json:"why"`
	State      string     `json:"state"`
	Shadow     bool       `json:"shadow"`
	UndoOf     string     `json:"undo_of"`
	PlanHash   string     `json:"plan_hash"`
	StartedAt  *time.Time `json:"started_at"`
	EndedAt    *time.Time `json:"ended_at"`
	Steps      []stepRow  `json:"steps"`

	CompromisedAt *time.Time `json:"compromised_at"`
}

// stepRow is one step of a run.
type stepRow struct {
	Action     string         `json:"action"`
	Target     string         `json:"target"`
	TargetName string         `json:"target_name"`
	Verdict    cordon.Verdict `json:"verdict"`
	Outcome    string         `json:"outcome"`
	Proof      string         `json:"proof"`
	RequestID  string         `json:"request_id"`
	Detail     string         `json:"detail"`
	ActedAt    *time.Time     `json:"acted_at"`
	ProvedAt   *time.Time     `json:"proved_at"`

	label    string // the target in tables and sentences
	unproved string // why the proof is unknown, and when the state is read again
}

func newRunListCmd(d *Deps) *cobra.Command {
	var f store.RunFilter
	var sel *app.Selection
	var most *limit
	var state string
	cmd := &cobra.Command{
		Use:   "list [TENANT|USER]",
		Short: "List runs, newest first",
		Example: `  cordon run list
  cordon run list ada@contoso.com
  cordon run list --state held -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--state", state, []string{"running", "held", "done", "refused", "failed", "shadow"}); err != nil {
				return err
			}
			if state != "" {
				f.States = []cordon.RunState{cordon.RunState(state)}
			}
			return d.read(cmd.Context(), *sel, args, func(tx *store.Tx, about subject) error {
				f.Tenants, f.Names = about.tenants, about.entity
				f.Limit = most.in(d.format)
				runs, more, err := tx.ListRuns(cmd.Context(), f)
				if err != nil {
					return err
				}
				rows := runRows(runs, about)
				if err := print(d, rows, runColumns()); err != nil {
					return err
				}
				d.tellMore(more, len(runs))
				d.sayUnproved(rows)
				return d.engineNote(cmd.Context(), tx, about)
			})
		},
	}
	sel = d.tenantFlags(cmd)
	most = limitFlag(cmd)
	cmd.Flags().StringVar(&state, "state", "", "only running, held, done, refused, failed or shadow")
	return cmd
}

func runRows(runs []cordon.Run, about subject) []runRow {
	rows := make([]runRow, 0, len(runs))
	for _, r := range runs {
		rows = append(rows, runRowOf(r, about))
	}
	return rows
}

func runRowOf(r cordon.Run, about subject) runRow {
	row := runRow{
		ID: r.ID, TenantID: r.TenantID, Tenant: about.name(r.TenantID), IncidentID: r.IncidentID, Playbook: r.Requester.Playbook,
		Requester: r.Requester.String(), Why: r.Why, State: string(r.State), Shadow: r.Shadow, UndoOf: r.UndoOf, PlanHash: r.PlanHash,
		StartedAt: stamp(r.StartedAt), EndedAt: stamp(r.EndedAt), Steps: []stepRow{},
		CompromisedAt: r.Plan.CompromisedAt,
	}
	for _, s := range r.Steps {
		row.Steps = append(row.Steps, stepRow{
			Action: string(s.Action), Target: s.Target.ID(), TargetName: about.nameOf(r.TenantID, s.Target), Verdict: s.Verdict, Outcome: string(s.Outcome),
			Proof: string(s.Proof), RequestID: s.RequestID, Detail: s.Detail, ActedAt: stamp(s.ActedAt), ProvedAt: stamp(s.ProvedAt),
			label: about.label(r.TenantID, s.Target), unproved: engine.Unproved(s),
		})
	}
	return row
}

func runColumns() []column[runRow] {
	return []column[runRow]{
		{"started", func(r runRow) string { return clock(r.StartedAt) }},
		{"tenant", func(r runRow) string { return r.Tenant }},
		{"requester", func(r runRow) string { return r.Requester }},
		{"target", runTarget},
		{"state", stateText},
		{"steps", func(r runRow) string { return stepsText(r.Steps) }},
		{"id", func(r runRow) string { return r.ID }},
	}
}

func runTarget(r runRow) string {
	if len(r.Steps) == 0 {
		return ""
	}
	return r.Steps[0].label
}

// stateText is the state of a run, and the shadow verdicts of its steps where
// there are any: each once.
func stateText(r runRow) string {
	var would []string
	for _, s := range r.Steps {
		if text := s.Verdict.WouldBe(); text != "" && !slices.Contains(would, text) {
			would = append(would, text)
		}
	}
	if len(would) == 0 {
		return r.State
	}
	return r.State + ", would be: " + strings.Join(would, "; ")
}

// stepsText is what became of each step, in a few words.
func stepsText(steps []stepRow) string {
	var parts []string
	for _, s := range steps {
		text := s.Action + ": " + s.Outcome
		switch {
		case s.Verdict.Decision == cordon.Refuse || s.Verdict.Decision == cordon.Hold:
			text = fmt.Sprintf("%s: %s (%s)", s.Action, s.Verdict.Decision, s.Verdict.Reason)
		case s.Proof != "":
			text = fmt.Sprintf("%s: %s, proof %s", s.Action, s.Outcome, s.Proof)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func stepColumns() []column[stepRow] {
	return []column[stepRow]{
		{"action", func(s stepRow) string { return s.Action }},
		{"target", func(s stepRow) string { return s.label }},
		{"verdict", func(s stepRow) string { return string(s.Verdict.Decision) }},
		{"reason", func(s stepRow) string { return string(s.Verdict.Reason) }},
		{"would be", func(s stepRow) string { return s.Verdict.WouldBe() }},
		{"outcome", func(s stepRow) string { return s.Outcome }},
		{"proof", func(s stepRow) string { return s.Proof }},
		{"request id", func(s stepRow) string { return s.RequestID }},
	}
}

func newRunShowCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:     "show RUN|USER",
		Short:   "Show one run with its steps; of a user, the newest",
		Example: `  cordon run show ada@contoso.com`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.read(cmd.Context(), app.Selection{}, nil, func(tx *store.Tx, about subject) error {
				r, err := findRun(cmd.Context(), tx, args[0])
				if err != nil {
					return err
				}
				if err := showRun(d, runRowOf(r, about)); err != nil {
					return err
				}
				return d.engineNote(cmd.Context(), tx, about)
			})
		},
	}
}

func findRun(ctx context.Context, tx *store.Tx, name string) (cordon.Run, error) {
	r, err := runByID(ctx, tx, name)
	if !errors.Is(err, cordon.ErrNotFound) {
		return r, err
	}
	found, err := tx.Runs(ctx, store.RunFilter{Names: []string{entityName(name)}, Limit: 1})
	if err != nil || len(found) == 0 {
		return r, cmp.Or(err, noRun(name))
	}
	return found[0], nil
}

// runByID returns a run by its id or the beginning of it, or
// cordon.ErrNotFound.
func runByID(ctx context.Context, tx *store.Tx, text string) (cordon.Run, error) {
	id, err := wholeID(ctx, "run", text, tx.RunsBeginning)
	if err != nil {
		return cordon.Run{}, err
	}
	return tx.Run(ctx, id)
}

func noRun(name string) error {
	return fmt.Errorf("no run has the id %s, and none acts on a user or device of that name: cordon run list shows ids and names", cordon.Quote(name))
}

// showRun shows a run and its steps, and what a person should know of each.
func showRun(d *Deps, r runRow) error {
	if d.format != "table" {
		return printOne(d, r, nil)
	}
	if err := print(d, []runRow{r}, runColumns()); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "\nwhy: %s\nplan: %s\n", cordon.Plain(r.Why, d.atMost(300)), r.PlanHash)
	if r.CompromisedAt != nil {
		fmt.Fprintf(d.Out, "compromised since: %s\n", r.CompromisedAt.Format(time.RFC3339))
	}
	fmt.Fprintln(d.Out)
	if err := print(d, r.Steps, stepColumns()); err != nil {
		return err
	}
	for _, s := range r.Steps {
		explain(d, s)
	}
	return nil
}

// explain says what a person should know of a step.
func explain(d *Deps, s stepRow) {
	if text := cmp.Or(s.unproved, s.Detail, s.Verdict.Detail); text != "" && (s.Verdict.Decision != cordon.Allow || s.Detail != "") {
		fmt.Fprintf(d.Out, "\n%s: %s\n", s.Action, cordon.Plain(text, d.atMost(600)))
	}
	if would := s.Verdict.WouldBe(); would != "" {
		fmt.Fprintf(d.Out, "%s in mode enforce, with the playbook on, would be: %s: %s\n", s.Action, would, cordon.Plain(s.Verdict.Would.Detail, d.atMost(600)))
	}
}

// sayUnproved says on standard error which steps of runs have an unknown
// proof, why, and when the state is read again.
func (d *Deps) sayUnproved(rows []runRow) {
	var all []string
	for _, r := range rows {
		for _, s := range r.Steps {
			if s.unproved != "" {
				all = append(all, fmt.Sprintf("%s %s: %s", s.Action, s.label, s.unproved))
			}
		}
	}
	for _, line := range all[:min(len(all), maxGaps)] {
		fmt.Fprintln(d.Err, cordon.Plain(line, maxError))
	}
	if more := len(all) - maxGaps; more > 0 {
		fmt.Fprintf(d.Err, "and %s with proof unknown: cordon run show says why\n", many(more, "more step"))
	}
}

// undoable reports whether a step left and something undoes it.
func undoable(s cordon.Step) bool {
	verb, ok := action.NewSet(action.Documented).Find(s.Action)
	return ok && verb.UndoneBy != "" && !s.ActedAt.IsZero()
}

// runToUndo returns the id of the run that name is, or of the newest one that
// changed something of somebody of that name.
func runToUndo(ctx context.Context, h *app.House, name string) (id string, err error) {
	err = h.Store.Read(ctx, func(tx *store.Tx) error {
		runs, err := tx.Runs(ctx, store.RunFilter{Names: []string{entityName(name)}})
		for _, r := range runs {
			if id == "" && r.UndoOf == "" && slices.ContainsFunc(r.Steps, undoable) {
				id = r.ID
			}
		}
		if err != nil || id != "" {
			return err
		}
		r, err := findRun(ctx, tx, name)
		id = r.ID
		return err
	})
	return id, err
}
