package sim

import (
	"fmt"
	"slices"
	"strings"
)

// A national is a national cloud that the simulator can play.
type national struct {
	name      string
	login     string // hosts of the real one
	graph     string
	oldGraph  string
	defender  []string // audiences of Defender; none: there is no such service
	instance  string   // cloud_instance_name
	region    string
	subRegion string
	pas       string
	lacks     []string          // prefixes of Graph paths
	omits     map[string]string // members that its schema does not have, by what has them elsewhere
}

// nationals are the clouds. What they lack is told by the schemas of each.
func nationals() []national {
	const login, loginUS = "login.microsoftonline.com", "login.microsoftonline.us"
	gov := []string{"https://api-gov.securitycenter.microsoft.us"}
	noActions := []string{"security/identities/identityAccounts"}
	older := map[string]string{resSubscriptions: "notificationQueryOptions notificationUrlAppId"}
	oldest := map[string]string{resSubscriptions: older[resSubscriptions], "grantControls": "authenticationStrength",
		"conditions": "insiderRiskLevels servicePrincipalRiskLevels signInRiskLevels userRiskLevels"}
	return []national{
		{"global", login, "graph.microsoft.com", "graph.windows.net", []string{"https://api.securitycenter.microsoft.com", "https://api.security.microsoft.com",
			"https://securitycenter.onmicrosoft.com/windowsatpservice"}, "microsoftonline.com", "EU", "", "pas.windows.net", nil, nil},
		{"gcc", login, "graph.microsoft.com", "graph.windows.net", []string{"https://api-gcc.securitycenter.microsoft.us"},
			"microsoftonline.com", "NA", "GCC", "pas.windows.net", nil, nil},
		{"us_gov_l4", loginUS, "graph.microsoft.us", "graph.windows.net", gov, "microsoftonline.us", "USGov", "DODCON", "pasff.usgovcloudapi.net", noActions, older},
		{"us_gov_l5", loginUS, "dod-graph.microsoft.us", "graph.windows.net", gov, "microsoftonline.us", "USGov", "DOD", "pasff.usgovcloudapi.net", noActions, older},
		{"china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "graph.chinacloudapi.cn", nil,
			"partner.microsoftonline.cn", "AS", "", "pas.chinacloudapi.cn",
			[]string{"identityProtection", "security", "tenantRelationships/delegatedAdminCustomers", "tenantRelationships/delegatedAdminRelationships",
				"users/{id}/authentication"}, oldest},
	}
}

func nationalNamed(name string) (national, error) {
	var names []string
	for _, n := range nationals() {
		if n.name == name || name == "" && n.name == "global" {
			return n, nil
		}
		names = append(names, n.name)
	}
	return national{}, fmt.Errorf("cloud %q is none of %s", name, strings.Join(names, ", "))
}

// checkOffered refuses paths of Graph that the national cloud does not have.
func (c *Cloud) checkOffered(segments []string) error {
	for _, prefix := range c.national.lacks {
		if n, _, _ := follow(prefix, segments); n == strings.Count(prefix, "/")+1 {
			return refuse(400, "BadRequest", "Resource not found for the segment '%s'.", prefix[strings.LastIndexByte(prefix, '/')+1:])
		}
	}
	return nil
}

// trimmed takes from an object what the schema of the national cloud does not have.
func (c *Cloud) trimmed(what string, o *object) *object {
	gone := strings.Fields(c.national.omits[what])
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return slices.Contains(gone, m.name) })
	return o
}

// audienceService says which service a token is for, by the resource a client
// asked for: the simulator's own address, or the public one of its cloud.
func (c *Cloud) audienceService(resource string) (string, bool) {
	switch {
	case resource == c.info.GraphURL, resource == "https://"+c.national.graph:
		return serviceGraph, true
	case c.national.defender == nil:
		return "", false
	case resource == c.info.DefenderURL, slices.Contains(c.national.defender, resource):
		return serviceDefender, true
	}
	return "", false
}
