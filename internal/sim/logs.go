package sim

import (
	"net/http"
	"strings"
	"time"
)

const (
	signInMembers = "id createdDateTime userId userDisplayName userPrincipalName appId appDisplayName resourceId resourceDisplayName " +
		"resourceTenantId homeTenantId ipAddress clientAppUsed userAgent correlationId isInteractive conditionalAccessStatus " +
		"appliedConditionalAccessPolicies riskDetail riskLevelAggregated riskLevelDuringSignIn riskState riskEventTypes riskEventTypes_v2 " +
		"status deviceDetail location servicePrincipalId servicePrincipalName"
	logPage = 100
	logTop  = 1000
)

// auditRoutes are the logs: who signed in, and who changed what.
func auditRoutes() []route {
	read, judge := need("AuditLog.Read.All"), need("IdentityRiskEvent.ReadWrite.All")
	signIns := view{options: "$filter $top $skiptoken $orderby", page: logPage, top: logTop, newest: "createdDateTime", fields: fieldsOf(
		"time:createdDateTime", "folded:id userId userPrincipalName", "number:status/errorCode",
		"enum:conditionalAccessStatus riskDetail riskLevelAggregated riskLevelDuringSignIn riskState",
		"text:appId appDisplayName clientAppUsed correlationId ipAddress resourceDisplayName resourceId userDisplayName "+
			"location/city location/state location/countryOrRegion deviceDetail/browser deviceDetail/operatingSystem")}
	audits := view{options: "$filter $top $skiptoken $orderby $count", page: logPage, top: logTop, newest: "activityDateTime", fields: fieldsOf(
		"time:activityDateTime", "text:activityDisplayName category loggedByService operationType", "folded:id correlationId", "enum:result",
		"folded:initiatedBy/user/id initiatedBy/user/userPrincipalName initiatedBy/app/appId initiatedBy/app/servicePrincipalId",
		"text:initiatedBy/app/displayName initiatedBy/user/displayName")}
	routes := []route{
		{method: http.MethodGet, path: resSignIns, needs: read, licence: "p1", view: signIns, do: listLog(resSignIns)},
		{method: http.MethodPost, path: resSignIns + "/confirmCompromised", needs: judge, licence: "p2",
			do: judgeSignIns(verdict{"high", "confirmedCompromised", "adminConfirmedSigninCompromised"})},
		{method: http.MethodPost, path: resSignIns + "/confirmSafe", needs: judge, licence: "p2",
			do: judgeSignIns(verdict{"none", "confirmedSafe", "adminConfirmedSigninSafe"})},
		{method: http.MethodPost, path: resSignIns + "/dismiss", needs: judge, licence: "p2",
			do: judgeSignIns(verdict{"none", "dismissed", "adminDismissedRiskForSignIn"})},
		{method: http.MethodGet, path: resSignIns + "/{id}", needs: read, licence: "p1", view: view{options: "$select", members: signInMembers},
			do: getLog(resSignIns, "createdDateTime")},
		{method: http.MethodGet, path: resAudits, needs: read, view: audits, do: listLog(resAudits)},
		{method: http.MethodGet, path: resAudits + "/{id}", needs: read, do: getLog(resAudits, "activityDateTime")},
	}
	return each(routes, func(r *route) {
		if r.family, r.denied = familyReports, deniedAudit; r.method == http.MethodPost {
			r.person = need("IdentityRiskyUser.ReadWrite.All")
		}
	})
}

// listLog answers with a page of what a log still keeps, in the order asked for.
func listLog(resource string) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		q := c.query
		switch order := q.values.Get("$orderby"); order {
		case "", q.view.newest + " desc":
		case q.view.newest, q.view.newest + " asc":
			q.rising = true
		default:
			return answer{}, badRequest("The log cannot be ordered by '" + order + "'.")
		}
		kept := &collection{}
		for _, it := range c.tenant.collection(resource).items {
			if c.tenant.keeps(it.object, q.view.newest, x.now) {
				kept.items = append(kept.items, it)
			}
		}
		q.dress = c.tenant.hideRisk(resource, q.dress)
		return x.page(c, resource, kept)
	}
}

// getLog answers with one line of a log, while it is kept.
func getLog(resource, when string) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		o := c.tenant.collection(resource).get(c.id)
		if o == nil || !c.tenant.keeps(o, when, x.now) {
			return answer{}, missing(c.id)
		}
		c.query.dress = c.tenant.hideRisk(resource, c.query.dress)
		return entity(x.context(resource+"/$entity"), c.query.shape(o)), nil
	}
}

// keeps reports whether a line of a log is young enough to be shown: seven
// days without a licence, thirty with one. A line without a time is.
func (t *tenant) keeps(o *object, when string, now time.Time) bool {
	days := 30
	if t.spec().Licence == "free" {
		days = 7
	}
	at, err := parseTime(o.text(when))
	return err != nil || !at.Before(now.AddDate(0, 0, -days))
}

// hideRisk covers what a tenant without P2 does not see of a sign-in.
func (t *tenant) hideRisk(resource string, also func(*object) *object) func(*object) *object {
	if resource != resSignIns || t.spec().Licence == "p2" {
		return also
	}
	return func(o *object) *object {
		if also != nil {
			o = also(o)
		}
		o = o.clone()
		for _, name := range strings.Fields("riskDetail riskLevelAggregated riskLevelDuringSignIn") {
			if o.raw(name) != nil {
				o.set(name, "hidden")
			}
		}
		return o
	}
}

// judgeSignIns takes an administrator's word on the risk of sign-ins. It comes
// into force later, on the sign-ins and on the detections that name them.
func judgeSignIns(v verdict) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		ids, err := readIDs(x.body, "requestIds", maxUserIDs)
		if err != nil {
			return answer{}, err
		}
		t, at := c.tenant, x.now.Add(riskDelay)
		for _, id := range ids {
			if t.collection(resSignIns).get(id) == nil {
				return answer{}, notModelled("what happens to '%s', which is no sign-in of the tenant", id)
			}
		}
		for _, id := range ids {
			t.later(at, func() { t.passOnSignIn(id, v, at) })
		}
		return noContent(), nil
	}
}

func (t *tenant) passOnSignIn(id string, v verdict, at time.Time) {
	if o := t.collection(resSignIns).get(id); o != nil {
		o.set("riskLevelAggregated", v.level)
		o.set("riskState", v.state)
		o.set("riskDetail", v.detail)
	}
	for _, d := range t.collection(resDetections).objects() {
		if strings.EqualFold(d.text("requestId"), id) {
			d.set("riskState", v.state)
			d.set("riskDetail", v.detail)
			d.set("lastUpdatedDateTime", writeTime(at))
		}
	}
}
