package collect

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

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
		NativeID: a.ID, Kind: cmp.Or(a.Category, "alert"), Title: a.Title,
		Severity: alertSeverity(a.Severity), State: alertState(a.Status, a.Classification),
	}
	s.Entities, s.Named = endpointMentions(a).split()
	detected(&s, cordon.EndpointDetection(a.DetectionSource))
	times(&s, cmp.Or(a.FirstEventTime, a.AlertCreationTime), a.AlertCreationTime, a.LastUpdateTime)
	return s, nil
}

// endpointMentions returns the users and devices that an alert names; who was
// signed in on the device, as context.
func endpointMentions(a microsoft.EndpointAlert) (m mentions) {
	for _, e := range a.Evidence {
		m = m.add(account(cordon.NewUser(e.AADUserID, e.UserPrincipalName, personalSID(e.UserSID)), e.DomainName, e.AccountName), isSubject)
	}
	if u := a.RelatedUser; u != nil && !slices.ContainsFunc(a.Evidence, u.Is) {
		m = m.add(account(cordon.Entity{Kind: cordon.KindUser}, u.DomainName, u.UserName), isSubject)
	}
	m = m.add(host(cordon.NewDevice(a.MachineID, ""), a.ComputerDNSName), isSubject)
	for _, u := range a.LoggedOnUsers {
		m = m.add(account(cordon.Entity{Kind: cordon.KindUser}, u.DomainName, u.AccountName), isContext)
	}
	return m
}
