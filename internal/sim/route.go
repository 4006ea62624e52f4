package sim

import (
	"net/http"
	"net/url"
	"strings"
)

// A route is one call that the cloud models, with everything that decides
// whether it may be made.
type route struct {
	method  string
	path    string // segments; {id} stands for any one
	needs   needs
	person  needs // instead, when a person's token acts; nil: the same
	denied  denial
	family  string // of limits
	cost    int    // in resource units, where the family counts them
	licence string // least licence: p1, p2, or none
	view    view
	do      func(x *exchange, c *call) (answer, error)
}

// needs are app permissions: one of each group.
type needs [][]string

// need reads groups of permissions: each argument is one group, its words are
// the permissions of which one suffices.
func need(groups ...string) needs {
	out := make(needs, len(groups))
	for i, g := range groups {
		out[i] = strings.Fields(g)
	}
	return out
}

// met reports whether the request has what is needed.
func (n needs) met(x *exchange) bool {
	for _, group := range n {
		if !x.has(group...) {
			return false
		}
	}
	return true
}

// asked are the permissions that this request needs.
func (r *route) asked(x *exchange) needs {
	if r.person != nil && x.claims.Scopes != "" {
		return r.person
	}
	return r.needs
}

// A denial is the way in which a family of calls says that a permission is missing.
type denial int

const (
	deniedDirectory denial = iota
	deniedPolicy
	deniedIdentity
	deniedSecurity
	deniedScore // as security, but needs no Defender
	deniedAudit
)

// refusal words the denial.
func (d denial) refusal(n needs, roles []string) *refusal {
	const scopes = "You cannot perform the requested operation, required scopes are missing in the token."
	switch d {
	case deniedPolicy:
		return refuse(http.StatusForbidden, "AccessDenied", scopes)
	case deniedIdentity:
		return refuse(http.StatusForbidden, "Forbidden", scopes)
	case deniedAudit:
		return refuse(http.StatusForbidden, "Authentication_MSGraphPermissionMissing",
			"The principal does not have required Microsoft Graph permission(s): %s", n[0][0])
	case deniedSecurity, deniedScore:
		var all []string
		for _, group := range n {
			all = append(all, group...)
		}
		return refuse(http.StatusForbidden, "Forbidden", "Missing application roles. API required roles: %s, application roles: %s.",
			strings.Join(all, ","), strings.Join(roles, ","))
	default:
		return refuse(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	}
}

// A call is a request that has found its route.
type call struct {
	tenant *tenant
	route  *route
	id     string // what stands for the last {id} of the path
	query  *query
	url    string // address of the resource, without query
}

// splitPath cuts a path into decoded segments. The key form name('x') becomes
// two segments, and name(key='x') becomes name(key) and x.
func splitPath(escaped string) []string {
	var out []string
	for _, s := range strings.Split(strings.Trim(escaped, "/"), "/") {
		if u, err := url.PathUnescape(s); err == nil {
			s = u
		}
		name, key, ok := strings.Cut(s, "(")
		if !ok || !strings.HasSuffix(key, "')") {
			out = append(out, s)
			continue
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(key, "')"), "'")
		if key = strings.TrimSuffix(key, "="); key != "" {
			name += "(" + key + ")"
		}
		out = append(out, name, strings.ReplaceAll(value, "''", "'"))
	}
	return out
}

// match finds the route of a path. Without one it returns how many segments
// are known, and whether only the method is not.
func match(routes []route, method string, segments []string) (found *route, id string, known int, otherMethod bool) {
	for i := range routes {
		r := &routes[i]
		n, whole, first := follow(r.path, segments)
		known = max(known, n)
		if !whole {
			continue
		}
		if r.method == method {
			return r, first, known, false
		}
		otherMethod = true
	}
	return nil, "", known, otherMethod
}

// follow walks a pattern along the segments and returns how far they agree,
// whether they agree altogether, and what stands for {id}.
func follow(pattern string, segments []string) (n int, whole bool, id string) {
	for pattern != "" && n < len(segments) {
		want, rest, _ := strings.Cut(pattern, "/")
		switch {
		case want == "{id}" && !strings.HasPrefix(segments[n], "$") && segments[n] != "":
			id = segments[n]
		case want != segments[n]:
			return n, false, ""
		}
		pattern = rest
		n++
	}
	return n, pattern == "" && n == len(segments), id
}

// unlicensed words that the tenant lacks the licence.
func (d denial) unlicensed() *refusal {
	if d == deniedAudit {
		return refuse(http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
			"Neither tenant is B2C or tenant doesn't have premium license")
	}
	return refuse(http.StatusForbidden, "Forbidden", "Your tenant is not licensed for this feature.")
}
