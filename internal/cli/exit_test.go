package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/cordonhq/cordon"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want int
	}{
		{cordon.ErrRefused, 4},
		{cordon.ErrDenied, 1}, {cordon.ErrUnlicensed, 1}, {cordon.ErrNotProvisioned, 1}, {cordon.ErrThrottled, 1}, {cordon.ErrNotFound, 1},
		{cordon.ErrGone, 1}, {cordon.ErrBlocked, 1}, {cordon.ErrPartial, 1}, {cordon.ErrCredential, 1}, {cordon.ErrUnavailable, 1}, {cordon.ErrMalformed, 1}, {cordon.ErrUnsafeLink, 1},
		{cordon.ErrConflict, 1}, {cordon.ErrBadRequest, 1}, {cordon.ErrUnknownOutcome, 1}, {cordon.ErrHeldElsewhere, 1},
		{errors.New("other"), 1}, {context.Canceled, 1}, {context.DeadlineExceeded, 1}, {io.ErrClosedPipe, 1},
		{usagef("--limit must be 1 or more"), 2},
		{&findings{code: exitFindings}, 3}, {&findings{code: exitRefused}, 4}, {&findings{code: exitPartial, text: "some could not be read"}, 5},
	}
	for _, tt := range tests {
		wrapped := fmt.Errorf("contain: %w", fmt.Errorf("tenant contoso: %w", tt.err))
		joined := errors.Join(errors.New("other"), tt.err)
		for _, err := range []error{tt.err, wrapped, joined} {
			if got := exitCode(err); got != tt.want {
				t.Errorf("%v: got %d, want %d", err, got, tt.want)
			}
		}
	}
}

// What was called wrongly ends with 2 before anything is opened.
func TestMainUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"no-such-command"}, {"--no-such-flag"}, {"signal"}, {"signal", "no-such-verb"}, {"signal", "list", "a", "b"},
		{"signal", "list", "-o", "yaml"}, {"version", "-o", "xml"}, {"signal", "list", "--limit", "-1"}, {"contain"},
	} {
		d := &Deps{Out: io.Discard, Err: io.Discard, Version: "test"}
		if got := Main(t.Context(), args, d); got != exitUsage {
			t.Errorf("%q: exit %d, want %d", args, got, exitUsage)
		}
	}
	if got := Main(t.Context(), []string{"config", "check", "--config", t.TempDir() + "/none.yaml"}, &Deps{Out: io.Discard, Err: io.Discard}); got != exitError {
		t.Errorf("no configuration: exit %d, want %d", got, exitError)
	}
	if got := Main(t.Context(), []string{"version"}, &Deps{Out: io.Discard, Err: io.Discard, Version: "test"}); got != exitOK {
		t.Errorf("version: exit %d", got)
	}
}

// Every step that did not take effect is told, and none that was not reached.
func TestEveryStepThatWentAstrayIsTold(t *testing.T) {
	t.Parallel()
	ada := cordon.NewUser("", "ada@contoso.com", "")
	refused := cordon.Verdict{Decision: cordon.Refuse, Reason: cordon.ReasonNotOffered, Detail: "only enable"}
	run := cordon.Run{ID: "r1", State: cordon.RunFailed, Steps: []cordon.Step{
		{Action: cordon.ActionDisableUser, Target: ada, Outcome: cordon.OutcomeFailed, Detail: "no road"},
		{Action: cordon.ActionDisableOnPremises, Target: ada, Outcome: cordon.OutcomeSkipped, Verdict: refused},
		{Action: cordon.ActionDisableOkta, Target: ada, Outcome: cordon.OutcomeDone},
		{Action: cordon.ActionConfirmCompromised, Target: ada, Outcome: cordon.OutcomeSkipped},
	}}
	err := errors.Join(subject{}.astray(run)...)
	want := "disable_user ada@contoso.com: no road\ndisable_on_premises ada@contoso.com: refused by guard: action_not_offered: only enable"
	if err == nil || err.Error() != want || exitCode(err) != exitRefused {
		t.Errorf("got %v, exit code %d; want %q", err, exitCode(err), want)
	}
}
