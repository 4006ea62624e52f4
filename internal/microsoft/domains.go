package microsoft

import "context"

// Domains returns the domains of the tenant.
//
// Wire:  GET /domains
// Needs: Domain.Read.All
func (s *DirectoryService) Domains(ctx context.Context) ([]Domain, error) {
	c := (*core)(s)
	q := get(graph, FamilyDirectory, 1, "/v1.0/domains", "")
	domains, err := collect[Domain](ctx, c, q)
	if err == nil && len(domains) == 0 {
		err = c.odd(q, "every tenant has a domain, and none was named")
	}
	return domains, err
}

// A Domain is a name under which the tenant is known. Its id is the name.
//
// Source: v1.0 metadata, domain.
type Domain struct {
	ID                 string   `json:"id"`
	AuthenticationType string   `json:"authenticationType"` // Managed, Federated
	IsDefault          *bool    `json:"isDefault"`
	IsInitial          *bool    `json:"isInitial"`
	IsVerified         *bool    `json:"isVerified"`
	SupportedServices  []string `json:"supportedServices"`
}
