package sim

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	shortestSubscription = 45 * time.Minute     // less is raised to this
	longestSubscription  = 41_760 * time.Minute // of users
	maxSubscriptions     = 100                  // per app and tenant
	maxClientState       = 128                  // characters
	subscriptionMembers  = "changeType notificationUrl lifecycleNotificationUrl resource expirationDateTime clientState latestSupportedTlsVersion " +
		"includeResourceData encryptionCertificate encryptionCertificateId notificationUrlAppId notificationQueryOptions @odata.type"
)

// subscriptionRoutes are the change notifications of users. They need what
// reading users needs.
func subscriptionRoutes() []route {
	routes := []route{
		{method: http.MethodGet, path: resSubscriptions, view: view{options: "$skiptoken", page: 5}, do: list(resSubscriptions, resSubscriptions)},
		{method: http.MethodPost, path: resSubscriptions, do: subscribe},
		{method: http.MethodGet, path: resSubscriptions + "/{id}", do: get(resSubscriptions, resSubscriptions+"/$entity")},
		{method: http.MethodPatch, path: resSubscriptions + "/{id}", do: renew},
		{method: http.MethodDelete, path: resSubscriptions + "/{id}", do: unsubscribe},
	}
	return each(routes, func(r *route) {
		do := r.do
		r.needs, r.denied, r.family = need(readUsers), deniedDirectory, familySubscriptions
		if r.method != http.MethodGet {
			r.family = familySubscriptionWrites
		}
		r.do = func(x *exchange, c *call) (answer, error) {
			c.tenant.expireSubscriptions(x.now)
			return do(x, c)
		}
	})
}

// expireSubscriptions drops those whose time is over. Callers hold the lock.
func (t *tenant) expireSubscriptions(now time.Time) {
	all := t.collection(resSubscriptions)
	for _, o := range all.objects() {
		if end, err := parseTime(o.text("expirationDateTime")); err == nil && !end.After(now) {
			all.remove(idOf(o))
		}
	}
}

// subscribe makes a subscription once the receiver has proved that it wants it.
func subscribe(x *exchange, c *call) (answer, error) {
	o, err := readObject(x.body)
	if err != nil {
		return answer{}, err
	}
	if err := checkSubscription(o); err != nil {
		return answer{}, err
	}
	end, err := expiration(o, x.now)
	if err != nil {
		return answer{}, err
	}
	t := c.tenant
	if err := t.shakeHands(x, o.text("notificationUrl"), o.text("lifecycleNotificationUrl")); err != nil {
		return answer{}, err
	}
	all := t.collection(resSubscriptions)
	if len(all.items) >= maxSubscriptions {
		return answer{}, refuse(http.StatusForbidden, "Forbidden", "The limit of %d subscriptions for this app and tenant has been reached.", maxSubscriptions)
	}
	t.begin()
	made := t.cloud.trimmed(resSubscriptions, newObject("id", newGUID(), "resource", o.text("resource"), "applicationId", t.clientID, "changeType", o.text("changeType"), "clientState", orNull(o.text("clientState")),
		"notificationUrl", o.text("notificationUrl"), "notificationQueryOptions", nil, "lifecycleNotificationUrl", orNull(o.text("lifecycleNotificationUrl")),
		"expirationDateTime", writeTime(end), "creatorId", t.principal, "includeResourceData", nil, "latestSupportedTlsVersion", "v1_2",
		"encryptionCertificate", nil, "encryptionCertificateId", nil, "notificationUrlAppId", nil))
	all.put(made)
	a := entity(x.context(resSubscriptions+"/$entity"), made)
	a.status = http.StatusCreated
	return a, nil
}

// checkSubscription refuses what could not be delivered.
func checkSubscription(o *object) error {
	for _, m := range o.members {
		if !slices.Contains(strings.Fields(subscriptionMembers), m.name) {
			return badRequest("The property '" + m.name + "' does not exist on type 'microsoft.graph.subscription'.")
		}
	}
	if o.isTrue("includeResourceData") {
		return badRequest("Notifications with resource data are not supported for this resource.")
	}
	kinds := strings.Split(o.text("changeType"), ",")
	if slices.ContainsFunc(kinds, func(k string) bool { return k != "updated" && k != "deleted" }) {
		return badRequest("The change type '" + o.text("changeType") + "' is not supported for this resource: it is updated, deleted, or both.")
	}
	if len(o.text("clientState")) > maxClientState {
		return badRequest("clientState is longer than 128 characters.")
	}
	switch p := splitPath(o.text("resource")); {
	case p[0] == "groups":
		return notModelled("subscriptions to '%s'", o.text("resource"))
	case p[0] != resUsers || len(p) > 2:
		return badRequest("The resource '" + o.text("resource") + "' does not support change notifications.")
	}
	return nil
}

// expiration reads until when a subscription shall last. Too short is made
// longer; too long is refused.
func expiration(o *object, now time.Time) (time.Time, error) {
	end, err := parseTime(o.text("expirationDateTime"))
	switch {
	case err != nil:
		return end, badRequest("expirationDateTime is missing or is not a time.")
	case end.Before(now):
		return end, badRequest("expirationDateTime lies in the past.")
	case end.Sub(now) > longestSubscription:
		return end, badRequest("expirationDateTime is more than 41760 minutes in the future.")
	case end.Sub(now) < shortestSubscription:
		end = now.Add(shortestSubscription)
	}
	return end, nil
}

// shakeHands asks every receiver whether it wants the notifications. The
// tenant is left alone meanwhile: the receiver may call the cloud before it answers.
func (t *tenant) shakeHands(x *exchange, addresses ...string) error {
	for i, address := range addresses {
		if i > 0 && address == "" {
			continue
		}
		if strings.HasPrefix(address, "EventHub:") {
			return notModelled("notifications to an event hub")
		}
		if !onLoopback(address) {
			return badRequest("The notification address '" + address + "' is not http or https on loopback, and the simulator calls nothing else.")
		}
		t.mu.Unlock()
		err := x.cloud.outbox.validate(x.request.Context(), address)
		t.mu.Lock()
		if err != nil {
			return refuse(http.StatusBadRequest, "ValidationError", "Subscription validation request failed. %s", err.Error())
		}
	}
	return nil
}

// onLoopback reports whether an address is on this machine.
func onLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// renew moves the end of a subscription.
func renew(x *exchange, c *call) (answer, error) {
	sub := c.tenant.collection(resSubscriptions).get(c.id)
	if sub == nil {
		return answer{}, missing(c.id)
	}
	o, err := readObject(x.body)
	if err != nil {
		return answer{}, err
	}
	for _, m := range o.members {
		if m.name != "expirationDateTime" && m.name != "@odata.type" {
			return answer{}, notModelled("a change of the subscription property '%s'", m.name)
		}
	}
	end, err := expiration(o, x.now)
	if err != nil {
		return answer{}, err
	}
	sub.set("expirationDateTime", writeTime(end))
	return entity(x.context(resSubscriptions+"/$entity"), sub), nil
}

func unsubscribe(_ *exchange, c *call) (answer, error) {
	if !c.tenant.collection(resSubscriptions).remove(c.id) {
		return answer{}, missing(c.id)
	}
	return noContent(), nil
}
