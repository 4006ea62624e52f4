package microsoft

import (
	"fmt"
	"strconv"
	"time"
)

// A Family is a set of calls that share one limit of the service.
type Family uint8

// The families.
const (
	FamilyIdentityProtection Family = iota // risk and Conditional Access
	FamilySecurity                         // Graph security: alerts, incidents, identity accounts
	FamilySecureScore                      // secure scores and control profiles
	FamilyHunting                          // advanced hunting
	FamilyDirectory                        // reads of users, roles and policies, in resource units
	FamilyDirectoryWrites                  // writes of the same
	FamilyLookup                           // lookups of names beside correlation: a small part of the reads
	FamilyEndpoint                         // Defender for Endpoint
	FamilyEndpointBatch                    // its batch update of alerts
	FamilyReports                          // sign-ins, directory audits, authentication methods
	FamilyGraph                            // all of Graph together; no call names it
	families
)

// String returns the family's name in logs, metrics and lists.
func (f Family) String() string { return limits[f].name }

// A scope says whose calls a limit counts.
type scope uint8

const (
	ofAppInTenant scope = iota // ours in one tenant
	ofTenant                   // those of every app in one tenant: we take our share
	ofApp                      // ours in all tenants
)

// A limit lets units through in any window of that length. Burst of them may
// go at once.
type limit struct {
	scope scope
	units float64
	per   time.Duration
	burst float64
	what  string // the units; "" are requests
}

// A familyLimits is everything that holds for the calls of a family.
type familyLimits struct {
	name       string
	calls      string   // which calls, for people
	source     string   // page and standing of the figures
	outside    bool     // not a part of Graph
	also       []Family // whose limits count each call, too, as one unit
	concurrent int      // calls of the app in one tenant at once; 0: any
	all        []limit  // at most two for a tenant and two for the app
}

const (
	pageLimits   = "microsoft-graph-docs concepts/throttling-limits"
	pageSecurity = "microsoft-graph-docs includes/throttling-security-detections-incidents"
)

// limits are the published limits. Where a page leaves open whether all apps
// of a tenant are counted together, they are taken to be.
var limits = [families]familyLimits{
	FamilyIdentityProtection: {
		name: "identity_protection", calls: "risk detections, risky users, Conditional Access, named locations",
		source: "microsoft-graph-docs includes/throttling-identityprotection-ca; a 429 names no time",
		all:    []limit{{ofTenant, 1, time.Second, 1, ""}},
	},
	FamilySecurity: {
		name: "security", calls: "alerts, incidents, identity accounts",
		source: pageSecurity + "; it names the older alerts, and nothing is published for the newer",
		all:    []limit{{ofAppInTenant, 150, time.Minute, 15, ""}},
	},
	FamilySecureScore: {
		name: "secure_score", calls: "secure scores, control profiles", source: pageSecurity + "; counted under security, too",
		also: []Family{FamilySecurity}, concurrent: 4,
		all: []limit{{ofAppInTenant, 10_000, 10 * time.Minute, 100, ""}},
	},
	FamilyHunting: {
		name: "hunting", calls: "hunting queries", source: "microsoft-graph-docs security-security-runhuntingquery; computing time is limited besides",
		all: []limit{{ofTenant, 45, time.Minute, 10, ""}},
	},
	FamilyDirectory: {
		name: "directory", calls: "users, groups, roles, service principals, policies",
		source: pageLimits + "; 5,000 units from 50 users on, 8,000 over 500",
		all:    []limit{{ofAppInTenant, directoryUnits[0], 10 * time.Second, 500, "units"}, {ofApp, 150_000, 20 * time.Second, 1500, "units"}},
	},
	FamilyDirectoryWrites: {
		name: "directory_writes", calls: "changes of the same", source: pageLimits + "; each costs a unit of directory, too",
		also: []Family{FamilyDirectory},
		all: []limit{
			{ofAppInTenant, 3000, 150 * time.Second, 100, "writes"}, {ofTenant, 18_000, 5 * time.Minute, 300, "writes"},
			{ofApp, 70_000, 5 * time.Minute, 500, "writes"},
		},
	},
	FamilyLookup: {
		name: "lookup", calls: "lookups of names that alerts give", source: "our own: one a second, and a tenth of directory over all tenants; each costs units of directory, too",
		also: []Family{FamilyDirectory},
		all:  []limit{{ofAppInTenant, 1, time.Second, 1, ""}, {ofApp, 7500, 20 * time.Second, 50, ""}},
	},
	FamilyEndpoint: {
		name: "endpoint", calls: "Defender for Endpoint", source: "defender-docs, page of each call", outside: true,
		all: []limit{{ofTenant, 100, time.Minute, 20, ""}, {ofTenant, 1500, time.Hour, 100, ""}},
	},
	FamilyEndpointBatch: {
		name: "endpoint_batch", calls: "batch update of its alerts", source: "defender-docs batch-update-alerts", outside: true,
		all: []limit{{ofTenant, 10, time.Minute, 4, ""}, {ofTenant, 500, time.Hour, 30, ""}},
	},
	FamilyReports: {
		name: "reports", calls: "sign-ins, directory audits, authentication methods",
		source: "microsoft-graph-docs includes/throttling-entra-logs-reports",
		all:    []limit{{ofAppInTenant, 5, 10 * time.Second, 2, ""}},
	},
	FamilyGraph: {
		name: "graph", calls: "everything in Graph together", source: pageLimits + " (January 2025)",
		all: []limit{{ofApp, 130_000, 10 * time.Second, 2000, ""}},
	},
}

// directoryUnits are the resource units per ten seconds of a tenant with less
// than 50 users, up to 500, and over.
var directoryUnits = [sizes]float64{3500, 5000, 8000}

const sizes = 3

// sizeOf returns the class of a tenant with that many users.
func sizeOf(users int) uint32 {
	switch {
	case users < 50:
		return 0
	case users <= 500:
		return 1
	}
	return 2
}

// reserve is the part of a burst that only containment uses.
const reserve = 0.2

// overdraft is how many requests containment may be ahead of the budget. The
// service may then answer 429; polling pays it back.
const overdraft = 5

// margin is by how much polling is slower than our share of what all apps
// take from. At exactly the limit, no app ever makes up for two requests that
// came close together, and the refusals never end.
const margin = 1.02

// A pace is a limit in the terms of a bucket.
type pace struct {
	each    time.Duration // time that one unit costs
	poll    time.Duration // how far ahead of the clock polling may be
	contain time.Duration // and containment
	full    time.Duration // time that one unit costs all apps together
	window  time.Duration // over which use is counted for people
	allowed float64       // units in that window
	words   string
}

// pace spreads a limit so that no window of its length sees more units than
// it allows, bursts included.
func (l limit) pace(share float64) pace {
	words, slack := l.words(), 1.0
	if l.scope == ofTenant {
		slack = margin
		words += ", our share " + strconv.FormatFloat(share, 'g', 4, 64)
	} else {
		share = 1
	}
	units, burst := l.units*share, max(1, l.burst*share)
	each := time.Duration(slack * float64(l.per) / max(units-(burst-1), units/2))
	ahead := func(n float64) time.Duration { return time.Duration(max(0, n-1) * float64(each)) }
	window := max(l.per, time.Minute) // less is over before anybody looks
	return pace{
		each: each, full: time.Duration(float64(l.per) / l.units), poll: ahead(burst * (1 - reserve)), contain: ahead(burst) + overdraft*each,
		window: window, allowed: units * float64(window) / float64(l.per), words: words,
	}
}

// words say what a limit is, and whose calls it counts where that is not
// ours in the tenant.
func (l limit) words() string {
	return l.amount() + [...]string{"", ", shared", ", in all tenants"}[l.scope]
}

func (l limit) amount() string {
	text := strconv.FormatFloat(l.units, 'f', -1, 64)
	if l.what != "" {
		text += " " + l.what
	}
	return text + "/" + perWords(l.per)
}

func perWords(d time.Duration) string {
	n, unit := d.Hours(), "h"
	switch {
	case d < time.Minute:
		n, unit = d.Seconds(), "s"
	case d < time.Hour:
		n, unit = d.Minutes(), "min"
	}
	if n == 1 {
		return unit
	}
	return fmt.Sprintf("%g %s", n, unit)
}

// paces returns the paces of a family: those of a tenant, or those of the app
// in all tenants.
func (f Family) paces(share float64, app bool) []pace {
	var all []pace
	for _, l := range limits[f].all {
		if (l.scope == ofApp) == app {
			all = append(all, l.pace(share))
		}
	}
	return all
}

// A Limit is one published limit, for people.
type Limit struct {
	Family Family
	Calls  string // which calls it counts
	Limit  string // in words
	Whose  string // whose calls it counts
	Source string // where Microsoft says so
}

// Limits returns every limit that budgets keep, by family.
func Limits() []Limit {
	var all []Limit
	for f := range families {
		of := &limits[f]
		add := func(words, whose string) {
			all = append(all, Limit{Family: f, Calls: of.calls, Limit: words, Whose: whose, Source: of.source})
		}
		for _, l := range of.all {
			add(l.amount(), l.scope.words())
		}
		if of.concurrent > 0 {
			add(atOnce(of.concurrent), ofAppInTenant.words())
		}
	}
	return all
}

func atOnce(n int) string { return strconv.Itoa(n) + " at once" }

func (s scope) words() string {
	return [...]string{"this app in one tenant", "all apps in one tenant", "this app in all tenants"}[s]
}
