package sim

import (
	"slices"
	"strings"
	"testing"
)

// TestPartner asks the first tenant about the others, and another about nobody.
func TestPartner(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Tenants: 8, Scenario: "partner"})
	var all []string
	for _, c := range r.cloud.tenants[1:] {
		all = append(all, c.id)
	}
	sizes, ids := r.walk(resCustomers)
	if !slices.Equal(sizes, []int{5, 2}) || !slices.Equal(ids, all) {
		t.Errorf("customers: pages %v, %v", sizes, ids)
	}
	if g := r.graph("GET", resCustomers+"/"+all[2], ""); g.field(t, "displayName") != "Northwind" || g.field(t, "tenantId") != all[2] {
		t.Errorf("one customer: %s", g.body)
	}
	_, relationships := r.walk(resRelationships + ask("$filter", "status eq 'active'"))
	if len(relationships) != 7 {
		t.Fatalf("relationships: %v", relationships)
	}
	g := r.graph("GET", resRelationships+"/"+relationships[0], "")
	for _, text := range []string{`"status":"active"`, `"duration":"P730D"`, `"customer":{"tenantId":"` + all[0] + `"`, `"roleDefinitionId":"194ae4cb-b126-40b2-bd5b-6091b380977d"`} {
		if !strings.Contains(g.body, text) {
			t.Errorf("no %s in %s", text, g.body)
		}
	}
	g = r.graph("GET", resContracts+ask("$filter", "customerId eq '"+all[1]+"'"), "")
	if !strings.Contains(g.body, `"customerId":"`+all[1]+`","defaultDomainName":"adatum.onmicrosoft.com"`) || g.header.Get("x-ms-resource-unit") != "3" {
		t.Errorf("contract: %s, %v", g.body, g.header)
	}
	if g := r.graph("GET", resCustomers+"/nobody", ""); g.status != 404 {
		t.Errorf("unknown customer: %d", g.status)
	}
	if state, err := r.cloud.State(all[0], resCustomers); err != nil || string(state) != "[]" {
		t.Errorf("a customer has customers: %s %v", state, err)
	}
}

// TestServicePrincipals finds the permissions of the two APIs by their app ids.
func TestServicePrincipals(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for app, role := range map[string]string{graphAppID: `"id":"df021288-bdef-4463-88db-98f22de89214","isEnabled":true,"origin":"Application","value":"User.Read.All"`, defenderAppID: `"value":"Alert.Read.All"`} {
		g := r.graph("GET", "servicePrincipals(appId='"+app+"')"+ask("$select", "id,appId,appRoles"), "")
		if g.field(t, "appId") != app || !strings.Contains(g.body, role) || strings.Contains(g.body, "servicePrincipalType") {
			t.Errorf("%s: %s", app, g.body)
		}
		if ids, _ := r.graph("GET", resPrincipals+ask("$filter", "appId eq '"+app+"'"), "").ids(t); len(ids) != 1 || ids[0] != g.field(t, "id") {
			t.Errorf("by filter: %v", ids)
		}
	}
	if g := r.graph("GET", "servicePrincipals(appId='x')", ""); g.status != 404 {
		t.Errorf("unknown app: %d", g.status)
	}
	if sizes, ids := r.walk(resPrincipals); !slices.Equal(sizes, []int{3, 2}) || ids[0] != r.cloud.tenants[0].principal {
		t.Errorf("pages %v of %v", sizes, ids)
	}
	absent := newRig(t, Options{Scenario: custom(t, "  defender: absent\n")})
	if g := absent.graph("GET", "servicePrincipals(appId='"+defenderAppID+"')", ""); g.status != 404 {
		t.Errorf("a tenant without Defender: %d", g.status)
	}
}

// TestDomains lists the tenant's one domain.
func TestDomains(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if ids, _ := r.graph("GET", resDomains, "").ids(t); !slices.Equal(ids, []string{"contoso.onmicrosoft.com"}) {
		t.Errorf("got %v", ids)
	}
	if g := r.graph("GET", resDomains+"/contoso.onmicrosoft.com", ""); g.field(t, "authenticationType") != "Managed" {
		t.Errorf("one: %s", g.body)
	}
}
