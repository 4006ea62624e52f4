package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Remove takes an object out of a collection for good. The empty tenant name
// means the first tenant.
func (c *Cloud) Remove(tenant, resource, id string) error {
	t, err := c.tenantNamed(tenant)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(c.clock.now())
	if resource == resDefaults {
		id = defaultsID // of which there is one, or none
	} else if !slices.Contains(collections(), resource) {
		return fmt.Errorf("resource %q is not one of %s, %s", resource, strings.Join(collections(), ", "), resDefaults)
	}
	if !t.collection(resource).remove(id) {
		return fmt.Errorf("nothing is stored at %q", resource+"/"+id)
	}
	t.tellChanges(c.clock.now())
	return nil
}

// Lifecycle sends a lifecycle event of a subscription: subscriptionRemoved,
// missed or reauthorizationRequired. The first removes the subscription as well.
func (c *Cloud) Lifecycle(tenant, subscription, event string) error {
	t, err := c.tenantNamed(tenant)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"subscriptionRemoved", "missed", "reauthorizationRequired"}, event) {
		return fmt.Errorf("event %q is not subscriptionRemoved, missed or reauthorizationRequired", event)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := c.clock.now()
	t.settle(now)
	t.expireSubscriptions(now)
	sub := t.collection(resSubscriptions).get(subscription)
	switch {
	case sub == nil:
		return fmt.Errorf("no subscription %q", subscription)
	case sub.text("lifecycleNotificationUrl") == "":
		return fmt.Errorf("subscription %q has no lifecycleNotificationUrl", subscription)
	}
	value := newObject("subscriptionId", idOf(sub), "subscriptionExpirationDateTime", sub.text("expirationDateTime"), "tenantId", t.id,
		"clientState", sub.raw("clientState"), "lifecycleEvent", event)
	c.outbox.put(parcel{tenant: t, address: sub.text("lifecycleNotificationUrl"), body: encode(map[string]any{"value": []*object{value}}), since: now})
	if event == "subscriptionRemoved" {
		t.collection(resSubscriptions).remove(subscription)
	}
	return nil
}

func (c *Cloud) handleRemove(r *http.Request) (any, error) {
	var in struct {
		Tenant   string `json:"tenant"`
		Resource string `json:"resource"`
		ID       string `json:"id"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	return done{}, c.Remove(in.Tenant, in.Resource, in.ID)
}

func (c *Cloud) handleLifecycle(r *http.Request) (any, error) {
	var in struct {
		Tenant       string `json:"tenant"`
		Subscription string `json:"subscription"`
		Event        string `json:"event"`
	}
	if err := readControl(r, &in); err != nil {
		return nil, err
	}
	return done{}, c.Lifecycle(in.Tenant, in.Subscription, in.Event)
}
