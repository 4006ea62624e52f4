package capolicy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	glass = "aaaaaaaa-0000-0000-0000-000000000001"
	other = "aaaaaaaa-0000-0000-0000-000000000002"
	team  = "bbbbbbbb-0000-0000-0000-000000000001"
	crowd = "bbbbbbbb-0000-0000-0000-000000000002"
	admin = "62e90394-69f5-4237-9190-012177145e10"
	sync  = "d29b2b05-8046-44ba-8758-1e26182fcf32"
)

// account is a member of the tenant, in the group team, a Global
// Administrator.
func account() User {
	return User{ID: glass, UPN: "glass@contoso.test", Type: "Member", Roles: []string{admin}, Groups: []string{team}}
}

const apps = `"applications":{"includeApplications":["All"]}`

// policy writes an enabled policy with conditions.
func policy(t *testing.T, conditions string) Policy {
	t.Helper()
	return parsed(t, fmt.Sprintf(`{"id":"p","displayName":"P","state":"enabled","conditions":%s}`, conditions))
}

func parsed(t *testing.T, text string) Policy {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// TestNarrowed goes through everything that narrows a policy. What cannot
// apply to the account is silent; what can, if only at times, binds it.
func TestNarrowed(t *testing.T) {
	t.Parallel()
	all := `{"users":{"includeUsers":["All"]},` + apps
	users := func(text string) string { return `{"users":{` + text + `},` + apps + `}` }
	tests := map[string]struct {
		conditions string
		want       Stance
	}{
		"everybody": {all + `}`, Binds},

		// Nobody.
		"conditions null":        {`null`, Silent},
		"conditions empty":       {`{}`, Silent},
		"users null":             {`{"users":null,` + apps + `}`, Silent},
		"users empty":            {users(``), Silent},
		"users empty lists":      {users(`"includeUsers":[],"includeGroups":[],"includeRoles":[],"includeGuestsOrExternalUsers":null`), Silent},
		"users null lists":       {users(`"includeUsers":null,"includeGroups":null,"includeRoles":null`), Silent},
		"users blank":            {users(`"includeUsers":[""," "]`), Silent},
		"the word None":          {users(`"includeUsers":["None"]`), Silent},
		"the word none":          {users(`"includeUsers":["none"]`), Silent},
		"resources absent":       {`{"users":{"includeUsers":["All"]}}`, Silent},
		"resources null":         {`{"users":{"includeUsers":["All"]},"applications":null}`, Silent},
		"resources empty":        {`{"users":{"includeUsers":["All"]},"applications":{"includeApplications":[]}}`, Silent},
		"resources None":         {`{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["None"]}}`, Silent},
		"everybody besides None": {users(`"includeUsers":["None","All"]`), Binds},

		// Apps and agents.
		"workloads":                      {`{"users":{"includeUsers":["None"]},"clientApplications":{"includeServicePrincipals":["ServicePrincipalsInMyTenant"]},` + apps + `}`, Silent},
		"workloads, no users":            {`{"clientApplications":{"includeServicePrincipals":["x"]},` + apps + `}`, Silent},
		"workloads by filter":            {all + `,"clientApplications":{"servicePrincipalFilter":{"mode":"include","rule":"x"}}}`, Silent},
		"workloads at risk":              {all + `,"servicePrincipalRiskLevels":["high"]}`, Silent},
		"agents":                         {`{"users":{"includeUsers":["None"]},"clientApplications":{"includeAgentIdServicePrincipals":["All"]},` + apps + `}`, Silent},
		"agents at risk":                 {all + `,"agentIdRiskLevels":"high"}`, Silent},
		"agents' accounts":               {users(`"includeUsers":["AllAgentIdUsers"]`), Silent},
		"no workloads":                   {all + `,"clientApplications":{"includeServicePrincipals":[],"servicePrincipalFilter":null},"servicePrincipalRiskLevels":[]}`, Binds},
		"condition that is not known":    {all + `,"moonPhase":["full"]}`, Silent},
		"none that is not known":         {all + `,"moonPhase":[],"users@odata.context":"x"}`, Binds},
		"conditions of another shape":    {`["All"]`, Silent},
		"users of another shape":         {`{"users":"All",` + apps + `}`, Silent},
		"resources of another shape":     {`{"users":{"includeUsers":["All"]},"applications":"All"}`, Silent},
		"includeUsers of another shape":  {users(`"includeUsers":{"all":true}`), Silent},
		"an item of another shape":       {users(`"includeUsers":[7]`), Silent},
		"one text in place of a list":    {users(`"includeUsers":"All"`), Binds},
		"word that is not known":         {users(`"includeUsers":["Everybody"]`), Silent},
		"principals that are not known":  {users(`"includeRobots":["All"]`), Silent},
		"word not known, and everybody":  {users(`"includeUsers":["Everybody","All"]`), Binds},
		"exclusion that is not known":    {users(`"includeUsers":["All"],"excludeRobots":["x"]`), Silent},
		"excluded word that is none":     {users(`"includeUsers":["All"],"excludeUsers":["current administrator"]`), Silent},
		"group that is no id":            {users(`"includeGroups":["Everybody"]`), Silent},
		"role that is no id":             {users(`"includeRoles":["Everybody"]`), Silent},
		"guest kind that is not known":   {users(`"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"martian"}`), Silent},
		"guest kinds of another shape":   {users(`"includeGuestsOrExternalUsers":true`), Silent},
		"exclusion of none of the above": {users(`"includeUsers":["All"],"excludeUsers":["None"],"excludeGroups":[""]`), Binds},

		// Others.
		"other user":      {users(`"includeUsers":["` + other + `"]`), Silent},
		"other group":     {users(`"includeGroups":["` + crowd + `"]`), Silent},
		"other role":      {users(`"includeRoles":["` + sync + `"]`), Silent},
		"guests":          {users(`"includeUsers":["GuestsOrExternalUsers"]`), Silent},
		"guests by kind":  {users(`"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"internalGuest,b2bCollaborationGuest","externalTenants":{"membershipKind":"all"}}`), Silent},
		"guests, no kind": {users(`"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"none"}`), Silent},

		// The account.
		"itself":          {users(`"includeUsers":["` + strings.ToUpper(glass) + `"]`), Binds},
		"group":           {users(`"includeGroups":["` + crowd + `","` + strings.ToUpper(team) + `"]`), Binds},
		"role":            {users(`"includeRoles":["` + sync + `","` + strings.ToUpper(admin) + `"]`), Binds},
		"user action":     {`{"users":{"includeUsers":["All"]},"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}}`, Binds},
		"context":         {`{"users":{"includeUsers":["All"]},"applications":{"includeAuthenticationContextClassReferences":["c1"]}}`, Binds},
		"filter of apps":  {`{"users":{"includeUsers":["All"]},"applications":{"applicationFilter":{"mode":"include","rule":"x"}}}`, Binds},
		"one app":         {`{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["797f4846-ba00-4fd7-ba43-dac1f8f63013"]}}`, Binds},
		"excluded apps":   {`{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"],"excludeApplications":["x"]}}`, Binds},
		"client apps":     {all + `,"clientAppTypes":["exchangeActiveSync","other"]}`, Binds},
		"sign-in risk":    {all + `,"signInRiskLevels":["high"]}`, Binds},
		"user risk":       {all + `,"userRiskLevels":["high"]}`, Binds},
		"insider risk":    {all + `,"insiderRiskLevels":"elevated"}`, Binds},
		"platforms":       {all + `,"platforms":{"includePlatforms":["android"],"excludePlatforms":[]}}`, Binds},
		"locations":       {all + `,"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}}`, Binds},
		"devices":         {all + `,"devices":{"deviceFilter":{"mode":"exclude","rule":"x"}}}`, Binds},
		"device code":     {all + `,"authenticationFlows":{"transferMethods":"deviceCodeFlow"}}`, Binds},
		"empty narrowing": {all + `,"locations":null,"platforms":{},"devices":{"deviceFilter":null},"signInRiskLevels":[],"deviceStates":null}`, Binds},

		// Excluded.
		"user excluded":              {users(`"includeUsers":["All"],"excludeUsers":["` + other + `","` + strings.ToUpper(glass) + `"]`), Excludes},
		"group excluded":             {users(`"includeUsers":["All"],"excludeGroups":["` + team + `"]`), Excludes},
		"others excluded":            {users(`"includeUsers":["All"],"excludeUsers":["` + other + `"],"excludeGroups":["` + crowd + `"],"excludeRoles":["` + sync + `"]`), Binds},
		"guests excluded":            {users(`"includeUsers":["All"],"excludeUsers":["GuestsOrExternalUsers"],"excludeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"serviceProvider"}`), Binds},
		"role excluded":              {users(`"includeUsers":["All"],"excludeRoles":["` + admin + `"]`), Silent},
		"everybody excluded":         {users(`"includeUsers":["All"],"excludeUsers":["All"]`), Silent},
		"excluded, role excluded":    {users(`"includeUsers":["All"],"excludeUsers":["` + glass + `"],"excludeRoles":["` + admin + `"]`), Excludes},
		"excluded, in doubt":         {users(`"includeUsers":["Everybody"],"excludeUsers":["` + glass + `"]`), Excludes},
		"excluded, no resources":     {`{"users":{"includeUsers":["All"],"excludeUsers":["` + glass + `"]}}`, Excludes},
		"excluded, cannot apply":     {users(`"includeUsers":["None"],"excludeUsers":["` + glass + `"]`), Silent},
		"excluded, and included":     {users(`"includeUsers":["` + glass + `"],"excludeUsers":["` + glass + `"]`), Excludes},
		"excluded, odd member, also": {users(`"includeUsers":["All"],"excludeUsers":[7,"` + glass + `"]`), Excludes},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := policy(t, tt.conditions).Stance(account()); got != tt.want {
				t.Errorf("%s: got %d, want %d", tt.conditions, got, tt.want)
			}
		})
	}
}

// TestStates: only what is enforced binds. A policy that is in another state,
// or in one that nobody knows, counts when it excludes.
func TestStates(t *testing.T) {
	t.Parallel()
	tests := map[string][2]Stance{ // without an exclusion, with one
		"enabled": {Binds, Excludes}, "Enabled": {Binds, Excludes}, "ENABLED": {Binds, Excludes},
		"disabled": {Silent, Silent}, "Disabled": {Silent, Silent},
		"enabledForReportingButNotEnforced": {Silent, Excludes},
		"of tomorrow":                       {Silent, Excludes}, "": {Silent, Excludes},
	}
	for state, want := range tests {
		text := `{"state":%q,"conditions":{"users":{"includeUsers":["All"],"excludeUsers":[%q]},` + apps + `}}`
		without, with := parsed(t, fmt.Sprintf(text, state, other)), parsed(t, fmt.Sprintf(text, state, glass))
		if got := [2]Stance{without.Stance(account()), with.Stance(account())}; got != want {
			t.Errorf("%q: got %v, want %v", state, got, want)
		}
		if without.Enabled() != strings.EqualFold(state, "enabled") {
			t.Errorf("%q: enabled %v", state, without.Enabled())
		}
	}
}

// TestGuestAccounts: a Global Administrator may be a guest, and then policies
// for guests are for that account.
func TestGuestAccounts(t *testing.T) {
	t.Parallel()
	kinds := func(k, more string) string {
		return `{"users":{"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"` + k + `"` + more + `}},` + apps + `}`
	}
	word := `{"users":{"includeUsers":["GuestsOrExternalUsers"]},` + apps + `}`
	out := `{"users":{"includeUsers":["All"],"excludeUsers":["GuestsOrExternalUsers"]},` + apps + `}`
	some := `,"externalTenants":{"membershipKind":"enumerated","members":["x"]}`
	tests := []struct {
		name, kind, upn, conditions string
		want                        Stance
	}{
		{"invited guest", "Guest", "a_b.test#EXT#@contoso.test", word, Binds},
		{"invited guest by kind", "guest", "a_b.test#ext#@contoso.test", kinds("internalGuest, B2BCollaborationGuest", ""), Binds},
		{"invited guest, kind of others", "Guest", "a_b.test#EXT#@contoso.test", kinds("serviceProvider", ""), Silent},
		{"guest of some tenants", "Guest", "a_b.test#EXT#@contoso.test", kinds("b2bCollaborationGuest", some), Silent},
		{"guest of a tenant", "Guest", "a@contoso.test", word, Binds},
		{"guest of a tenant, one kind", "Guest", "a@contoso.test", kinds("internalGuest", ""), Silent},
		{"invited member", "Member", "a_b.test#EXT#@contoso.test", kinds("b2bCollaborationMember", ""), Binds},
		{"type not known", "", "a@contoso.test", word, Silent},
		{"guests are left out", "Guest", "a_b.test#EXT#@contoso.test", out, Silent},
		{"a member is not left out", "Member", "a@contoso.test", out, Binds},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := account()
			u.Type, u.UPN = tt.kind, tt.upn
			if got := policy(t, tt.conditions).Stance(u); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		users string
		want  []string
		bound bool
	}{
		"binds whatever":         {`"includeUsers":["All"]`, nil, true},
		"excluded by id":         {`"includeUsers":["All"],"excludeUsers":["` + glass + `"],"excludeGroups":["` + team + `"]`, nil, false},
		"excluded by group":      {`"includeUsers":["All"],"excludeGroups":["` + team + `"]`, []string{team}, false},
		"included by group":      {`"includeGroups":["` + crowd + `"]`, []string{crowd}, false},
		"both":                   {`"includeGroups":["` + crowd + `"],"excludeGroups":["` + team + `"]`, []string{crowd, team}, false},
		"included besides":       {`"includeUsers":["All"],"includeGroups":["` + crowd + `"]`, nil, true},
		"the same group":         {`"includeGroups":["` + team + `"],"excludeGroups":["` + team + `"]`, []string{team, team}, false},
		"nobody, a group":        {`"includeUsers":["None"],"excludeGroups":["` + team + `"]`, nil, false},
		"no id":                  {`"includeUsers":["All"],"excludeGroups":["everybody"]`, nil, false},
		"in doubt, but excluded": {`"includeUsers":["Everybody"],"excludeGroups":["` + team + `"]`, []string{team}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := account()
			u.Groups = nil
			got, bound := policy(t, `{"users":{`+tt.users+`},`+apps+`}`).Groups(u)
			if !slices.Equal(got, tt.want) || bound != tt.bound {
				t.Errorf("got %q, %v; want %q, %v", got, bound, tt.want, tt.bound)
			}
		})
	}
}

// TestParse: one policy with everything, and the order of lists is kept.
func TestParse(t *testing.T) {
	t.Parallel()
	got := parsed(t, `{"id":"p","displayName":"P","state":"enabled","grantControls":null,"conditions":{
		"users":{"includeUsers":["All",""],"excludeUsers":["u"],"includeGroups":["g"],"excludeGroups":["h"],"includeRoles":["r"],"excludeRoles":["s"],
			"includeGuestsOrExternalUsers":{"@odata.type":"x","guestOrExternalUserTypes":"internalGuest,serviceProvider","externalTenants":null},
			"excludeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"serviceProvider","externalTenants":{"membershipKind":"enumerated","members":["t"]}}},
		"applications":{"includeApplications":["None"]},"servicePrincipalRiskLevels":["high"],"moon":"full","sun":"","locations":null}}`)
	want := Policy{
		ID: "p", Name: "P", State: "enabled", Resources: Nothing, Workloads: true, Unknown: []string{"moon"},
		Include: Principals{Users: []string{"All"}, Groups: []string{"g"}, Roles: []string{"r"}, Guests: Guests{Kinds: []string{"internalGuest", "serviceProvider"}}},
		Exclude: Principals{Users: []string{"u"}, Groups: []string{"h"}, Roles: []string{"s"}, Guests: Guests{Kinds: []string{"serviceProvider"}, Tenants: true}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, text := range []string{``, `null`, `[]`, `7`, `"x"`, `{`} {
		if p, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q: got %+v", text, p)
		}
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Policy{
		"Block": {ID: "p", Name: "Block"}, "p": {ID: "p", Name: " "}, "q": {ID: "q"}, "a policy without name and id": {},
	} {
		if got := p.Label(); got != want {
			t.Errorf("%+v: got %q, want %q", p, got, want)
		}
	}
}
