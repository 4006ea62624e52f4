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

func TestCorroboratedIsTheLargest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		signals := drawSignals(t, drawEntity)
		got := Corroborated(signals, 6*time.Hour)
		if again := Corroborated(rapid.Permutation(signals).Draw(t, "order"), 6*time.Hour); !slices.Equal(got, again) {
			t.Fatalf("got %q, in another order %q", got, again)
		}
		if want := largestByTrying(signals); len(got) != want {
			t.Fatalf("got %q, want %d detectors", got, want)
		}
	})
}

// largestByTrying counts the detectors that fit together from each signal on.
func largestByTrying(signals []cordon.Signal) int {
	best := 0
	for _, first := range signals {
		for _, detected := range []bool{false, true} {
			detectors := map[cordon.Detector]bool{}
			for _, s := range openSignals(signals) {
				gap := s.OccurredAt.Sub(first.OccurredAt)
				if detected {
					gap = s.DetectedAt.Sub(first.DetectedAt)
				}
				if gap >= 0 && gap <= 6*time.Hour && s.Severity.Rank() >= cordon.SeverityMedium.Rank() {
					detectors[s.Detector] = true
				}
			}
			best = max(best, len(detectors))
		}
	}
	return best
}
