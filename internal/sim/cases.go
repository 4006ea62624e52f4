package sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// caseRoutes are what an analyst does with alerts and incidents.
func caseRoutes() []route {
	alerts := need("SecurityAlert.ReadWrite.All")
	read, write := need("SecurityIncident.Read.All SecurityIncident.ReadWrite.All"), need("SecurityIncident.ReadWrite.All")
	incidents := view{options: "$filter $top $skip $count $expand", page: 10, bySkip: true, newest: "createdDateTime",
		fields: fieldsOf("text:assignedTo", "enum:classification determination severity status", "time:createdDateTime lastUpdateDateTime")}
	routes := []route{
		{method: http.MethodPatch, path: resAlerts + "/{id}", needs: alerts, do: patchAlert},
		{method: http.MethodPost, path: resAlerts + "/{id}/comments", needs: alerts, do: comment(resAlerts)},
		{method: http.MethodGet, path: resIncidents, needs: read, view: incidents, do: listIncidents},
		{method: http.MethodGet, path: resIncidents + "/{id}", needs: read, view: view{options: "$expand"}, do: getIncident},
		{method: http.MethodPatch, path: resIncidents + "/{id}", needs: write, do: patchIncident},
		{method: http.MethodPost, path: resIncidents + "/{id}/comments", needs: write, do: comment(resIncidents)},
	}
	return each(routes, func(r *route) { r.family, r.denied = familySecurity, deniedSecurity })
}

// caseEnums are the values that a member of an alert or an incident may be
// given. Their status differs: see the callers.
func caseEnums(status string) map[string]string {
	return map[string]string{
		"status":         status,
		"classification": "unknown falsePositive truePositive informationalExpectedActivity",
		"determination": "unknown apt malware securityPersonnel securityTesting unwantedSoftware other multiStagedAttack compromisedAccount " +
			"phishing maliciousUserActivity notMalicious notEnoughDataToValidate confirmedActivity lineOfBusinessApplication",
	}
}

// patchAlert changes what an analyst says of an alert.
func patchAlert(x *exchange, c *call) (answer, error) {
	alert := c.tenant.collection(resAlerts).get(c.id)
	if alert == nil {
		return answer{}, missing(c.id)
	}
	change, err := readChange(x.body, caseEnums("unknown new inProgress resolved"), "assignedTo")
	if err != nil {
		return answer{}, err
	}
	out := laidOver(alert, change)
	switch {
	case change.text("status") == "resolved" && alert.text("status") != "resolved":
		out.set("resolvedDateTime", writeTime(x.now))
	case change.raw("status") != nil && change.text("status") != "resolved":
		out.set("resolvedDateTime", nil)
	}
	out.set("lastUpdateDateTime", writeTime(x.now))
	c.tenant.collection(resAlerts).put(out)
	return entity(x.context(resAlerts+"/$entity"), c.query.shape(out)), nil
}

// readChange reads the body of a change: members with an enum's values, and
// members that the caller looks into itself or that are text.
func readChange(body []byte, enums map[string]string, others ...string) (*object, error) {
	o, err := readObject(body)
	if err != nil {
		return nil, err
	}
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == "@odata.type" })
	if len(o.members) == 0 {
		return nil, notModelled("a change of nothing")
	}
	for _, m := range o.members {
		values, known := enums[m.name]
		switch {
		case !known && !slices.Contains(others, m.name):
			return nil, badRequest("The property '" + m.name + "' cannot be changed.")
		case known && !slices.Contains(strings.Fields(values), o.text(m.name)):
			return nil, badRequest("The value " + string(m.value) + " is not one of " + strings.ReplaceAll(values, " ", ", ") + " for '" + m.name + "'.")
		}
	}
	if name := wrongText(o, "assignedTo"); name != "" {
		return nil, badRequest("The property '" + name + "' is not text.")
	}
	return o, nil
}

// comment appends a comment and answers with all comments.
func comment(resource string) func(*exchange, *call) (answer, error) {
	return func(x *exchange, c *call) (answer, error) {
		about := c.tenant.collection(resource).get(c.id)
		if about == nil {
			return answer{}, missing(c.id)
		}
		text, err := readComment(x.body)
		if err != nil {
			return answer{}, err
		}
		made := newObject("comment", text, "createdByDisplayName", x.actorName(), "createdDateTime", writeTime(x.now))
		all := append(objectsIn(about.raw("comments")), made)
		out := about.clone()
		out.set("comments", all)
		out.set("lastUpdateDateTime", writeTime(x.now))
		c.tenant.collection(resource).put(out)
		return answer{list: &listing{context: x.context(resource + "('" + idOf(about) + "')/comments"), items: all}}, nil
	}
}

// readComment reads what somebody has to say. The type may be named.
func readComment(body []byte) (string, error) {
	o, err := readObject(body)
	if err != nil {
		return "", err
	}
	if name := strange(o, func(n string) bool { return n == "@odata.type" || n == "comment" }); name != "" {
		return "", badRequest("The property '" + name + "' is not one of a new comment.")
	}
	kind := strings.TrimPrefix(o.text("@odata.type"), "#")
	if o.raw("@odata.type") != nil && kind != "microsoft.graph.security.alertComment" {
		return "", badRequest("A comment is a microsoft.graph.security.alertComment, not '" + kind + "'.")
	}
	if strings.TrimSpace(o.text("comment")) == "" {
		return "", badRequest("The property 'comment' is required.")
	}
	return o.text("comment"), nil
}

// actorName is who makes a request, as people read it.
func (x *exchange) actorName() string {
	if x.claims.UPN != "" {
		return x.claims.UPN
	}
	return "Cordon"
}

// objectsIn returns the objects of an array, which may be null or absent.
func objectsIn(raw json.RawMessage) []*object {
	var raws []json.RawMessage
	if json.Unmarshal(raw, &raws) != nil {
		return nil
	}
	out := []*object{}
	for _, r := range raws {
		if o, err := parseObject(r); err == nil {
			out = append(out, o)
		}
	}
	return out
}
