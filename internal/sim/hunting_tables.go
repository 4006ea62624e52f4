package sim

import (
	"encoding/json"
	"strings"
	"time"
)

// A huntTable is a table that can be hunted in. Its rows are made of what
// other calls show, so that one tenant tells one story.
type huntTable struct {
	names string // of the columns, in order; text unless a kind follows
	rows  func(t *tenant, now time.Time) []*object
}

func (h huntTable) columns() []huntColumn {
	var out []huntColumn
	for _, word := range strings.Fields(h.names) {
		name, kind, ok := strings.Cut(word, ":")
		if !ok {
			kind = "String"
		}
		out = append(out, huntColumn{name, kind})
	}
	return out
}

func huntingTables() map[string]huntTable {
	const account, place = " AccountDisplayName AccountObjectId AccountUpn", " IPAddress Country State City"
	signIns := func(device string) huntTable {
		return huntTable{"Timestamp:DateTime Application ApplicationId ErrorCode:Int32 CorrelationId" + account + " " + device +
			" DeviceName OSPlatform Browser ClientAppUsed" + place + " RequestId ReportId", signInRows(device)}
	}
	return map[string]huntTable{
		"EntraIdSignInEvents": signIns("EntraIdDeviceId"),
		"AADSignInEventsBeta": signIns("AadDeviceId"),
		"IdentityLogonEvents": {"Timestamp:DateTime ActionType Application FailureReason AccountName AccountDomain AccountSid" + account +
			" DeviceName OSPlatform IPAddress Location ReportId", logonRows},
		"IdentityInfo": {"Timestamp:DateTime" + account + " AccountName AccountDomain OnPremSid CloudSid JobTitle ReportId", personRows},
		"AlertEvidence": {"Timestamp:DateTime AlertId Title Categories ServiceSource DetectionSource EntityType Severity AccountName AccountDomain AccountSid" +
			" AccountObjectId AccountUpn DeviceId DeviceName RemoteIP Application ApplicationId", evidenceRows},
		"CloudAppEvents": {"Timestamp:DateTime ActionType Application AccountObjectId AccountDisplayName IPAddress ObjectName ObjectId ObjectType ReportId", appRows},
	}
}

// inner is an object within an object; without one, it is empty.
func inner(o *object, name string) *object {
	found, err := parseObject(o.raw(name))
	if err != nil {
		return &object{}
	}
	return found
}

// orNullRaw is a member's value, or null.
func orNullRaw(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// signInRows are the sign-ins, with the column of the device's id as the table calls it.
func signInRows(device string) func(*tenant, time.Time) []*object {
	return func(t *tenant, _ time.Time) []*object {
		var out []*object
		for _, s := range t.collection(resSignIns).objects() {
			machine, place := inner(s, "deviceDetail"), inner(s, "location")
			out = append(out, newObject("Timestamp", s.raw("createdDateTime"), "Application", s.raw("appDisplayName"), "ApplicationId", s.raw("appId"),
				"ErrorCode", inner(s, "status").raw("errorCode"), "CorrelationId", s.raw("correlationId"), "AccountDisplayName", s.raw("userDisplayName"),
				"AccountObjectId", s.raw("userId"), "AccountUpn", s.raw("userPrincipalName"), device, machine.raw("deviceId"),
				"DeviceName", machine.raw("displayName"), "OSPlatform", machine.raw("operatingSystem"), "Browser", machine.raw("browser"),
				"ClientAppUsed", s.raw("clientAppUsed"), "IPAddress", s.raw("ipAddress"), "Country", place.raw("countryOrRegion"),
				"State", place.raw("state"), "City", place.raw("city"), "RequestId", s.raw("id"), "ReportId", s.raw("id")))
		}
		return out
	}
}

// logonRows are the sign-ins as Defender for Identity sees them.
func logonRows(t *tenant, now time.Time) []*object {
	out := signInRows("AadDeviceId")(t, now)
	for _, row := range out {
		name, domain, _ := strings.Cut(row.text("AccountUpn"), "@")
		row.set("ActionType", "LogonSuccess")
		if code := string(row.raw("ErrorCode")); code != "" && code != "0" && code != "null" {
			row.set("ActionType", "LogonFailed")
			row.set("FailureReason", code)
		}
		row.set("AccountName", name)
		row.set("AccountDomain", domain)
		row.set("AccountSid", orNull(sidOf(row.text("AccountObjectId"))))
		row.set("Location", row.raw("Country"))
	}
	return out
}

// personRows are the users as they are now.
func personRows(t *tenant, now time.Time) []*object {
	var out []*object
	for _, u := range t.collection(resUsers).objects() {
		name, domain, _ := strings.Cut(u.text("userPrincipalName"), "@")
		out = append(out, newObject("Timestamp", writeTime(now), "AccountDisplayName", u.raw("displayName"), "AccountObjectId", idOf(u),
			"AccountUpn", u.raw("userPrincipalName"), "AccountName", name, "AccountDomain", domain, "OnPremSid", u.raw("onPremisesSecurityIdentifier"),
			"CloudSid", orNull(sidOf(idOf(u))), "JobTitle", u.raw("jobTitle"), "ReportId", t.guid("identity info", idOf(u))))
	}
	return out
}

// evidenceRows are the pieces of evidence of all alerts.
func evidenceRows(t *tenant, _ time.Time) []*object {
	var out []*object
	for _, alert := range t.collection(resAlerts).objects() {
		for _, e := range objectsIn(alert.raw("evidence")) {
			account := inner(e, "userAccount")
			row := newObject("Timestamp", alert.raw("createdDateTime"), "AlertId", idOf(alert), "Title", alert.raw("title"),
				"Categories", string(encode([]string{alert.text("category")})), "ServiceSource", productName(alert.text("serviceSource")),
				"DetectionSource", productName(alert.text("detectionSource")), "EntityType", entityType(e), "Severity", capital(alert.text("severity")),
				"AccountName", account.raw("accountName"), "AccountDomain", account.raw("domainName"), "AccountSid", account.raw("userSid"),
				"AccountObjectId", account.raw("azureAdUserId"), "AccountUpn", account.raw("userPrincipalName"), "DeviceId", e.raw("mdeDeviceId"),
				"DeviceName", e.raw("deviceDnsName"), "RemoteIP", e.raw("ipAddress"))
			if entityType(e) == "CloudApplication" {
				row.set("Application", e.raw("displayName"))
				row.set("ApplicationId", e.raw("appId"))
			}
			out = append(out, row)
		}
	}
	return out
}

// entityType is what hunting calls a kind of evidence.
func entityType(e *object) string {
	kind := e.text("@odata.type")
	kind = strings.TrimSuffix(kind[strings.LastIndex(kind, ".")+1:], "Evidence")
	if kind == "device" {
		return "Machine"
	}
	return capital(kind)
}

// productName is what hunting calls a source of alerts.
func productName(source string) string {
	names := map[string]string{"microsoftDefenderForEndpoint": "Microsoft Defender for Endpoint", "microsoftDefenderForIdentity": "Microsoft Defender for Identity",
		"microsoftDefenderForCloudApps": "Microsoft Defender for Cloud Apps", "cloudAppSecurity": "Microsoft Defender for Cloud Apps",
		"microsoftDefenderForOffice365": "Microsoft Defender for Office 365", "azureAdIdentityProtection": "Microsoft Entra ID Protection",
		"microsoft365Defender": "Microsoft Defender XDR", "antivirus": "Antivirus"}
	if name, ok := names[source]; ok {
		return name
	}
	return capital(source)
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return titleCase(s)
}

// appRows are the changes in the directory, as Defender for Cloud Apps sees them.
func appRows(t *tenant, _ time.Time) []*object {
	var out []*object
	for _, a := range t.collection(resAudits).objects() {
		by, target := inner(inner(a, "initiatedBy"), "user"), &object{}
		if targets := objectsIn(a.raw("targetResources")); len(targets) > 0 {
			target = targets[0]
		}
		out = append(out, newObject("Timestamp", a.raw("activityDateTime"), "ActionType", a.raw("activityDisplayName"), "Application", a.raw("loggedByService"),
			"AccountObjectId", by.raw("id"), "AccountDisplayName", by.raw("displayName"), "IPAddress", by.raw("ipAddress"),
			"ObjectName", target.raw("displayName"), "ObjectId", target.raw("id"), "ObjectType", target.raw("type"), "ReportId", a.raw("id")))
	}
	return out
}
