package engine

import (
	"context"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/store"
)

// judge asks guard and writes down what it says. When it allows, the step
// that comes back is an intent, committed with the prior state: durable point
// 2. Caps are counted in the same transaction.
func (e *Engine) judge(ctx context.Context, t Tenant, run cordon.Run, s cordon.Step, sit guard.Situation, before action.State) (cordon.Step, error) {
	s.Outcome = cordon.OutcomePlanned // whatever it was: only what is allowed below leaves
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := e.fillStored(ctx, tx, run, &sit); err != nil {
			return err
		}
		verb, known := e.verbs.Find(s.Action)
		if known && verb.Since != nil && !sit.Newest.IsZero() && len(sit.Unreadable) == 0 {
			sit.Already = sit.Already || verb.Since(before, sit.Newest)
		}
		s.Verdict = guard.Check(e.Guard, sit)
		switch {
		case s.Verdict.Decision != cordon.Allow, run.Shadow:
			return e.stop(ctx, tx, t, run, s)
		case s.Attempts == 0 && sit.Already:
			s.Outcome, s.Proof, s.ProvedAt, s.Prior = cordon.OutcomeAlready, cordon.ProofConfirmed, sit.Now, before.JSON()
			s.Detail = "already in the desired state"
			if left := verb.Left(before); left != "" {
				s.Detail += "; " + left
			}
			return e.record(ctx, tx, run, s, cordon.EntryOutcome)
		}
		if err := e.stillOurs(ctx, tx); err != nil {
			return err
		}
		s.Outcome, s.RequestID, s.ActedAt, s.Detail = cordon.OutcomeIntent, e.NewID(), sit.Now.Truncate(time.Microsecond), ""
		s.Attempts++
		if s.Prior == nil {
			s.Prior = before.JSON()
		}
		return e.record(ctx, tx, run, s, cordon.EntryIntent)
	})
	return s, err
}

// stop writes down that guard did not allow a step, and tells.
func (e *Engine) stop(ctx context.Context, tx *store.Tx, t Tenant, run cordon.Run, s cordon.Step) error {
	if err := e.recordStop(ctx, tx, run, s); err != nil || run.Shadow {
		return err // of a shadow the report tells, not the night
	}
	if s.Verdict.Decision == cordon.Hold { // with the verdict, so that no wake-up falls between
		if err := tx.SetRunState(ctx, run.ID, cordon.RunHeld, time.Time{}); err != nil {
			return err
		}
	}
	if observedBefore(run, s) {
		return nil // one refusal says that the tenant is only observed
	}
	n := stepNotice(t, run, s)
	if would := s.Verdict.WouldBe(); would != "" {
		n.Title += ", would be: " + would
	}
	n.Kind, n.Severity, n.Reason = cordon.NoticeRefused, cordon.SeverityHigh, string(s.Verdict.Reason)
	if s.Verdict.Decision == cordon.Hold {
		n.Kind = cordon.NoticeHeld
	}
	return e.notice(ctx, tx, t, n)
}

// observedBefore reports whether an earlier step of the run was refused for
// mode observe, and this one is too.
func observedBefore(run cordon.Run, s cordon.Step) bool {
	return s.Verdict.Reason == cordon.ReasonObserve && slices.ContainsFunc(run.Steps[:s.Index], func(o cordon.Step) bool {
		return o.Verdict.Reason == cordon.ReasonObserve
	})
}

// recordStop writes down a step that guard stopped. One that left before and
// whose answer never came stays unknown: it is not called skipped.
func (e *Engine) recordStop(ctx context.Context, tx *store.Tx, run cordon.Run, s cordon.Step) error {
	switch {
	case s.Attempts > 0:
		s.Outcome, s.Detail = cordon.OutcomeUnknown, "no answer came back, and it is not repeated: "+s.Verdict.Detail
		return e.record(ctx, tx, run, s, cordon.EntryOutcome)
	case s.Verdict.Decision == cordon.Hold:
		s.Outcome = cordon.OutcomePlanned
	default:
		s.Outcome = cordon.OutcomeSkipped
	}
	s.Detail = s.Verdict.Detail
	return e.record(ctx, tx, run, s, cordon.EntryVerdict)
}

func stepNotice(t Tenant, run cordon.Run, s cordon.Step) cordon.Notice {
	return cordon.Notice{
		Title: string(s.Action) + " " + t.Label(s.Target), IncidentID: run.IncidentID, RunID: run.ID, Action: s.Action, Target: s.Target.ID(),
	}
}
