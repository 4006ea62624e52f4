package collect

import (
	"cmp"
	"encoding/json"
	"errors"

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
