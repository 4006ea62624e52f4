package sim

import (
	"cmp"
	"slices"
	"time"
)

// populateDerived fills a collection that is made of others: incidents of
// alerts, sign-ins of detections, a score of every day's controls.
func (t *tenant) populateDerived(resource string) {
	switch resource {
	case resScores:
		t.takeSnapshots(t.cloud.clock.now())
	case resIncidents:
		t.gatherIncidents()
		t.mergeExample()
	case resSignIns:
		t.populateSignIns()
		t.gatherSignIns()
	}
}

// keepUp lets the collections that are made of others follow them. What
// nobody has looked into yet is made when somebody does. Callers hold the lock.
func (t *tenant) keepUp(now time.Time) {
	if t.content[resScores] != nil {
		t.takeSnapshots(now)
	}
	if t.content[resIncidents] != nil {
		t.gatherIncidents()
	}
	if t.content[resSignIns] != nil {
		t.gatherSignIns()
	}
}

// unseen returns what has arrived in a collection since it was last asked.
func (t *tenant) unseen(resource string) []item {
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	items := t.collection(resource).items
	first, _ := slices.BinarySearchFunc(items, t.seen[resource]+1, func(it item, number int) int { return it.number - number })
	fresh := slices.Clone(items[first:])
	if len(fresh) > 0 {
		t.seen[resource] = fresh[len(fresh)-1].number
	}
	return fresh
}

// strange returns the first member of a body that is not known, or "".
func strange(o *object, known func(string) bool) string {
	for _, m := range o.members {
		if !known(m.name) {
			return m.name
		}
	}
	return ""
}

// wrongText returns the first of the named members that is neither text nor null, or "".
func wrongText(o *object, names ...string) string {
	for _, name := range names {
		if raw := o.raw(name); raw != nil && raw[0] != '"' && string(raw) != "null" {
			return name
		}
	}
	return ""
}

// actor is who makes a request, as histories name it: a person, or the app.
func (x *exchange) actor() string { return cmp.Or(x.claims.UPN, x.tenant.clientID) }
