package sim

import (
	"slices"
	"strings"
	"testing"
)

// TestUserNames finds users by every name that the directory filters by, those
// of the scenario as well as injected ones.
func TestUserNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	hybrid, guest := t0.hybridMembers()[0], t0.guests()[0]
	var aliased person
	for i := 0; aliased.alias == ""; i++ {
		aliased = t0.crowdMember(i)
	}
	r.inject(resUsers, `{"id":"7e57","userPrincipalName":"Kim.Old@contoso.example","mail":"kim@contoso.example","displayName":"Kim O'Old",
		"proxyAddresses":["SMTP:kim@contoso.example","smtp:kim.new@contoso.example"],"otherMails":["kim@home.example"],
		"onPremisesSecurityIdentifier":"S-1-5-21-1-2-3-500","onPremisesSamAccountName":"kim","onPremisesDomainName":"corp.example"}`)
	r.inject(resUsers, `{"id":"7e58","userPrincipalName":"o'neil_home.example#EXT#@contoso.onmicrosoft.com","mail":"o'neil@home.example","userType":"Guest"}`)
	id := func(p person) string { return t0.guid("user", p.key) }
	tests := []struct {
		filter   string
		advanced bool
		want     []string
	}{
		{"mail eq 'KIM@contoso.example'", false, []string{"7e57"}},
		{"userPrincipalName eq 'kim.old@contoso.example'", false, []string{"7e57"}},
		{"proxyAddresses/any(p:p eq 'smtp:KIM.new@contoso.example')", false, []string{"7e57"}},
		{"proxyAddresses/any(x: x eq 'smtp:kim@contoso.example')", false, []string{"7e57"}},
		{"proxyAddresses/any(p:p eq 'kim@contoso.example')", false, []string{}},
		{"otherMails/any(o:o eq 'kim@home.example')", false, []string{"7e57"}},
		{"mail eq 'kim@contoso.example' or userPrincipalName eq 'kim@contoso.example' or proxyAddresses/any(p:p eq 'smtp:kim@contoso.example' or p eq 'x')", false, []string{"7e57"}},
		{"onPremisesSecurityIdentifier eq 'S-1-5-21-1-2-3-500'", false, []string{"7e57"}},
		{"onPremisesSamAccountName eq 'Kim'", true, []string{"7e57"}},
		{"onPremisesSamAccountName eq '" + hybrid.account[:maxSam] + "' or mail eq 'x'", true, []string{id(hybrid)}},
		{"not proxyAddresses/any(p:p eq 'x') and mail eq 'kim@contoso.example'", true, []string{"7e57"}},
		{"onPremisesUserPrincipalName eq '" + hybrid.account + "@" + t0.domain + "'", false, []string{id(hybrid)}},
		{"proxyAddresses/any(p:p eq 'smtp:" + aliased.alias + "@" + t0.domain + "')", false, []string{id(aliased)}},
		{"mail eq '" + guest.home + "'", false, []string{id(guest)}},
		{"otherMails/any(o:o eq '" + guest.home + "')", false, []string{id(guest)}},
		{"mail eq 'o''neil@home.example'", false, []string{"7e58"}},
		{"userPrincipalName eq 'o''neil_home.example#EXT#@contoso.onmicrosoft.com'", false, []string{"7e58"}},
		{"startswith(userPrincipalName,'O''neil_home.example#ext#@')", false, []string{"7e58"}},
		{"startsWith(mail, 'kim@') or mail eq 'x'", false, []string{"7e57"}},
	}
	for _, tt := range tests {
		pairs, header := []string{"$filter", tt.filter, "$select", "id", "$top", "2"}, []string(nil)
		if tt.advanced {
			if code, _ := r.graph("GET", "users"+ask(pairs...), "").problem(t); code != "Request_UnsupportedQuery" {
				t.Errorf("%s: without eventual consistency: %s", tt.filter, code)
			}
			pairs, header = append(pairs, "$count", "true"), []string{"ConsistencyLevel", "eventual"}
		}
		if ids, _ := r.graph("GET", "users"+ask(pairs...), "", header...).ids(t); !slices.Equal(ids, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.filter, ids, tt.want)
		}
	}
	if g := r.graph("GET", "users/"+strings.ReplaceAll("o'neil_home.example#EXT#@contoso.onmicrosoft.com", "#", "%23"), ""); g.field(t, "id") != "7e58" {
		t.Errorf("by UPN: %s", g.body)
	}
	if g := r.graph("GET", "users"+ask("$count", "true", "$top", "1"), ""); g.status != 200 || strings.Contains(g.body, "@odata.count") {
		t.Errorf("a count that is not answered: %d %s", g.status, g.body)
	}
}

// TestUsersOfOtherHomes reads what hybrid users and guests of the scenario look like.
func TestUsersOfOtherHomes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft"})
	t0 := r.cloud.tenants[0]
	const chosen = "userPrincipalName,mail,userType,proxyAddresses,otherMails,onPremisesSamAccountName,onPremisesDomainName,externalUserState"
	hybrid, guest := t0.hybridMembers()[0], t0.guests()[0]
	account := strings.TrimSuffix(guest.home, "@partner.example")
	for key, want := range map[string]string{
		hybrid.key: `"mail":"` + hybrid.account + `@contoso.onmicrosoft.com","userPrincipalName":"` + hybrid.account + `@contoso.onmicrosoft.com","userType":"Member",` +
			`"onPremisesSamAccountName":"` + hybrid.account[:maxSam] + `","onPremisesDomainName":"contoso.local","proxyAddresses":` + string(encode(t0.proxies(hybrid.account+"@"+t0.domain, hybrid.alias))) +
			`,"otherMails":[],"externalUserState":null}`,
		guest.key: `"mail":"` + guest.home + `","userPrincipalName":"` + account + `_partner.example#EXT#@contoso.onmicrosoft.com","userType":"Guest",` +
			`"onPremisesSamAccountName":null,"onPremisesDomainName":null,"proxyAddresses":["SMTP:` + guest.home + `"],"otherMails":["` + guest.home + `"],"externalUserState":"Accepted"}`,
	} {
		if g := r.graph("GET", "users/"+t0.guid("user", key)+ask("$select", chosen), ""); !strings.HasSuffix(g.body, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", key, g.body, want)
		}
	}
}
