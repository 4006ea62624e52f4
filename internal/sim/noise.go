package sim

import (
	"strconv"
	"time"
)

// makeNoise adds the harmless findings. Each kind keeps to a quarter of the
// crowd of its own, so that no user is ever named by two detectors.
func (t *tenant) makeNoise() {
	n := t.cloud.scenario.Noise
	for i := range n.Risk {
		t.noiseAt(n.Over, i, n.Risk, func(at time.Time) { t.riskNoise(i, at) })
	}
	for i := range n.Alerts {
		t.noiseAt(n.Over, i, n.Alerts, func(at time.Time) { t.alertNoise(i, at) })
	}
	for i := range n.Endpoint {
		t.noiseAt(n.Over, i, n.Endpoint, func(at time.Time) { t.endpointNoise(i, at) })
	}
}

// noiseAt spreads n findings over a period that ended a quarter of an hour before start.
func (t *tenant) noiseAt(over time.Duration, i, n int, do func(time.Time)) {
	step := over / time.Duration(n)
	at := t.cloud.start.Add(-15*time.Minute - over + time.Duration(i)*step + time.Duration(i*i%97)*step/197)
	t.timeline = append(t.timeline, change{at, func() { do(at) }})
}

// noiseUser picks the user of the i-th finding of a kind, counted from 0 to 3.
func (t *tenant) noiseUser(kind, i int) (id string, p person, index int) {
	index = (4*i + kind) % (t.crowd() / 4 * 4)
	p = t.crowdMember(index)
	return t.guid("user", p.key), p, index
}

func (t *tenant) riskNoise(i int, at time.Time) {
	types := []string{"unfamiliarFeatures", "anonymizedIPAddress", "newCountry", "unlikelyTravel", "suspiciousBrowser"}
	cities := []string{"Hamburg", "Lyon", "Porto", "Graz", "Utrecht"}
	level, state, detail := "low", "atRisk", "none"
	if i%3 == 1 {
		level = "medium"
	}
	if i%4 == 2 {
		state, detail = "remediated", "userPassedMFADrivenByRiskBasedPolicy"
	}
	id, p, _ := t.noiseUser(2*(i%2), i)
	key, upn := "risk"+strconv.Itoa(i), p.account+"@"+t.domain
	t.collection(resDetections).put(newObject("id", t.hex(64, key), "requestId", t.guid(key, "request"), "correlationId", t.guid(key, "correlation"),
		"riskEventType", types[i%len(types)], "riskState", state, "riskLevel", level, "riskDetail", detail, "source", "IdentityProtection",
		"detectionTimingType", "realtime", "activity", "signin", "tokenIssuerType", "AzureAD", "ipAddress", "198.51.100."+strconv.Itoa(1+i%250),
		"location", newObject("city", cities[i%len(cities)], "state", "", "countryOrRegion", "EU", "geoCoordinates", nil),
		"activityDateTime", writeTime(at.Add(-time.Minute)), "detectedDateTime", writeTime(at.Add(-time.Minute)), "lastUpdatedDateTime", writeTime(at),
		"userId", id, "userDisplayName", p.name, "userPrincipalName", upn,
		"additionalInfo", `[{"Key":"userAgent","Value":"Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}]`))
	if state == "remediated" {
		level = "none"
	}
	t.collection(resRiskyUsers).put(newObject("id", id, "isDeleted", false, "isProcessing", false, "riskLevel", level, "riskState", state,
		"riskDetail", detail, "riskLastUpdatedDateTime", writeTime(at), "userDisplayName", p.name, "userPrincipalName", upn))
}

// alertNoise adds an informational finding of a product that knows object ids.
func (t *tenant) alertNoise(i int, at time.Time) {
	sources := []string{"microsoftDefenderForOffice365", "microsoftDefenderForCloudApps", "microsoftDefenderForIdentity"}
	detection := []string{"microsoftDefenderForOffice365", "cloudAppSecurity", "microsoftDefenderForIdentity"}
	titles := []string{"Email reported by user as junk", "Mass download by a single user", "Account enumeration reconnaissance"}
	id, p, _ := t.noiseUser(1, i)
	key, kind := "alert"+strconv.Itoa(i), i%len(sources)
	account := newObject("accountName", p.account, "domainName", t.name, "userSid", sidOf(id), "azureAdUserId", id,
		"userPrincipalName", p.account+"@"+t.domain, "displayName", p.name)
	t.putAlert(alertFacts{id: "fa" + t.guid(key), provider: t.guid(key), incident: strconv.Itoa(100 + i), severity: "informational", source: sources[kind],
		detection: detection[kind], title: titles[kind], category: "SuspiciousActivity", at: at, evidence: []*object{userEvidence(account, at)}})
}

// endpointNoise adds a finding of Defender for Endpoint, in its own feed and
// in Graph, which shows the same alert.
func (t *tenant) endpointNoise(i int, at time.Time) {
	titles := []string{"Potentially unwanted application", "Suspicious file name was blocked", "Script was inspected"}
	id, p, index := t.noiseUser(3, i)
	key := "endpoint" + strconv.Itoa(i)
	device := t.fleetDevice(index % t.fleet())
	provider := t.guid(key) + "_1"
	number := 300 + i
	t.collection(resEndpointAlerts).put(t.endpointAlert(provider, number, titles[i%len(titles)], device, p, id, at))
	account := newObject("accountName", p.account, "domainName", "AzureAD", "userSid", sidOf(id), "azureAdUserId", nil,
		"userPrincipalName", nil, "displayName", nil)
	t.putAlert(alertFacts{id: "da" + provider, provider: provider, incident: strconv.Itoa(number), severity: "informational",
		source: "microsoftDefenderForEndpoint", detection: "antivirus", title: titles[i%len(titles)], category: "UnwantedSoftware",
		at: at, evidence: []*object{t.deviceEvidence(device, at), userEvidence(account, at)}})
}
