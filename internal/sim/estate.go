package sim

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// populatePolicies makes the Conditional Access policies. Break-glass accounts
// are excluded from every one of them.
func (t *tenant) populatePolicies(c *collection) {
	for i, p := range t.spec().Policies {
		c.put(t.policyObject(i, p))
	}
}

func (t *tenant) policyObject(i int, p policySpec) *object {
	include, roles, exclude := []string{"All"}, []string{}, []string{}
	groups, without := []string{}, []string{}
	for _, name := range p.Roles {
		r, _ := roleNamed(name)
		roles = append(roles, r.template)
		include = []string{}
	}
	for _, key := range p.Groups {
		groups = append(groups, t.guid("group", key))
		include = []string{}
	}
	for _, key := range p.ExcludeGroups {
		without = append(without, t.guid("group", key))
	}
	for _, u := range t.spec().Users {
		if u.BreakGlass {
			exclude = append(exclude, t.guid("user", u.Key))
		}
	}
	for _, key := range p.Exclude {
		exclude = append(exclude, t.guid("user", key))
	}
	none := []string{}
	users := newObject("includeUsers", include, "excludeUsers", exclude, "includeGroups", groups, "excludeGroups", without,
		"includeRoles", roles, "excludeRoles", none, "includeGuestsOrExternalUsers", nil, "excludeGuestsOrExternalUsers", nil)
	apps := newObject("includeApplications", []string{"All"}, "excludeApplications", none, "includeUserActions", none,
		"includeAuthenticationContextClassReferences", none, "applicationFilter", nil)
	conditions := t.cloud.trimmed("conditions", newObject("userRiskLevels", orEmpty(p.User), "signInRiskLevels", orEmpty(p.SignIn), "clientAppTypes", p.Clients,
		"servicePrincipalRiskLevels", none, "insiderRiskLevels", nil, "platforms", nil, "locations", nil, "devices", nil,
		"clientApplications", nil, "authenticationFlows", nil, "applications", apps, "users", users))
	grant := t.cloud.trimmed("grantControls", newObject("operator", "OR", "builtInControls", orEmpty(p.Controls), "customAuthenticationFactors", none, "termsOfUse", none,
		"authenticationStrength", nil))
	return newObject("id", t.guid("policy", strconv.Itoa(i)), "templateId", nil, "displayName", p.Name,
		"createdDateTime", writeTime(t.cloud.start.AddDate(-1, 0, i)), "modifiedDateTime", nil, "state", p.State,
		"sessionControls", nil, "conditions", conditions, "grantControls", grant)
}

// orEmpty turns no list into an empty one.
func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// populateMachines makes the named devices, then the fleet.
func (t *tenant) populateMachines(c *collection) {
	for _, d := range t.spec().Devices {
		c.put(t.machineObject(d))
	}
	for i := range t.fleet() {
		c.put(t.machineObject(t.fleetDevice(i)))
	}
}

// fleetDevice invents the i-th generated device, which belongs to the i-th crowd user.
func (t *tenant) fleetDevice(i int) deviceSpec {
	return deviceSpec{Key: "fleet" + strconv.Itoa(i), Name: fmt.Sprintf("%s-pc%03d", t.name, i+1)}
}

// machineObject is a device as Defender for Endpoint keeps it.
func (t *tenant) machineObject(d deviceSpec) *object {
	start := t.cloud.start
	sum := digest(t.cloud.opts.Seed, t.key("address", d.Key)...)
	address := fmt.Sprintf("10.%d.%d.%d", sum[0]%16, sum[1], 1+sum[2]%254)
	return newObject("id", t.hex(40, "machine", d.Key), "computerDnsName", d.Name,
		"firstSeen", writeTime(start.AddDate(0, -6, 0)), "lastSeen", writeTime(start.Add(-time.Duration(sum[3])*time.Minute)),
		"osPlatform", cmp.Or(d.OS, "Windows11"), "osProcessor", "x64", "osArchitecture", "64-bit", "version", "23H2", "osBuild", 22631,
		"lastIpAddress", address, "lastExternalIpAddress", "203.0.113.10", "ipAddresses", []*object{newObject("ipAddress", address,
			"macAddress", strings.ToUpper(t.hex(12, "mac", d.Key)), "type", "Ethernet", "operationalStatus", "Up")},
		"healthStatus", "Active", "onboardingStatus", "onboarded", "rbacGroupId", 0, "rbacGroupName", nil, "riskScore", "None",
		"exposureLevel", "Low", "deviceValue", "Normal", "aadDeviceId", t.guid("device", d.Key), "isAadJoined", true, "machineTags", []string{})
}
