package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
)

// maxAttempts is how often an action leaves whose wish stays unmet.
const maxAttempts = 3

// advance carries a run as far as it goes, however long that takes.
func (e *Engine) advance(ctx context.Context, runID string) error {
	defer e.runs.lock(runID)()
	return e.carry(ctx, runID)
}

// carry takes the steps of a run until it ends, is held, or nothing is left
// but what met an error that time may mend.
func (e *Engine) carry(ctx context.Context, runID string) error {
	ctx = microsoft.WithPriority(ctx, microsoft.PriorityContain)
	var putOff []int
	var errs []error
	for {
		run, err := e.loadRun(ctx, runID)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if run.State.Ended() {
			return errors.Join(errs...) // it was given up meanwhile: a late job takes nothing up again
		}
		i, state := playbook.Next(run, putOff...)
		if i < 0 {
			return errors.Join(append(errs, e.close(ctx, run, state))...)
		}
		if err := e.inTime(ctx, run, i); err != nil {
			putOff, errs = append(putOff, i), append(errs, err)
		}
	}
}

// inTime takes a step within half of the time that is left, if it has an end:
// one that hangs leaves the other half to those after it.
func (e *Engine) inTime(ctx context.Context, run cordon.Run, i int) error {
	if end, ok := ctx.Deadline(); ok && i < len(run.Steps)-1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
	}
	return e.step(ctx, run, run.Steps[i])
}

func (e *Engine) loadRun(ctx context.Context, id string) (run cordon.Run, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		run, err = tx.Run(ctx, id)
		return err
	})
	return run, err
}

// step takes one step as far as it goes now.
func (e *Engine) step(ctx context.Context, run cordon.Run, s cordon.Step) error {
	t, err := e.tenant(run.TenantID)
	if err != nil {
		return err
	}
	verb, ok := e.verbs.Find(s.Action)
	if !ok {
		return e.finish(ctx, t, run, verb, s, failed(s, "no action is called "+string(s.Action)))
	}
	if s.Attempts > 0 { // it may have left
		return e.resume(ctx, t, run, s, verb)
	}
	if run.Shadow || t.Mode == cordon.ModeObserve {
		ctx = microsoft.WithPriority(ctx, microsoft.PriorityCommand) // what is only shown leaves the reserve to containment
	}
	s.Target = resolveTarget(ctx, t, s.Target)
	return e.attempt(ctx, t, run, s, verb)
}

// resolveTarget returns a user who is known by other names alone with the
// object id besides: that is what writes go by, for every other name may be
// given to somebody else. Guard refuses a target that it does not find, or that
// may be several users.
func resolveTarget(ctx context.Context, t Tenant, target cordon.Entity) cordon.Entity {
	if t.Mode == cordon.ModeObserve {
		return target
	}
	for _, name := range target.Unresolved() {
		users, err := t.Client.Users.Find(ctx, name)
		if err != nil || len(users) > 1 {
			return target
		}
		if len(users) == 1 {
			u := cordon.DirectoryUser{ObjectID: users[0].ID, UPN: users[0].UserPrincipalName}
			return target.Resolve(cordon.Resolution{Name: name, State: cordon.ResolutionFound, Users: []cordon.DirectoryUser{u}})
		}
	}
	return target
}

// resume takes up a step whose action may or may not have left: the tenant's
// state is read first, and only an unmet wish is acted on again.
func (e *Engine) resume(ctx context.Context, t Tenant, run cordon.Run, s cordon.Step, verb action.Verb) error {
	prior, err := action.ParseState(s.Prior)
	if err != nil {
		return err
	}
	now, err := verb.Read(ctx, t.Client, s.Target)
	if none, ok := errors.AsType[*action.Needless](err); ok {
		return e.passOver(ctx, t, run, s, verb, none.Why)
	}
	if errors.Is(err, cordon.ErrNotFound) {
		return e.finish(ctx, t, run, verb, s, failed(s, "no answer came back, and the target no longer exists"))
	}
	if err != nil {
		return e.sightless(ctx, t, run, s, fmt.Errorf("resume %s: %w", s.Action, err))
	}
	if verb.Met(prior, now) {
		s.Outcome, s.Proof, s.ProvedAt = cordon.OutcomeUnknown, cordon.ProofConfirmed, e.Now().UTC()
		s.Detail = "no answer came back; reading the state shows that it is as wished"
		return e.finish(ctx, t, run, verb, s, s)
	}
	if s.Attempts >= maxAttempts && e.Now().Before(s.ActedAt.Add(verb.Settles)) {
		return fmt.Errorf("%s on %s: the state is not yet as wished: %w", s.Action, s.Target.ID(), cordon.ErrUnavailable)
	}
	if s.Attempts >= maxAttempts {
		seen := "the state is not as wished"
		if verb.Shows != nil && !verb.Shows(now) {
			seen = unseen
		}
		return e.finish(ctx, t, run, verb, s, failed(s, fmt.Sprintf("no answer came back %d times, and %s", s.Attempts, seen)))
	}
	if s.Outcome == cordon.OutcomeIntent {
		if err := e.lost(ctx, run, s); err != nil {
			return err
		}
	}
	return e.attempt(ctx, t, run, s, verb)
}

// sightless waits for a state that cannot be read to be read again. What does
// not pass by itself, such as a consent that was withdrawn, ends the step as
// unknown after a while, and a person is told: nothing is repeated unseen.
func (e *Engine) sightless(ctx context.Context, t Tenant, run cordon.Run, s cordon.Step, err error) error {
	if e.Now().Sub(s.ActedAt) < patience || mayPass(err) || ctx.Err() != nil {
		return err
	}
	sit := guard.Situation{Mode: t.Mode, Unreadable: []string{err.Error()}}
	_, err = e.judge(ctx, t, run, s, sit, action.State{})
	return err
}

// lost closes an intent whose action seems never to have taken effect, before
// the next one is written down: no intent stays without an outcome.
func (e *Engine) lost(ctx context.Context, run cordon.Run, s cordon.Step) error {
	s.Outcome, s.Detail = cordon.OutcomeUnknown, "no answer was written down; reading the state shows no effect"
	return e.Store.Write(ctx, func(tx *store.Tx) error { return e.record(ctx, tx, run, s, cordon.EntryOutcome) })
}

func failed(s cordon.Step, detail string) cordon.Step {
	s.Outcome, s.Detail = cordon.OutcomeFailed, detail
	return s
}

// attempt has a step judged and, when guard allows it, done and proved.
func (e *Engine) attempt(ctx context.Context, t Tenant, run cordon.Run, s cordon.Step, verb action.Verb) error {
	sit, failed := e.situation(ctx, t, run, s, verb)
	before, err := verb.Read(ctx, t.Client, s.Target)
	none, needless := errors.AsType[*action.Needless](err)
	switch {
	case needless && t.Mode != cordon.ModeObserve:
		return e.passOver(ctx, t, run, s, verb, none.Why)
	case needless:
		sit.NoAccount = none.Why
	case err != nil:
		sit.Unreadable = append(sit.Unreadable, "state before: "+err.Error())
		failed = errors.Join(failed, err)
	default:
		sit.NotOffered, sit.Already, sit.Settles = verb.NotOffered(before), verb.Met(nil, before), verb.Settles
		sit.Unmet = !sit.Already && verb.Lasts() && (verb.Shows == nil || verb.Shows(before))
	}
	if err := ctx.Err(); err != nil {
		if errors.Is(err, context.Canceled) || e.Now().Sub(run.StartedAt) < patience {
			return err // what the end of the process kept from being read is no verdict, nor what may answer yet
		}
		sit.Unreadable, ctx = append(sit.Unreadable, "no answer in time"), context.WithoutCancel(ctx)
	}
	if e.passing(run, failed) {
		return fmt.Errorf("judge %s on %s: %w", s.Action, s.Target.ID(), failed)
	}
	if s, err = e.judge(ctx, t, run, s, sit, before); err != nil || s.Outcome != cordon.OutcomeIntent || s.Verdict.Decision != cordon.Allow || run.Shadow {
		return err
	}
	e.At(PointIntent)
	return e.act(ctx, t, run, s, verb, before)
}

// passOver writes down that a step has no account to act on. Guard is not
// asked: nothing is done. A step that left before is not called passed over.
func (e *Engine) passOver(ctx context.Context, t Tenant, run cordon.Run, s cordon.Step, verb action.Verb, why string) error {
	if s.Attempts > 0 {
		return e.finish(ctx, t, run, verb, s, failed(s, "no answer came back, and then: "+why))
	}
	s = passedOver(s, why)
	if run.Shadow {
		would := s.Verdict
		s.Verdict.Would = &would
	}
	return e.Store.Write(ctx, func(tx *store.Tx) error { return e.record(ctx, tx, run, s, cordon.EntryVerdict) })
}

func passedOver(s cordon.Step, why string) cordon.Step {
	s.Outcome, s.Detail = cordon.OutcomeSkipped, why
	s.Verdict = cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonNoAccount, Detail: why}
	return s
}

// patience is how long a playbook's run waits for what passes: a service that
// is down, a budget that is spent. A person is told at once.
const patience = 10 * time.Minute

// passing reports whether a failure may pass if the run waits.
func (e *Engine) passing(run cordon.Run, err error) bool {
	return !run.Requester.IsPerson() && e.Now().Sub(run.StartedAt) < patience && mayPass(err)
}

func mayPass(err error) bool {
	return errors.Is(err, cordon.ErrUnavailable) || errors.Is(err, cordon.ErrThrottled)
}

// act lets the action leave, reads the state back and writes both down. Once
// it has left, the end of the process no longer stops the writing down.
func (e *Engine) act(ctx context.Context, t Tenant, run cordon.Run, s cordon.Step, verb action.Verb, prior action.State) error {
	detail, err := verb.Do(ctx, t.Client, action.Order{Target: s.Target, Before: prior, RequestID: s.RequestID})
	e.At(PointActed)
	ctx = context.WithoutCancel(ctx)
	before := s
	s = settle(s, verb, detail, err, e.passing(run, err))
	var slow bool
	if s.Outcome == cordon.OutcomeDone || s.Outcome == cordon.OutcomeUnknown {
		s, slow = e.readBackSoon(ctx, t, s, verb)
	}
	if err := e.finish(ctx, t, run, verb, before, s); err != nil {
		return err
	}
	if slow {
		if err := e.proveNow(ctx, run, s); err != nil {
			return err
		}
	}
	e.At(PointOutcome)
	if s.Outcome == cordon.OutcomePlanned || s.Outcome == cordon.OutcomeUnknown && s.Proof != cordon.ProofConfirmed {
		return fmt.Errorf("%s on %s: %w", s.Action, s.Target.ID(), errOr(err, cordon.ErrThrottled))
	}
	return nil
}

// close writes down where a run stands when no step is to be taken. With one
// held and another put off it is running: a sweep takes that one up again.
func (e *Engine) close(ctx context.Context, run cordon.Run, state cordon.RunState) error {
	if state == run.State {
		return nil
	}
	var ended time.Time
	if state.Ended() {
		ended = e.Now().UTC()
	}
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetRunState(ctx, run.ID, state, ended); err != nil {
			return err
		}
		if err := errors.Join(skipRest(ctx, tx, run, state), e.tellBarren(ctx, tx, run, state)); err != nil {
			return err
		}
		return e.containment(ctx, tx, run, state)
	})
}

// containment stores what the end of a run means for its incident: one that
// contained its entity makes it contained, and one that took that back makes it
// open again.
func (e *Engine) containment(ctx context.Context, tx *store.Tx, run cordon.Run, state cordon.RunState) error {
	now := e.Now().UTC()
	switch {
	case state == cordon.RunDone && run.UndoOf != "":
		undone, err := tx.Run(ctx, run.UndoOf)
		if err != nil {
			return err
		}
		return tx.MoveIncident(ctx, undone.IncidentID, cordon.IncidentContained, cordon.IncidentOpen, now)
	case state == cordon.RunDone && slices.ContainsFunc(run.Steps, e.contained):
		return tx.MoveIncident(ctx, run.IncidentID, cordon.IncidentOpen, cordon.IncidentContained, now)
	}
	return nil
}

// contained reports whether a step contained its target.
func (e *Engine) contained(s cordon.Step) bool {
	verb, ok := e.verbs.Find(s.Action)
	return ok && verb.Effect == cordon.EffectContain && s.Settled()
}

// skipRest marks the steps that an ended run never reached.
func skipRest(ctx context.Context, tx *store.Tx, run cordon.Run, state cordon.RunState) error {
	for _, s := range run.Steps {
		if !state.Ended() || s.Outcome != cordon.OutcomePlanned {
			continue
		}
		s.Outcome = cordon.OutcomeSkipped
		if err := tx.PutStep(ctx, run, s); err != nil {
			return err
		}
	}
	return nil
}

// tellBarren says of an ended run which wish found no account at all.
func (e *Engine) tellBarren(ctx context.Context, tx *store.Tx, run cordon.Run, state cordon.RunState) error {
	if state != cordon.RunFailed {
		return nil
	}
	t, err := e.tenant(run.TenantID)
	if err != nil {
		return err
	}
	for _, s := range run.Barren() {
		s.Detail += "; this was the last way, and no account of the user was changed"
		n := stepNotice(t, run, s)
		n.Kind, n.Severity, n.Reason = cordon.NoticeFailed, cordon.SeverityHigh, string(cordon.ReasonNoAccount)
		n.Title += ": " + s.Detail
		if err := errors.Join(e.record(ctx, tx, run, s, cordon.EntryOutcome), e.notice(ctx, tx, t, n)); err != nil {
			return err
		}
	}
	return nil
}
