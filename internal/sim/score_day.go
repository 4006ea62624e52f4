package sim

import (
	"math"
	"strings"
	"time"
)

// scoreDays is for how many days scores are kept.
const scoreDays = 90

// A control is something that secure score measures.
type control struct {
	id, title, category, service, tier string

	max    float64
	impact string
}

func controls() []control {
	const entra, core = "AzureAD", "Core"
	return []control{
		{"AdminMFAV2", "Ensure multifactor authentication is enabled for all users in administrative roles", "Identity", entra, core, 10, "Low"},
		{"MFARegistrationV2", "Ensure multifactor authentication is enabled for all users", "Identity", entra, core, 9, "High"},
		{"BlockLegacyAuthentication", "Enable policies to block legacy authentication", "Identity", entra, core, 8, "Moderate"},
		{"SigninRiskPolicy", "Protect all users with a sign-in risk policy", "Identity", entra, core, 7, "Moderate"},
		{"UserRiskPolicy", "Protect all users with a user risk policy", "Identity", entra, core, 7, "Moderate"},
		{"OneAdmin", "Designate more than one Global Administrator", "Identity", entra, core, 1, "Low"},
		{"RoleOverlap", "Use least privileged administrative roles", "Identity", entra, core, 1, "Low"},
		{"SelfServicePasswordReset", "Enable self-service password reset", "Identity", entra, core, 1, "Moderate"},
		{"PWAgePolicyNew", "Do not let passwords expire", "Identity", entra, core, 8, "Moderate"},
		{"IntegratedApps", "Do not allow users to grant consent to unreliable applications", "Identity", entra, core, 4, "Moderate"},
		{"aad_limited_administrative_roles", "Ensure that between two and four Global Administrators are designated", "Identity", entra, core, 1, "Low"},
		{"McasFirewallLogUpload", "Deploy a log collector to discover shadow IT", "Apps", "MCAS", "Advanced", 6, "Low"},
		{"mdo_safelinks", "Create Safe Links policies for email messages", "Apps", "EXO", "Defense in Depth", 9, "Moderate"},
		{"dlp_datalossprevention", "Ensure that data loss prevention policies are enabled", "Data", "MIP", "Defense in Depth", 5, "Moderate"},
		{"scid_2080", "Turn on tamper protection", "Device", "MDATP", core, 9, "Low"},
		{"scid_91", "Turn on Microsoft Defender Firewall", "Device", "MDATP", core, 8, "Low"},
		{"scid_2011", "Block credential stealing from the local security authority subsystem", "Device", "MDATP", core, 9, "Moderate"},
	}
}

func vendorObject() *object {
	return newObject("provider", "SecureScore", "providerVersion", nil, "subProvider", nil, "vendor", "Microsoft")
}

// populateControls makes the profiles, which nobody has touched yet.
func (t *tenant) populateControls(c *collection) {
	for i, k := range controls() {
		c.put(newObject("id", k.id, "azureTenantId", t.id, "actionType", "Config", "actionUrl", "https://security.microsoft.com/securescore?viewid=actions",
			"controlCategory", k.category, "title", k.title, "deprecated", false, "implementationCost", "Low", "lastModifiedDateTime", nil,
			"maxScore", k.max, "rank", i+1, "remediation", "<p>"+k.title+".</p>", "remediationImpact", "", "service", k.service,
			"threats", []string{"Account Breach"}, "tier", k.tier, "userImpact", k.impact, "complianceInformation", []*object{},
			"controlStateUpdates", []*object{}, "vendorInformation", vendorObject()))
	}
}

// takeSnapshots adds the score of every day that has begun since the last one.
func (t *tenant) takeSnapshots(now time.Time) {
	today := now.UTC().Truncate(24 * time.Hour)
	day := today.AddDate(0, 0, 1-scoreDays)
	if next := t.scored.AddDate(0, 0, 1); next.After(day) {
		day = next
	}
	for ; !day.After(today); day = day.AddDate(0, 0, 1) {
		t.collection(resScores).put(t.scoreOf(day))
		t.scored = day
	}
}

// scoreOf is a day's score, by the states that the controls have now.
func (t *tenant) scoreOf(day time.Time) *object {
	var current, most, identity, identityMost float64
	scores := []*object{}
	for _, k := range t.collection(resControls).objects() {
		full, _ := field{name: "maxScore"}.number(k)
		points := full * t.measured(k, day)
		if s := strings.ToLower(controlState(k)); s == "thirdparty" || s == "reviewed" {
			points = full
		}
		points = math.Round(points*100) / 100
		current, most = current+points, most+full
		if k.text("controlCategory") == "Identity" {
			identity, identityMost = identity+points, identityMost+full
		}
		scores = append(scores, newObject("controlCategory", k.text("controlCategory"), "controlName", idOf(k), "description", k.text("remediation"),
			"score", points, "scoreInPercentage", percent(points, full), "implementationStatus", "", "lastSynced", writeSeconds(day)))
	}
	users := len(t.collection(resUsers).items)
	return newObject("id", t.id+"_"+day.Format(time.DateOnly), "azureTenantId", t.id, "activeUserCount", users, "createdDateTime", writeSeconds(day),
		"currentScore", math.Round(current*100)/100, "enabledServices", t.services(), "licensedUserCount", users, "maxScore", most,
		"vendorInformation", vendorObject(), "averageComparativeScores", comparisons(most, identityMost), "controlScores", scores)
}

func percent(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return math.Round(10_000*part/whole) / 100
}

// measured is the share of a control that the tenant has put in place by a
// day. The share grows once in the quarter before the cloud starts.
func (t *tenant) measured(control *object, day time.Time) float64 {
	sum := digest(t.cloud.opts.Seed, t.key("control", idOf(control))...)
	share := float64(sum[0]%5) / 4
	if grown := t.cloud.start.AddDate(0, 0, -int(sum[1]%80)); day.Before(grown) {
		share = math.Max(0, share-0.25)
	}
	return share
}

// services are the products that count, as secure score names them.
func (t *tenant) services() []string {
	out := []string{}
	if t.spec().Licence != "free" {
		out = append(out, "HasAADP1")
	}
	if t.spec().Licence == "p2" {
		out = append(out, "HasAADP2")
	}
	if t.spec().Defender == "on" {
		out = append(out, "HasMDEP2")
	}
	return out
}

// comparisons are the averages of others.
func comparisons(most, identityMost float64) []*object {
	out := []*object{}
	for i, basis := range []string{"AllTenants", "TotalSeats", "IndustryTypes"} {
		share := 0.38 + 0.05*float64(i)
		o := newObject("basis", basis, "averageScore", math.Round(most*share*100)/100, "identityScore", math.Round(identityMost*share*100)/100,
			"identityScoreMax", identityMost, "appsScore", 4.5, "appsScoreMax", 15, "dataScore", 1.2, "dataScoreMax", 5,
			"deviceScore", 9.75, "deviceScoreMax", 26, "infrastructureScore", 0, "infrastructureScoreMax", 0)
		if basis == "TotalSeats" {
			o.set("SeatSizeRangeLowerValue", "101")
			o.set("SeatSizeRangeUpperValue", "500")
		}
		out = append(out, o)
	}
	return out
}
