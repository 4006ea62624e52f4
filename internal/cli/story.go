package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// A story tells the demo as it happens: it is a channel like any other.
type story struct {
	mu    sync.Mutex
	out   io.Writer
	most  func(int) int // see Deps.atMost
	start time.Time
}

func newStory(d *Deps) *story { return &story{out: d.Out, most: d.atMost, start: time.Now()} }

// Name returns "story".
func (s *story) Name() string { return "story" }

func (s *story) begin(tenant, dir string) {
	s.line(lipgloss.NewStyle().Bold(true).Render("A Microsoft cloud in memory, the true daemon against it."))
	s.line(fmt.Sprintf("Tenant %s, mode enforce, playbook contain-token-theft on. Data in %s.", tenant, dir))
	s.line("Waiting for somebody to steal a token …\n")
}

// Send tells one notice.
func (s *story) Send(_ context.Context, n cordon.Notice) error {
	text := fmt.Sprintf("%5.1fs  %s  %s", n.At.Sub(s.start).Seconds(), paint(n.Kind).Render(fmt.Sprintf("%-9s", n.Kind)), cordon.Plain(n.Title, s.most(110)))
	if n.Reason != "" {
		text += "  [" + n.Reason + "]"
	}
	s.line(text)
	return nil
}

func (s *story) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = lipgloss.Fprintln(s.out, text) // colours only where the terminal has them
}

func paint(k cordon.NoticeKind) lipgloss.Style {
	style := lipgloss.NewStyle()
	switch k {
	case cordon.NoticeContained:
		return style.Foreground(lipgloss.Green)
	case cordon.NoticeRefused, cordon.NoticeHeld:
		return style.Foreground(lipgloss.Yellow)
	case cordon.NoticeFailed, cordon.NoticeSecurity:
		return style.Foreground(lipgloss.Red)
	default: // what is merely seen
		return style.Foreground(lipgloss.Cyan)
	}
}

// look compares what has become of the cloud, and whom we refused to touch,
// with what the scenario expects.
func look(ctx context.Context, cloud *sim.Cloud, h *app.House) (ending, error) {
	end := ending{cloud: cloud.Outcome()}
	err := h.Store.Read(ctx, func(tx *store.Tx) (err error) {
		end.runs, err = tx.Runs(ctx, store.RunFilter{})
		return err
	})
	end.problems = slices.Clone(end.cloud.Problems)
	for _, want := range end.cloud.Refused {
		if !slices.ContainsFunc(end.runs, func(r cordon.Run) bool { return refused(r, want) }) {
			end.problems = append(end.problems, fmt.Sprintf("%s was not refused as %s", want.UPN, want.Reason))
		}
	}
	for _, u := range end.cloud.Users {
		if u.Want == "contained" && !slices.ContainsFunc(end.runs, func(r cordon.Run) bool { return proved(r, u.ID) }) {
			end.problems = append(end.problems, u.UPN+" is not proved contained")
		}
	}
	return end, err
}

func refused(r cordon.Run, want sim.Refused) bool {
	return slices.ContainsFunc(r.Steps, func(s cordon.Step) bool {
		return s.Target.Called(want.ID) && s.Verdict.Decision == cordon.Refuse && string(s.Verdict.Reason) == want.Reason
	})
}

func proved(r cordon.Run, userID string) bool {
	return r.State == cordon.RunDone && !slices.ContainsFunc(r.Steps, func(s cordon.Step) bool {
		return !s.Target.Called(userID) || s.Proof != cordon.ProofConfirmed
	})
}

// tally counts what the daemon did, for the table at the end.
type tally struct {
	signals, incidents, single int
	entries                    int
}

func (s *story) tally(ctx context.Context, h *app.House) (c tally, err error) {
	err = h.Store.Read(ctx, func(tx *store.Tx) error {
		signals, err := tx.Signals(ctx, store.SignalFilter{})
		if err != nil {
			return err
		}
		incidents, err := tx.Incidents(ctx, store.IncidentFilter{})
		if err != nil {
			return err
		}
		entries, err := tx.Entries(ctx, store.EntryFilter{})
		c.signals, c.incidents, c.entries = len(signals), len(incidents), len(entries)
		for _, in := range incidents {
			if len(in.Detectors) < 2 {
				c.single++
			}
		}
		return err
	})
	return c, err
}

// end prints the table: seen, joined, decided, done, proved, left alone.
func (s *story) end(ctx context.Context, h *app.House, e ending) error {
	c, err := s.tally(ctx, h)
	if err != nil {
		return err
	}
	rows := [][2]string{
		{"seen", fmt.Sprintf("%d signals", c.signals)},
		{"joined", fmt.Sprintf("%d incidents, one per identity", c.incidents)},
		{"left alone", fmt.Sprintf("%d incidents: one detector alone is no proof, two are needed", c.single)},
	}
	for _, r := range slices.Backward(e.runs) {
		rows = append(rows, [2]string{"decided", s.decided(r)})
		for _, st := range r.Steps {
			rows = append(rows, s.stepLines(st)...)
		}
	}
	rows = append(rows, [2]string{"written down", fmt.Sprintf("%d audit entries, chained", c.entries)})
	s.line("")
	for _, r := range rows {
		s.line(fmt.Sprintf("  %s  %s", lipgloss.NewStyle().Bold(true).Render(fmt.Sprintf("%-12s", r[0])), r[1]))
	}
	if len(e.problems) == 0 {
		s.line("\n" + lipgloss.NewStyle().Foreground(lipgloss.Green).Render("The outcome is what the scenario expects."))
		return nil
	}
	s.line("\nThe outcome is not what the scenario expects:\n  " + strings.Join(e.problems, "\n  "))
	return nil
}

// decided says who decided what about whom.
func (s *story) decided(r cordon.Run) string {
	target := "nobody"
	if len(r.Steps) > 0 {
		target = cordon.Plain(r.Steps[0].Target.Label(), s.most(60))
	}
	return fmt.Sprintf("%s on %s: %s", r.Requester.Playbook, target, cordon.Plain(r.Why, s.most(120)))
}

func (s *story) stepLines(st cordon.Step) [][2]string {
	switch {
	case st.Verdict.Decision == cordon.Refuse || st.Verdict.Decision == cordon.Hold:
		return [][2]string{{"left alone", fmt.Sprintf("%s: %s", st.Verdict.Reason, cordon.Plain(st.Verdict.Detail, s.most(120)))}}
	case st.Outcome == cordon.OutcomePlanned || st.Outcome == cordon.OutcomeSkipped:
		return nil
	}
	return [][2]string{{"done", fmt.Sprintf("%s: %s, request %s", st.Action, st.Outcome, st.RequestID)}, {"proved", string(st.Proof)}}
}
