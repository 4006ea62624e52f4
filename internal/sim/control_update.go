package sim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Update lays members over an object that is there, as a product does that
// learns more of what it has told of: the next version of an alert may name
// the user. The empty tenant name means the first tenant.
func (c *Cloud) Update(tenant, resource string, members []byte) error {
	t, err := c.tenantNamed(tenant)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := c.clock.now()
	t.settle(now)
	defer t.tellChanges(now)
	return t.update(strings.Trim(resource, "/"), members, now)
}

// update does the work of Update. Callers hold the lock.
func (t *tenant) update(resource string, text []byte, now time.Time) error {
	o, err := parseObject(text)
	if err != nil {
		return fmt.Errorf("object: %w", err)
	}
	if !slices.Contains(collections(), resource) {
		return fmt.Errorf("resource %q is not one of %s", resource, strings.Join(collections(), ", "))
	}
	if idOf(o) == "" {
		return errors.New(`object has no "id"`)
	}
	known := t.collection(resource).get(idOf(o))
	if known == nil {
		return fmt.Errorf("nothing is stored at %q", resource+"/"+idOf(o))
	}
	if name := moved(resource); name != "" && o.raw(name) == nil {
		o.set(name, writeTime(now))
	}
	updated := laidOver(known, o)
	t.collection(resource).put(updated)
	if resource == resAlerts && t.content[resIncidents] != nil {
		t.file(updated)
	}
	return nil
}

// moved is the time that moves when an object of a resource changes, or "".
func moved(resource string) string {
	return map[string]string{resAlerts: "lastUpdateDateTime", resIncidents: "lastUpdateDateTime", resEndpointAlerts: "lastUpdateTime",
		resDetections: "lastUpdatedDateTime", resPrincipalDetections: "lastUpdatedDateTime", resRiskyUsers: "riskLastUpdatedDateTime",
		resRiskyPrincipals: "riskLastUpdatedDateTime", resPolicies: "modifiedDateTime", resActions: "lastUpdateDateTimeUtc"}[resource]
}

func (c *Cloud) handleUpdate(r *http.Request) (any, error) {
	in, err := readInjection(r)
	if err != nil {
		return nil, err
	}
	return done{}, c.Update(in.Tenant, in.Resource, in.Object)
}
