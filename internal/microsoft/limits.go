package microsoft

import "time"

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
	FamilySubscriptions                    // change notifications
	FamilyEndpoint                         // Defender for Endpoint
	FamilyEndpointBatch                    // its batch update of alerts
	FamilyReports                          // sign-ins, directory audits, authentication methods
	families
)

// String returns the family's name in logs and metrics.
func (f Family) String() string { return limits[f].name }

// A limit lets units through in any window of that length. Burst of them may
// go at once.
type limit struct {
	units float64
	per   time.Duration
	burst float64
}

// limits are the published limits, for each tenant. Shared ones count the
// requests of every app in the tenant, so we take a share of them.
//
// Source: microsoft-graph-docs concepts/throttling-limits and its includes;
// for Defender for Endpoint the pages of the calls.
var limits = [families]struct {
	name   string
	shared bool
	all    []limit
}{
	// 1 request a second for all apps, and a 429 without Retry-After.
	FamilyIdentityProtection: {"identity_protection", true, []limit{{1, time.Second, 1}}},
	// 150 requests a minute for the app. The page names the older alerts;
	// nothing is published for alerts_v2, so it is held to the same.
	FamilySecurity: {"security", false, []limit{{150, time.Minute, 15}}},
	// 10,000 requests in 10 minutes for the app, and four at once.
	FamilySecureScore: {"secure_score", false, []limit{{10_000, 10 * time.Minute, 100}}},
	// At least 45 requests a minute for the tenant, besides computing time.
	FamilyHunting: {"hunting", true, []limit{{45, time.Minute, 10}}},
	// 3,500 resource units in 10 s for the app in a tenant of less than 50
	// users; larger tenants have more, which we do not use.
	FamilyDirectory: {"directory", false, []limit{{3500, 10 * time.Second, 500}}},
	// 3,000 writes in 2.5 minutes for the app.
	FamilyDirectoryWrites: {"directory_writes", false, []limit{{3000, 150 * time.Second, 100}}},
	// 1,000 writes in 20 s for the app.
	FamilySubscriptions: {"subscriptions", false, []limit{{1000, 20 * time.Second, 50}}},
	// 100 requests a minute and 1,500 an hour. The pages do not say whether
	// for the app or the tenant, so it is taken as shared.
	FamilyEndpoint: {"endpoint", true, []limit{{100, time.Minute, 20}, {1500, time.Hour, 100}}},
	// 10 a minute and 500 an hour.
	FamilyEndpointBatch: {"endpoint_batch", true, []limit{{10, time.Minute, 4}, {500, time.Hour, 30}}},
	// 5 requests in 10 s for the app.
	FamilyReports: {"reports", false, []limit{{5, 10 * time.Second, 2}}},
}

// reserve is the part of a burst that only containment uses.
const reserve = 0.2

// overdraft is how many requests containment may be ahead of the budget. The
// service may then answer 429; polling pays it back.
const overdraft = 5

// A pace is a limit in the terms of a bucket.
type pace struct {
	each    time.Duration // time that one unit costs
	poll    time.Duration // how far ahead of the clock polling may be
	contain time.Duration // and containment
}

// pace spreads a limit so that no window of its length sees more units than
// it allows, bursts included.
func (l limit) pace(share float64) pace {
	units, burst := l.units*share, max(1, l.burst*share)
	each := time.Duration(float64(l.per) / max(units-(burst-1), units/2))
	ahead := func(n float64) time.Duration { return time.Duration(max(0, n-1) * float64(each)) }
	p := pace{each: each, poll: ahead(burst * (1 - reserve)), contain: ahead(burst) + overdraft*each}
	return p
}

// paces returns the paces of a family under our share of what is shared.
func (f Family) paces(share float64) []pace {
	if !limits[f].shared {
		share = 1
	}
	all := make([]pace, 0, 2)
	for _, l := range limits[f].all {
		all = append(all, l.pace(share))
	}
	return all
}
