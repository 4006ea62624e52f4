package sim

import (
	"slices"
	"strings"
	"time"
)

// tellChanges sends what has changed to whoever has subscribed. Callers hold the lock.
func (t *tenant) tellChanges(now time.Time) {
	changes := t.observe()
	if len(changes) == 0 {
		return
	}
	t.expireSubscriptions(now)
	for _, sub := range t.collection(resSubscriptions).objects() {
		var value []*object
		for _, ch := range changes {
			if kind, ok := wants(sub, ch); ok {
				value = append(value, t.notification(sub, kind, ch.id))
			}
		}
		if value != nil {
			t.cloud.outbox.put(parcel{tenant: t, address: sub.text("notificationUrl"), body: encode(map[string]any{"value": value}), since: now})
		}
	}
}

// wants reports whether a subscription covers a change, and as what.
func wants(sub *object, ch userChange) (kind string, ok bool) {
	kind = "updated"
	if ch.removed {
		kind = "deleted"
	}
	p := splitPath(sub.text("resource"))
	return kind, slices.Contains(strings.Split(sub.text("changeType"), ","), kind) && (len(p) == 1 || strings.EqualFold(p[1], ch.id))
}

func (t *tenant) notification(sub *object, kind, user string) *object {
	return newObject("id", newGUID(), "subscriptionId", idOf(sub), "subscriptionExpirationDateTime", sub.text("expirationDateTime"),
		"clientState", sub.raw("clientState"), "changeType", kind, "resource", "Users/"+user, "tenantId", t.id,
		"resourceData", newObject("@odata.type", "#Microsoft.Graph.User", "@odata.id", "Users/"+user, "id", user))
}
