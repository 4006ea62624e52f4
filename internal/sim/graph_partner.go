package sim

import "net/http"

// partnerRoutes are what a partner asks of its own tenant about its customers.
// The first tenant is the partner of all the others.
func partnerRoutes() []route {
	delegated := need("DelegatedAdminRelationship.Read.All DelegatedAdminRelationship.ReadWrite.All")
	customers := view{options: "$filter $select $top $count $skiptoken", page: 5, top: 300, fields: fieldsOf("folded:id tenantId", "text:displayName")}
	relationships := view{options: "$filter $select $top $count $skiptoken", page: 5, top: 300, fields: fieldsOf("folded:id", "text:displayName", "enum:status")}
	contracts := view{options: "$filter $select $top $skiptoken", page: 5, top: 999, fields: fieldsOf("folded:id customerId defaultDomainName", "text:displayName contractType")}
	one := view{options: "$select"}
	routes := []route{
		{path: resCustomers, needs: delegated, view: customers, do: list(resCustomers, resCustomers)},
		{path: resCustomers + "/{id}", needs: delegated, view: one, do: get(resCustomers, resCustomers+"/$entity")},
		{path: resRelationships, needs: delegated, view: relationships, do: list(resRelationships, resRelationships)},
		{path: resRelationships + "/{id}", needs: delegated, view: one, do: get(resRelationships, resRelationships+"/$entity")},
		{path: resContracts, needs: need("Directory.Read.All Directory.ReadWrite.All"), cost: 3, view: contracts, do: list(resContracts, resContracts)},
		{path: resDomains, needs: need("Domain.Read.All Domain.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"), cost: 1, view: one,
			do: list(resDomains, resDomains)},
		{path: resDomains + "/{id}", needs: need("Domain.Read.All Domain.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"), cost: 1, view: one,
			do: get(resDomains, resDomains+"/$entity")},
	}
	return each(routes, func(r *route) {
		r.method, r.family, r.denied = http.MethodGet, familyDirectory, deniedDirectory
		r.cost = max(r.cost, 1)
	})
}

// customers are the tenants that a tenant is the partner of.
func (t *tenant) customers() []*tenant {
	if t.index > 0 {
		return nil
	}
	return t.cloud.tenants[1:]
}

// populatePartner makes what a partner knows of its customers.
func (t *tenant) populatePartner(resource string, c *collection) {
	for _, other := range t.customers() {
		name, since := titleCase(other.name), t.cloud.start.AddDate(-1, 0, other.index%300)
		switch resource {
		case resCustomers:
			c.put(newObject("id", other.id, "tenantId", other.id, "displayName", name))
		case resContracts:
			c.put(newObject("id", other.guid("contract"), "deletedDateTime", nil, "contractType", "BreadthPartner", "customerId", other.id,
				"defaultDomainName", other.domain, "displayName", name))
		case resRelationships:
			roles := []*object{}
			for _, n := range []string{"Security Administrator", "User Administrator"} {
				r, _ := roleNamed(n)
				roles = append(roles, newObject("roleDefinitionId", r.template))
			}
			c.put(newObject("id", other.guid("relationship")+"-"+other.guid("relationship", "customer"), "displayName", "Security operations for "+name,
				"duration", "P730D", "autoExtendDuration", "P180D", "status", "active",
				"customer", newObject("tenantId", other.id, "displayName", name), "accessDetails", newObject("unifiedRoles", roles),
				"createdDateTime", writeTime(since), "activatedDateTime", writeTime(since.AddDate(0, 0, 1)),
				"lastModifiedDateTime", writeTime(since.AddDate(0, 0, 1)), "endDateTime", writeTime(since.AddDate(2, 0, 1))))
		}
	}
}
