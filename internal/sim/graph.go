package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// graphHandler answers as Microsoft Graph does.
func (c *Cloud) graphHandler() http.Handler {
	return http.HandlerFunc(c.serveGraph)
}

// serveGraph answers one request, or one item of a batch.
func (c *Cloud) serveGraph(w http.ResponseWriter, r *http.Request) {
	x := c.open(serviceGraph, w, r)
	tooLarge := x.readBody()
	stranger := x.identify()
	defer x.enter()()
	x.run(func() (answer, error) {
		switch {
		case stranger != nil:
			return answer{}, stranger
		case tooLarge != nil:
			return answer{}, tooLarge
		}
		return c.answerGraph(x)
	})
}

// answerGraph finds the route of a request and follows it.
func (c *Cloud) answerGraph(x *exchange) (answer, error) {
	version, path, _ := strings.Cut(strings.TrimPrefix(x.request.URL.EscapedPath(), "/"), "/")
	switch version {
	case "v1.0":
	case "beta":
		return answer{}, notModelled("the beta version of Graph")
	default:
		return answer{}, refuse(http.StatusBadRequest, "BadRequest", "Invalid version: %s", version)
	}
	if path == "$batch" {
		return c.batch(x)
	}
	segments := splitPath(path)
	if err := c.checkOffered(segments); err != nil {
		return answer{}, err
	}
	r, id, known, otherMethod := match(c.graph, x.request.Method, segments)
	if r == nil {
		return answer{}, unknownRoute(x, segments, known, otherMethod)
	}
	return x.follow(&call{tenant: x.tenant, route: r, id: id, url: c.info.GraphURL + "/v1.0/" + path})
}

// unknownRoute says why there is no route: not modelled here, or not known to Graph either.
func unknownRoute(x *exchange, segments []string, known int, otherMethod bool) error {
	path := strings.Join(segments, "/")
	if otherMethod {
		return notModelled("the method %s on '%s'", x.request.Method, path)
	}
	for _, p := range documented() {
		if n, _, _ := follow(p, segments); n == strings.Count(p, "/")+1 {
			return notModelled("'%s'", path)
		}
	}
	return refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", segments[min(known, len(segments)-1)])
}

// documented lists paths that Graph has and the simulator does not model.
// A path below one of them is not modelled either.
func documented() []string {
	return []string{
		"$metadata", "applications", "auditLogs/provisioning", "contracts/{id}", "deviceManagement", "devices", "directory", "directoryRoleTemplates", "domains",
		"groups", "identity/conditionalAccess/authenticationStrength", "identity/conditionalAccess/namedLocations", "me", "oauth2PermissionGrants",
		"policies/authenticationMethodsPolicy", "policies/authorizationPolicy", "reports",
		"roleManagement/directory/roleAssignmentSchedules", "roleManagement/directory/roleEligibilitySchedules",
		"roleManagement/directory/transitiveRoleAssignments", "security/alerts", "security/alerts_v2", "security/identities", "security/incidents",
		"servicePrincipals", "sites", "subscribedSkus", "subscriptions", "tenantRelationships",
		"users/{id}/authentication", "users/{id}/getMemberGroups", "users/{id}/invalidateAllRefreshTokens",
		"users/{id}/manager", "users/{id}/memberOf", "users/{id}/transitiveMemberOf/microsoft.graph.administrativeUnit",
	}
}

// follow applies throttles, permissions and licence, reads the query, and
// does what the route does. It holds the tenant's lock throughout.
func (x *exchange) follow(c *call) (answer, error) {
	if err := x.alive(); err != nil {
		return answer{}, err
	}
	t, r := c.tenant, c.route
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(x.now)
	cost := x.cost(r)
	if err := t.throttle(r.family, cost, x.now); err != nil {
		return answer{}, err
	}
	if err := x.crowded(); err != nil {
		return answer{}, err
	}
	if err := x.admit(r); err != nil {
		return answer{}, err
	}
	q, err := parseQuery(x.request.URL.RawQuery, r.view)
	if err != nil {
		return answer{}, err
	}
	q.dress = x.dress(r)
	c.query = q
	note := x.watch(c)
	a, err := x.do(c)
	if err == nil {
		note()
	}
	t.tellChanges(x.now)
	if err == nil && r.cost > 0 {
		if a.header == nil {
			a.header = http.Header{}
		}
		a.header.Set("x-ms-resource-unit", strconv.Itoa(cost))
	}
	return a, err
}

// cost is what a request costs in resource units.
func (x *exchange) cost(r *route) int {
	cost, query := max(r.cost, 1), x.request.URL.Query()
	if r.cost == 0 || len(query) == 0 {
		return cost
	}
	if query.Has("$select") {
		cost--
	}
	if query.Has("$expand") {
		cost++
	}
	if n, err := strconv.Atoi(query.Get("$top")); err == nil && n < 20 {
		cost--
	}
	return max(cost, 1)
}

// admit refuses what the app or the tenant may not do.
func (x *exchange) admit(r *route) error {
	if needs := r.asked(x); !needs.met(x) {
		return r.denied.refusal(needs, x.roles)
	}
	spec := x.tenant.spec()
	order := []string{"free", "p1", "p2"}
	if r.licence != "" && slices.Index(order, spec.Licence) < slices.Index(order, r.licence) {
		return r.denied.unlicensed()
	}
	if r.denied == deniedSecurity && spec.Defender != "on" {
		if x.service == serviceDefender {
			return refuse(http.StatusUnauthorized, "Unauthorized", "Unauthorized request - Account is not provisioned.")
		}
		if strings.HasPrefix(r.path, "security/identities/") {
			return refuse(http.StatusForbidden, "Forbidden", "Tenant is not onboarded to Microsoft Defender for Identity")
		}
		return refuse(http.StatusForbidden, "Forbidden", "Account is not provisioned.")
	}
	return nil
}

// context is the @odata.context of an answer.
func (x *exchange) context(of string) string {
	if x.service == serviceDefender {
		return x.cloud.info.DefenderURL + "/api/$metadata#" + of
	}
	return x.cloud.info.GraphURL + "/v1.0/$metadata#" + of
}

// page answers with a page of a collection.
func (x *exchange) page(c *call, context string, from *collection) (answer, error) {
	return answer{list: c.query.page(x.context(context), c.url, from)}, nil
}
