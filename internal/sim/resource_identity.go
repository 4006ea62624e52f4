package sim

import "strings"

// populateIdentity makes the content of the collections that the identity side added.
func (t *tenant) populateIdentity(resource string, c *collection) {
	switch resource {
	case resCustomers, resRelationships, resContracts:
		t.populatePartner(resource, c)
	case resDomains:
		c.put(newObject("id", t.domain, "authenticationType", "Managed", "isAdminManaged", true, "isDefault", true, "isInitial", true, "isRoot", true,
			"isVerified", true, "supportedServices", []string{"Email", "OfficeCommunicationsOnline"}))
	case resPrincipals:
		t.populatePrincipals(c)
	case resGroups:
		t.populateGroups(c)
	case resIdentityAccounts:
		t.populateIdentityAccounts(c)
	}
	for _, kind := range []string{resRiskyUsers, resRiskyPrincipals} {
		if id, ok := nested(resource, kind, "history"); ok {
			t.populateHistory(kind, id, c)
		}
	}
	if id, ok := nested(resource, resUsers, "authentication/methods"); ok {
		t.populateMethods(id, c)
	}
	if id, ok := nested(resource, resGroups, "members"); ok {
		t.populateMembers(id, c)
	}
}

// nested recognises resource/{id}/below and returns the id.
func nested(path, resource, below string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(path, resource+"/")
	if !ok {
		return "", false
	}
	id, ok = strings.CutSuffix(rest, "/"+below)
	return id, ok && id != "" && !strings.Contains(id, "/")
}
