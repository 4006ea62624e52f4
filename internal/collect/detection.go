package collect

import (
	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// Detection returns what the catalogue of detections says of the kind of a
// signal, and false for a signal of our own.
func Detection(s cordon.Signal) (cordon.Detection, bool) {
	if s.Detector == cordon.DetectorCordon {
		return cordon.Detection{}, false
	}
	switch s.Source { //nolint:exhaustive // the others yield signals of our own
	case cordon.SourceRiskDetections:
		return cordon.RiskDetection(s.Kind), true
	case cordon.SourceAlerts:
		a, err := microsoft.Decode[microsoft.Alert](s.Raw)
		return cordon.AlertDetection(a.ServiceSource, a.DetectionSource, a.Title, a.DetectorID), err == nil
	case cordon.SourceEndpointAlerts:
		a, err := microsoft.Decode[microsoft.EndpointAlert](s.Raw)
		return cordon.EndpointDetection(a.DetectionSource), err == nil
	}
	return cordon.Detection{}, false
}
