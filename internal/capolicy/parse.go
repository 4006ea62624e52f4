package capolicy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
)

// Parse reads a policy as Graph writes it. Null, empty and absent are the
// same. What has another shape than it should makes the policy doubtful, not
// unreadable; only what is no object is an error.
//
// Source: microsoft-graph-docs conditionalaccesspolicy; v1.0 metadata, and
// the beta pages for agents, whose policies v1.0 lists, too.
func Parse(raw []byte) (Policy, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return Policy{}, fmt.Errorf("capolicy: not a policy: %w", cordon.ErrMalformed)
	}
	p := Policy{ID: o.text("id"), Name: o.text("displayName"), State: o.text("state")}
	conditions, ok := o.object("conditions")
	if !ok {
		p.Unknown = append(p.Unknown, "conditions")
	}
	users, ok := conditions.object("users")
	p.Include, p.Exclude = users.principals("include"), users.principals("exclude")
	p.Include.Unknown = p.Include.Unknown || !ok
	p.Resources = conditions.resources()
	p.Workloads = slices.ContainsFunc(workloads(), conditions.has)
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		if !slices.Contains(known(), name) && !annotation(name) && conditions.has(name) {
			p.Unknown = append(p.Unknown, name)
		}
	}
	return p, nil
}

// workloads are the conditions of policies for apps and agents.
func workloads() []string {
	return []string{"clientApplications", "servicePrincipalRiskLevels", "agentIdRiskLevels"}
}

// known returns the conditions that this package knows. Those that only
// narrow when a policy applies are not read.
func known() []string {
	return append(workloads(), "users", "applications", "authenticationFlows", "clientAppTypes", "devices", "deviceStates",
		"insiderRiskLevels", "locations", "platforms", "signInRiskLevels", "userRiskLevels")
}

// annotation reports whether a member is OData's own.
func annotation(name string) bool { return strings.Contains(name, "@") }

// An object is one of JSON. A nil one is an absent one.
type object map[string]any

// text returns a string; anything else is none.
func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

// object returns an object, and whether the member has that shape: what is
// empty has any.
func (o object) object(name string) (object, bool) {
	m, ok := o[name].(map[string]any)
	return m, ok || empty(o[name])
}

func (o object) has(name string) bool { return !empty(o[name]) }

// empty reports whether a value says nothing: null, a blank, or a list or an
// object of such.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return !slices.ContainsFunc(v, func(x any) bool { return !empty(x) })
	case map[string]any:
		for name, x := range v {
			if !annotation(name) && !empty(x) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// list returns the texts of a list, and whether it holds nothing else. A text
// in place of a list is one with commas, as Graph writes several flags.
func (o object) list(name string) (texts []string, ok bool) {
	ok = true
	switch v := o[name].(type) {
	case string:
		for s := range strings.SplitSeq(v, ",") {
			texts = append(texts, strings.TrimSpace(s))
		}
	case []any:
		for _, x := range v {
			s, text := x.(string)
			texts, ok = append(texts, s), ok && (text || empty(x))
		}
	default:
		ok = empty(v)
	}
	return slices.DeleteFunc(texts, func(s string) bool { return strings.TrimSpace(s) == "" }), ok
}

// principals reads one side of the condition on users.
func (o object) principals(side string) (p Principals) {
	var users, groups, roles, guests bool
	p.Users, users = o.list(side + "Users")
	p.Groups, groups = o.list(side + "Groups")
	p.Roles, roles = o.list(side + "Roles")
	p.Guests, guests = o.guests(side + "GuestsOrExternalUsers")
	p.Unknown = !users || !groups || !roles || !guests
	for name := range o {
		rest, mine := strings.CutPrefix(name, side)
		if mine && !slices.Contains([]string{"Users", "Groups", "Roles", "GuestsOrExternalUsers"}, rest) && !annotation(name) && o.has(name) {
			p.Unknown = true
		}
	}
	return p
}

func (o object) guests(name string) (Guests, bool) {
	inner, ok := o.object(name)
	kinds, listed := inner.list("guestOrExternalUserTypes")
	tenants, known := inner.object("externalTenants")
	all := empty(inner["externalTenants"]) || strings.EqualFold(tenants.text("membershipKind"), "all")
	return Guests{Kinds: kinds, Tenants: !all || !known}, ok && listed
}

// resources says what the policy is for.
func (o object) resources() Resources {
	apps, ok := o.object("applications")
	if !ok {
		return NotStated
	}
	include, listed := apps.list("includeApplications")
	others := apps.has("includeUserActions") || apps.has("includeAuthenticationContextClassReferences") || apps.has("applicationFilter")
	named := slices.ContainsFunc(include, func(s string) bool { return !strings.EqualFold(s, "None") })
	switch {
	case others || named:
		return Something
	case listed && len(include) > 0:
		return Nothing
	default:
		return NotStated
	}
}
