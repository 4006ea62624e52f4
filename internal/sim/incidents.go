package sim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// gatherIncidents makes incidents of the alerts that have arrived: one for
// each incidentId. A later alert of the same incident makes it active again.
func (t *tenant) gatherIncidents() {
	t.collection(resIncidents)
	for _, it := range t.unseen(resAlerts) {
		t.file(it.object)
	}
}

// file puts an alert into its incident.
func (t *tenant) file(alert *object) {
	c, id := t.collection(resIncidents), incidentOf(alert)
	switch known := c.get(id); {
	case id == "":
	case known == nil:
		c.put(t.incidentFrom(id, alert))
	default:
		c.put(joined(known, alert))
	}
}

// incidentOf is the id of the incident that an alert belongs to, or "".
func incidentOf(alert *object) string {
	return cmp.Or(alert.text("incidentId"), strings.Trim(strings.TrimPrefix(string(alert.raw("incidentId")), "null"), `"`))
}

// incidentFrom is an incident of one alert.
func (t *tenant) incidentFrom(id string, alert *object) *object {
	return newObject("id", id, "tenantId", t.id, "status", incidentStatus(alert), "incidentWebUrl", "https://security.microsoft.com/incidents/"+id+"?tid="+t.id,
		"redirectIncidentId", nil, "displayName", cmp.Or(alert.text("title"), "Incident "+id), "createdDateTime", orNull(alert.text("createdDateTime")),
		"lastUpdateDateTime", orNull(lastUpdate(alert)), "assignedTo", nil, "classification", "unknown", "determination", "unknown",
		"severity", cmp.Or(alert.text("severity"), "unknown"), "customTags", []string{}, "systemTags", []string{}, "description", nil, "summary", nil,
		"lastModifiedBy", "Microsoft Defender XDR", "resolvingComment", nil, "priorityScore", nil, "comments", []*object{})
}

func incidentStatus(alert *object) string {
	if alert.text("status") == "resolved" {
		return "resolved"
	}
	return "active"
}

func lastUpdate(alert *object) string {
	return cmp.Or(alert.text("lastUpdateDateTime"), alert.text("createdDateTime"))
}

// joined is an incident that one more alert belongs to.
func joined(incident, alert *object) *object {
	out := incident.clone()
	weight := func(o *object) int {
		return slices.Index([]string{"informational", "low", "medium", "high"}, o.text("severity"))
	}
	if weight(alert) > weight(incident) {
		out.set("severity", alert.text("severity"))
	}
	if incidentStatus(alert) == "active" && incident.text("status") == "resolved" {
		out.set("status", "active")
	}
	before, _ := parseTime(lastUpdate(incident)) // without one, any time is later
	if after, err := parseTime(lastUpdate(alert)); err == nil && after.After(before) {
		out.set("lastUpdateDateTime", lastUpdate(alert))
	}
	return out
}

// mergeExample adds an incident that has been merged into the oldest one, so
// that clients meet a redirection. A tenant without incidents has none.
func (t *tenant) mergeExample() {
	c := t.collection(resIncidents)
	if len(c.items) == 0 {
		return
	}
	target := c.items[0].object
	id := "9" + idOf(target)
	for c.get(id) != nil {
		id = "9" + id
	}
	merged := t.incidentFrom(id, target)
	merged.set("status", "redirected")
	merged.set("redirectIncidentId", idOf(target))
	c.put(merged)
}

func listIncidents(x *exchange, c *call) (answer, error) {
	if err := c.expandAlerts(); err != nil {
		return answer{}, err
	}
	return x.page(c, resIncidents, c.tenant.collection(resIncidents))
}

func getIncident(x *exchange, c *call) (answer, error) {
	if err := c.expandAlerts(); err != nil {
		return answer{}, err
	}
	return get(resIncidents, resIncidents+"/$entity")(x, c)
}

// expandAlerts shows incidents with their alerts when those are asked for.
func (c *call) expandAlerts() error {
	switch of := c.query.values.Get("$expand"); of {
	case "":
		return nil
	case "alerts":
	default:
		return notModelled("$expand=%s on incidents", of)
	}
	shown := func(o *object) *object { return o }
	if c.query.dress != nil {
		shown = c.query.dress
	}
	alerts := map[string][]*object{}
	for _, o := range c.tenant.collection(resAlerts).objects() {
		id := strings.ToLower(incidentOf(o))
		alerts[id] = append(alerts[id], shown(o))
	}
	c.query.dress = func(o *object) *object {
		out := shown(o).clone()
		out.set("alerts", append([]*object{}, alerts[strings.ToLower(idOf(o))]...))
		return out
	}
	return nil
}

// patchIncident changes what an analyst says of an incident.
func patchIncident(x *exchange, c *call) (answer, error) {
	incident := c.tenant.collection(resIncidents).get(c.id)
	if incident == nil {
		return answer{}, missing(c.id)
	}
	newer := []string{"resolvingComment", "severity", "displayName", "summary", "description"}
	change, err := readChange(x.body, caseEnums("active resolved inProgress redirected awaitingAction"), append(newer, "assignedTo", "customTags")...)
	if err != nil {
		return answer{}, err
	}
	name := strange(change, func(n string) bool { return !slices.Contains(newer, n) })
	status := change.text("status")
	switch {
	case name != "":
		return answer{}, notModelled("a change of '%s' in an incident", name)
	case incident.text("status") == "redirected":
		return answer{}, notModelled("a change of an incident that has been merged into another")
	case status == "redirected" || status == "awaitingAction":
		return answer{}, notModelled("a change of an incident's status to '%s'", status)
	}
	var tags []string
	if raw := change.raw("customTags"); raw != nil && (raw[0] != '[' || json.Unmarshal(raw, &tags) != nil) {
		return answer{}, badRequest("The property 'customTags' is not a list of texts.")
	}
	out := laidOver(incident, change)
	out.set("lastModifiedBy", x.actorName())
	out.set("lastUpdateDateTime", writeTime(x.now))
	c.tenant.collection(resIncidents).put(out)
	return entity(x.context(resIncidents+"/$entity"), c.query.shape(out)), nil
}
