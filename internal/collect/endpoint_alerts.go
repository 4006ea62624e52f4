package collect

import (
	"cmp"
	"encoding/json"
	"errors"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
)

// endpointAlert reads an alert as Defender for Endpoint tells it.
func endpointAlert(raw json.RawMessage) (cordon.Signal, error) {
	a, err := microsoft.Decode[microsoft.EndpointAlert](raw)
	if err != nil {
		return cordon.Signal{}, err
	}
	if a.ID == "" {
		return cordon.Signal{}, errors.New("an endpoint alert without an id")
	}
	s := cordon.Signal{
		Detector: cordon.DetectorEndpoint, NativeID: a.ID, Kind: cmp.Or(a.Category, "alert"), Title: a.Title,
		Severity: alertSeverity(a.Severity), State: alertState(a.Status, a.Classification), Entities: endpointEntities(a),
	}
	s.OccurredAt, s.DetectedAt, s.UpdatedAt = times(cmp.Or(a.FirstEventTime, a.AlertCreationTime), a.AlertCreationTime, a.LastUpdateTime)
	return s, nil
}

func endpointEntities(a microsoft.EndpointAlert) (found []cordon.Entity) {
	for _, e := range a.Evidence {
		found = join(found, cordon.NewUser(e.AADUserID, e.UserPrincipalName, personalSID(e.UserSID)))
	}
	return join(found, cordon.NewDevice(a.MachineID, "").Add(cordon.NameDisplayName, a.ComputerDNSName))
}
