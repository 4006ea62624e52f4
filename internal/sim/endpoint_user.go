package sim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// A logon is that somebody was signed in on a device.
type logon struct {
	account, domain, sid string
	machine              string
	at                   time.Time
}

// name is the id of a user in Defender for Endpoint.
func (l logon) name() string { return strings.ToLower(l.domain + `\` + l.account) }

// alertUser shows the user whom an alert is about.
func alertUser(x *exchange, c *call) (answer, error) {
	alert := c.tenant.collection(resEndpointAlerts).get(c.id)
	if alert == nil {
		return answer{}, noSuch("Alert", c.id)
	}
	l, ok := alertLogon(alert)
	if !ok {
		return answer{}, noSuch("User of alert", c.id)
	}
	return entity(x.context("Users/$entity"), endpointUser(l.name(), c.tenant.logons())), nil
}

// listLogonUsers lists who was signed in on a device.
func listLogonUsers(x *exchange, c *call) (answer, error) {
	machine := c.tenant.collection(resMachines).get(c.id)
	if machine == nil {
		return answer{}, noSuch("Machine", c.id)
	}
	all, found := c.tenant.logons(), &collection{}
	for _, l := range all {
		if strings.EqualFold(l.machine, idOf(machine)) {
			found.put(endpointUser(l.name(), all))
		}
	}
	return x.page(c, "Users", found)
}

// logons are what the cloud knows of who was signed in where: a generated
// device belongs to a crowd user, and alerts tell of others. Callers hold the lock.
func (t *tenant) logons() []logon {
	var out []logon
	for i := range min(t.fleet(), t.crowd()) {
		p, machine := t.crowdMember(i), t.hex(40, "machine", t.fleetDevice(i).Key)
		if o := t.collection(resMachines).get(machine); o != nil {
			at, _ := parseTime(o.text("lastSeen")) // an injected device may not tell
			out = append(out, logon{p.account, "AzureAD", sidOf(t.guid("user", p.key)), machine, at})
		}
	}
	for _, alert := range t.collection(resEndpointAlerts).objects() {
		if l, ok := alertLogon(alert); ok {
			out = append(out, l)
		}
	}
	return out
}

// alertLogon reads the user of an alert: from the evidence, which knows the
// SID, or else the one that is only named.
func alertLogon(alert *object) (logon, bool) {
	l := logon{machine: alert.text("machineId")}
	l.at, _ = parseTime(alert.text("lastEventTime")) // an injected alert may not tell
	for _, item := range evidenceOf(alert) {
		if item.text("entityType") == "User" && item.text("accountName") != "" {
			l.account, l.domain, l.sid = item.text("accountName"), item.text("domainName"), item.text("userSid")
			return l, true
		}
	}
	related, err := parseObject(alert.raw("relatedUser"))
	if err != nil || related.text("userName") == "" {
		return l, false
	}
	l.account, l.domain = related.text("userName"), related.text("domainName")
	return l, true
}

// evidenceOf returns the things that an alert speaks of. An injected alert may have none.
func evidenceOf(alert *object) []*object {
	var raw []json.RawMessage
	_ = json.Unmarshal(alert.raw("evidence"), &raw)
	var out []*object
	for _, text := range raw {
		if item, err := parseObject(text); err == nil {
			out = append(out, item)
		}
	}
	return out
}

// endpointUser gathers what is known of one user, who has at least one logon.
func endpointUser(name string, all []logon) *object {
	all = slices.DeleteFunc(slices.Clone(all), func(l logon) bool { return l.name() != name })
	user := slices.MaxFunc(all, func(a, b logon) int { return cmp.Compare(len(a.sid), len(b.sid)) }) // one that tells the SID, if any does
	byTime := func(a, b logon) int { return a.at.Compare(b.at) }
	timed := slices.DeleteFunc(slices.Clone(all), func(l logon) bool { return l.at.IsZero() })
	if len(timed) == 0 {
		timed = all
	}
	machines := machinesOf(all)
	times := func(machine string) (n int) {
		for _, l := range all {
			if l.machine == machine {
				n++
			}
		}
		return n
	}
	prevalence := func(a, b string) int { return cmp.Compare(times(a), times(b)) }
	return newObject("id", name, "accountName", user.account, "accountDomain", orNull(user.domain), "accountSid", orNull(user.sid),
		"firstSeen", orNever(slices.MinFunc(timed, byTime).at), "lastSeen", orNever(slices.MaxFunc(timed, byTime).at),
		"mostPrevalentMachineId", orNull(slices.MaxFunc(machines, prevalence)),
		"leastPrevalentMachineId", orNull(slices.MinFunc(machines, prevalence)),
		"logonTypes", "Interactive", "logOnMachinesCount", len(machines), "isDomainAdmin", false, "isOnlyNetworkUser", false)
}

// machinesOf lists the devices of logons, each once, in the order of the logons.
func machinesOf(logons []logon) []string {
	var out []string
	for _, l := range logons {
		if !slices.Contains(out, l.machine) {
			out = append(out, l.machine)
		}
	}
	return out
}

// orNever writes a time, or null for one that nobody knows.
func orNever(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return writeTime(at)
}
