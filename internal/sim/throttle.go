package sim

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// A limit is a published throttle. It is kept as a bucket that fills evenly
// and holds at most burst; one bucket per tenant.
type limit struct {
	name   string
	amount float64
	per    time.Duration
	burst  float64
	after  bool // answers tell how long to wait
}

// The families of limits. A route names one; a family may have several limits.
const (
	familyIdentity  = "identity protection and conditional access"
	familySecurity  = "security"
	familyDirectory = "identity and access"
	familyWrites    = "identity and access writes"
	familyDefender  = "defender for endpoint"

	familyMethods            = "authentication methods"
	familySubscriptions      = "subscriptions"
	familySubscriptionWrites = "subscription writes"

	familyScore         = "secure score"
	familyHunting       = "hunting"
	familyReports       = "reports and audit logs"
	familyEndpointBatch = "defender for endpoint, many alerts at once"
)

// limits are the published throttles, all per tenant. A cloud has one app per
// tenant, so "per app and tenant" and "per tenant" are the same here.
func limits(family string, users int) []limit {
	switch family {
	case familyIdentity: // one a second for all apps; two may come close together; never a Retry-After
		return []limit{{"identity", 1, time.Second, 2, false}}
	case familySecurity:
		return []limit{{"security", 150, time.Minute, 150, true}}
	case familyDirectory:
		units := directoryUnits(users)
		return []limit{{"units", units, 10 * time.Second, units, true}}
	case familyWrites:
		units := directoryUnits(users)
		return []limit{{"units", units, 10 * time.Second, units, true}, {"writes", 3000, 150 * time.Second, 3000, true}}
	case familyMethods: // the same bucket as reports and audit logs
		return []limit{{"reports", 5, 10 * time.Second, 5, true}}
	case familySubscriptions:
		return []limit{{"subscriptions", 5000, 20 * time.Second, 5000, true}}
	case familySubscriptionWrites:
		return []limit{{"subscriptions", 5000, 20 * time.Second, 5000, true}, {"subscription writes", 1000, 20 * time.Second, 1000, true}}
	case familyDefender:
		return []limit{{"minute", 100, time.Minute, 100, true}, {"hour", 1500, time.Hour, 1500, true}}
	case familyScore: // and four at a time
		return []limit{{"score", 10_000, 10 * time.Minute, 10_000, true}}
	case familyHunting:
		return []limit{{"hunting", 45, time.Minute, 45, true}}
	case familyReports:
		return []limit{{"reports", 5, 10 * time.Second, 5, true}}
	case familyEndpointBatch:
		return []limit{{"batch minute", 10, time.Minute, 10, true}, {"batch hour", 500, time.Hour, 500, true}}
	}
	return nil
}

// directoryUnits are the resource units per ten seconds, by the size of the tenant.
func directoryUnits(users int) float64 {
	switch {
	case users < 50:
		return 3500
	case users <= 500:
		return 5000
	}
	return 8000
}

// A bucket is what is left of a limit.
type bucket struct {
	left float64
	at   time.Time
}

// take spends cost and reports whether there was enough. A refused request
// counts as well: it empties the bucket.
func (b *bucket) take(l limit, cost float64, now time.Time) (wait time.Duration, ok bool) {
	rate := l.amount / l.per.Seconds()
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left, b.at = math.Min(l.burst, b.left+passed*rate), now
	}
	if b.left >= cost {
		b.left -= cost
		return 0, true
	}
	b.left = 0
	return time.Duration(cost / rate * float64(time.Second)), false
}

// throttle refuses a request that is over a limit of its family. Callers hold the lock.
func (t *tenant) throttle(family string, cost int, now time.Time) error {
	if t.cloud.opts.Calm {
		return nil
	}
	if t.buckets == nil {
		t.buckets = map[string]*bucket{}
	}
	for _, l := range limits(family, t.crowd()+len(t.spec().Users)) {
		b := t.buckets[l.name]
		if b == nil {
			b = &bucket{left: l.burst, at: now}
			t.buckets[l.name] = b
		}
		if l.name == "writes" {
			cost = 1
		}
		if wait, ok := b.take(l, float64(cost), now); !ok {
			return t.tooMany(l, wait)
		}
	}
	return nil
}

// tooMany is the 429 of a limit.
func (t *tenant) tooMany(l limit, wait time.Duration) error {
	r := refuse(http.StatusTooManyRequests, "TooManyRequests", "Please retry again later.")
	r.header = http.Header{}
	if l.after {
		r.header.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	}
	switch l.name {
	case "hunting":
		r.message = "This tenant has used up its hunting calls: 45 calls per minute. Please retry again later."
	case "units":
		r.header.Set("x-ms-throttle-scope", "Tenant_Application/ReadWrite/"+t.clientID+"/"+t.id)
		r.header.Set("x-ms-throttle-information", "ResourceUnitLimitExceeded")
	case "writes":
		r.header.Set("x-ms-throttle-scope", "Tenant_Application/Write/"+t.clientID+"/"+t.id)
		r.header.Set("x-ms-throttle-information", "WriteLimitExceeded")
	}
	return r
}
