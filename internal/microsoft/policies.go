package microsoft

import (
	"context"
	"iter"
	"net/http"
	"strings"

	"github.com/cordonhq/cordon"
)

const (
	pathDefaults    = "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"
	pathConditional = "/v1.0/identity/conditionalAccess/policies"
)

// SecurityDefaults is the switch for the protection that every tenant has.
type SecurityDefaults struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
	IsEnabled   *bool  `json:"isEnabled"` // never nil after a read without an error
}

// SecurityDefaults returns the switch. An answer that does not say whether it
// is on is an error.
//
// Wire:  GET /policies/identitySecurityDefaultsEnforcementPolicy
// Needs: Policy.Read.All
func (s *PoliciesService) SecurityDefaults(ctx context.Context) (SecurityDefaults, error) {
	c := (*core)(s)
	q := get(graph, FamilyDirectory, 1, pathDefaults, "")
	d, err := read[SecurityDefaults](ctx, c, q)
	if err != nil {
		return SecurityDefaults{}, err
	}
	if d.IsEnabled == nil {
		return SecurityDefaults{}, c.fail(q, &Error{Status: http.StatusOK, kind: cordon.ErrMalformed, Message: "the answer does not say whether it is enabled"})
	}
	return d, nil
}

// SetSecurityDefaults switches security defaults on or off. Enabled
// Conditional Access policies forbid to switch them on: ErrConflict.
//
// Wire:  PATCH /policies/identitySecurityDefaultsEnforcementPolicy
// Needs: Policy.ReadWrite.SecurityDefaults, Policy.Read.All
func (s *PoliciesService) SetSecurityDefaults(ctx context.Context, enabled bool, requestID string) error {
	body := map[string]bool{"isEnabled": enabled} // a boolean, not the string of older scripts
	return (*core)(s).write(ctx, http.MethodPatch, FamilyDirectoryWrites, pathDefaults, body, requestID)
}

// A ConditionalAccessPolicy is as much of a policy as says whom it is for.
//
// Source: microsoft-graph-docs conditionalaccesspolicy; v1.0 metadata.
type ConditionalAccessPolicy struct {
	ID               string `json:"id"`
	DisplayName      string `json:"displayName"`
	State            string `json:"state"` // enabled, disabled, enabledForReportingButNotEnforced
	TemplateID       string `json:"templateId"`
	CreatedDateTime  string `json:"createdDateTime"`
	ModifiedDateTime string `json:"modifiedDateTime"`
	Conditions       struct {
		Users PolicyUsers `json:"users"`
	} `json:"conditions"`
}

// PolicyUsers says whom a policy includes and excludes, by object id, role
// template id or a word such as "All".
type PolicyUsers struct {
	IncludeUsers  []string `json:"includeUsers"`
	ExcludeUsers  []string `json:"excludeUsers"`
	IncludeGroups []string `json:"includeGroups"`
	ExcludeGroups []string `json:"excludeGroups"`
	IncludeRoles  []string `json:"includeRoles"`
	ExcludeRoles  []string `json:"excludeRoles"`
}

// ConditionalAccess yields the Conditional Access policies.
//
// Wire:  GET /identity/conditionalAccess/policies
// Needs: Policy.Read.All
func (s *PoliciesService) ConditionalAccess(ctx context.Context) iter.Seq2[Page, error] {
	return (*core)(s).pages(ctx, get(graph, FamilyIdentityProtection, 1, pathConditional, ""))
}

// ConditionalAccessPolicy returns one Conditional Access policy.
//
// Wire:  GET /identity/conditionalAccess/policies/{id}
// Needs: Policy.Read.All
func (s *PoliciesService) ConditionalAccessPolicy(ctx context.Context, id string) (ConditionalAccessPolicy, error) {
	c := (*core)(s)
	q := get(graph, FamilyIdentityProtection, 1, pathConditional+"/"+segment(id), "")
	if !cordon.IsGUID(id) {
		return ConditionalAccessPolicy{}, c.bad(q, "not the id of a policy")
	}
	return readIf(ctx, c, q, func(p ConditionalAccessPolicy) bool { return strings.EqualFold(p.ID, id) })
}
