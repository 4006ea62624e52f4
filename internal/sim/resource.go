package sim

// The collections and single objects that a tenant holds, by the path that
// injection and state use. Defender's own have no folder.
const (
	resUsers          = "users"
	resGroups         = "groups"
	resDetections     = "identityProtection/riskDetections"
	resRiskyUsers     = "identityProtection/riskyUsers"
	resAlerts         = "security/alerts_v2"
	resPolicies       = "identity/conditionalAccess/policies"
	resAssignments    = "roleManagement/directory/roleAssignments"
	resDefaults       = "policies/identitySecurityDefaultsEnforcementPolicy"
	resOrganization   = "organization"
	resEndpointAlerts = "alerts"
	resMachines       = "machines"

	resRiskyPrincipals     = "identityProtection/riskyServicePrincipals"
	resPrincipalDetections = "identityProtection/servicePrincipalRiskDetections"
	resIdentityAccounts    = "security/identities/identityAccounts"
	resPrincipals          = "servicePrincipals"
	resDomains             = "domains"
	resCustomers           = "tenantRelationships/delegatedAdminCustomers"
	resRelationships       = "tenantRelationships/delegatedAdminRelationships"
	resContracts           = "contracts"
	resSubscriptions       = "subscriptions"

	resScores    = "security/secureScores"
	resControls  = "security/secureScoreControlProfiles"
	resIncidents = "security/incidents"
	resSignIns   = "auditLogs/signIns"
	resAudits    = "auditLogs/directoryAudits"
	resActions   = "machineactions"
)

// collections lists every collection that can be injected into and read back.
func collections() []string {
	return []string{resUsers, resGroups, resDetections, resRiskyUsers, resAlerts, resPolicies, resAssignments, resEndpointAlerts, resMachines,
		resRiskyPrincipals, resPrincipalDetections, resIdentityAccounts, resPrincipals, resDomains, resCustomers, resRelationships,
		resContracts, resSubscriptions, resScores, resControls, resIncidents, resSignIns, resAudits, resActions}
}

// populate makes the content that a collection has before anything happens.
func (t *tenant) populate(resource string, c *collection) {
	switch resource {
	case resUsers:
		t.populateUsers(c)
	case resAssignments:
		t.populateAssignments(c)
	case resPolicies:
		t.populatePolicies(c)
	case resMachines:
		t.populateMachines(c)
	case resDefaults:
		c.put(newObject("id", defaultsID, "displayName", "Security Defaults",
			"description", "Security defaults is a set of basic identity security mechanisms recommended by Microsoft.",
			"isEnabled", t.spec().SecurityDefaults))
	case resOrganization:
		c.put(t.organization())
	case resControls:
		t.populateControls(c)
	case resAudits:
		t.populateAudits(c)
	case resScores, resIncidents, resSignIns:
		t.populateDerived(resource)
	default:
		t.populateIdentity(resource, c)
	}
}

// defaultsID is the id of the security defaults policy in every tenant.
const defaultsID = "00000000-0000-0000-0000-000000000005"

// organization describes the tenant itself.
func (t *tenant) organization() *object {
	domain := newObject("capabilities", "Email, OfficeCommunicationsOnline", "isDefault", true, "isInitial", true, "name", t.domain, "type", "Managed")
	return newObject("id", t.id, "displayName", titleCase(t.name), "createdDateTime", writeSeconds(t.cloud.start.AddDate(-4, 0, 0)),
		"countryLetterCode", "DE", "tenantType", "AAD", "onPremisesSyncEnabled", nil, "verifiedDomains", []*object{domain},
		"assignedPlans", t.plans())
}

// plans lists the service plans that follow from the licence.
func (t *tenant) plans() []*object {
	out := []*object{}
	add := func(service, id string) {
		out = append(out, newObject("assignedDateTime", writeSeconds(t.cloud.start.AddDate(-4, 0, 0)),
			"capabilityStatus", "Enabled", "service", service, "servicePlanId", id))
	}
	if t.spec().Licence != "free" {
		add("AADPremiumService", "41781fb2-bc02-4b7c-bd55-b576c07bb09d")
	}
	if t.spec().Licence == "p2" {
		add("AADPremiumService", "eec0eb4f-6444-4f95-aba0-50c24d67f998")
	}
	if t.spec().Defender == "on" {
		add("WindowsDefenderATP", "871d91ec-ec1a-452b-a83f-bd76c7d770ef")
	}
	return out
}
