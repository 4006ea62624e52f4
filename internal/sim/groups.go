package sim

import (
	"fmt"
	"slices"
	"strings"
)

// checkGroups makes sure that every group has a key of its own, and that its
// members are users or other groups of the scenario.
func (s *scenario) checkGroups() error {
	known := map[string]bool{"": true}
	for _, u := range s.Tenant.Users {
		known[u.Key] = true
	}
	for i, g := range s.Tenant.Groups {
		if g.Name == "" || known[g.Key] {
			return fmt.Errorf("tenant.groups[%d] needs a name, and a key that no user and no other group has", i)
		}
		known[g.Key] = true
	}
	for _, g := range s.Tenant.Groups {
		for _, m := range g.Members {
			if m == "" || m == g.Key || !known[m] {
				return fmt.Errorf("group %s: its member %q is not the key of a user or of another group", g.Key, m)
			}
		}
	}
	return nil
}

// populateGroups makes the scenario's groups. Those that hold a role are
// role-assignable, as Entra demands.
func (t *tenant) populateGroups(c *collection) {
	for _, g := range t.spec().Groups {
		id := t.guid("group", g.Key)
		c.put(newObject("id", id, "createdDateTime", writeSeconds(t.cloud.start.AddDate(-2, 0, 0)), "description", nil, "displayName", g.Name,
			"groupTypes", []string{}, "isAssignableToRole", len(g.Roles) > 0, "mail", nil, "mailEnabled", false, "mailNickname", account(g.Name),
			"onPremisesSyncEnabled", nil, "securityEnabled", true, "securityIdentifier", sidOf(id), "visibility", nil))
	}
}

// populateMembers makes the direct members of a group, users and groups.
func (t *tenant) populateMembers(group string, c *collection) {
	for _, g := range t.spec().Groups {
		if !strings.EqualFold(t.guid("group", g.Key), group) {
			continue
		}
		for _, key := range g.Members {
			c.put(newObject("id", t.memberID(key)))
		}
	}
}

// memberID is the id of the user or the group with that key.
func (t *tenant) memberID(key string) string {
	if slices.ContainsFunc(t.spec().Groups, func(g groupSpec) bool { return g.Key == key }) {
		return t.guid("group", key)
	}
	return t.guid("user", key)
}

// membersOf are the direct members of a group. Callers hold the lock.
func (t *tenant) membersOf(group string) *collection {
	return t.collection(resGroups + "/" + strings.ToLower(group) + "/members")
}

// groupsOf lists the groups that a principal belongs to, directly or through
// others. Callers hold the lock.
func (t *tenant) groupsOf(principal string) []*object {
	found := &collection{}
	inside := []string{principal}
	for len(inside) > 0 {
		id := inside[0]
		inside = inside[1:]
		for _, g := range t.collection(resGroups).objects() {
			if t.membersOf(idOf(g)).get(id) != nil && found.get(idOf(g)) == nil {
				found.put(g)
				inside = append(inside, idOf(g))
			}
		}
	}
	return found.objects()
}

// everybodyIn lists the ids of those who are in a group, directly or through
// others. Callers hold the lock.
func (t *tenant) everybodyIn(group string) []string {
	found := &collection{}
	groups := []string{group}
	for len(groups) > 0 {
		members := t.membersOf(groups[0]).objects()
		groups = groups[1:]
		for _, m := range members {
			if found.get(idOf(m)) != nil {
				continue
			}
			found.put(m)
			if t.collection(resGroups).get(idOf(m)) != nil {
				groups = append(groups, idOf(m))
			}
		}
	}
	var ids []string
	for _, m := range found.objects() {
		ids = append(ids, idOf(m))
	}
	return ids
}
