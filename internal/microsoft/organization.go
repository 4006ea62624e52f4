package microsoft

import (
	"context"
	"strings"

	"github.com/cordonhq/cordon"
)

// An Organization is the directory as it describes itself.
//
// Source: microsoft-graph-docs organization.
type Organization struct {
	ID              string           `json:"id"`
	DisplayName     string           `json:"displayName"`
	VerifiedDomains []VerifiedDomain `json:"verifiedDomains"`
}

// A VerifiedDomain is a domain that the directory has proven to own.
type VerifiedDomain struct {
	Name      string `json:"name"`
	IsDefault bool   `json:"isDefault"`
	IsInitial bool   `json:"isInitial"` // the one under onmicrosoft.com
}

// Organization returns the directory that our token opens. Only a token that
// the tenant's own sign-in has issued gets this answer, so it proves which
// tenant has let us in, where a redirect's parameter proves nothing.
//
// Wire:  GET /organization
// Needs: Organization.Read.All
func (c *Client) Organization(ctx context.Context) (Organization, error) {
	q := get(graph, FamilyDirectory, 1, "/v1.0/organization", "$select=id,displayName,verifiedDomains")
	page, err := read[struct {
		Value []Organization `json:"value"`
	}](ctx, &c.core, q)
	if err != nil {
		return Organization{}, err
	}
	malformed := func(why string) error {
		return c.fail(q, &Error{Status: 200, kind: cordon.ErrMalformed, Message: why})
	}
	if len(page.Value) != 1 || !cordon.IsGUID(page.Value[0].ID) {
		return Organization{}, malformed("the answer is not one organization")
	}
	org := page.Value[0]
	org.ID = strings.ToLower(org.ID)
	if cordon.IsGUID(c.tenant) && org.ID != strings.ToLower(c.tenant) {
		return Organization{}, malformed("the answer is of another tenant: " + org.ID)
	}
	return org, nil
}
