package sim

import "time"

func riskyPrincipals() riskKind {
	return riskKind{resource: resRiskyPrincipals, member: "servicePrincipalIds", detections: resPrincipalDetections, of: "servicePrincipalId", record: (*tenant).riskyPrincipal, known: func(t *tenant, id string) bool {
		return t.collection(resPrincipals).get(id) != nil || t.collection(resRiskyPrincipals).get(id) != nil
	}}
}

func confirmPrincipals(x *exchange, c *call) (answer, error) {
	return x.judge(c, riskyPrincipals(), verdict{"high", "confirmedCompromised", "adminConfirmedServicePrincipalCompromised"}, c.tenant.principalConfirmation)
}

func dismissPrincipals(x *exchange, c *call) (answer, error) {
	return x.judge(c, riskyPrincipals(), verdict{"none", "dismissed", "adminDismissedAllRiskForServicePrincipal"}, nil)
}

// principalConfirmation adds the detection that goes with a service principal
// confirmed as compromised.
func (t *tenant) principalConfirmation(risky *object, at time.Time) {
	id := idOf(risky)
	t.collection(resPrincipalDetections).put(newObject("id", t.hex(64, "confirmed", id, at.String()), "requestId", nil, "correlationId", nil,
		"riskEventType", "adminConfirmedServicePrincipalCompromised", "riskState", "confirmedCompromised", "riskLevel", "high",
		"riskDetail", "adminConfirmedServicePrincipalCompromised", "source", "IdentityProtection", "detectionTimingType", "offline",
		"activity", "servicePrincipal", "tokenIssuerType", "AzureAD", "ipAddress", nil, "location", nil, "activityDateTime", writeTime(at),
		"detectedDateTime", writeTime(at), "lastUpdatedDateTime", writeTime(at), "servicePrincipalId", id,
		"servicePrincipalDisplayName", orNull(risky.text("displayName")), "appId", orNull(risky.text("appId")), "keyIds", []string{}, "additionalInfo", nil))
}

// riskyPrincipal returns the risk record of a service principal, making one
// for a principal that had no risk so far. Callers hold the lock.
func (t *tenant) riskyPrincipal(id string) *object {
	risky := t.collection(resRiskyPrincipals).get(id)
	if risky == nil {
		p := t.collection(resPrincipals).get(id)
		risky = newObject("id", idOf(p), "appId", orNull(p.text("appId")), "displayName", orNull(p.text("displayName")), "isEnabled", true,
			"isProcessing", false, "servicePrincipalType", "Application", "riskLevel", "none", "riskState", "none", "riskDetail", "none",
			"riskLastUpdatedDateTime", nil)
		t.collection(resRiskyPrincipals).put(risky)
	}
	return risky
}
