package collect

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// riskDetection reads a detection of Entra ID Protection.
func riskDetection(raw json.RawMessage) (cordon.Signal, error) {
	d, err := microsoft.Decode[microsoft.RiskDetection](raw)
	if err != nil {
		return cordon.Signal{}, err
	}
	if d.ID == "" {
		return cordon.Signal{}, errors.New("a risk detection without an id")
	}
	user := cordon.NewUser(d.UserID, d.UserPrincipalName, "").Add(cordon.NameDisplayName, d.UserDisplayName)
	kind := cmp.Or(d.RiskEventType, "risk")
	s := cordon.Signal{
		NativeID: d.ID, Kind: kind, Title: riskTitle(kind, user),
		Severity: riskSeverity(d.RiskLevel), State: riskState(d.RiskState), Confirmed: riskConfirmed(d),
		Entities: identified(user),
	}
	detected(&s, cordon.RiskDetection(kind))
	times(&s, d.ActivityDateTime, d.DetectedDateTime, d.LastUpdatedDateTime)
	return s, nil
}

func riskTitle(kind string, user cordon.Entity) string {
	if user.Label() == "" {
		return kind
	}
	return kind + ": " + user.Label()
}

// riskSeverity reads a risk level. hidden is what tenants without the licence
// see: something is there, nobody says how bad.
func riskSeverity(level string) cordon.Severity {
	switch level {
	case "low", "medium", "high":
		return cordon.Severity(level)
	case "none":
		return cordon.SeverityInformational
	}
	return cordon.SeverityUnknown
}

// riskState says whether the risk still stands. A state that we do not know
// stands: it is for people to close it.
func riskState(state string) cordon.SignalState {
	switch state {
	case "none", "confirmedSafe", "remediated", "dismissed":
		return cordon.SignalClosed
	}
	return cordon.SignalOpen
}

func riskConfirmed(d microsoft.RiskDetection) bool {
	return d.RiskEventType == cordon.KindAdminConfirmed || d.RiskState == "confirmedCompromised" ||
		d.RiskDetail == "adminConfirmedUserCompromised"
}

// times sets when something happened, was noticed and was last changed. One
// that is missing or cannot be read is taken from its neighbours. When none can
// be read nothing says what the signal coincides with: it corroborates nothing.
func times(s *cordon.Signal, occurred, detected, updated string) {
	o, errO := cordon.ParseTime(occurred)
	d, errD := cordon.ParseTime(detected)
	u, errU := cordon.ParseTime(updated)
	s.OccurredAt = firstSet(o, d, u)
	s.DetectedAt = firstSet(d, s.OccurredAt)
	s.UpdatedAt = firstSet(u, s.DetectedAt)
	if err := cmp.Or(errO, errD, errU); err != nil && o.IsZero() && d.IsZero() {
		s.Discounted = unreadableTimes + cordon.Plain(err.Error(), 100)
	}
}

// unreadableTimes begins the reason of a signal that lost its times.
const unreadableTimes = "its times cannot be read: "

func firstSet(ts ...time.Time) time.Time {
	for _, t := range ts {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// identified keeps the entities that have a name to be known by.
func identified(entities ...cordon.Entity) []cordon.Entity {
	var out []cordon.Entity
	for _, e := range entities {
		if e.ID() != "" {
			out = append(out, e)
		}
	}
	return out
}
