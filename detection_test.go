package cordon_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// Every row of the catalogue is complete, uses the words that it may, and is
// what a detection of that kind is judged by.
func TestDetections(t *testing.T) {
	t.Parallel()
	responses := []string{"notify", "revoke_sessions", "force_password_reset", "disable_user"} // from the least on
	seen := map[string]bool{}
	for _, d := range cordon.Detections() {
		name := fmt.Sprint(d.Source, d.Kind, d.Service, d.From, d.Titles, d.DetectorIDs)
		t.Run(name, func(t *testing.T) {
			if seen[name] {
				t.Error("the row is there twice")
			}
			seen[name] = true
			if len(d.Detectors) == 0 || d.Reference == "" || !slices.Contains([]string{"session", "credential", "account", "device", "mail", "app"}, d.About) {
				t.Errorf("the row is not complete: %+v", d)
			}
			least, most := slices.Index(responses, d.Least), slices.Index(responses, d.Most)
			if least < 0 || most < least || d.Ignored != "" && most > 0 {
				t.Errorf("may justify at least %q and at most %q", d.Least, d.Most)
			}
			if sorted := slices.Compact(slices.Sorted(slices.Values(d.Detectors))); len(sorted) != len(d.Detectors) {
				t.Errorf("detectors %q", d.Detectors)
			}
			for _, got := range judgedBy(d) {
				if !reflect.DeepEqual(got.Detectors[:len(d.Detectors)], d.Detectors) || got.Ignored != d.Ignored || got.About != d.About {
					t.Errorf("judged by %+v, want %+v", got, d)
				}
			}
		})
	}
}

// judgedBy returns the rows by which detections are judged that fit d.
func judgedBy(d cordon.Detection) []cordon.Detection {
	word := strings.NewReplacer("*", "unheardOf")
	switch d.Source { //nolint:exhaustive // the rest is alerts
	case cordon.SourceRiskDetections:
		return []cordon.Detection{cordon.RiskDetection(d.Kind)}
	case cordon.SourceEndpointAlerts:
		return []cordon.Detection{cordon.EndpointDetection(word.Replace(d.From)), cordon.EndpointDetection(strings.ToUpper(word.Replace(d.From)))}
	}
	var got []cordon.Detection
	for _, title := range append(slices.Clone(d.Titles), "") {
		for _, id := range append(slices.Clone(d.DetectorIDs), "") {
			if (title == "") == (len(d.Titles) == 0) && (id == "") == (len(d.DetectorIDs) == 0) {
				got = append(got, cordon.AlertDetection(word.Replace(d.Service), word.Replace(d.From), strings.ToUpper(title), id))
			}
		}
	}
	return got
}

// What corroborates what: two detections that may be one product's word do
// not, however they reached us.
func TestDetectionsCorroborate(t *testing.T) {
	t.Parallel()
	risk := cordon.RiskDetection
	alert := func(service, from string) cordon.Detection { return cordon.AlertDetection(service, from, "", "") }
	cloudApps, office := alert("microsoftDefenderForCloudApps", "cloudAppSecurity"), alert("microsoftDefenderForOffice365", "microsoftDefenderForOffice365")
	identity, xdr := alert("microsoftDefenderForIdentity", "microsoftDefenderForIdentity"), alert("microsoft365Defender", "microsoft365Defender")
	endpoint, governance := cordon.EndpointDetection("WindowsDefenderAtp"), alert("microsoftAppGovernance", "appGovernanceDetection")
	tests := []struct {
		name string
		a, b cordon.Detection
		want bool
	}{
		{"Entra and Endpoint", risk("anomalousToken"), endpoint, true},
		{"Entra and Office 365", risk("anomalousToken"), office, true},
		{"Endpoint twice", alert("microsoftDefenderForEndpoint", "antivirus"), endpoint, false},
		{"impossible travel of Cloud Apps, told by Entra", risk("mcasImpossibleTravel"), cloudApps, false},
		{"the same under its old name", risk("impossibleTravel"), cloudApps, false},
		{"new country", risk("newCountry"), cloudApps, false},
		{"risky address", risk("riskyIPAddress"), cloudApps, false},
		{"inbox forwarding", risk("suspiciousInboxForwarding"), cloudApps, false},
		{"inbox rules", risk("mcasSuspiciousInboxManipulationRules"), cloudApps, false},
		{"file access", risk("mcasFinSuspiciousFileAccess"), cloudApps, false},
		{"sending patterns", risk("suspiciousSendingPatterns"), office, false},
		{"attempt on a primary refresh token", risk("attemptedPrtAccess"), endpoint, false},
		{"adversary in the middle, Cloud Apps", risk("attackerinTheMiddle"), cloudApps, false},
		{"adversary in the middle, XDR", risk("attackerinTheMiddle"), xdr, false},
		{"adversary in the middle, Endpoint", risk("attackerinTheMiddle"), endpoint, true},
		{"malicious app", risk("maliciousApplication"), governance, false},
		{"suspicious app", risk("suspiciousApplication"), governance, false},
		{"what Entra adds up, Endpoint", risk("aiCompoundAccountRisk"), endpoint, false},
		{"what Entra adds up, Identity", risk("aiCompoundAccountRisk"), identity, false},
		{"what Entra adds up, XDR", risk("aiCompoundAccountRisk"), xdr, false},
		{"what Entra adds up, Entra itself", risk("aiCompoundAccountRisk"), risk("anomalousToken"), true},
		{"XDR and Entra", xdr, risk("anomalousToken"), true},
		{"XDR and Endpoint", xdr, endpoint, false},
		{"XDR and Identity", xdr, identity, false},
		{"the newer generation of Identity and XDR", alert("microsoftDefenderForIdentity", "microsoft365Defender"), xdr, false},
		{"Identity and Endpoint", identity, endpoint, true},
		{"two kinds of Entra", risk("unlikelyTravel"), risk("anomalousToken"), false},
		{"an alert of Entra and its detection", alert("azureAdIdentityProtection", "azureAdIdentityProtection"), risk("anomalousToken"), false},
		{"a user's report and Entra", risk("userReportedSuspiciousActivity"), risk("anomalousToken"), true},
		{"a kind that is not listed", risk("brandNewKind"), endpoint, false},
		{"a kind that is hidden without the licence", risk("generic"), endpoint, false},
		{"a custom detection of Endpoint", cordon.EndpointDetection("CustomDetection"), risk("anomalousToken"), false},
		{"an indicator of the customer", cordon.EndpointDetection("customTI"), risk("anomalousToken"), false},
		{"a detection source that is not listed", cordon.EndpointDetection("SomethingNew"), risk("anomalousToken"), false},
		{"a custom detection of XDR", alert("microsoft365Defender", "customDetection"), risk("anomalousToken"), false},
		{"a custom detection under a product", alert("microsoftDefenderForEndpoint", "customDetection"), risk("anomalousToken"), false},
		{"customer indicators under a product", alert("microsoftDefenderForEndpoint", "customTi"), risk("anomalousToken"), false},
		{"a rule in Sentinel", alert("microsoftSentinel", "scheduledAlerts"), risk("anomalousToken"), false},
		{"Sentinel, near real time", alert("microsoftSentinel", "nrtAlerts"), risk("anomalousToken"), false},
		{"Sentinel carrying Entra", alert("microsoftSentinel", "azureAdIdentityProtection"), endpoint, false},
		{"raised by hand", alert("microsoft365Defender", "manual"), risk("anomalousToken"), false},
		{"a product that is not listed", alert("microsoftSomethingNew", "somethingNew"), risk("anomalousToken"), false},
		{"no product named", alert("", ""), risk("anomalousToken"), false},
		{"a product from the future", alert("unknownFutureValue", "unknownFutureValue"), risk("anomalousToken"), false},
		{"a product in capitals", alert("MICROSOFTDEFENDERFORENDPOINT", ""), risk("anomalousToken"), true},
	}
	for _, tt := range tests {
		disjoint := !slices.ContainsFunc(tt.a.Detectors, func(d cordon.Detector) bool { return slices.Contains(tt.b.Detectors, d) })
		if got := disjoint && tt.a.Ignored == "" && tt.b.Ignored == ""; got != tt.want {
			t.Errorf("%s: %v, want %v: %q (%s) and %q (%s)", tt.name, got, tt.want, tt.a.Detectors, tt.a.Ignored, tt.b.Detectors, tt.b.Ignored)
		}
	}
}

func TestUnlistedDetectors(t *testing.T) {
	t.Parallel()
	for service, want := range map[string]cordon.Detector{
		"": "unknown", "unknown": "unknown", "unknownFutureValue": "unknown", "somethingNew": "something_new", "microsoftDefenderForCloud": "defender_for_cloud",
	} {
		if d := cordon.AlertDetection(service, "", "", ""); d.Detectors[0] != want || d.Ignored == "" {
			t.Errorf("%q: got %+v", service, d)
		}
	}
}

func TestAccuses(t *testing.T) {
	t.Parallel()
	ada, lin, tenant := cordon.NewUser(recordedID, "", ""), cordon.NewUser("", "lin@contoso.test", ""), cordon.NewTenantEntity("t1")
	s := cordon.Signal{Entities: []cordon.Entity{ada}, Named: []cordon.Entity{lin}}
	if !s.Accuses(ada) || s.Accuses(lin) || s.Accuses(tenant) || !s.About(lin) || !s.About(ada) {
		t.Errorf("%+v", s)
	}
	if s.Entities = nil; s.Accuses(tenant) || s.Accuses(ada) || s.Accuses(lin) {
		t.Error("what only clears accuses nobody")
	}
	if s.Named = nil; !s.Accuses(tenant) || s.Accuses(ada) {
		t.Error("what names nobody is about the tenant")
	}
}

// Names that may change hands compare entities only when there is no better
// one.
func TestWeakNames(t *testing.T) {
	t.Parallel()
	user := cordon.Entity{Kind: cordon.KindUser}
	mail, account := user.Add(cordon.NameMail, "Ada@contoso.test"), user.Add(cordon.NameAccount, `CORP\ada`)
	tests := []struct {
		name string
		a, b cordon.Entity
		want bool
	}{
		{"one address", mail, mail, true},
		{"one account", account, account, true},
		{"address beside an object id", mail, mail.Add(cordon.NameObjectID, recordedID), false},
		{"one address, two principal names", mail.Add(cordon.NameUPN, "a@x"), mail.Add(cordon.NameUPN, "b@x"), false},
		{"one principal name, two addresses", mail.Add(cordon.NameUPN, "a@x"), user.Add(cordon.NameMail, "b@x").Add(cordon.NameUPN, "a@x"), true},
		{"address and account", mail, account, false},
		{"one host", cordon.Entity{Kind: cordon.KindDevice}.Add(cordon.NameHost, "pc1"), cordon.Entity{Kind: cordon.KindDevice}.Add(cordon.NameHost, "PC1"), true},
	}
	for _, tt := range tests {
		if got := tt.a.Same(tt.b); got != tt.want || got != tt.b.Same(tt.a) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
