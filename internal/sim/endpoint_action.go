package sim

import (
	"net/http"
	"slices"
	"strings"
)

// A deviceAction is one of the things that a device can be told to do.
type deviceAction struct {
	verb   string // last segment of its path
	kind   string // the type of the machineAction that it makes
	role   string // the app permission that it needs
	member string // of the body, besides Comment
	status int    // of the answer
	repeat repeat // what happens when one of its kind has not ended
}

// A repeat is what becomes of an action when the device has one of the same
// kind that has not ended. Both ways are on record for some of them.
type repeat int

const (
	repeatRefused  repeat = iota // 400
	repeatReturned               // the one that is under way
)

// deviceActions lists what the API offers. The page about offboarding knows
// another status than the other pages.
func deviceActions() []deviceAction {
	const made = http.StatusCreated
	return []deviceAction{
		{"isolate", "Isolate", "Machine.Isolate", "IsolationType", made, repeatRefused},
		{"unisolate", "Unisolate", "Machine.Isolate", "", made, repeatRefused},
		{"runAntiVirusScan", "RunAntiVirusScan", "Machine.Scan", "ScanType", made, repeatReturned},
		{"collectInvestigationPackage", "CollectInvestigationPackage", "Machine.CollectForensics", "", made, repeatRefused},
		{"restrictCodeExecution", "RestrictCodeExecution", "Machine.RestrictExecution", "", made, repeatReturned},
		{"unrestrictCodeExecution", "UnrestrictCodeExecution", "Machine.RestrictExecution", "", made, repeatRefused},
		{"StopAndQuarantineFile", "StopAndQuarantineFile", "Machine.StopAndQuarantine", "Sha1", made, repeatRefused},
		{"offboard", "Offboard", "Machine.Offboard", "", http.StatusOK, repeatRefused},
	}
}

// roleOf returns the permission that a kind of machineAction needs, or "" for
// a kind that nobody knows.
func roleOf(kind string) string {
	for _, a := range deviceActions() {
		if a.kind == kind {
			return a.role
		}
	}
	if kind == "LiveResponse" { // begun in the portal, or injected
		return "Machine.LiveResponse"
	}
	return ""
}

// actionRoles are the permissions of all kinds.
func actionRoles() string {
	roles := []string{roleOf("LiveResponse")}
	for _, a := range deviceActions() {
		if !slices.Contains(roles, a.role) {
			roles = append(roles, a.role)
		}
	}
	return strings.Join(roles, " ")
}

func endpointActionRoutes() []route {
	actions := view{options: "$filter $top $skip", page: 10_000, top: 10_000, bySkip: true, noLink: true,
		fields: fieldsOf("folded:id machineId", "text:status type requestor", "time:creationDateTimeUtc")}
	read := need("Machine.Read.All Machine.ReadWrite.All")
	routes := []route{
		{method: http.MethodGet, path: resActions, needs: read, view: actions, do: listActions},
		{method: http.MethodGet, path: resActions + "/{id}", needs: read, do: getDefender(resActions, "MachineActions/$entity", "MachineAction")},
		{method: http.MethodPost, path: resActions + "/{id}/cancel", needs: need(actionRoles()), do: cancelAction},
	}
	for _, a := range deviceActions() {
		routes = append(routes, route{method: http.MethodPost, path: resMachines + "/{id}/" + a.verb, needs: need(a.role), do: a.begin})
	}
	return routes
}

// begin has a device told what to do: a machineAction that waits for it.
func (a deviceAction) begin(x *exchange, c *call) (answer, error) {
	in, err := a.read(x.body)
	if err != nil {
		return answer{}, err
	}
	machine := c.tenant.collection(resMachines).get(c.id)
	if machine == nil {
		return answer{}, noSuch("Machine", c.id)
	}
	if err := a.suits(machine, in); err != nil {
		return answer{}, err
	}
	o := c.tenant.underWay(idOf(machine), a.kind, in.Sha1)
	switch {
	case o == nil:
		o = c.tenant.beginAction(x, a, machine, in)
	case a.repeat == repeatRefused:
		return answer{}, badRequest("Action is already in progress")
	}
	out := entity(x.context("MachineActions/$entity"), o)
	out.status = a.status
	return out, nil
}

func noSuch(kind, id string) error {
	return refuse(http.StatusNotFound, "ResourceNotFound", "%s %s was not found", kind, id)
}
