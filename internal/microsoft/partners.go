package microsoft

import "context"

// Customers returns the tenants that have a granular delegated admin
// relationship with this one, which is a partner's.
//
// Wire:  GET /tenantRelationships/delegatedAdminCustomers
// Needs: DelegatedAdminRelationship.Read.All
func (s *PartnersService) Customers(ctx context.Context) ([]DelegatedAdminCustomer, error) {
	q := get(graph, FamilyDirectory, 1, "/v1.0/tenantRelationships/delegatedAdminCustomers", "")
	return collect[DelegatedAdminCustomer](ctx, (*core)(s), q)
}

// Relationships returns the granular delegated admin relationships of this
// tenant, which is a partner's, those that have ended among them.
//
// Wire:  GET /tenantRelationships/delegatedAdminRelationships
// Needs: DelegatedAdminRelationship.Read.All
func (s *PartnersService) Relationships(ctx context.Context) ([]DelegatedAdminRelationship, error) {
	q := get(graph, FamilyDirectory, 1, "/v1.0/tenantRelationships/delegatedAdminRelationships", "")
	return collect[DelegatedAdminRelationship](ctx, (*core)(s), q)
}

// Contracts returns the customers of this tenant, which is a partner's, as
// they were when the relationship began.
//
// Wire:  GET /contracts
// Needs: Directory.Read.All
func (s *PartnersService) Contracts(ctx context.Context) ([]Contract, error) {
	return collect[Contract](ctx, (*core)(s), get(graph, FamilyDirectory, 3, "/v1.0/contracts", ""))
}

// A DelegatedAdminCustomer is a tenant that lets this one act in it.
//
// Source: v1.0 metadata, delegatedAdminCustomer.
type DelegatedAdminCustomer struct {
	ID          string `json:"id"`
	TenantID    string `json:"tenantId"`
	DisplayName string `json:"displayName"`
}

// A DelegatedAdminRelationship says what users of a partner may do in a
// customer's tenant. It says nothing about what an app may do there.
//
// Source: v1.0 metadata, delegatedAdminRelationship.
type DelegatedAdminRelationship struct {
	ID                   string `json:"id"`
	DisplayName          string `json:"displayName"`
	Status               string `json:"status"` // such as "active"
	Duration             string `json:"duration"`
	AutoExtendDuration   string `json:"autoExtendDuration"`
	CreatedDateTime      string `json:"createdDateTime"`
	ActivatedDateTime    string `json:"activatedDateTime"`
	LastModifiedDateTime string `json:"lastModifiedDateTime"`
	EndDateTime          string `json:"endDateTime"`
	Customer             struct {
		TenantID    string `json:"tenantId"`
		DisplayName string `json:"displayName"`
	} `json:"customer"`
	AccessDetails struct {
		UnifiedRoles []struct {
			RoleDefinitionID string `json:"roleDefinitionId"`
		} `json:"unifiedRoles"`
	} `json:"accessDetails"`
}

// A Contract is a customer of a partner.
//
// Source: v1.0 metadata, contract.
type Contract struct {
	ID                string `json:"id"`
	CustomerID        string `json:"customerId"` // the customer's tenant
	DisplayName       string `json:"displayName"`
	DefaultDomainName string `json:"defaultDomainName"`
	ContractType      string `json:"contractType"`
}
