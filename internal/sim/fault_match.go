package sim

import (
	"slices"
	"strings"
)

// expire ends the tokens that have been issued so far. Callers hold the lock.
func (fs *faults) expire(a *activeFault, issued int64) {
	if fs.expired == nil {
		fs.expired = map[[2]string]int64{}
	}
	fs.expired[[2]string{a.tenantID, a.Service}] = issued
}

// dead reports whether the token of a request has been ended by a fault.
func (fs *faults) dead(x *exchange) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.expired) == 0 {
		return false
	}
	number := x.claims.number()
	for _, tenant := range []string{"", x.claims.Tenant} {
		for _, service := range []string{"", x.service} {
			if number <= fs.expired[[2]string{tenant, service}] {
				return true
			}
		}
	}
	return false
}

// take returns the first fault that matches a request and counts the hit.
// Revoked roles are taken from the request on the way and hide no other fault.
func (fs *faults) take(x *exchange) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i := 0; i < len(fs.list); i++ {
		a := fs.list[i]
		if !a.matches(x) {
			continue
		}
		if a.RevokeRoles != nil {
			x.roles = without(x.roles, a.RevokeRoles)
		}
		if a.ExpireTokens {
			fs.expire(a, x.cloud.keys.issued.Load())
			a.Count = 1
		}
		if a.Count > 0 {
			if a.Count--; a.Count == 0 {
				fs.list = slices.Delete(fs.list, i, i+1)
				i--
			}
		}
		if a.RevokeRoles == nil {
			f := a.Fault
			return &f
		}
	}
	return nil
}

func (a *activeFault) matches(x *exchange) bool {
	if a.RevokeRoles != nil && x.service == serviceLogin {
		return false // tokens are issued without the roles instead
	}
	if a.Stale != "" && (x.service == serviceLogin || x.request.Method != "GET") {
		return false
	}
	return (a.Service == "" || a.Service == x.service) &&
		(a.tenantID == "" || x.tenant != nil && a.tenantID == x.tenant.id) &&
		(a.Method == "" || strings.EqualFold(a.Method, x.request.Method)) &&
		(a.path == nil || a.path.MatchString(x.request.URL.Path))
}

// grantedRoles are the app permissions that a new token carries: what the
// tenant has granted, less what a fault has revoked altogether.
func (c *Cloud) grantedRoles(t *tenant, service string) []string {
	roles := t.granted(service)
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	for _, a := range c.faults.list {
		whole := a.Method == "" && a.path == nil && a.Count == 0
		if whole && (a.Service == "" || a.Service == service) && (a.tenantID == "" || a.tenantID == t.id) {
			roles = without(roles, a.RevokeRoles)
		}
	}
	return roles
}

// permissions are all that an app may have or a call may ask for.
func (c *Cloud) permissions() map[string]bool {
	spec := c.scenario.Tenant.Permissions
	all := slices.Concat(spec.Graph, spec.Defender, strings.Fields(defaultGraphRoles+" "+partnerRoles+" "+defaultDefenderRoles))
	for _, r := range slices.Concat(c.graph, c.defender) {
		all = slices.Concat(all, slices.Concat(r.needs...))
	}
	out := map[string]bool{}
	for _, name := range all {
		out[name] = true
	}
	return out
}

// granted are the app permissions that the tenant has consented to for a service.
func (t *tenant) granted(service string) []string {
	if service == serviceDefender {
		return t.spec().Permissions.Defender
	}
	return t.spec().Permissions.Graph
}

// without returns the roles that are not in the second list.
func without(roles, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return slices.Contains(gone, r) })
}

// statusCode is the Graph code that goes with a status.
func statusCode(status int) string {
	switch status {
	case 400:
		return "BadRequest"
	case 401:
		return "InvalidAuthenticationToken"
	case 403:
		return "Forbidden"
	case 404:
		return "ResourceNotFound"
	case 410:
		return "resyncRequired"
	case 429:
		return "TooManyRequests"
	case 503:
		return "serviceNotAvailable"
	}
	return "UnknownError"
}

// defenderCode knows only the codes that the API documents.
func defenderCode(status int) string {
	switch {
	case status == 401:
		return "Unauthorized"
	case status == 403 || status == 404 || status == 429:
		return statusCode(status)
	case status >= 500:
		return "InternalServerError"
	}
	return "BadRequest"
}

// loginCode is the OAuth error and the AADSTS number that go with a status.
func loginCode(status int) (string, int) {
	switch {
	case status == 401:
		return "invalid_client", 7000215
	case status == 429:
		return "temporarily_unavailable", 90055
	case status >= 500:
		return "temporarily_unavailable", 90033
	}
	return "invalid_request", 900144
}

func statusMessage(status int) string {
	switch status {
	case 401:
		return "Access token has expired or is not yet valid."
	case 403:
		return "You cannot perform the requested operation, required scopes are missing in the token."
	case 404:
		return "Resource not found."
	case 429:
		return "Please retry again later."
	case 500, 502, 503, 504:
		return "The service is temporarily unavailable."
	}
	return "The request was refused on purpose."
}
