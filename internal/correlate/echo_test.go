package correlate

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// What our own actions caused is no evidence; what was there before, or is
// about somebody else, still is.
func TestWithoutEchoes(t *testing.T) {
	t.Parallel()
	e := user(ada, "", "")
	kind := func(s cordon.Signal, kind string) cordon.Signal { s.Kind = kind; return s }
	verdict := confirmed(kind(said(cordon.DetectorAdministrator, cordon.SeverityHigh, 2), cordon.KindAdminConfirmed))
	marked := confirmed(kind(said(cordon.DetectorIdentityProtection, cordon.SeverityHigh, 1), "anomalousToken"))
	marked.UpdatedAt = hour(2)
	confirm := func(target string, h float64) []Act {
		return []Act{{cordon.ActionConfirmCompromised, target, hour(h)}}
	}
	tests := []struct {
		name      string
		signals   []cordon.Signal
		acts      []Act
		confirmed bool
		detectors int // that corroborate each other
		left      int
	}{
		{"nothing done", []cordon.Signal{verdict, marked}, nil, true, 2, 2},
		{"confirmed by us before", []cordon.Signal{verdict, marked}, confirm(ada, 1.9), false, 1, 1},
		{"by a clock that is a little behind ours", []cordon.Signal{verdict, marked}, confirm(ada, 2.1), false, 1, 1},
		{"confirmed by us much later", []cordon.Signal{verdict, marked}, confirm(ada, 3), true, 2, 2},
		{"somebody else confirmed by us", []cordon.Signal{verdict, marked}, confirm(lin, 1.9), true, 2, 2},
		{"the detection that we made look confirmed", []cordon.Signal{marked}, confirm(ada, 1.9), false, 1, 1},
	}
	for _, tt := range tests {
		got := WithoutEchoes(e, tt.signals, tt.acts)
		detectors := Corroborated(e, got, 2*time.Hour)
		if Confirmed(e, got) != tt.confirmed || len(detectors) != tt.detectors || len(got) != tt.left {
			t.Errorf("%s: confirmed %v, detectors %q, %d signals left", tt.name, Confirmed(e, got), detectors, len(got))
		}
	}
	if !verdict.Confirmed || !marked.Confirmed {
		t.Error("the signals themselves were changed")
	}
}

func TestIndependent(t *testing.T) {
	t.Parallel()
	repeats := func(s cordon.Signal, more ...cordon.Detector) cordon.Signal { s.Repeats = more; return s }
	a, b := said("a", cordon.SeverityLow, 0), said("b", cordon.SeverityLow, 90)
	for want, signals := range map[int][]cordon.Signal{
		0: {said(cordon.DetectorCordon, cordon.SeverityHigh, 0), said(cordon.DetectorUnknown, cordon.SeverityHigh, 0)},
		1: {a, repeats(said("c", cordon.SeverityHigh, 0), "a")},
		2: {a, b, repeats(said("c", cordon.SeverityHigh, 0), "a", "b")},
	} {
		if got := Independent(user(ada, "", ""), signals); len(got) != want {
			t.Errorf("got %q, want %d", got, want)
		}
	}
}
