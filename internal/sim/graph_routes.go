package sim

import (
	"net/http"
	"slices"
)

// What riskDetection and riskyUser hold.
const (
	detectionMembers = "id requestId correlationId riskEventType riskState riskLevel riskDetail source detectionTimingType activity tokenIssuerType " +
		"ipAddress location activityDateTime detectedDateTime lastUpdatedDateTime userId userDisplayName userPrincipalName additionalInfo"
	riskyUserMembers = "id isDeleted isProcessing riskLevel riskState riskDetail riskLastUpdatedDateTime userDisplayName userPrincipalName"
	policyMembers    = "id displayName description templateId createdDateTime modifiedDateTime state conditions grantControls sessionControls"
	userStandard     = "id businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname userPrincipalName"
	userMembers      = userStandard + " accountEnabled userType onPremisesSyncEnabled onPremisesSecurityIdentifier securityIdentifier " +
		"proxyAddresses otherMails onPremisesSamAccountName onPremisesDomainName onPremisesUserPrincipalName externalUserState " +
		"signInSessionsValidFromDateTime lastPasswordChangeDateTime createdDateTime assignedLicenses"
)

// graphRoutes is the table of everything that the cloud's Graph answers.
func graphRoutes() []route {
	return slices.Concat(riskRoutes(), accountRoutes(), partnerRoutes(), principalRoutes(), methodRoutes(), deltaRoutes(), groupRoutes(),
		subscriptionRoutes(), scoreRoutes(), caseRoutes(), huntingRoutes(), auditRoutes(),
		identityRoutes(), policyRoutes(), securityRoutes(), userRoutes(), roleRoutes())
}

func identityRoutes() []route {
	events := need("IdentityRiskEvent.Read.All IdentityRiskEvent.ReadWrite.All")
	users := need("IdentityRiskyUser.Read.All IdentityRiskyUser.ReadWrite.All")
	write := need("IdentityRiskyUser.ReadWrite.All")
	detections := view{options: "$filter $select $top $skiptoken", page: 20, top: 500, reverse: true, members: detectionMembers,
		fields: fieldsOf("enum:riskLevel riskState", "text:riskEventType", "folded:userId userPrincipalName",
			"time:activityDateTime detectedDateTime lastUpdatedDateTime")}
	risky := view{options: "$filter $select $top $skiptoken $count", page: 20, top: 500, reverse: true, members: riskyUserMembers,
		fields: fieldsOf("enum:riskLevel riskState", "folded:userPrincipalName", "time:riskLastUpdatedDateTime")}
	routes := []route{
		{method: http.MethodGet, path: resDetections, needs: events, licence: "p1", view: detections, do: list(resDetections, "riskDetections")},
		{method: http.MethodGet, path: resDetections + "/{id}", needs: events, licence: "p1",
			view: view{options: "$select", members: detectionMembers}, do: get(resDetections, "riskDetections/$entity")},
		{method: http.MethodGet, path: resRiskyUsers, needs: users, licence: "p2", view: risky, do: list(resRiskyUsers, "riskyUsers")},
		{method: http.MethodPost, path: resRiskyUsers + "/confirmCompromised", needs: write, licence: "p2", do: confirmCompromised},
		{method: http.MethodPost, path: resRiskyUsers + "/dismiss", needs: write, licence: "p2", do: dismiss},
		{method: http.MethodGet, path: resRiskyUsers + "/{id}", needs: users, licence: "p2",
			view: view{options: "$select", members: riskyUserMembers}, do: get(resRiskyUsers, "riskyUsers/$entity")},
	}
	return each(routes, func(r *route) { r.family, r.denied = familyIdentity, deniedIdentity })
}

func policyRoutes() []route {
	read := need("Policy.Read.All")
	policies := view{options: "$filter $select $top $skip $count", page: 10, bySkip: true, members: policyMembers, fields: fieldsOf("enum:state", "text:displayName")}
	conditional := []route{
		{method: http.MethodGet, path: resPolicies, needs: read, view: policies, do: list(resPolicies, resPolicies)},
		{method: http.MethodGet, path: resPolicies + "/{id}", needs: read, view: view{options: "$select", members: policyMembers},
			do: get(resPolicies, resPolicies+"/$entity")},
	}
	each(conditional, func(r *route) { r.family, r.denied = familyIdentity, deniedPolicy })
	defaults := []route{
		{method: http.MethodGet, path: resDefaults, needs: need("Policy.Read.All"), family: familyDirectory,
			view: view{options: "$select", members: "id displayName description isEnabled"}, do: getDefaults},
		{method: http.MethodPatch, path: resDefaults, family: familyWrites,
			needs: need("Policy.Read.All", "Policy.ReadWrite.SecurityDefaults Policy.ReadWrite.ConditionalAccess"), do: patchDefaults},
	}
	each(defaults, func(r *route) { r.cost, r.denied = 1, deniedPolicy })
	return append(conditional, defaults...)
}

func securityRoutes() []route {
	read := need("SecurityAlert.Read.All SecurityAlert.ReadWrite.All")
	alerts := view{options: "$filter $top $skip $count", page: 10, bySkip: true, newest: "createdDateTime",
		fields: fieldsOf("text:assignedTo", "enum:classification determination severity serviceSource status", "time:createdDateTime lastUpdateDateTime")}
	routes := []route{
		{method: http.MethodGet, path: resAlerts, needs: read, view: alerts, do: list(resAlerts, resAlerts)},
		{method: http.MethodGet, path: resAlerts + "/{id}", needs: read, do: get(resAlerts, resAlerts+"/$entity")},
	}
	return each(routes, func(r *route) { r.family, r.denied = familySecurity, deniedSecurity })
}

// each changes every route of a table.
func each(routes []route, change func(*route)) []route {
	for i := range routes {
		change(&routes[i])
	}
	return routes
}

// list answers with a page of a collection.
func list(resource, context string) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		return x.page(c, context, c.tenant.collection(resource))
	}
}

// get answers with one object of a collection.
func get(resource, context string) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		o := c.tenant.collection(resource).get(c.id)
		if o == nil {
			return answer{}, missing(c.id)
		}
		return entity(x.context(context), c.query.shape(o)), nil
	}
}

// missing refuses an id that nothing has.
func missing(id string) error {
	return refuse(http.StatusNotFound, "ResourceNotFound", "Resource '%s' does not exist.", id)
}
