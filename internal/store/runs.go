package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

const runColumns = `id, tenant_id, incident_id, playbook, requester, why, plan, plan_hash, shadow, undo_of, state, started_us, ended_us`

const stepColumns = `run_id, idx, tenant_id, action, target_id, target, verdict, outcome, proof, detail, request_id, attempts, prior, acted_us, proved_us`

// AddRun stores a new run with its steps.
func (t *Tx) AddRun(ctx context.Context, r cordon.Run) error {
	err := t.must(ctx, `INSERT INTO runs (`+runColumns+`) VALUES (`+list(1, 13)+`)`,
		r.ID, r.TenantID, r.IncidentID, r.Requester.Playbook, asJSON(r.Requester), r.Why, asJSON(r.Plan), r.PlanHash,
		flag(r.Shadow), r.UndoOf, string(r.State), us(r.StartedAt), us(r.EndedAt))
	if err != nil {
		return err
	}
	for _, s := range r.Steps {
		if err := t.PutStep(ctx, r, s); err != nil {
			return err
		}
	}
	return nil
}

// MoveRuns gives the runs of a merged incident to the one that it went into.
func (t *Tx) MoveRuns(ctx context.Context, from, to string) error {
	return t.exec(ctx, `UPDATE runs SET incident_id = $2 WHERE incident_id = $1`, from, to)
}

// SetRunState stores where a run stands; ended is zero while it goes on.
func (t *Tx) SetRunState(ctx context.Context, id string, state cordon.RunState, ended time.Time) error {
	return t.must(ctx, `UPDATE runs SET state = $2, ended_us = $3 WHERE id = $1`, id, string(state), us(ended))
}

// PutStep stores a step as it stands.
func (t *Tx) PutStep(ctx context.Context, r cordon.Run, s cordon.Step) error {
	err := t.must(ctx, `INSERT INTO steps (`+stepColumns+`) VALUES (`+list(1, 15)+`)
		ON CONFLICT (run_id, idx) DO UPDATE SET target_id = excluded.target_id, target = excluded.target, verdict = excluded.verdict, outcome = excluded.outcome, proof = excluded.proof,
		detail = excluded.detail, request_id = excluded.request_id, attempts = excluded.attempts, prior = excluded.prior,
		acted_us = excluded.acted_us, proved_us = excluded.proved_us`,
		r.ID, s.Index, r.TenantID, string(s.Action), s.Target.ID(), asJSON(s.Target), asJSON(s.Verdict), string(s.Outcome),
		string(s.Proof), s.Detail, s.RequestID, s.Attempts, string(s.Prior), us(s.ActedAt), us(s.ProvedAt))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, name := range names8(namesOf(s.Target)) {
		rows = append(rows, []any{name, r.ID})
	}
	return t.addRows(ctx, "step_names", "name8, run_id", rows)
}

// A RunFilter narrows a list of runs. Zero fields do not narrow.
type RunFilter struct {
	Tenants  []string
	States   []cordon.RunState
	Incident string
	Playbook string
	UndoOf   string
	Names    []string // any of these names a step's target
	Limit    int
}

// listing is how runs are found.
func (f RunFilter) listing() listing {
	l := listing{table: "runs", columns: runColumns, key: "id", order: []string{"started_us DESC", "id"}}
	l.by("t.id IN (SELECT run_id FROM step_names WHERE name8 IN (?))", names8(f.Names), "SELECT run_id AS id FROM step_names WHERE name8 = ?")
	l.by("undo_of", given(f.UndoOf), "")
	l.by("incident_id", given(f.Incident), "")
	l.by("tenant_id", anys(f.Tenants), "")
	l.by("state", anys(f.States), "")
	if f.Playbook != "" {
		l.rest.and("playbook = ?", f.Playbook)
	}
	return l
}

// given is what narrows by one value that may be missing.
func given(value string) []any {
	if value == "" {
		return nil
	}
	return []any{value}
}

// Runs returns runs with their steps, newest first.
func (t *Tx) Runs(ctx context.Context, f RunFilter) ([]cordon.Run, error) {
	found, _, err := t.ListRuns(ctx, f)
	return found, err
}

// ListRuns returns runs as Runs does, and whether there are more.
func (t *Tx) ListRuns(ctx context.Context, f RunFilter) ([]cordon.Run, More, error) {
	found, more, err := listed(ctx, t, f.listing(), scanRun, f.Limit)
	if err = errors.Join(err, t.fillSteps(ctx, found)); len(f.Names) == 0 {
		return found, more, err
	}
	return slices.DeleteFunc(found, func(r cordon.Run) bool {
		return !slices.ContainsFunc(r.Steps, func(s cordon.Step) bool { return called(f.Names, s.Target) })
	}), more, err
}

// Run returns one run with its steps, or cordon.ErrNotFound.
func (t *Tx) Run(ctx context.Context, id string) (cordon.Run, error) {
	r, err := one(ctx, t, scanRun, `SELECT `+runColumns+` FROM runs WHERE id = $1`, id)
	if err != nil {
		return r, err
	}
	found := []cordon.Run{r}
	err = t.fillSteps(ctx, found)
	return found[0], err
}

func (t *Tx) fillSteps(ctx context.Context, runs []cordon.Run) (err error) {
	for i := range runs {
		if runs[i].Steps, err = all(ctx, t, scanStep, `SELECT `+stepColumns+` FROM steps WHERE run_id = $1 ORDER BY idx`, runs[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// An Attempt is an action whose intent was written down, whatever came of it.
type Attempt struct {
	At       time.Time
	Action   cordon.ActionName
	TargetID string
	RunID    string
	Person   bool
	Undo     bool
}

// Attempts returns the attempts in a tenant since a time, oldest first. The
// caps count these, so they survive a restart.
func (t *Tx) Attempts(ctx context.Context, tenantID string, since time.Time) ([]Attempt, error) {
	return all(ctx, t, func(r scanner) (a Attempt, err error) {
		var at int64
		var requester, undo string
		err = r.Scan(&at, &a.Action, &a.TargetID, &a.RunID, &requester, &undo)
		var who cordon.Requester
		err = errors.Join(err, json.Unmarshal([]byte(requester), &who))
		a.At, a.Person, a.Undo = fromUS(at), who.IsPerson(), undo != ""
		return a, err
	}, `SELECT s.acted_us, s.action, s.target_id, s.run_id, r.requester, r.undo_of
		FROM steps s JOIN runs r ON r.id = s.run_id
		WHERE s.tenant_id = $1 AND s.acted_us >= $2 ORDER BY s.acted_us, s.run_id, s.idx`, tenantID, max(1, us(since)))
}

func scanRun(r scanner) (cordon.Run, error) {
	var run cordon.Run
	var playbook, requester, plan string
	var shadow int
	var started, ended int64
	err := r.Scan(&run.ID, &run.TenantID, &run.IncidentID, &playbook, &requester, &run.Why, &plan, &run.PlanHash,
		&shadow, &run.UndoOf, &run.State, &started, &ended)
	if err != nil {
		return run, err
	}
	run.Shadow, run.StartedAt, run.EndedAt = shadow != 0, fromUS(started), fromUS(ended)
	return run, errors.Join(json.Unmarshal([]byte(requester), &run.Requester), json.Unmarshal([]byte(plan), &run.Plan))
}

func scanStep(r scanner) (cordon.Step, error) {
	var s cordon.Step
	var run, tenant, targetID, target, verdict, prior string
	var acted, proved int64
	err := r.Scan(&run, &s.Index, &tenant, &s.Action, &targetID, &target, &verdict, &s.Outcome, &s.Proof, &s.Detail,
		&s.RequestID, &s.Attempts, &prior, &acted, &proved)
	if err != nil {
		return s, err
	}
	s.ActedAt, s.ProvedAt = fromUS(acted), fromUS(proved)
	if prior != "" {
		s.Prior = json.RawMessage(prior)
	}
	return s, errors.Join(json.Unmarshal([]byte(target), &s.Target), json.Unmarshal([]byte(verdict), &s.Verdict))
}
