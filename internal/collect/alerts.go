package collect

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"

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
		Detector: alertDetector(a.ServiceSource, a.DetectionSource), NativeID: a.ID, Kind: cmp.Or(a.Category, "alert"), Title: a.Title,
		Severity: alertSeverity(a.Severity), State: alertState(a.Status, a.Classification), Entities: alertEntities(a.Evidence),
	}
	s.OccurredAt, s.DetectedAt, s.UpdatedAt = times(cmp.Or(a.FirstActivityDateTime, a.CreatedDateTime), a.CreatedDateTime, a.LastUpdateDateTime)
	return s, nil
}

// alertDetector turns Microsoft's names of the product and of the detector into
// the detector: what Entra ID Protection or Defender for Endpoint raised is that
// detector's word, whoever carries it. An alert that tells neither has no
// detector, so that it cannot corroborate what may be its own word.
func alertDetector(service, detector string) cordon.Detector {
	for _, name := range []string{service, detector} {
		switch {
		case strings.EqualFold(name, "azureAdIdentityProtection"):
			return cordon.DetectorIdentityProtection
		case strings.EqualFold(name, "microsoftDefenderForEndpoint"):
			return cordon.DetectorEndpoint
		}
	}
	if service == "unknown" || service == "unknownFutureValue" {
		return ""
	}
	var b strings.Builder
	for i, r := range strings.TrimPrefix(service, "microsoft") {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return cordon.Detector(b.String())
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

// alertEntities joins what the pieces of evidence say about the same user or
// device.
func alertEntities(evidence []microsoft.Evidence) (found []cordon.Entity) {
	for _, e := range evidence {
		if u := e.UserAccount; u != nil {
			found = join(found, cordon.NewUser(u.AzureAdUserID, u.UserPrincipalName, personalSID(u.UserSID)))
		}
		found = join(found, cordon.NewDevice(e.MdeDeviceID, e.AzureAdDeviceID).Add(cordon.NameDisplayName, e.DeviceDNSName))
	}
	return found
}

// join adds an entity to those found, or its names to the one that it is. It
// may tell that two found before are one.
func join(found []cordon.Entity, e cordon.Entity) []cordon.Entity {
	if e.ID() == "" {
		return found
	}
	at := slices.IndexFunc(found, e.Same)
	if at < 0 {
		return append(found, e)
	}
	found[at] = found[at].Join(e)
	others := slices.DeleteFunc(found[at+1:], func(o cordon.Entity) bool {
		if !o.Same(e) {
			return false
		}
		found[at] = found[at].Join(o)
		return true
	})
	return found[:at+1+len(others)]
}

// personalSID drops SIDs that do not name one person: every machine has the
// same S-1-5-18 for its own system account.
func personalSID(sid string) string {
	upper := strings.ToUpper(sid)
	if strings.HasPrefix(upper, "S-1-5-21-") || strings.HasPrefix(upper, "S-1-12-1-") {
		return sid
	}
	return ""
}
