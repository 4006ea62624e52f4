package sim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How long a device takes, by the cloud's clock, to fetch an action and then
// to be done with it.
const (
	fetchDelay = 2 * time.Second
	doneDelay  = 5 * time.Second
)

// requestor is how Defender names who asked: a person by UPN, an app by id.
func (x *exchange) requestor() string { return cmp.Or(x.claims.UPN, x.claims.AppID) }

// unended reports whether a machineAction can still go on.
func unended(o *object) bool {
	return slices.Contains([]string{"Pending", "InProgress"}, o.text("status"))
}

// underWay finds an action of a kind that a device has not ended. Files are
// quarantined one by one, told apart by their hash. Callers hold the lock.
func (t *tenant) underWay(machine, kind, sha1 string) *object {
	for _, o := range t.collection(resActions).objects() {
		if unended(o) && o.text("type") == kind && strings.EqualFold(o.text("machineId"), machine) && sameFile(o, sha1) {
			return o
		}
	}
	return nil
}

func sameFile(o *object, sha1 string) bool {
	file, err := parseObject(o.raw("relatedFileInfo"))
	return sha1 == "" || err == nil && strings.EqualFold(file.text("fileIdentifier"), sha1)
}

// beginAction makes a machineAction and lets it run its course. Callers hold the lock.
func (t *tenant) beginAction(x *exchange, a deviceAction, machine *object, in deviceOrder) *object {
	actions := t.collection(resActions)
	id := t.guid("machine action", strconv.Itoa(actions.next))
	var file any
	if in.Sha1 != "" {
		file = newObject("fileIdentifier", in.Sha1, "fileIdentifierType", "Sha1")
	}
	at := writeTime(x.now)
	o := newObject("id", id, "type", a.kind, "title", nil, "requestor", x.requestor(), "requestorComment", in.Comment, "status", "Pending",
		"machineId", idOf(machine), "computerDnsName", orNull(machine.text("computerDnsName")), "creationDateTimeUtc", at,
		"lastUpdateDateTimeUtc", at, "cancellationRequestor", nil, "cancellationComment", nil, "cancellationDateTimeUtc", nil,
		"scope", orNull(in.IsolationType+in.ScanType), "externalID", nil, "requestSource", "PublicApi", "relatedFileInfo", file,
		"commands", []string{})
	actions.put(o)
	fetched, done := x.now.Add(fetchDelay), x.now.Add(fetchDelay+doneDelay)
	t.later(fetched, func() { t.moveAction(id, "Pending", "InProgress", fetched) })
	t.later(done, func() { t.moveAction(id, "InProgress", "Succeeded", done) })
	return o
}

// moveAction takes an action one step on, unless something else has become of
// it meanwhile. Callers hold the lock.
func (t *tenant) moveAction(id, from, to string, at time.Time) {
	actions := t.collection(resActions)
	known := actions.get(id)
	if known == nil || known.text("status") != from {
		return
	}
	o := known.clone()
	o.set("status", to)
	o.set("lastUpdateDateTimeUtc", writeTime(at))
	actions.put(o)
}

// listActions shows actions as the sample of the list does: there the time of
// the last update goes by another name.
func listActions(x *exchange, c *call) (answer, error) {
	c.query.dress = func(o *object) *object {
		out := o.clone()
		for i, m := range out.members {
			if m.name == "lastUpdateDateTimeUtc" {
				out.members[i].name = "lastUpdateTimeUtc"
			}
		}
		return out
	}
	return x.page(c, "MachineActions", c.tenant.collection(resActions))
}

// cancelAction stops an action that has not ended, for whoever may begin one
// of its kind.
func cancelAction(x *exchange, c *call) (answer, error) {
	var in deviceOrder
	if err := readStrict(x.body, &in, "Comment"); err != nil {
		return answer{}, err
	}
	if strings.TrimSpace(in.Comment) == "" {
		return answer{}, invalid("MissingRequiredParameter", "The parameter 'Comment' is missing.")
	}
	known := c.tenant.collection(resActions).get(c.id)
	if known == nil {
		return answer{}, noSuch("MachineAction", c.id)
	}
	if role := roleOf(known.text("type")); role != "" && !x.has(role) {
		return answer{}, deniedSecurity.refusal(need(role), x.roles)
	}
	if !unended(known) {
		return answer{}, badRequest("The action cannot be cancelled: its status is " + known.text("status") + ".")
	}
	at := writeTime(x.now)
	o := laidOver(known, newObject("status", "Cancelled", "lastUpdateDateTimeUtc", at, "cancellationRequestor", x.requestor(),
		"cancellationComment", in.Comment, "cancellationDateTimeUtc", at))
	c.tenant.collection(resActions).put(o)
	return entity(x.context("MachineActions/$entity"), o), nil
}
