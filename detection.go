package cordon

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A Detection is one row of the catalogue: what a kind of detection is worth
// as evidence. A row of alerts matches a service and a detection source, and
// is refined by rows that also name titles or detector ids.
type Detection struct {
	Source      Source   `json:"source"`
	Kind        string   `json:"kind"`         // riskEventType, of risk_detections
	Service     string   `json:"service"`      // serviceSource, of alerts; * is any
	From        string   `json:"detection"`    // detectionSource, of alerts and endpoint_alerts; * is any
	Titles      []string `json:"titles"`       // of alerts
	DetectorIDs []string `json:"detector_ids"` // of alerts

	Detectors     []Detector `json:"detectors"`      // whose word it may be, the one that noticed first
	Ignored       string     `json:"ignored"`        // why it never corroborates; "": it does
	About         string     `json:"about"`          // what is at stake: session, credential, account, device, mail, app
	FalsePositive string     `json:"false_positive"` // what usually raises it without an attack
	First         string     `json:"first"`          // the careful first step
	Least         string     `json:"least"`          // the least and the most that the kind alone may justify:
	Most          string     `json:"most"`           // notify or the name of an action
	Attack        string     `json:"attack"`         // MITRE ATT&CK techniques
	Reference     string     `json:"reference"`      // the page of Microsoft's documentation, or Cordon for our own judgement
}

// detectionRows is the catalogue, one row a line.
//
//go:embed detections.json
var detectionRows []byte

// Detections returns the catalogue of detections.
var Detections = sync.OnceValue(func() []Detection {
	dec := json.NewDecoder(bytes.NewReader(detectionRows))
	dec.DisallowUnknownFields()
	var rows []Detection
	if err := dec.Decode(&rows); err != nil {
		panic(fmt.Sprintf("cordon: the catalogue of detections does not parse: %v", err))
	}
	return rows
})

// RiskDetection returns what the catalogue says of a riskEventType. One that
// it does not list is Entra's word and never corroborates.
func RiskDetection(kind string) Detection {
	for _, d := range Detections() {
		if d.Source == SourceRiskDetections && d.Kind == kind {
			return d
		}
	}
	return Detection{
		Source: SourceRiskDetections, Kind: kind, Detectors: []Detector{DetectorIdentityProtection},
		Ignored: "the kind is not in the catalogue of detections",
	}
}

// AlertDetection returns what the catalogue says of a Graph alert: the row of
// its service and detection source, refined by its title or detector id. An
// alert of a product that the catalogue does not list never corroborates.
func AlertDetection(service, from, title, detectorID string) Detection {
	general, ok := generalRow(wireName(service), wireName(from))
	if !ok {
		return Detection{Source: SourceAlerts, Service: service, From: from, Detectors: []Detector{productName(service)}, Ignored: "the product is not in the catalogue of detections"}
	}
	if general.Ignored != "" {
		return general
	}
	for _, d := range Detections() {
		if d.Source == SourceAlerts && d.fits(wireName(service), wireName(from)) && d.names(title, detectorID) {
			return d.repeating(general.Detectors)
		}
	}
	return general
}

// EndpointDetection returns what the catalogue says of an alert of Defender
// for Endpoint's own API. An unlisted detection source is unknown.
func EndpointDetection(from string) Detection {
	for _, d := range Detections() {
		if d.Source == SourceEndpointAlerts && fits(d.From, from) {
			return d
		}
	}
	return Detection{
		Source: SourceEndpointAlerts, From: from, Detectors: []Detector{DetectorUnknown},
		Ignored: "the detection source is not in the catalogue of detections",
	}
}

// generalRow returns the row without titles and ids that fits best: one that
// never corroborates, else one that names both words, else the detection
// source, else the service.
func generalRow(service, from string) (best Detection, ok bool) {
	rank := func(d Detection) int {
		switch {
		case d.Ignored != "":
			return 4
		case d.Service != "*" && d.From != "*":
			return 3
		case d.From != "*":
			return 2
		}
		return 1
	}
	for _, d := range Detections() {
		general := d.Source == SourceAlerts && len(d.Titles)+len(d.DetectorIDs) == 0
		if general && d.fits(service, from) && (!ok || rank(d) > rank(best)) {
			best, ok = d, true
		}
	}
	return best, ok
}

func (d Detection) fits(service, from string) bool {
	return fits(d.Service, service) && fits(d.From, from)
}

// names reports whether the row names the title or the detector id.
func (d Detection) names(title, detectorID string) bool {
	same := func(word string) func(string) bool {
		return func(s string) bool { return word != "" && strings.EqualFold(s, word) }
	}
	return slices.ContainsFunc(d.Titles, same(strings.TrimSpace(title))) || slices.ContainsFunc(d.DetectorIDs, same(detectorID))
}

// repeating returns d with more detectors whose word it may be.
func (d Detection) repeating(more []Detector) Detection {
	d.Detectors = slices.Clone(d.Detectors)
	for _, m := range more {
		if !slices.Contains(d.Detectors, m) {
			d.Detectors = append(d.Detectors, m)
		}
	}
	return d
}

// fits compares a word of the wire with one of the catalogue, without case. A
// star at the end stands for anything.
func fits(pattern, word string) bool {
	if start, open := strings.CutSuffix(pattern, "*"); open {
		return len(word) >= len(start) && strings.EqualFold(start, word[:len(start)])
	}
	return strings.EqualFold(pattern, word)
}

// wireName is a product's word as the catalogue writes it: what names no
// product is unknown.
func wireName(s string) string {
	if s == "" || strings.EqualFold(s, "unknownFutureValue") {
		return "unknown"
	}
	return s
}

// productName turns a serviceSource that is not listed into the name of a
// detector: somethingNew into something_new.
func productName(service string) Detector {
	if wireName(service) == "unknown" {
		return DetectorUnknown
	}
	var b strings.Builder
	for i, r := range strings.TrimPrefix(service, "microsoft") {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return Detector(b.String())
}
