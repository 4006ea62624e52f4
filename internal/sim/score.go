package sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxScoring is how many requests to secure score may be under way at once,
// for one app in one tenant.
const maxScoring = 4

func scoreRoutes() []route {
	read := need("SecurityEvents.Read.All SecurityEvents.ReadWrite.All")
	scores := view{options: "$filter $top $skip $count", page: 10, bySkip: true, newest: "createdDateTime",
		fields: fieldsOf("time:createdDateTime", "folded:id azureTenantId")}
	controls := view{options: "$filter $top $skip $count", page: 10, bySkip: true,
		fields: fieldsOf("text:id title controlCategory service tier actionType", "bool:deprecated", "number:maxScore rank")}
	routes := []route{
		{method: http.MethodGet, path: resScores, needs: read, view: scores, do: listScores},
		{method: http.MethodGet, path: resScores + "/{id}", needs: read, do: get(resScores, resScores+"/$entity")},
		{method: http.MethodGet, path: resControls, needs: read, view: controls, do: list(resControls, resControls)},
		{method: http.MethodGet, path: resControls + "/{id}", needs: read, do: get(resControls, resControls+"/$entity")},
		{method: http.MethodPatch, path: resControls + "/{id}", needs: need("SecurityEvents.ReadWrite.All"), do: patchControl},
	}
	return each(routes, func(r *route) { r.family, r.denied = familyScore, deniedScore })
}

// enter counts a request to secure score while it is under way.
func (x *exchange) enter() (leave func()) {
	if x.tenant == nil || !strings.HasPrefix(x.request.URL.Path, "/v1.0/security/secureScore") {
		return func() {}
	}
	x.beside = x.tenant.scoring.Add(1)
	return func() { x.tenant.scoring.Add(-1) }
}

// crowded refuses a request that is one too many at a time.
func (x *exchange) crowded() error {
	if x.beside <= maxScoring || x.cloud.opts.Calm {
		return nil
	}
	return x.tenant.tooMany(limit{name: "concurrent", after: true}, time.Second)
}

// listScores shows what is kept: the last ninety days.
func listScores(x *exchange, c *call) (answer, error) {
	kept := &collection{}
	for _, o := range c.tenant.collection(resScores).objects() {
		if at, err := parseTime(o.text("createdDateTime")); err != nil || at.After(x.now.AddDate(0, 0, -scoreDays)) {
			kept.put(o)
		}
	}
	return x.page(c, resScores, kept)
}

// controlStates are the states that a control may be given.
func controlStates() []string { return []string{"Default", "Ignored", "ThirdParty", "Reviewed"} }

// patchControl appends a state to the history of a control.
func patchControl(x *exchange, c *call) (answer, error) {
	t := c.tenant
	control := t.collection(resControls).get(c.id)
	if control == nil {
		return answer{}, missing(c.id)
	}
	update, err := x.readControlState()
	if err != nil {
		return answer{}, err
	}
	if strings.HasPrefix(strings.ToLower(c.id), "scid_") || control.text("controlCategory") == "Device" {
		return answer{}, badRequest("The state of control '" + c.id + "' cannot be set here: it follows the exceptions of vulnerability management.")
	}
	t.collection(resScores) // the days until now keep the score that they had
	changed := control.clone()
	changed.set("controlStateUpdates", append(controlHistory(control), update))
	changed.set("lastModifiedDateTime", writeTime(x.now))
	t.collection(resControls).put(changed)
	if strings.Contains(strings.ToLower(x.request.Header.Get("Prefer")), "return=representation") {
		a := entity(x.context(resControls+"/$entity"), changed)
		a.header = http.Header{"Preference-Applied": {"return=representation"}}
		return a, nil
	}
	return noContent(), nil
}

// readControlState reads the body of a change. It is flat, and who offers the
// control must be in it.
func (x *exchange) readControlState() (*object, error) {
	o, err := readObject(x.body)
	if err != nil {
		return nil, err
	}
	known := strings.Fields("@odata.type assignedTo comment state vendorInformation")
	if name := strange(o, func(n string) bool { return slices.Contains(known, n) }); name != "" {
		return nil, notModelled("a change of '%s' in a secure score control", name)
	}
	if name := wrongText(o, "assignedTo", "comment", "state"); name != "" {
		return nil, badRequest("The property '" + name + "' is not text.")
	}
	vendor, err := parseObject(o.raw("vendorInformation"))
	if err != nil || vendor.text("provider") == "" || vendor.text("vendor") == "" {
		return nil, badRequest("The properties 'provider' and 'vendor' of vendorInformation are required.")
	}
	if o.raw("state") == nil {
		return nil, notModelled("a change of a secure score control without 'state'")
	}
	i := slices.IndexFunc(controlStates(), func(s string) bool { return strings.EqualFold(s, o.text("state")) })
	if i < 0 {
		return nil, badRequest("The state '" + o.text("state") + "' is not one of Default, Ignored, ThirdParty, Reviewed.")
	}
	return newObject("assignedTo", o.text("assignedTo"), "comment", o.text("comment"), "state", controlStates()[i],
		"updatedBy", x.actor(), "updatedDateTime", writeTime(x.now)), nil
}

// controlHistory lists the states that a control has been given.
func controlHistory(control *object) []*object { return objectsIn(control.raw("controlStateUpdates")) }

// controlState is the state that a control was given last.
func controlState(control *object) string {
	history := controlHistory(control)
	if len(history) == 0 {
		return "Default"
	}
	return history[len(history)-1].text("state")
}
