package sim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An activity is how the log names a kind of change.
type activity struct {
	name, category, service, operation string

	kind string // of what is changed
}

// activityOf names the change that a route makes; ok is false for routes that
// leave nothing in the directory's log.
func activityOf(r *route) (a activity, ok bool) {
	const core, protection = "Core Directory", "Identity Protection"
	if r.method == http.MethodDelete && strings.HasPrefix(r.path, "users/{id}/authentication/") {
		return activity{"Admin deleted security info", "UserManagement", "Authentication Methods", "Delete", "User"}, true
	}
	a, ok = map[string]activity{
		"PATCH " + resDefaults:                                      {"Update policy", "Policy", core, "Update", "Policy"},
		"PATCH users/{id}":                                          {"Update user", "UserManagement", core, "Update", "User"},
		"POST users/{id}/revokeSignInSessions":                      {"Update StsRefreshTokenValidFrom Timestamp", "UserManagement", core, "Update", "User"},
		"POST users/{id}/authentication/temporaryAccessPassMethods": {"Admin registered security info", "UserManagement", "Authentication Methods", "Add", "User"},
		"POST " + resRiskyUsers + "/confirmCompromised":             {"ConfirmAccountCompromised", "IdentityProtection", protection, "Update", "User"},
		"POST " + resRiskyUsers + "/confirmSafe":                    {"ConfirmAccountSafe", "IdentityProtection", protection, "Update", "User"},
		"POST " + resRiskyUsers + "/dismiss":                        {"DismissUser", "IdentityProtection", protection, "Update", "User"},
		"POST " + resRiskyUsers + "/{id}/invokeAction":              {"Update user", "UserManagement", core, "Update", "User"},
		"POST " + resRiskyPrincipals + "/confirmCompromised":        {"ConfirmServicePrincipalCompromised", "IdentityProtection", protection, "Update", "ServicePrincipal"},
		"POST " + resRiskyPrincipals + "/dismiss":                   {"DismissServicePrincipal", "IdentityProtection", protection, "Update", "ServicePrincipal"},
		"POST " + resSignIns + "/confirmCompromised":                {"ConfirmCompromised", "IdentityProtection", protection, "Update", "Request"},
		"POST " + resSignIns + "/confirmSafe":                       {"ConfirmSafe", "IdentityProtection", protection, "Update", "Request"},
		"POST " + resSignIns + "/dismiss":                           {"DismissSignInRisk", "IdentityProtection", protection, "Update", "Request"},
	}[r.method+" "+r.path]
	return a, ok
}

// watch returns what writes down a change that is about to be made: it knows
// what was there before.
func (x *exchange) watch(c *call) func() {
	if x.service != serviceGraph || c.route.method == http.MethodGet {
		return func() {}
	}
	a, ok := activityOf(c.route)
	if !ok {
		return func() {}
	}
	objects := c.targets(x)
	before := make([]*object, len(objects))
	for i, o := range objects {
		before[i] = o.clone()
	}
	return func() {
		targets := []*object{}
		for i, o := range objects {
			targets = append(targets, target(a.kind, before[i], o))
		}
		c.tenant.note(a.in(c, x.body), x.initiator(), targets, x.clientRequestID(), x.now)
	}
}

// in is the activity by the name that it has for this change.
func (a activity) in(c *call, body []byte) activity {
	o, err := parseObject(body)
	if c.route.path != "users/{id}" || err != nil {
		return a
	}
	enabled, password := o.raw("accountEnabled"), o.raw("passwordProfile")
	switch {
	case enabled != nil && password != nil:
	case string(enabled) == "true":
		a.name = "Enable account"
	case enabled != nil:
		a.name = "Disable account"
	case password != nil:
		a.name = "Reset user password"
	}
	return a
}

// targets are the objects that a call is about: the one that its path names,
// or those whose ids its body lists. Callers hold the lock.
func (c *call) targets(x *exchange) []*object {
	t := c.tenant
	switch p := c.parts(x); {
	case c.route.path == resDefaults:
		return present(t.collection(resDefaults).get(defaultsID))
	case p[0] == resUsers:
		return present(t.findUser(p[1]))
	case strings.HasSuffix(c.route.path, "/{id}/invokeAction"):
		return present(t.findUser(c.id))
	}
	var in map[string]json.RawMessage
	_ = json.Unmarshal(x.body, &in) // what cannot be read is refused, and not written down
	resource := strings.TrimSuffix(c.route.path, c.route.path[strings.LastIndexByte(c.route.path, '/'):])
	var out []*object
	for _, member := range []string{"userIds", "servicePrincipalIds", "requestIds"} {
		var ids []string
		_ = json.Unmarshal(in[member], &ids)
		for _, id := range ids {
			o := t.collection(resource).get(id)
			if o == nil {
				o = newObject("id", id)
			}
			out = append(out, o)
		}
	}
	return out
}

func present(o *object) []*object {
	if o == nil {
		return nil
	}
	return []*object{o}
}

// target is what was changed, and how it differs from what it was. Values are
// JSON in text, as the real log has them.
func target(kind string, before, after *object) *object {
	changed := []*object{}
	for _, m := range after.members {
		if old := before.raw(m.name); !bytes.Equal(old, m.value) {
			changed = append(changed, newObject("displayName", auditName(m.name), "oldValue", inBrackets(old), "newValue", inBrackets(m.value)))
		}
	}
	name := after.text("displayName")
	if name == "" {
		name = after.text("userDisplayName")
	}
	return newObject("id", idOf(after), "displayName", orNull(name), "type", kind, "userPrincipalName", orNull(after.text("userPrincipalName")),
		"groupType", nil, "modifiedProperties", changed)
}

func inBrackets(raw []byte) string { return "[" + string(raw) + "]" }

// auditName is how the log spells a property.
func auditName(member string) string {
	if member == "signInSessionsValidFromDateTime" {
		return "StsRefreshTokensValidFrom"
	}
	return titleCase(member)
}

// initiator is who makes a change: the app, or the person it acts for. Callers
// hold the lock.
func (x *exchange) initiator() *object {
	if x.claims.IDType == "user" {
		return byUser(x.tenant.findUser(x.claims.Object), x.claims.Object)
	}
	return newObject("user", nil, "app", newObject("appId", x.claims.AppID, "displayName", "Cordon",
		"servicePrincipalId", x.claims.Object, "servicePrincipalName", nil))
}

func byUser(user *object, id string) *object {
	if user == nil {
		user = newObject()
	}
	return newObject("user", newObject("id", id, "displayName", orNull(user.text("displayName")),
		"userPrincipalName", orNull(user.text("userPrincipalName")), "ipAddress", nil), "app", nil)
}

// note writes a change down. Callers hold the lock.
func (t *tenant) note(a activity, by *object, targets []*object, correlation string, at time.Time) {
	c := t.collection(resAudits)
	c.put(t.auditObject("change"+strconv.Itoa(c.next), a, by, targets, correlation, at))
}

func (t *tenant) auditObject(key string, a activity, by *object, targets []*object, correlation string, at time.Time) *object {
	return newObject("id", "Directory_"+t.guid("audit", key), "category", a.category, "correlationId", correlation, "result", "success", "resultReason", "",
		"activityDisplayName", a.name, "activityDateTime", writeTime(at), "loggedByService", a.service, "operationType", a.operation,
		"initiatedBy", by, "targetResources", targets, "additionalDetails", []*object{})
}

// noteConsent writes down that a person has let an app into the tenant.
func (t *tenant) noteConsent(app, by string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(at)
	o := newObject("id", t.principalOf(app), "displayName", "Cordon")
	t.note(activity{"Consent to application", "ApplicationManagement", "Core Directory", "Assign", "ServicePrincipal"},
		byUser(t.findUser(by), by), []*object{target("ServicePrincipal", o, o)}, newGUID(), at)
}

// populateAudits makes the changes of the week before the start: the first
// administrator has kept some of the crowd's data in order.
func (t *tenant) populateAudits(c *collection) {
	if len(t.spec().Users) == 0 {
		return
	}
	admin := t.guid("user", t.spec().Users[0].Key)
	a := activity{"Update user", "UserManagement", "Core Directory", "Update", "User"}
	n := min(t.crowd(), 30)
	for i := range n {
		user := t.userObject(t.crowdMember(i))
		was := user.clone()
		was.set("jobTitle", nil)
		at := t.cloud.start.Add(-time.Hour - time.Duration(n-i)*5*time.Hour)
		c.put(t.auditObject("past"+strconv.Itoa(i), a, byUser(t.findUser(admin), admin), []*object{target("User", was, user)}, t.guid("audit correlation", strconv.Itoa(i)), at))
	}
}
