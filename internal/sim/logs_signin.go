package sim

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// signInDays is how far back the generated sign-ins reach, and signInMost how
// many of a tenant's crowd have any.
const (
	signInDays = 7
	signInMost = 160
)

// A signIn is what differs from one sign-in to the next.
type signIn struct {
	id, correlation, user, name, upn, ip string

	at       time.Time
	location any
	failure  int // 0: it went well
	app      int
	risk     riskOfSignIn
}

// riskOfSignIn is what Entra ID Protection says of a sign-in.
type riskOfSignIn struct {
	level, during, state, detail string
	events                       []string
}

// failureReason is how the log words the error code of a sign-in.
func failureReason(code int) string {
	switch code {
	case 50126:
		return "Error validating credentials due to invalid username or password."
	case 50076:
		return "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication."
	case 50053:
		return "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."
	}
	return "Other."
}

// populateSignIns lets some of the crowd and the named users, those of last
// resort excepted, sign in during the week before the start.
func (t *tenant) populateSignIns() {
	var all []signIn
	for _, u := range t.spec().Users {
		if !u.BreakGlass {
			all = append(all, t.ordinary(named(u), 0))
		}
	}
	for i := range min(t.crowd(), signInMost) {
		if p := t.crowdMember(i); digest(t.cloud.opts.Seed, t.key("signs in", p.key)...)[0]%3 > 0 {
			all = append(all, t.ordinary(p, 0), t.ordinary(p, 1))
		}
	}
	slices.SortFunc(all, func(a, b signIn) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	for _, s := range all {
		t.collection(resSignIns).put(t.signInObject(s))
	}
}

// ordinary is a sign-in without risk. One in twelve fails.
func (t *tenant) ordinary(p person, n int) signIn {
	sum := digest(t.cloud.opts.Seed, t.key("sign-in", p.key, strconv.Itoa(n))...)
	back := time.Duration(int(sum[0])<<8|int(sum[1])) * (signInDays * 24 * time.Hour / (1 << 16))
	s := signIn{id: t.guid("sign-in", p.key, strconv.Itoa(n)), correlation: t.guid("sign-in correlation", p.key, strconv.Itoa(n)),
		user: t.guid("user", p.key), name: p.name, upn: p.account + "@" + t.domain, ip: "192.0.2." + strconv.Itoa(1+int(sum[2])%250),
		at: t.cloud.start.Add(-time.Minute - back), app: int(sum[3]), location: newObject("city", "Frankfurt am Main", "state", "Hessen",
			"countryOrRegion", "DE", "geoCoordinates", newObject("altitude", nil, "latitude", 50.11, "longitude", 8.68)),
		risk: riskOfSignIn{"none", "none", "none", "none", []string{}}}
	if sum[4]%12 == 0 {
		s.failure = []int{50126, 50076, 50053}[sum[5]%3]
	}
	return s
}

// gatherSignIns adds the sign-in of every detection that names one.
func (t *tenant) gatherSignIns() {
	for _, it := range t.unseen(resDetections) {
		t.signInOf(it.object)
	}
}

// signInOf adds the sign-in that a detection names, unless it is there.
func (t *tenant) signInOf(d *object) {
	id := d.text("requestId")
	if id == "" || t.collection(resSignIns).get(id) != nil {
		return
	}
	at, err := parseTime(cmp.Or(d.text("activityDateTime"), d.text("detectedDateTime")))
	if err != nil {
		at = t.cloud.clock.now()
	}
	s := signIn{id: id, correlation: d.text("correlationId"), user: d.text("userId"), name: d.text("userDisplayName"),
		upn: d.text("userPrincipalName"), ip: d.text("ipAddress"), at: at, location: d.raw("location"), risk: riskOfSignIn{
			level: cmp.Or(d.text("riskLevel"), "none"), during: "none", state: cmp.Or(d.text("riskState"), "none"), detail: cmp.Or(d.text("riskDetail"), "none"),
			events: []string{}}}
	if len(d.raw("location")) == 0 {
		s.location = nil
	}
	if event := d.text("riskEventType"); event != "" {
		s.risk.events = append(s.risk.events, event)
	}
	if d.text("detectionTimingType") == "realtime" {
		s.risk.during = s.risk.level
	}
	t.collection(resSignIns).put(t.signInObject(s))
}

// signInObject is a sign-in as the log keeps it.
func (t *tenant) signInObject(s signIn) *object {
	apps := [][2]string{{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"}, {"5e3ce6c0-2b1f-4285-8d4b-75ee78787346", "Microsoft Teams"},
		{"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal"}}
	app := apps[s.app%len(apps)]
	status := newObject("errorCode", s.failure, "failureReason", failureReason(s.failure), "additionalDetails", nil)
	return newObject("id", s.id, "createdDateTime", writeTime(s.at), "userDisplayName", orNull(s.name), "userPrincipalName", orNull(s.upn),
		"userId", orNull(s.user), "appId", app[0], "appDisplayName", app[1], "ipAddress", orNull(s.ip), "clientAppUsed", "Browser",
		"userAgent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "correlationId", orNull(s.correlation), "conditionalAccessStatus", "notApplied",
		"appliedConditionalAccessPolicies", []*object{}, "isInteractive", true, "riskDetail", s.risk.detail, "riskLevelAggregated", s.risk.level,
		"riskLevelDuringSignIn", s.risk.during, "riskState", s.risk.state, "riskEventTypes", []string{}, "riskEventTypes_v2", s.risk.events,
		"resourceDisplayName", "Microsoft Graph", "resourceId", graphAppID, "resourceTenantId", t.id, "homeTenantId", t.id,
		"servicePrincipalId", nil, "servicePrincipalName", nil, "status", status, "deviceDetail", newObject("deviceId", "", "displayName", "",
			"operatingSystem", "Windows10", "browser", "Edge 122.0.0", "isCompliant", false, "isManaged", false, "trustType", ""), "location", s.location)
}
