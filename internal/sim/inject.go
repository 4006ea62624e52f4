package sim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State returns the stored object at a path as Graph or Defender name it,
// without host and version. A collection's path returns all of its objects.
func (c *Cloud) State(tenant, path string) (json.RawMessage, error) {
	t, err := c.tenantNamed(tenant)
	if err != nil {
		return nil, err
	}
	return t.state(path)
}

// Inject puts an object into a collection of a tenant, replacing the one with
// the same id. The empty tenant name means the first tenant.
func (c *Cloud) Inject(tenant, resource string, object []byte) error {
	t, err := c.tenantNamed(tenant)
	if err != nil {
		return err
	}
	_, err = t.inject(resource, object)
	return err
}

// inject puts an object into a collection and returns its id.
func (t *tenant) inject(resource string, text []byte) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(t.cloud.clock.now())
	defer t.tellChanges(t.cloud.clock.now())
	return t.put(resource, text)
}

// put does the work of inject. Callers hold the lock.
func (t *tenant) put(resource string, text []byte) (string, error) {
	o, err := parseObject(text)
	if err != nil {
		return "", fmt.Errorf("object: %w", err)
	}
	resource = strings.Trim(resource, "/")
	if resource == resDefaults {
		t.collection(resDefaults).put(laidOver(cmp.Or(t.collection(resDefaults).get(defaultsID), newObject("id", defaultsID)), o))
		return defaultsID, nil
	}
	id := idOf(o)
	if id == "" {
		return "", errors.New(`object has no "id"`)
	}
	if name, ok := roleMembers(resource); ok {
		return t.giveRole(name, id)
	}
	if group, ok := nested(resource, resGroups, "members"); ok && t.collection(resGroups).get(group) != nil {
		t.membersOf(group).put(o)
		return id, nil
	}
	if !slices.Contains(collections(), resource) {
		return "", fmt.Errorf("resource %q is not one of %s, directoryRoles/{id}/members, groups/{id}/members", resource, strings.Join(collections(), ", "))
	}
	switch resource {
	case resUsers:
		o = t.upsertUser(o)
	case resActions:
		o = laidOver(t.collection(resActions).get(id), o)
	case resDetections:
		if t.content[resSignIns] != nil {
			t.signInOf(o) // a detection that replaces another may name another sign-in
		}
	}
	t.collection(resource).put(o)
	return id, nil
}

// roleMembers recognises directoryRoles/{id}/members.
func roleMembers(resource string) (string, bool) {
	middle, ok := strings.CutPrefix(resource, "directoryRoles/")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(middle, "/members")
}

// giveRole makes a principal a member of a role, named by role id, template or name.
func (t *tenant) giveRole(name, principal string) (string, error) {
	for _, r := range builtinRoles() {
		if strings.EqualFold(name, r.template) || name == r.name || strings.EqualFold(name, t.guid("role", r.template)) {
			t.collection(resAssignments).put(t.assignment(principal, r.template))
			return principal, nil
		}
	}
	return "", fmt.Errorf("no directory role %q", name)
}

// injectedAge is how long a user who is injected has been there, and signed in.
const injectedAge = 30 * 24 * time.Hour

// upsertUser lays the given members over the user with that id, or over a new
// user's defaults.
func (t *tenant) upsertUser(o *object) *object {
	user := t.collection(resUsers).get(idOf(o))
	if user == nil {
		user = newObject("id", idOf(o), "accountEnabled", true, "userType", "Member",
			"createdDateTime", writeSeconds(t.cloud.clock.now().Add(-injectedAge)),
			"signInSessionsValidFromDateTime", writeSeconds(t.cloud.clock.now().Add(-injectedAge)),
			"securityIdentifier", orNull(sidOf(idOf(o))), "proxyAddresses", []string{}, "otherMails", []string{})
	}
	merge(user, o)
	return user
}

// laidOver returns an object with the given members over those of the known
// one, if there is one.
func laidOver(known, o *object) *object {
	if known == nil {
		return o
	}
	out := known.clone()
	merge(out, o)
	return out
}

func merge(into, from *object) {
	for _, m := range from.members {
		into.set(m.name, m.value)
	}
}

// state returns what is stored at a path: one object, or all of a collection.
func (t *tenant) state(path string) (json.RawMessage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(t.cloud.clock.now())
	path = strings.Trim(path, "/")
	switch path {
	case resDefaults:
		o := t.collection(resDefaults).get(defaultsID)
		if o == nil {
			return nil, fmt.Errorf("nothing is stored at %q", path)
		}
		return encode(o), nil
	case resOrganization, resOrganization + "/" + t.id:
		return encode(t.collection(resOrganization).get(t.id)), nil
	}
	for _, below := range [][2]string{{resRiskyUsers, "history"}, {resRiskyPrincipals, "history"}, {resUsers, "authentication/methods"}} {
		if id, ok := nested(path, below[0], below[1]); ok && t.collection(below[0]).get(id) != nil {
			return encode(t.collection(path).objects()), nil
		}
	}
	for _, resource := range collections() {
		if path == resource {
			return encode(t.collection(resource).objects()), nil
		}
		id, ok := strings.CutPrefix(path, resource+"/")
		if !ok {
			continue
		}
		o := t.collection(resource).get(id)
		if resource == resUsers {
			o = t.findUser(id)
		}
		if o == nil {
			return nil, fmt.Errorf("nothing is stored at %q", path)
		}
		return encode(o), nil
	}
	return nil, fmt.Errorf("path %q is not in %s, %s, %s", path, strings.Join(collections(), ", "), resDefaults, resOrganization)
}
