package cordon

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A Severity says how bad a signal is, in the words that all sources share.
type Severity string

// The severities, from the least on.
const (
	SeverityUnknown       Severity = "unknown"
	SeverityInformational Severity = "informational"
	SeverityLow           Severity = "low"
	SeverityMedium        Severity = "medium"
	SeverityHigh          Severity = "high"
)

// Rank orders severities: 0 for unknown to 4 for high.
func (s Severity) Rank() int {
	order := []Severity{SeverityUnknown, SeverityInformational, SeverityLow, SeverityMedium, SeverityHigh}
	return max(0, slices.Index(order, s))
}

// A Detector is the product that noticed. Two sources may carry the word of
// one detector: a Defender for Endpoint alert comes through alerts and through
// endpoint_alerts, and Entra ID Protection repeats alerts of Defender. Only
// signals with disjoint detectors corroborate each other.
type Detector string

// The detectors that Cordon knows by name; others are kept as the wire has them.
const (
	DetectorIdentityProtection Detector = "entra_id_protection"
	DetectorEndpoint           Detector = "defender_for_endpoint"
	DetectorIdentity           Detector = "defender_for_identity"
	DetectorCloudApps          Detector = "defender_for_cloud_apps"
	DetectorOffice365          Detector = "defender_for_office365"
	DetectorXDR                Detector = "defender_xdr"
	DetectorUser               Detector = "user"          // somebody reported it
	DetectorAdministrator      Detector = "administrator" // somebody confirmed it
	DetectorUnknown            Detector = "unknown"       // the feed names no product that is known
	DetectorCordon             Detector = "cordon"
)

// KindAdminConfirmed is the kind by which Entra ID Protection says that
// somebody confirmed the compromise of a user, whoever that was.
const KindAdminConfirmed = "adminConfirmedUserCompromised"

// A SignalState says whether the feed still holds the matter to be open.
type SignalState string

// The signal states.
const (
	SignalOpen   SignalState = "open"
	SignalClosed SignalState = "closed" // remediated, dismissed, resolved or a false positive
)

// A Signal is one normalised fact. It is the same signal when tenant, source,
// native id and version are the same; a changed fact is a new version.
type Signal struct {
	ID         string          // ours, derived from tenant, source, native id and version
	TenantID   string          //
	Source     Source          // the feed that carried it
	Detector   Detector        // the product that noticed
	Repeats    []Detector      // whose word it may repeat besides, in order
	NativeID   string          // the feed's own id
	Version    string          // changes when the feed changes the fact
	Kind       string          // the feed's word for what happened, such as anomalousToken
	Title      string          // for people; untrusted text
	Severity   Severity        //
	State      SignalState     //
	Confirmed  bool            // an administrator confirmed the compromise
	Discounted string          // why it corroborates nothing, for people; "" when it may
	OccurredAt time.Time       // when it happened
	DetectedAt time.Time       // when the detector noticed
	UpdatedAt  time.Time       // when the feed last changed it
	Entities   []Entity        // whom it accuses
	Named      []Entity        // whom it merely names: cleared, or context
	Raw        json.RawMessage // as it came
}

// Detectors returns every detector whose word the signal may be, its own
// first.
func (s Signal) Detectors() []Detector { return append([]Detector{s.Detector}, s.Repeats...) }

// About reports whether the signal accuses or names e.
func (s Signal) About(e Entity) bool {
	return slices.ContainsFunc(s.Entities, e.Same) || slices.ContainsFunc(s.Named, e.Same)
}

// Accuses reports whether the signal holds something against e. One that
// names no entity at all is about the tenant.
func (s Signal) Accuses(e Entity) bool {
	if len(s.Entities)+len(s.Named) == 0 {
		return e.Kind == KindTenant
	}
	return slices.ContainsFunc(s.Entities, e.Same)
}

// ClockSkew is how far clocks of feeds and machines may be apart.
const ClockSkew = 10 * time.Minute

// timeLayouts are what real feeds send: RFC 3339, the hour without its leading
// zero, and the American way of diagnostic exports, in UTC. Fractions of any
// length are read by all.
var timeLayouts = [...]string{
	time.RFC3339, "2006-01-02T3:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05",
	"1/2/2006 3:04:05 PM", "1/2/2006 3:04:05 PM -07:00",
}

// ParseTime reads a time as feeds write it and returns it in UTC, cut to
// microseconds. The empty string is the zero time, and so is the beginning of
// the year 1, by which some feeds say never. Years outside of 1970 to 9999 are
// no times: they can neither be stored nor shown.
func ParseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, s)
		if t = t.UTC().Truncate(time.Microsecond); err == nil && (t.IsZero() || t.Year() >= 1970 && t.Year() <= 9999) {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time", s)
}
