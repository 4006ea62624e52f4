package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
)

// proveAgain is when the state is read back once more after an action.
func proveAgain() []time.Duration { return []time.Duration{2 * time.Minute, 15 * time.Minute} }

// settle says what became of an action from the answer that it got. passing
// says that the action did not leave for a reason that may pass.
func settle(s cordon.Step, verb action.Verb, detail string, err error, passing bool) cordon.Step {
	none, needless := errors.AsType[*action.Needless](err)
	switch {
	case err == nil:
		s.Outcome, s.Detail = cordon.OutcomeDone, detail
	case needless:
		if s.Attempts == 1 { // nothing was changed: it must not cool down what is tried next, where it counts
			s.Attempts, s.ActedAt = 0, time.Time{}
		}
		return passedOver(s, none.Why)
	case passing && !errors.Is(err, cordon.ErrUnknownOutcome):
		s.Outcome, s.Verdict, s.Detail = cordon.OutcomePlanned, cordon.Verdict{}, "not done, to be tried again: "+err.Error()
		s.Attempts--
	case errors.Is(err, cordon.ErrUnknownOutcome), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		s.Outcome, s.Detail = cordon.OutcomeUnknown, "no answer came back: "+err.Error()
	default:
		s.Outcome, s.Detail = cordon.OutcomeFailed, verb.Explain(err)
	}
	return s
}

// readBackTimeout is how long reading back at once may take: the outcome waits
// for it to be written down. What takes longer is read by a job.
const readBackTimeout = 5 * time.Second

// unseen is said of a step whose effect no reading shows.
const unseen = "nothing that can be read shows whether it took effect"

// notReadBack begins what is said of a step whose state could not be read.
const notReadBack = "the state could not be read back: "

// readBackSoon is readBack within readBackTimeout, and reports whether that
// was too short.
func (e *Engine) readBackSoon(ctx context.Context, t Tenant, s cordon.Step, verb action.Verb) (read cordon.Step, slow bool) {
	ctx, cancel := context.WithTimeout(ctx, e.readBackTimeout)
	defer cancel()
	s = e.readBack(ctx, t, s, verb)
	return s, s.Proof == cordon.ProofUnknown && ctx.Err() != nil
}

// proveNow has a step read back by a job, at once.
func (e *Engine) proveNow(ctx context.Context, run cordon.Run, s cordon.Step) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, proveJob{Run: run.ID, Step: s.Index}, time.Time{})
	})
}

// readBack proves a step by reading the state that it changed.
func (e *Engine) readBack(ctx context.Context, t Tenant, s cordon.Step, verb action.Verb) cordon.Step {
	s.ProvedAt = e.Now().UTC().Truncate(time.Microsecond)
	prior, err := action.ParseState(s.Prior)
	if err == nil {
		var now action.State
		if now, err = verb.Read(ctx, t.Client, s.Target); err == nil {
			s.Proof = verb.Prove(prior, now, s.ActedAt, s.ProvedAt)
			s.Detail = readable(s.Detail)
			if s.Proof == cordon.ProofUnknown && !strings.HasSuffix(s.Detail, unseen) {
				s.Detail = strings.TrimPrefix(s.Detail+"; "+unseen, "; ")
			}
			return s
		}
	}
	s.Proof = cordon.ProofUnknown
	s.Detail = strings.TrimPrefix(readable(s.Detail)+"; "+notReadBack+err.Error(), "; ")
	return s
}

// readable is what is said of a step without that it could not be read back.
func readable(detail string) string {
	before, _, _ := strings.Cut(detail, notReadBack)
	return strings.TrimSuffix(before, "; ")
}

// finish commits what became of an action: durable point 3.
func (e *Engine) finish(ctx context.Context, t Tenant, run cordon.Run, verb action.Verb, before, s cordon.Step) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := e.record(ctx, tx, run, s, cordon.EntryOutcome); err != nil || s.Outcome == cordon.OutcomePlanned || s.PassedOver() {
			return err
		}
		if err := e.notice(ctx, tx, t, outcomeNotice(t, run, s, verb)); err != nil {
			return err
		}
		if before.Outcome != cordon.OutcomeIntent && before.Outcome != cordon.OutcomeUnknown || s.Outcome == cordon.OutcomeFailed {
			return nil
		}
		for _, wait := range proveAgain() {
			if err := tx.Enqueue(ctx, proveJob{Run: run.ID, Step: s.Index}, time.Now().Add(wait)); err != nil {
				return err
			}
		}
		return nil
	})
}

func outcomeNotice(t Tenant, run cordon.Run, s cordon.Step, verb action.Verb) cordon.Notice {
	n := stepNotice(t, run, s)
	n.Kind, n.Severity, n.Reason = cordon.NoticeChanged, cordon.SeverityMedium, "proof "+string(s.Proof)
	if verb.Effect == cordon.EffectContain {
		n.Kind, n.Severity = cordon.NoticeContained, cordon.SeverityHigh
	}
	if before, err := action.ParseState(s.Prior); err == nil && before != nil && s.Settled() {
		if left := verb.Left(*before); left != "" {
			n.Title += ": " + left
		}
	}
	if why := Unproved(s); why != "" {
		n.Title += ": " + why
	}
	if !s.Settled() {
		n.Kind, n.Reason = cordon.NoticeFailed, string(s.Outcome)
		n.Title += ": " + s.Detail
	}
	return n
}

// prove reads the state back once more, some time after an action.
func (e *Engine) prove(ctx context.Context, runID string, step int) error {
	defer e.runs.lock(runID)()
	run, err := e.loadRun(ctx, runID)
	if err != nil {
		return err
	}
	t, err := e.tenant(run.TenantID)
	if err != nil {
		return err
	}
	s := run.Steps[step]
	verb, ok := e.verbs.Find(s.Action)
	later, err := e.superseded(ctx, run, s)
	if err != nil || !ok || later || s.Outcome != cordon.OutcomeDone && s.Outcome != cordon.OutcomeUnknown {
		return err
	}
	before := s.Proof
	s = e.readBack(ctx, t, s, verb)
	return e.Store.Write(ctx, func(tx *store.Tx) error { return e.proved(ctx, tx, t, run, verb, s, before) })
}

// proved writes down a later proof and tells when it is not what it was.
func (e *Engine) proved(ctx context.Context, tx *store.Tx, t Tenant, run cordon.Run, verb action.Verb, s cordon.Step, before cordon.Proof) error {
	if err := e.record(ctx, tx, run, s, cordon.EntryProof); err != nil || s.Proof == before {
		return err
	}
	n := outcomeNotice(t, run, s, verb)
	if s.Proof == cordon.ProofContradicted {
		n.Kind = cordon.NoticeFailed
		n.Title += ": the state is no longer as wished"
	}
	if err := e.notice(ctx, tx, t, n); err != nil {
		return err
	}
	run.Steps[s.Index] = s
	_, state := playbook.Next(run)
	if state == run.State || !state.Ended() {
		return nil
	}
	if state == cordon.RunFailed { // the identity is not contained after all
		if err := tx.MoveIncident(ctx, run.IncidentID, cordon.IncidentContained, cordon.IncidentOpen, e.Now().UTC()); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, decideJob{Incidents: []string{run.IncidentID}}, time.Time{}); err != nil {
			return err
		}
	}
	return tx.SetRunState(ctx, run.ID, state, e.Now().UTC())
}

// superseded reports whether a later run set the same part of the same target's
// state: it is then no longer as this one wished, rightly.
func (e *Engine) superseded(ctx context.Context, run cordon.Run, s cordon.Step) (later bool, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		attempts, err := tx.Attempts(ctx, run.TenantID, s.ActedAt)
		for _, a := range attempts {
			later = later || a.RunID != run.ID && a.TargetID == s.Target.ID() && a.Action.Field() == s.Action.Field() && a.At.After(s.ActedAt)
		}
		return err
	})
	return later, err
}

func errOr(err, otherwise error) error {
	if err == nil {
		return otherwise
	}
	return err
}
