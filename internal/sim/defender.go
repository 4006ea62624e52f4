package sim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// defenderHandler answers as the Defender for Endpoint API does.
func (c *Cloud) defenderHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := c.open(serviceDefender, w, r)
		tooLarge := x.readBody()
		stranger := x.identify()
		x.run(func() (answer, error) {
			switch {
			case stranger != nil:
				return answer{}, stranger
			case tooLarge != nil:
				return answer{}, tooLarge
			}
			return c.answerDefender(x)
		})
	})
}

func defenderRoutes() []route {
	machines := view{options: "$filter $top $skip", page: 10_000, top: 10_000, bySkip: true, noLink: true, fields: fieldsOf(
		"text:computerDnsName version deviceValue exposureLevel onboardingStatus lastIpAddress healthStatus osPlatform riskScore",
		"folded:id aadDeviceId", "time:lastSeen", "number:rbacGroupId")}
	readAlerts, readMachines := need("Alert.Read.All Alert.ReadWrite.All"), need("Machine.Read.All Machine.ReadWrite.All")
	routes := []route{
		{path: "alerts", needs: readAlerts, view: endpointAlertView(), do: listEndpointAlerts},
		{path: "alerts/{id}", needs: readAlerts, do: getDefender(resEndpointAlerts, "Alerts/$entity", "Alert")},
		{path: "machines", needs: readMachines, view: machines, do: listMachines},
		{path: "machines/{id}", needs: readMachines, do: getDefender(resMachines, "Machines/$entity", "Machine")},
	}
	each(routes, func(r *route) { r.method = http.MethodGet })
	return each(slices.Concat(routes, endpointAlertRoutes(), endpointActionRoutes()), func(r *route) {
		r.family, r.denied = cmp.Or(r.family, familyDefender), deniedSecurity
	})
}

func endpointAlertView() view {
	return view{options: "$filter $top $skip $expand", page: 10_000, top: 10_000, bySkip: true, noLink: true, fields: alertFields()}
}

// alertFields knows two properties by the spelling of the documentation as well.
func alertFields() fields {
	out := fieldsOf("time:alertCreationTime lastUpdateTime lastEventTime", "number:incidentId investigationId",
		"text:id assignedTo detectionSource status severity category")
	out["InvestigationId"], out["asssignedTo"] = out["investigationId"], out["assignedTo"]
	return out
}

// answerDefender finds the route of a request and follows it. The API answers
// with and without a version.
func (c *Cloud) answerDefender(x *exchange) (answer, error) {
	path, ok := strings.CutPrefix(x.request.URL.EscapedPath(), "/api/")
	if !ok {
		return answer{}, refuse(http.StatusNotFound, "NotFound", "No resource is at '%s'.", x.request.URL.Path)
	}
	segments := splitPath(strings.TrimPrefix(path, "v1.0/"))
	r, id, _, otherMethod := match(c.defender, x.request.Method, segments)
	if r != nil {
		return x.follow(&call{tenant: x.tenant, route: r, id: id, url: c.info.DefenderURL + "/api/" + path})
	}
	if otherMethod {
		return answer{}, notModelled("the method %s on '%s'", x.request.Method, strings.Join(segments, "/"))
	}
	switch segments[0] {
	case "alerts", "machines", "machineactions", "advancedqueries", "advancedhunting", "users", "files", "ips", "domains", "indicators", "investigations":
		return answer{}, notModelled("'%s'", strings.Join(segments, "/"))
	}
	return answer{}, refuse(http.StatusNotFound, "NotFound", "No resource is at '%s'.", x.request.URL.Path)
}

func listEndpointAlerts(x *exchange, c *call) (answer, error) {
	return x.pageAlerts(c, c.tenant.collection(resEndpointAlerts))
}

// pageAlerts leaves the evidence out unless it is asked for.
func (x *exchange) pageAlerts(c *call, from *collection) (answer, error) {
	switch c.query.values.Get("$expand") {
	case "evidence":
	case "":
		c.query.dress = withoutEvidence
	default:
		return answer{}, notModelled("$expand=%s on alerts", c.query.values.Get("$expand"))
	}
	return x.page(c, "Alerts", from)
}

func withoutEvidence(o *object) *object {
	out := o.clone()
	out.set("evidence", json.RawMessage("[]"))
	return out
}

// listMachines answers 404 when the tenant has no machines at all.
func listMachines(x *exchange, c *call) (answer, error) {
	machines := c.tenant.collection(resMachines)
	if len(machines.items) == 0 {
		return answer{}, refuse(http.StatusNotFound, "ResourceNotFound", "No recent machines were found.")
	}
	return x.page(c, "Machines", machines)
}

func getDefender(resource, context, kind string) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		o := c.tenant.collection(resource).get(c.id)
		if o == nil {
			return answer{}, noSuch(kind, c.id)
		}
		return entity(x.context(context), c.query.shape(o)), nil
	}
}
