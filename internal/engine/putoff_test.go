package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// coverageTold are the notices about coverage, without reasons.
func (w *world) coverageTold() (titles []string) {
	w.T.Helper()
	if err := w.engine.tell(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
	for _, n := range w.told {
		if n.Kind == cordon.NoticeCoverage {
			title, _, _ := strings.Cut(n.Title, ":")
			titles = append(titles, title)
		}
	}
	return titles
}

func (w *world) coverageOf(source cordon.Source) (c cordon.Coverage) {
	w.T.Helper()
	err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) error {
		all, err := tx.Coverage(w.T.Context(), w.tenant)
		if i := slices.IndexFunc(all, func(c cordon.Coverage) bool { return c.Source == source }); i >= 0 {
			c = all[i]
		}
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

// TestThrottledReadingIsPutOff: what passes is not told, and does not make a
// source unreadable. What stays is told, once, and so is its end.
// It is long because its rows are stories.
func TestThrottledReadingIsPutOff(t *testing.T) {
	t.Parallel()
	type reading struct {
		at     time.Duration
		status int // of the answer; 0: a good one
		state  cordon.CoverageState
	}
	const unreadable, again = "risk_detections is unreadable", "risk_detections is read whole again"
	tests := []struct {
		name     string
		readings []reading
		told     []string
	}{
		{"never read, passes", []reading{{0, 429, ""}, {30 * time.Second, 429, ""}, {59 * time.Second, 0, cordon.CoverageWhole}}, nil},
		{"never read, stays", []reading{
			{0, 429, ""}, {time.Minute, 429, cordon.CoverageUnreadable}, {2 * time.Minute, 429, cordon.CoverageUnreadable},
			{3 * time.Minute, 0, cordon.CoverageWhole},
		}, []string{unreadable, again}},
		{"read before, passes before that is stale", []reading{
			{0, 0, cordon.CoverageWhole}, {time.Minute, 429, cordon.CoverageWhole}, {14 * time.Minute, 429, cordon.CoverageWhole},
			{16 * time.Minute, 0, cordon.CoverageWhole},
		}, nil},
		{"read before, stays", []reading{
			{0, 0, cordon.CoverageWhole}, {time.Minute, 429, cordon.CoverageWhole}, {16 * time.Minute, 429, cordon.CoverageUnreadable},
			{17 * time.Minute, 0, cordon.CoverageWhole},
		}, []string{unreadable, again}},
		{"read long ago, passes", []reading{
			{0, 0, cordon.CoverageWhole}, {time.Hour, 429, cordon.CoverageWhole}, {time.Hour + 59*time.Second, 0, cordon.CoverageWhole},
		}, nil},
		{"throttled around another failure", []reading{
			{0, 429, ""}, {30 * time.Second, 500, cordon.CoverageUnreadable}, {time.Minute, 429, cordon.CoverageUnreadable},
			{90 * time.Second, 0, cordon.CoverageWhole},
		}, []string{unreadable, again}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{})
			start := time.Now()
			f := &feed{tenant: &w.engine.Tenants[0], source: cordon.SourceRiskDetections}
			ctx := microsoft.WithPriority(t.Context(), microsoft.PriorityPoll)
			for _, r := range tt.readings {
				at := start.Add(r.at)
				w.still.Store(&at)
				if r.status != 0 {
					w.fault(sim.Fault{Path: "/v1.0/identityProtection/riskDetections", Status: r.status, RetryAfter: "1"})
				}
				if err := errors.Join(w.engine.read(ctx, f), w.engine.tellPutOff(ctx, f), w.engine.flushQuiet(ctx)); err != nil {
					t.Fatal(err)
				}
				w.cloud.ClearFaults()
				if late := f.putOff != nil; late != (r.status == 429) || late && f.putOff.wait != 0 {
					t.Errorf("at %s: %+v; it waits for its rhythm", r.at, f.putOff)
				}
				if c := w.coverageOf(f.source); c.State != r.state {
					t.Errorf("at %s: %q, want %q: %s", r.at, c.State, r.state, c.Reason)
				}
			}
			if got := w.coverageTold(); !slices.Equal(got, tt.told) {
				t.Errorf("told %q, want %q", got, tt.told)
			}
		})
	}
}

// TestSyncWaitsForItsBudget: what our own budget puts off is read when the
// budget allows it, and nobody is told of an outage that there is not.
func TestSyncWaitsForItsBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{})
	w.enterWith(microsoft.Options{Share: 1, MaxWait: time.Nanosecond})
	w.engine.Sources = []cordon.Source{cordon.SourceRiskDetections, cordon.SourceConditionalAccess}
	if err := w.engine.Once(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	got := map[cordon.Source]cordon.CoverageState{}
	for _, source := range w.engine.Sources {
		got[source] = w.coverageOf(source).State
	}
	want := map[cordon.Source]cordon.CoverageState{cordon.SourceRiskDetections: cordon.CoverageWhole, cordon.SourceConditionalAccess: cordon.CoverageWhole}
	if told := w.coverageTold(); fmt.Sprint(got) != fmt.Sprint(want) || told != nil {
		t.Errorf("got %v, want %v; told %q", got, want, told)
	}
}

// TestSyncSaysWhatItDidNotRead: a source that Microsoft puts off for longer
// than sync waits was not read, and that is told.
func TestSyncSaysWhatItDidNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, action.Documented, sim.Options{})
	w.engine.Sources = []cordon.Source{cordon.SourceRiskDetections}
	w.fault(sim.Fault{Path: "/v1.0/identityProtection/riskDetections", Status: 429, RetryAfter: "120"})
	if err := w.engine.Once(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c := w.coverageOf(cordon.SourceRiskDetections)
	if told := w.coverageTold(); c.State != cordon.CoverageUnreadable || !strings.HasPrefix(c.Reason, "put off since ") || len(told) != 1 {
		t.Errorf("%+v; told %q", c, told)
	}
}

// TestNext: a feed is due after its rhythm, later after failures, and as soon
// as the budget allows what that put off.
func TestNext(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e := &Engine{Options: Options{Now: func() time.Time { return now }}}
	tests := []struct {
		name string
		feed feed
		want time.Duration
	}{
		{"threats", feed{source: cordon.SourceAlerts}, 30 * time.Second},
		{"posture", feed{source: cordon.SourceConditionalAccess}, 5 * time.Minute},
		{"after two failures", feed{source: cordon.SourceAlerts, retries: 2}, time.Minute},
		{"after many", feed{source: cordon.SourceAlerts, retries: 50}, 15 * time.Minute},
		{"our budget is spent", feed{source: cordon.SourceConditionalAccess, retries: 4, putOff: &putOff{wait: 2 * time.Second}}, 2 * time.Second},
		{"Microsoft throttles", feed{source: cordon.SourceConditionalAccess, retries: 2, putOff: &putOff{}}, 10 * time.Minute},
	}
	for _, tt := range tests {
		if got := e.next(&tt.feed).Sub(now); got < tt.want || got > tt.want+tt.want/10+1 {
			t.Errorf("%s: due in %s, want %s and a tenth at most", tt.name, got, tt.want)
		}
	}
}
