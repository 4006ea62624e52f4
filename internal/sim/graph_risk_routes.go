package sim

import "net/http"

// What riskyServicePrincipal, servicePrincipalRiskDetection and a history item hold.
const (
	riskyPrincipalMembers = "id appId displayName isEnabled isProcessing servicePrincipalType riskLevel riskState riskDetail riskLastUpdatedDateTime"
	principalRiskMembers  = "id requestId correlationId riskEventType riskState riskLevel riskDetail source detectionTimingType activity tokenIssuerType " +
		"ipAddress location activityDateTime detectedDateTime lastUpdatedDateTime servicePrincipalId servicePrincipalDisplayName appId keyIds additionalInfo"
	historyMembers = " initiatedBy activity"
)

// riskRoutes are the risk of service principals, the history of risk, and
// taking the risk of users back. All draw on the bucket of Identity Protection.
func riskRoutes() []route {
	users := need("IdentityRiskyUser.Read.All IdentityRiskyUser.ReadWrite.All")
	apps := need("IdentityRiskyServicePrincipal.Read.All IdentityRiskyServicePrincipal.ReadWrite.All")
	writeApps := need("IdentityRiskyServicePrincipal.ReadWrite.All")
	events := need("IdentityRiskEvent.Read.All IdentityRiskEvent.ReadWrite.All")
	principals := view{options: "$filter $select $top $skiptoken $count", page: 20, top: 500, reverse: true, members: riskyPrincipalMembers,
		fields: fieldsOf("enum:riskLevel riskState", "folded:id appId", "text:displayName", "time:riskLastUpdatedDateTime")}
	detections := view{options: "$filter $select $top $skiptoken", page: 20, top: 500, reverse: true, members: principalRiskMembers,
		fields: fieldsOf("enum:riskLevel riskState", "text:riskEventType", "folded:servicePrincipalId appId requestId",
			"time:activityDateTime detectedDateTime lastUpdatedDateTime")}
	routes := []route{
		{method: http.MethodPost, path: resRiskyUsers + "/confirmSafe", licence: "p2", needs: need("IdentityRiskyUser.ReadWrite.All"), do: confirmSafe},
		{method: http.MethodGet, path: resRiskyPrincipals, needs: apps, view: principals, do: list(resRiskyPrincipals, "riskyServicePrincipals")},
		{method: http.MethodGet, path: resRiskyPrincipals + "/{id}", needs: apps, view: view{options: "$select", members: riskyPrincipalMembers},
			do: get(resRiskyPrincipals, "riskyServicePrincipals/$entity")},
		{method: http.MethodPost, path: resRiskyPrincipals + "/confirmCompromised", needs: writeApps, do: confirmPrincipals},
		{method: http.MethodPost, path: resRiskyPrincipals + "/dismiss", needs: writeApps, do: dismissPrincipals},
		{method: http.MethodGet, path: resPrincipalDetections, needs: events, view: detections,
			do: list(resPrincipalDetections, "servicePrincipalRiskDetections")},
		{method: http.MethodGet, path: resPrincipalDetections + "/{id}", needs: events, view: view{options: "$select", members: principalRiskMembers},
			do: get(resPrincipalDetections, "servicePrincipalRiskDetections/$entity")},
	}
	routes = append(routes, historyRoutes(resRiskyUsers, "p2", users, riskyUserMembers+" userId"+historyMembers)...)
	routes = append(routes, historyRoutes(resRiskyPrincipals, "", apps, riskyPrincipalMembers+historyMembers)...)
	return each(routes, func(r *route) { r.family, r.denied = familyIdentity, deniedIdentity })
}
