package sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// maxAlertIDs bounds a batch. The number is ours: none is on record.
const maxAlertIDs = 1000

func endpointAlertRoutes() []route {
	alert := resEndpointAlerts + "/{id}"
	write, readMachine := need("Alert.ReadWrite.All"), need("Machine.Read.All Machine.ReadWrite.All")
	readAlerts, readUser := need("Alert.Read.All Alert.ReadWrite.All"), need("User.Read.All")
	users := view{options: "$top $skip", page: 10_000, top: 10_000, bySkip: true, noLink: true}
	return []route{
		{method: http.MethodPatch, path: alert, needs: write, do: patchEndpointAlert},
		{method: http.MethodPost, path: resEndpointAlerts + "/batchUpdate", needs: write, family: familyEndpointBatch, do: patchAlerts},
		{method: http.MethodGet, path: alert + "/user", needs: readUser, do: alertUser},
		{method: http.MethodGet, path: alert + "/machine", needs: readMachine, do: alertMachine},
		{method: http.MethodGet, path: resMachines + "/{id}/logonusers", needs: readUser, view: users, do: listLogonUsers},
		{method: http.MethodGet, path: resMachines + "/{id}/alerts", needs: readAlerts, view: endpointAlertView(), do: machineAlerts},
	}
}

// A triage is what people decide about an alert. The names are those of the wire.
type triage struct {
	AlertIDs       []string `json:"alertIds"` // of a batch alone
	Status         *string  `json:"status"`
	AssignedTo     *string  `json:"assignedTo"`
	Classification *string  `json:"classification"`
	Determination  *string  `json:"determination"`
	Comment        *string  `json:"comment"`
}

// triageValues lists what a property may be set to. The documentation's pages
// pair two names for two of the determinations; both are taken.
func triageValues(name string) string {
	switch name {
	case "status":
		return "New InProgress Resolved"
	case "classification":
		return "TruePositive FalsePositive InformationalExpectedActivity"
	case "determination":
		return "MultiStagedAttack MaliciousUserActivity CompromisedUser Malware Phishing UnwantedSoftware Other SecurityTesting " +
			"LineOfBusinessApplication ConfirmedActivity ConfirmedUserActivity NotMalicious Clean InsufficientData"
	}
	return ""
}

// readTriage reads a body, of one alert or of a batch.
func readTriage(body []byte, also ...string) (triage, error) {
	var in triage
	if err := readStrict(body, &in, append(also, "status", "assignedTo", "classification", "determination", "comment")...); err != nil {
		return in, err
	}
	if len(in.changes()) == 0 && in.Comment == nil {
		return in, invalid("InvalidRequestBody", "The request body holds nothing to change.")
	}
	for _, change := range in.changes() {
		values := triageValues(change.name)
		if values != "" && !slices.Contains(strings.Fields(values), change.value) {
			return in, invalid("InvalidInput", "The %s '%s' is none of %s.", change.name, change.value, values)
		}
	}
	return in, nil
}

// changes lists the properties that are set, the comment aside.
func (in triage) changes() []struct{ name, value string } {
	var out []struct{ name, value string }
	for i, value := range []*string{in.Status, in.AssignedTo, in.Classification, in.Determination} {
		if value != nil {
			name := []string{"status", "assignedTo", "classification", "determination"}[i]
			out = append(out, struct{ name, value string }{name, *value})
		}
	}
	return out
}

// patchEndpointAlert changes one alert and shows it as it is then.
func patchEndpointAlert(x *exchange, c *call) (answer, error) {
	in, err := readTriage(x.body)
	if err != nil {
		return answer{}, err
	}
	known := c.tenant.collection(resEndpointAlerts).get(c.id)
	if known == nil {
		return answer{}, noSuch("Alert", c.id)
	}
	return entity(x.context("Alerts/$entity"), x.decide(known, in)), nil
}

// patchAlerts changes several alerts in the same way, or none of them.
func patchAlerts(x *exchange, c *call) (answer, error) {
	in, err := readTriage(x.body, "alertIds")
	switch {
	case err != nil:
		return answer{}, err
	case len(in.AlertIDs) == 0:
		return answer{}, invalid("MissingRequiredParameter", "The parameter 'alertIds' is missing.")
	case len(in.AlertIDs) > maxAlertIDs:
		return answer{}, invalid("MaximumBatchSizeExceeded", "Maximum batch size exceeded. Received: %d, allowed: %d", len(in.AlertIDs), maxAlertIDs)
	}
	named := &collection{}
	for _, id := range in.AlertIDs {
		known := c.tenant.collection(resEndpointAlerts).get(id)
		if known == nil {
			return answer{}, noSuch("Alert", id)
		}
		named.put(known)
	}
	for _, known := range named.objects() {
		x.decide(known, in)
	}
	return answer{}, nil
}

// decide stores an alert as people have decided about it.
func (x *exchange) decide(known *object, in triage) *object {
	o, at := known.clone(), writeTime(x.now)
	for _, change := range in.changes() {
		o.set(change.name, change.value)
	}
	if in.Status != nil {
		o.set("resolvedTime", nil)
		if *in.Status == "Resolved" {
			o.set("resolvedTime", at)
		}
	}
	if in.Comment != nil {
		var comments []json.RawMessage
		_ = json.Unmarshal(o.raw("comments"), &comments) // an injected alert may have none
		o.set("comments", append(comments, encode(newObject("comment", *in.Comment, "createdBy", x.requestor(), "createdTime", at))))
	}
	o.set("lastUpdateTime", at)
	x.tenant.collection(resEndpointAlerts).put(o)
	return o
}

// alertMachine shows the device that an alert is about.
func alertMachine(x *exchange, c *call) (answer, error) {
	alert := c.tenant.collection(resEndpointAlerts).get(c.id)
	if alert == nil {
		return answer{}, noSuch("Alert", c.id)
	}
	machine := c.tenant.collection(resMachines).get(alert.text("machineId"))
	if machine == nil {
		return answer{}, noSuch("Machine", alert.text("machineId"))
	}
	return entity(x.context("Machines/$entity"), machine), nil
}

// machineAlerts lists the alerts about a device.
func machineAlerts(x *exchange, c *call) (answer, error) {
	machine := c.tenant.collection(resMachines).get(c.id)
	if machine == nil {
		return answer{}, noSuch("Machine", c.id)
	}
	found := &collection{}
	for _, o := range c.tenant.alertsAbout(idOf(machine)) {
		found.put(o)
	}
	return x.pageAlerts(c, found)
}

// alertsAbout returns the alerts about a device. Callers hold the lock.
func (t *tenant) alertsAbout(machine string) []*object {
	return slices.DeleteFunc(t.collection(resEndpointAlerts).objects(), func(o *object) bool {
		return !strings.EqualFold(o.text("machineId"), machine)
	})
}
