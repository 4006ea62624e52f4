package microsoft

import (
	"context"
	"strings"

	"github.com/cordonhq/cordon"
)

// ResourceApp returns what an API is called in the tenant and which roles it
// offers, by the app id of the API: ResourceAppID. It tells the ids of roles
// that are published nowhere.
//
// Wire:  GET /servicePrincipals(appId='{appId}')
// Needs: Application.Read.All
func (s *AppsService) ResourceApp(ctx context.Context, appID string) (ServicePrincipal, error) {
	c := (*core)(s)
	path := "/v1.0/servicePrincipals(appId=" + quoted(appID) + ")"
	q := get(graph, FamilyDirectory, 1, path, "$select=id,appId,displayName,appRoles")
	if !cordon.IsGUID(appID) {
		return ServicePrincipal{}, c.bad(q, "not an app id")
	}
	return readIf(ctx, c, q, func(p ServicePrincipal) bool { return strings.EqualFold(p.AppID, appID) })
}

// A ServicePrincipal is an app as it stands in a tenant.
//
// Source: v1.0 metadata, servicePrincipal.
type ServicePrincipal struct {
	ID          string    `json:"id"`
	AppID       string    `json:"appId"`
	DisplayName string    `json:"displayName"`
	AppRoles    []AppRole `json:"appRoles"`
}

// An AppRole is a permission that an API offers.
type AppRole struct {
	ID                 string   `json:"id"`
	Value              string   `json:"value"` // such as "Machine.Isolate"
	DisplayName        string   `json:"displayName"`
	IsEnabled          *bool    `json:"isEnabled"`
	AllowedMemberTypes []string `json:"allowedMemberTypes"`
}

// Role returns the role of that name.
func (p ServicePrincipal) Role(value string) (AppRole, bool) {
	for _, r := range p.AppRoles {
		if r.Value == value {
			return r, true
		}
	}
	return AppRole{}, false
}
