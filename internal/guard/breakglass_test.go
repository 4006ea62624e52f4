package guard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/capolicy"
)

const (
	groupOne   = "bbbbbbbb-0000-0000-0000-000000000001"
	groupTwo   = "bbbbbbbb-0000-0000-0000-000000000002"
	groupThree = "bbbbbbbb-0000-0000-0000-000000000003"
)

// caPolicy writes an enabled policy for all resources, with users and more
// conditions.
func caPolicy(state, users, more string) capolicy.Policy {
	p, err := capolicy.Parse(fmt.Appendf(nil, `{"id":"p","state":%q,"conditions":{"users":{%s},"applications":{"includeApplications":["All"]}%s}}`, state, users, more))
	if err != nil {
		panic(err)
	}
	return p
}

func member(id string, groups ...string) capolicy.User {
	return capolicy.User{ID: id, UPN: "x@contoso.test", Type: "Member", Groups: groups}
}

func TestFindBreakGlass(t *testing.T) {
	t.Parallel()
	policy := func(state string, excluded ...string) capolicy.Policy {
		users, _ := json.Marshal(excluded)
		return caPolicy(state, `"includeUsers":["All"],"excludeUsers":`+string(users), "")
	}
	grouped := func(groups ...string) capolicy.Policy {
		list, _ := json.Marshal(groups)
		return caPolicy("enabled", `"includeUsers":["All"],"excludeGroups":`+string(list), "")
	}
	both := caPolicy("enabled", `"includeUsers":["All"],"excludeUsers":["`+ada+`"],"excludeGroups":["`+groupOne+`"]`, "")
	const bob, cem = "aaaaaaaa-0000-0000-0000-000000000002", "aaaaaaaa-0000-0000-0000-000000000003"
	const on, report, off = "enabled", "enabledForReportingButNotEnforced", "disabled"
	tests := []struct {
		name     string
		policies []capolicy.Policy
		asked    []string // groups on which it hangs
		want     bool     // for ada, who is in groupOne
	}{
		{"no policies", nil, nil, false},
		{"all are disabled", []capolicy.Policy{policy(off, ada)}, nil, false},
		{"excluded from every one", []capolicy.Policy{policy(on, strings.ToUpper(ada), cem), policy(on, bob, ada)}, nil, true},
		{"excluded from one of two", []capolicy.Policy{policy(on, ada), policy(on, bob)}, nil, false},
		{"a disabled one does not count", []capolicy.Policy{policy(on, ada, bob), policy("Disabled")}, nil, true},
		{"one that reports binds nobody", []capolicy.Policy{policy(on, ada, bob), policy(report, bob)}, nil, true},
		{"excluded from one that reports", []capolicy.Policy{policy(report, ada)}, nil, true},
		{"one of unknown state binds nobody", []capolicy.Policy{policy(on, ada), policy("")}, nil, true},
		{"by a group from every one", []capolicy.Policy{grouped(groupTwo, strings.ToUpper(groupOne)), grouped(groupOne)}, []string{groupOne, groupTwo}, true},
		{"by id from one, by a group from the other", []capolicy.Policy{policy(on, ada), grouped(groupOne)}, []string{groupOne}, true},
		{"by id and by a group from the same", []capolicy.Policy{both}, nil, true},
		{"by a group of others", []capolicy.Policy{grouped(groupOne), grouped(groupTwo)}, []string{groupOne, groupTwo}, false},
		{"by a group from all but one", []capolicy.Policy{grouped(groupOne), policy(on, bob)}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			admins := []string{bob, ada, strings.ToUpper(ada), ""}
			asked, got := GroupsToAsk(member(ada), admins, tt.policies), FindBreakGlass(member(ada, groupOne), admins, tt.policies)
			if !slices.Equal(asked, tt.asked) || got != tt.want {
				t.Errorf("asked %q, found %v; want %q, %v", asked, got, tt.asked, tt.want)
			}
			for _, other := range []string{"z", ""} {
				if FindBreakGlass(member(other, groupOne), admins, tt.policies) || GroupsToAsk(member(other), admins, tt.policies) != nil {
					t.Errorf("found or asked about %q, who is no administrator", other)
				}
			}
		})
	}
}

// TestOnePolicyMore: a tenant excludes its break-glass account from what
// applies to everybody. Whatever policy comes that cannot apply to it, the
// account stays found, and no other account is.
func TestOnePolicyMore(t *testing.T) {
	t.Parallel()
	excluding := caPolicy("enabled", `"includeUsers":["All"],"excludeUsers":["`+ada+`"]`, "")
	tests := map[string]struct {
		more capolicy.Policy
		want bool
	}{
		"nothing":               {capolicy.Policy{}, true},
		"for workloads":         {caPolicy("enabled", `"includeUsers":["None"]`, `,"clientApplications":{"includeServicePrincipals":["x"]},"servicePrincipalRiskLevels":["high"]`), true},
		"for agents":            {caPolicy("enabled", `"includeUsers":["None"]`, `,"clientApplications":{"includeAgentIdServicePrincipals":["All"]}`), true},
		"for agents' accounts":  {caPolicy("enabled", `"includeUsers":["AllAgentIdUsers"]`, ""), true},
		"for guests":            {caPolicy("enabled", `"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"b2bCollaborationGuest"}`, ""), true},
		"for guests, by word":   {caPolicy("enabled", `"includeUsers":["GuestsOrExternalUsers"]`, ""), true},
		"for nobody":            {caPolicy("enabled", ``, ""), true},
		"for a pilot group":     {caPolicy("enabled", `"includeGroups":["`+groupTwo+`"]`, ""), true},
		"for another role":      {caPolicy("enabled", `"includeRoles":["88d8e3e3-8f55-4a1e-953a-9b9898b8876b"]`, ""), true},
		"report-only":           {caPolicy("enabledForReportingButNotEnforced", `"includeUsers":["All"]`, ""), true},
		"of another shape":      {caPolicy("enabled", `"includeUsers":{"everybody":true}`, ""), true},
		"disabled":              {caPolicy("Disabled", `"includeUsers":["All"]`, ""), true},
		"for everybody":         {caPolicy("Enabled", `"includeUsers":["All"]`, ""), false},
		"for everybody at risk": {caPolicy("enabled", `"includeUsers":["All"]`, `,"signInRiskLevels":["high"]`), false},
		"for administrators":    {caPolicy("enabled", `"includeRoles":["`+globalAdmin+`"]`, ""), false},
		"for a group of it":     {caPolicy("enabled", `"includeGroups":["`+groupOne+`"]`, ""), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policies, admins := []capolicy.Policy{tt.more, excluding}, []string{"g1", ada}
			if got := FindBreakGlass(member(ada, groupOne), admins, policies); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if FindBreakGlass(member("g1"), admins, policies) {
				t.Error("another administrator was found")
			}
			if FindBreakGlass(member(ada), []string{"g1"}, policies) {
				t.Error("a user who is no administrator was found")
			}
			if FindBreakGlass(member(ada, groupOne), admins, []capolicy.Policy{tt.more}) {
				t.Error("found, and nothing excludes the account")
			}
		})
	}
}

func TestBlocking(t *testing.T) {
	t.Parallel()
	got := Blocking([]capolicy.Policy{
		{Name: "a", State: "enabled"}, {Name: "b", State: "disabled"}, {Name: "c", State: "enabledForReportingButNotEnforced"},
		{Name: "d", State: "Enabled"}, {ID: "e", State: "enabled"},
	})
	if want := []string{"a", "d", "e"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNoEmptyName: a sentence that lists names has no empty one.
func TestNoEmptyName(t *testing.T) {
	t.Parallel()
	s := base()
	s.Target.Roles = []string{"", "User Administrator"}
	if v := Check(Defaults(), s); v.Reason != cordon.ReasonTwoPeople || strings.Contains(v.Detail, `""`) {
		t.Errorf("got %+v", v)
	}
}

// drawConditions draws conditions near real ones: of every kind, at times
// null, empty, of another shape or of tomorrow.
func drawConditions(t *rapid.T) map[string]any {
	ids := func(label string, among ...any) any {
		switch rapid.IntRange(0, 5).Draw(t, label+" shape") {
		case 0:
			return nil
		case 1:
			return map[string]any{"odd": true}
		default:
			return rapid.SliceOfN(rapid.SampledFrom(among), 0, 3).Draw(t, label)
		}
	}
	guests := rapid.SampledFrom([]any{nil, "odd", map[string]any{"guestOrExternalUserTypes": "internalGuest,serviceProvider"},
		map[string]any{"guestOrExternalUserTypes": "martian", "externalTenants": map[string]any{"membershipKind": "enumerated"}}})
	users := map[string]any{
		"includeUsers":                 ids("include users", "All", "None", "GuestsOrExternalUsers", "AllAgentIdUsers", "Martians", "", "ffffffff-0000-0000-0000-000000000001", 7),
		"excludeUsers":                 ids("exclude users", "None", "GuestsOrExternalUsers", "", "ffffffff-0000-0000-0000-000000000001", strings.ToUpper(ada)),
		"includeGroups":                ids("include groups", groupOne, groupTwo, groupThree, "odd", ""),
		"excludeGroups":                ids("exclude groups", groupOne, groupTwo, groupThree, "odd", ""),
		"includeRoles":                 ids("include roles", globalAdmin, "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "odd", ""),
		"excludeRoles":                 ids("exclude roles", "d29b2b05-8046-44ba-8758-1e26182fcf32", globalAdmin, ""),
		"includeGuestsOrExternalUsers": guests.Draw(t, "include guests"), "excludeGuestsOrExternalUsers": guests.Draw(t, "exclude guests"),
	}
	all := map[string]any{"users": users, "applications": map[string]any{"includeApplications": ids("apps", "All", "None", "x")}}
	for name, value := range map[string]any{
		"clientApplications": map[string]any{"includeServicePrincipals": []string{"x"}}, "servicePrincipalRiskLevels": []string{"high"}, "agentIdRiskLevels": "high",
		"signInRiskLevels": []string{"high"}, "userRiskLevels": []string{"high"}, "insiderRiskLevels": "minor", "clientAppTypes": []string{"all"},
		"platforms": map[string]any{"includePlatforms": []string{"all"}}, "locations": map[string]any{"includeLocations": []string{"All"}},
		"devices": map[string]any{"deviceFilter": nil}, "authenticationFlows": map[string]any{"transferMethods": "deviceCodeFlow"}, "tomorrow": true,
		"users": nil, "applications": nil,
	} {
		if rapid.IntRange(0, 5).Draw(t, name) == 0 {
			all[name] = value
		}
	}
	return all
}

func drawPolicy(t *rapid.T) map[string]any {
	p := map[string]any{"id": "p", "conditions": drawConditions(t),
		"state": rapid.SampledFrom([]any{"enabled", "enabled", "enabled", "Enabled", "disabled", "enabledForReportingButNotEnforced", "", nil, "tomorrow"}).Draw(t, "state")}
	if rapid.IntRange(0, 9).Draw(t, "no conditions") == 0 {
		p["conditions"] = nil
	}
	return p
}

func asPolicy(t *rapid.T, p map[string]any) capolicy.Policy {
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := capolicy.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return policy
}

// bindsIn reports, without package capolicy, whether a policy as it was drawn
// is enforced and names the account, or everybody, in a way that leaves no
// doubt.
func bindsIn(p map[string]any, groups []string) bool {
	conditions, _ := p["conditions"].(map[string]any)
	users, _ := conditions["users"].(map[string]any)
	apps, _ := conditions["applications"].(map[string]any)
	state, _ := p["state"].(string)
	among := func(m map[string]any, list string, wanted ...string) bool {
		values, _ := m[list].([]any)
		return slices.ContainsFunc(values, func(v any) bool {
			s, _ := v.(string)
			return slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(s, w) })
		})
	}
	return strings.EqualFold(state, "enabled") && among(apps, "includeApplications", "All", "x") &&
		(among(users, "includeUsers", "All") || among(users, "includeGroups", groups...) || among(users, "includeRoles", globalAdmin))
}

// TestNoPolicyUnprotects: an account that is listed is never contained,
// whatever the policies; one that a policy excludes is not either, whatever
// policies come that do not clearly bind it.
func TestNoPolicyUnprotects(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfDistinct(rapid.SampledFrom([]string{groupOne, groupTwo}), rapid.ID[string]).Draw(t, "groups of ada")
		listed := rapid.Bool().Draw(t, "listed")
		policies := []capolicy.Policy{caPolicy("enabled", `"includeUsers":["All"],"excludeUsers":["`+ada+`"]`, "")}
		for _, p := range rapid.SliceOfN(rapid.Custom(drawPolicy), 0, 5).Draw(t, "policies") {
			if listed || !bindsIn(p, groups) {
				policies = append(policies, asPolicy(t, p))
			}
		}
		policies = rapid.Permutation(policies).Draw(t, "order")
		s := drawSituation(t)
		s.Target.BreakGlass, s.Target.BreakGlassFound = listed, FindBreakGlass(member(ada, groups...), []string{"g1", ada}, policies)
		s.Step.Action = rapid.SampledFrom(containments()).Draw(t, "containment")
		if v := Check(Defaults(), s); v.Decision != cordon.Refuse || v.Would != nil && v.Would.Decision != cordon.Refuse {
			t.Fatalf("listed %v, got %+v with %+v", listed, v, policies)
		}
	})
}

// TestExclusionNeverUnprotects: to exclude the account from one policy more
// protects it no less.
func TestExclusionNeverUnprotects(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfN(rapid.Custom(drawPolicy), 1, 4).Draw(t, "policies")
		found := func() bool {
			var policies []capolicy.Policy
			for _, p := range drawn {
				policies = append(policies, asPolicy(t, p))
			}
			return FindBreakGlass(member(ada, groupOne), []string{ada}, policies)
		}
		before := found()
		conditions, _ := drawn[rapid.IntRange(0, len(drawn)-1).Draw(t, "which")]["conditions"].(map[string]any)
		if users, _ := conditions["users"].(map[string]any); users != nil {
			users["excludeUsers"] = []any{ada}
		}
		if before && !found() {
			t.Fatalf("no longer found: %+v", drawn)
		}
	})
}

// TestGroupsAskedAreEnough: who is found with the groups that were asked about
// is found with all of them; nothing is asked that is no id.
func TestGroupsAskedAreEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var policies []capolicy.Policy
		for _, p := range rapid.SliceOfN(rapid.Custom(drawPolicy), 0, 4).Draw(t, "policies") {
			policies = append(policies, asPolicy(t, p))
		}
		groups := rapid.SliceOfDistinct(rapid.SampledFrom([]string{groupOne, groupTwo}), rapid.ID[string]).Draw(t, "groups of ada")
		admins := []string{ada}
		asked := GroupsToAsk(member(ada), admins, policies)
		if slices.ContainsFunc(asked, func(g string) bool { return !cordon.IsGUID(g) }) {
			t.Fatalf("asked about %q", asked)
		}
		in := slices.DeleteFunc(slices.Clone(asked), func(g string) bool { return !slices.Contains(groups, g) })
		if all, some := FindBreakGlass(member(ada, groups...), admins, policies), FindBreakGlass(member(ada, in...), admins, policies); all != some {
			t.Fatalf("with all groups %v, with those asked %v", all, some)
		}
	})
}
