package correlate

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// said returns a signal of a detector.
func said(detector cordon.Detector, sev cordon.Severity, h float64) cordon.Signal {
	s := sig(string(detector)+string(sev)+hour(h).String(), h, user(ada, "", ""))
	s.Detector, s.Severity = detector, sev
	return s
}

func closed(s cordon.Signal) cordon.Signal { s.State = cordon.SignalClosed; return s }

func confirmed(s cordon.Signal) cordon.Signal { s.Confirmed = true; return s }

func TestScoreValue(t *testing.T) {
	t.Parallel()
	const low, medium, high = cordon.SeverityLow, cordon.SeverityMedium, cordon.SeverityHigh
	tests := []struct {
		name    string
		signals []cordon.Signal
		want    int
	}{
		{"none", nil, 0},
		{"informational", []cordon.Signal{said("a", cordon.SeverityInformational, 0)}, 0},
		{"of a word nobody knows", []cordon.Signal{said("a", "catastrophic", 0)}, 0},
		{"low", []cordon.Signal{said("a", low, 0)}, 10},
		{"medium", []cordon.Signal{said("a", medium, 0)}, 35},
		{"high", []cordon.Signal{said("a", high, 0)}, 60},
		{"confirmed", []cordon.Signal{confirmed(said("a", low, 0))}, 95},
		{"closed", []cordon.Signal{closed(said("a", high, 0))}, 0},
		{"many of one detector are its strongest", []cordon.Signal{said("a", low, 0), said("a", high, 1), said("a", high, 2)}, 60},
		{"medium of two detectors", []cordon.Signal{said("a", medium, 0), said("b", medium, 1)}, 58},
		{"high and medium", []cordon.Signal{said("a", high, 0), said("b", medium, 1)}, 74},
		{"three high", []cordon.Signal{said("a", high, 0), said("b", high, 1), said("c", high, 1)}, 94},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Score(user(ada, "", ""), tt.signals, nil, hour(0)).Value; got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestScoreSources(t *testing.T) {
	t.Parallel()
	cover := func(src cordon.Source, state cordon.CoverageState) cordon.Coverage {
		return cordon.Coverage{Source: src, State: state, CheckedAt: hour(0)}
	}
	const risk, alerts, endpoint = cordon.SourceRiskDetections, cordon.SourceAlerts, cordon.SourceEndpointAlerts
	tests := []struct {
		name     string
		signals  []cordon.Signal
		coverage []cordon.Coverage
		now      time.Time
		want     cordon.Score
	}{
		{"no coverage at all", nil, nil, hour(0), cordon.Score{Unread: []cordon.Source{risk, alerts, endpoint}}},
		{"all read, one spoke", []cordon.Signal{closed(sig("a", 0))},
			[]cordon.Coverage{cover(risk, cordon.CoverageWhole), cover(alerts, cordon.CoverageWhole), cover(endpoint, cordon.CoverageWhole)}, hour(0),
			cordon.Score{Spoke: []cordon.Source{risk}, Silent: []cordon.Source{alerts, endpoint}}},
		{"one unlicensed, one denied, one spoke in part", []cordon.Signal{closed(sig("a", 0))},
			[]cordon.Coverage{cover(risk, cordon.CoveragePartial), cover(alerts, cordon.CoverageUnlicensed), cover(endpoint, cordon.CoverageDenied)}, hour(0),
			cordon.Score{Spoke: []cordon.Source{risk}, Unread: []cordon.Source{risk, endpoint}}},
		{"read whole too long ago", nil,
			[]cordon.Coverage{cover(risk, cordon.CoverageWhole), cover(alerts, cordon.CoverageWhole), cover(endpoint, cordon.CoverageUnlicensed)}, hour(1),
			cordon.Score{Unread: []cordon.Source{risk, alerts}}},
		{"posture does not count", nil,
			[]cordon.Coverage{cover(risk, cordon.CoverageWhole), cover(alerts, cordon.CoverageWhole), cover(endpoint, cordon.CoverageWhole), cover(cordon.SourceSecurityDefaults, cordon.CoverageDenied)}, hour(0),
			cordon.Score{Silent: []cordon.Source{risk, alerts, endpoint}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Score(user(ada, "", ""), tt.signals, tt.coverage, tt.now); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestCorroborated(t *testing.T) {
	t.Parallel()
	const low, medium, high = cordon.SeverityLow, cordon.SeverityMedium, cordon.SeverityHigh
	noticed := func(s cordon.Signal, h float64) cordon.Signal { s.DetectedAt = hour(h); return s }
	undated := said("b", high, 0)
	undated.OccurredAt, undated.DetectedAt = time.Time{}, time.Time{}
	second := closed(said("b", high, 0))
	first := said("b", high, 0)
	first.NativeID, first.ID, second.UpdatedAt = second.NativeID, "older version", hour(3)
	tests := []struct {
		name    string
		signals []cordon.Signal
		want    []cordon.Detector
	}{
		{"nothing", nil, nil},
		{"one", []cordon.Signal{said("a", high, 0)}, []cordon.Detector{"a"}},
		{"one, twice", []cordon.Signal{said("a", high, 0), said("a", medium, 0.1)}, []cordon.Detector{"a"}},
		{"two of medium severity, exactly within", []cordon.Signal{said("b", medium, 0), said("a", medium, 0.5)}, []cordon.Detector{"a", "b"}},
		{"two, a little too far", []cordon.Signal{said("b", high, 0), said("a", high, 0.501)}, []cordon.Detector{"a"}},
		{"happened far apart, noticed together", []cordon.Signal{noticed(said("a", high, 0), 9), noticed(said("b", high, 3), 9.2)}, []cordon.Detector{"a", "b"}},
		{"happened together, noticed far apart", []cordon.Signal{noticed(said("a", high, 0), 9), noticed(said("b", high, 0.2), 19)}, []cordon.Detector{"a", "b"}},
		{"one happened when the other was noticed", []cordon.Signal{noticed(said("a", high, 0), 9), noticed(said("b", high, 9), 18)}, []cordon.Detector{"a"}},
		{"not a chain: each within reach of every other", []cordon.Signal{said("c", high, 0), said("b", high, 0.4), said("a", high, 0.8)}, []cordon.Detector{"a", "b"}},
		{"the larger set, later", []cordon.Signal{said("a", high, 0), said("b", high, 0.1), said("c", high, 5), said("d", high, 5), said("e", high, 5.2)}, []cordon.Detector{"c", "d", "e"}},
		{"low does not count", []cordon.Signal{said("a", high, 0), said("b", low, 0)}, []cordon.Detector{"a"}},
		{"closed does not count", []cordon.Signal{said("a", high, 0), closed(said("b", high, 0))}, []cordon.Detector{"a"}},
		{"an open version of what is closed does not count", []cordon.Signal{said("a", high, 0), first, second}, []cordon.Detector{"a"}},
		{"our own word does not count", []cordon.Signal{said("a", high, 0), said(cordon.DetectorCordon, high, 0)}, []cordon.Detector{"a"}},
		{"a nameless detector does not count", []cordon.Signal{said("a", high, 0), said("", high, 0)}, []cordon.Detector{"a"}},
		{"without a time", []cordon.Signal{said("a", high, 0), undated}, []cordon.Detector{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Corroborated(user(ada, "", ""), tt.signals, 30*time.Minute)
			slices.Reverse(tt.signals)
			if again := Corroborated(user(ada, "", ""), tt.signals, 30*time.Minute); !slices.Equal(got, tt.want) || !slices.Equal(again, tt.want) {
				t.Errorf("got %q, and %q in reverse; want %q", got, again, tt.want)
			}
		})
	}
	if got := Corroborated(user(ada, "", ""), []cordon.Signal{said("a", high, 0), said("b", high, 0)}, -time.Hour); !slices.Equal(got, []cordon.Detector{"a", "b"}) {
		t.Errorf("at the same instant: got %q", got)
	}
}

// The same alert comes through two feeds, with one detector.
func TestOneAlertThroughTwoFeeds(t *testing.T) {
	t.Parallel()
	one, two := said(cordon.DetectorEndpoint, cordon.SeverityHigh, 0), said(cordon.DetectorEndpoint, cordon.SeverityHigh, 0)
	one.Source, two.Source = cordon.SourceAlerts, cordon.SourceEndpointAlerts
	signals := []cordon.Signal{one, two}
	if got := Corroborated(user(ada, "", ""), signals, time.Hour); len(got) != 1 || Score(user(ada, "", ""), signals, nil, hour(0)).Value != 60 {
		t.Errorf("got detectors %q and score %d; want one and 60", got, Score(user(ada, "", ""), signals, nil, hour(0)).Value)
	}
}

func TestConfirmed(t *testing.T) {
	t.Parallel()
	s := confirmed(said("a", cordon.SeverityLow, 0))
	taken := s
	taken.Confirmed, taken.UpdatedAt = false, hour(9)
	got := []bool{Confirmed(user(ada, "", ""), nil), Confirmed(user(ada, "", ""), []cordon.Signal{s}), Confirmed(user(ada, "", ""), []cordon.Signal{closed(s)}), Confirmed(user(ada, "", ""), []cordon.Signal{s, taken})}
	if want := []bool{false, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	a1, b := sig("a1", 0), sig("b", 1)
	a2, tie := a1, a1
	a2.ID, a2.UpdatedAt = "a2", hour(7)
	tie.ID, tie.UpdatedAt, tie.Version = "tie", hour(7), "2"
	other := a2
	other.ID, other.Source = "other", cordon.SourceAlerts
	bare, bare2 := cordon.Signal{ID: "x"}, cordon.Signal{ID: "y"}
	got := Latest([]cordon.Signal{a2, b, tie, a1, other, bare, bare2})
	if want := []cordon.Signal{tie, b, other, bare, bare2}; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
