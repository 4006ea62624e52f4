package collect

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// alert reads an alert of any Defender product, as Graph tells it.
func alert(raw json.RawMessage) (cordon.Signal, error) {
	a, err := microsoft.Decode[microsoft.Alert](raw)
	if err != nil {
		return cordon.Signal{}, err
	}
	if a.ID == "" {
		return cordon.Signal{}, errors.New("an alert without an id")
	}
	s := cordon.Signal{
		NativeID: a.ID, Kind: cmp.Or(a.Category, "alert"), Title: a.Title,
		Severity: alertSeverity(a.Severity), State: alertState(a.Status, a.Classification),
	}
	s.Entities, s.Named = alertMentions(a.Evidence).split()
	detected(&s, cordon.AlertDetection(a.ServiceSource, a.DetectionSource, a.Title, a.DetectorID))
	times(&s, cmp.Or(a.FirstActivityDateTime, a.CreatedDateTime), a.CreatedDateTime, a.LastUpdateDateTime)
	return s, nil
}

// detected sets what the catalogue says of the kind of a signal.
func detected(s *cordon.Signal, d cordon.Detection) {
	s.Detector, s.Repeats, s.Discounted = d.Detectors[0], d.Detectors[1:], d.Ignored
}

// alertSeverity reads the severities of Graph and of Defender for Endpoint,
// which differ in case.
func alertSeverity(s string) cordon.Severity {
	if v := cordon.Severity(strings.ToLower(s)); v.Rank() > 0 {
		return v
	}
	return cordon.SeverityUnknown
}

// alertState says whether an alert still stands.
func alertState(status, classification string) cordon.SignalState {
	switch {
	case strings.EqualFold(status, "resolved"),
		strings.EqualFold(classification, "falsePositive"),
		strings.EqualFold(classification, "informationalExpectedActivity"),
		strings.EqualFold(classification, "Informational, expected activity"): // two pages of Defender's documentation print it so
		return cordon.SignalClosed
	}
	return cordon.SignalOpen
}
