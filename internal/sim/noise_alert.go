package sim

import "time"

// alertFacts are what differs between the alerts of the noise.
type alertFacts struct {
	id, provider, incident, severity, source, detection, title, category string

	at       time.Time
	evidence []*object
}

// putAlert adds a Graph alert. Callers hold the lock.
func (t *tenant) putAlert(f alertFacts) {
	web := "https://security.microsoft.com/"
	t.collection(resAlerts).put(newObject("id", f.id, "providerAlertId", f.provider, "incidentId", f.incident, "status", "resolved",
		"severity", f.severity, "classification", nil, "determination", nil, "serviceSource", f.source, "detectionSource", f.detection,
		"productName", nil, "detectorId", t.guid("detector", f.title), "tenantId", t.id, "title", f.title,
		"description", f.title+".", "recommendedActions", "", "category", f.category, "assignedTo", nil,
		"alertWebUrl", web+"alerts/"+f.id+"?tid="+t.id, "incidentWebUrl", web+"incidents/"+f.incident+"?tid="+t.id,
		"actorDisplayName", nil, "threatDisplayName", nil, "threatFamilyName", nil, "mitreTechniques", []string{},
		"createdDateTime", writeTime(f.at.Add(-time.Minute)), "lastUpdateDateTime", writeTime(f.at), "resolvedDateTime", writeTime(f.at),
		"firstActivityDateTime", writeTime(f.at.Add(-3*time.Minute)), "lastActivityDateTime", writeTime(f.at.Add(-2*time.Minute)),
		"alertPolicyId", nil, "additionalData", nil, "comments", []string{}, "evidence", f.evidence))
}

func evidence(kind string, at time.Time) *object {
	return newObject("@odata.type", "#microsoft.graph.security."+kind, "createdDateTime", writeTime(at), "verdict", "unknown",
		"remediationStatus", "none", "remediationStatusDetails", nil, "roles", []string{}, "detailedRoles", []string{}, "tags", []string{})
}

func userEvidence(account *object, at time.Time) *object {
	o := evidence("userEvidence", at)
	o.set("userAccount", account)
	return o
}

func (t *tenant) deviceEvidence(d deviceSpec, at time.Time) *object {
	o := evidence("deviceEvidence", at)
	o.set("mdeDeviceId", t.hex(40, "machine", d.Key))
	o.set("azureAdDeviceId", t.guid("device", d.Key))
	o.set("deviceDnsName", d.Name)
	o.set("osPlatform", "Windows11")
	o.set("healthStatus", "active")
	o.set("onboardingStatus", "onboarded")
	return o
}

// endpointAlert is a Defender for Endpoint alert that knows its user by SID alone.
func (t *tenant) endpointAlert(id string, incident int, title string, d deviceSpec, p person, user string, at time.Time) *object {
	machine := t.hex(40, "machine", d.Key)
	item := newObject("entityType", "User", "evidenceCreationTime", writeTime(at), "sha1", nil, "sha256", nil, "fileName", nil, "filePath", nil,
		"processId", nil, "processCommandLine", nil, "processCreationTime", nil, "parentProcessId", nil, "parentProcessCreationTime", nil,
		"parentProcessFileName", nil, "parentProcessFilePath", nil, "ipAddress", nil, "url", nil, "registryKey", nil, "registryHive", nil,
		"registryValueType", nil, "registryValue", nil, "accountName", p.account, "domainName", "AzureAD", "userSid", sidOf(user),
		"aadUserId", nil, "userPrincipalName", nil, "detectionStatus", nil)
	return newObject("id", id, "incidentId", incident, "investigationId", nil, "investigationState", "UnsupportedAlertType", "assignedTo", nil,
		"severity", "Informational", "status", "Resolved", "classification", nil, "determination", nil, "detectionSource", "WindowsDefenderAv",
		"detectorId", t.guid("detector", title), "category", "UnwantedSoftware", "threatFamilyName", nil, "threatName", nil, "title", title,
		"description", title+".", "alertCreationTime", writeTime(at.Add(-time.Minute)), "firstEventTime", writeTime(at.Add(-3*time.Minute)),
		"lastEventTime", writeTime(at.Add(-2*time.Minute)), "lastUpdateTime", writeTime(at), "resolvedTime", writeTime(at), "machineId", machine,
		"computerDnsName", d.Name, "rbacGroupName", nil, "aadTenantId", t.id, "mitreTechniques", []string{},
		"relatedUser", newObject("userName", p.account, "domainName", "AzureAD"), "comments", []string{}, "evidence", []*object{item})
}
