package correlate

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cordonhq/cordon"
)

// people are three users under all their names.
func people() []cordon.Entity {
	var out []cordon.Entity
	for i := range 3 {
		id := fmt.Sprintf("%08d-0000-0000-0000-000000000000", i+1)
		out = append(out, user(id, fmt.Sprintf("p%d@contoso.test", i), fmt.Sprintf("s-1-5-21-%d", i)))
	}
	return out
}

// drawEntity draws somebody under some of the names.
func drawEntity(t *rapid.T) cordon.Entity {
	p := rapid.SampledFrom(people()).Draw(t, "person")
	e := cordon.Entity{Kind: p.Kind}
	mask := rapid.IntRange(1, 7).Draw(t, "names")
	for i, n := range p.Names {
		if mask&(1<<i) != 0 {
			e = e.Add(n.Kind, n.Value)
		}
	}
	return e
}

// drawSignals draws signals of which some are versions of each other; all
// versions agree on times and entities.
func drawSignals(t *rapid.T, entity func(*rapid.T) cordon.Entity) []cordon.Signal {
	var out []cordon.Signal
	for i := range rapid.IntRange(1, 12).Draw(t, "signals") {
		s := sig(fmt.Sprintf("s%02d", i), float64(rapid.IntRange(0, 96).Draw(t, "hour")))
		s.DetectedAt = hour(s.OccurredAt.Sub(hour(0)).Hours() + float64(rapid.SampledFrom([]int{0, 1, 30}).Draw(t, "delay")))
		s.Severity = rapid.SampledFrom([]cordon.Severity{cordon.SeverityLow, cordon.SeverityMedium, cordon.SeverityHigh}).Draw(t, "severity")
		s.Detector = rapid.SampledFrom([]cordon.Detector{"a", "b", "c"}).Draw(t, "detector")
		for range rapid.IntRange(1, 2).Draw(t, "entities") {
			s.Entities = append(s.Entities, entity(t))
		}
		for v := range rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "versions") {
			s.ID, s.Version, s.UpdatedAt = fmt.Sprintf("s%02d.%d", i, v), fmt.Sprint(v), hour(float64(100+v))
			s.State = rapid.SampledFrom([]cordon.SignalState{cordon.SignalOpen, cordon.SignalClosed}).Draw(t, "state")
			out = append(out, s)
		}
	}
	return out
}

// A world is a store in small: what was returned is kept and given back.
type world struct {
	incidents map[string]cordon.Incident
	signals   map[string]cordon.Signal
	ids       int
}

func (w *world) join(news []cordon.Signal) {
	if w.incidents == nil {
		w.incidents, w.signals = map[string]cordon.Incident{}, map[string]cordon.Signal{}
	}
	opts := Options{Now: hour(200), NewID: func() string { w.ids++; return fmt.Sprintf("i%03d", w.ids) }}
	for _, in := range Join(slices.Collect(maps.Values(w.incidents)), w.signals, news, nil, opts) {
		w.incidents[in.ID] = in
	}
	for _, s := range news {
		w.signals[s.ID] = s
	}
}

// live returns what is not merged, without ids and in a fixed order.
func (w *world) live() []cordon.Incident {
	var out []cordon.Incident
	for _, in := range w.incidents {
		if in.State != cordon.IncidentMerged {
			in.ID = ""
			out = append(out, in)
		}
	}
	slices.SortFunc(out, func(a, b cordon.Incident) int {
		return slices.Compare(append(a.Signals, a.Entity.ID()), append(b.Signals, b.Entity.ID()))
	})
	return out
}

func wantSame(t *rapid.T, what string, got, want []cordon.Incident) {
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

func TestOrderOfNewsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		news := drawSignals(t, drawTangled)
		var one, two world
		one.join(news)
		two.join(rapid.Permutation(news).Draw(t, "order"))
		wantSame(t, "another order", two.live(), one.live())
	})
}

func TestBatchesDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		news := drawSignals(t, drawEntity)
		order := rapid.Permutation(news).Draw(t, "order")
		cut := rapid.IntRange(0, len(order)).Draw(t, "cut")
		var one, two, each world
		one.join(news)
		two.join(order[:cut])
		two.join(order[cut:])
		for _, s := range order {
			each.join([]cordon.Signal{s})
		}
		wantSame(t, "in two batches", two.live(), one.live())
		wantSame(t, "one by one", each.live(), one.live())
		for id, in := range two.incidents {
			if in.State == cordon.IncidentMerged && two.incidents[in.MergedTo].ID == "" {
				t.Fatalf("incident %s went into %q, which does not exist", id, in.MergedTo)
			}
		}
	})
}

// drawTangled draws an entity whose names may belong to different people.
func drawTangled(t *rapid.T) cordon.Entity {
	e := cordon.Entity{Kind: cordon.KindUser}
	for _, p := range rapid.SliceOfN(rapid.SampledFrom(people()), 1, 2).Draw(t, "people") {
		n := rapid.SampledFrom(p.Names).Draw(t, "name")
		e = e.Add(n.Kind, n.Value)
	}
	return e
}

func TestNoSignalIsLostAndNobodyIsMixedUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		news := drawSignals(t, drawTangled)
		cut := rapid.IntRange(0, len(news)).Draw(t, "cut")
		var w world
		w.join(news[:cut])
		w.join(news[cut:])
		holds := map[string]bool{}
		for _, in := range w.live() {
			ids := map[string]bool{}
			for _, n := range in.Entity.Names {
				if n.Kind == cordon.NameObjectID {
					ids[n.Value] = true
				}
			}
			if len(ids) > 1 {
				t.Fatalf("one incident for object ids %v", sorted(ids))
			}
			for _, id := range in.Signals {
				holds[id] = true
			}
		}
		for _, s := range Latest(news) {
			if !holds[s.ID] {
				t.Fatalf("signal %s is in no incident", s.ID)
			}
		}
	})
}

// drawWords draws a few signals about one user that may repeat each other's
// words.
func drawWords(t *rapid.T) []cordon.Signal {
	names := []cordon.Detector{"a", "b", "c", "d"}
	var out []cordon.Signal
	for i := range rapid.IntRange(0, 7).Draw(t, "signals") {
		s := sig(fmt.Sprint("s", i), rapid.Float64Range(0, 12).Draw(t, "at"), user(ada, "", ""))
		words := rapid.Permutation(names).Draw(t, "words")[:rapid.IntRange(1, 3).Draw(t, "many")]
		s.Detector, s.Repeats = words[0], words[1:]
		s.DetectedAt = s.OccurredAt.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "later")) * time.Minute)
		s.Severity = rapid.SampledFrom([]cordon.Severity{cordon.SeverityLow, cordon.SeverityMedium, cordon.SeverityHigh}).Draw(t, "severity")
		s.State = rapid.SampledFrom([]cordon.SignalState{cordon.SignalOpen, cordon.SignalOpen, cordon.SignalClosed}).Draw(t, "state")
		out = append(out, s)
	}
	return out
}

func TestCorroboratedIsTheLargest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		signals := drawWords(t)
		got := Corroborated(user(ada, "", ""), signals, 6*time.Hour)
		if again := Corroborated(user(ada, "", ""), rapid.Permutation(signals).Draw(t, "order"), 6*time.Hour); !slices.Equal(got, again) {
			t.Fatalf("got %q, in another order %q", got, again)
		}
		if want := largestByTrying(signals); len(got) != want {
			t.Fatalf("got %q, want %d detectors", got, want)
		}
	})
}

// largestByTrying tries every choice of signals.
func largestByTrying(signals []cordon.Signal) int {
	best := 0
	for choice := range 1 << len(signals) {
		var chosen []cordon.Signal
		for i, s := range signals {
			if choice>>i&1 == 1 {
				chosen = append(chosen, s)
			}
		}
		if len(chosen) > best && corroborate(chosen, 6*time.Hour) {
			best = len(chosen)
		}
	}
	return best
}

// corroborate reports whether each two of the signals corroborate each other,
// all on the same time line.
func corroborate(signals []cordon.Signal, within time.Duration) bool {
	happened, noticed := true, true
	for i, a := range signals {
		if a.State != cordon.SignalOpen || a.Severity.Rank() < cordon.SeverityMedium.Rank() {
			return false
		}
		for _, b := range signals[:i] {
			if slices.ContainsFunc(a.Detectors(), func(d cordon.Detector) bool { return slices.Contains(b.Detectors(), d) }) {
				return false
			}
			happened = happened && a.OccurredAt.Sub(b.OccurredAt).Abs() <= within
			noticed = noticed && a.DetectedAt.Sub(b.DetectedAt).Abs() <= within
		}
	}
	return happened || noticed
}

// One more signal never makes the score smaller.
func TestScoreGrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		signals := drawWords(t)
		last := 0
		for i := range signals {
			value := Score(user(ada, "", ""), signals[:i+1], nil, hour(0)).Value
			if value < last {
				t.Fatalf("%d signals score %d, one fewer %d", i+1, value, last)
			}
			last = value
		}
	})
}
