package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A tenant is one Entra directory. It is small until somebody looks into it:
// its content is made from the seed on first use.
type tenant struct {
	cloud     *Cloud
	index     int
	id        string
	name      string
	domain    string
	clientID  string
	secret    string
	principal string // object id of the app's service principal

	mu       sync.Mutex
	content  map[string]*collection // by resource path
	timeline []change               // what is still to happen, in order
	told     bool                   // the timeline has been laid out
	buckets  map[string]*bucket
	watch    *watch         // of users; nil until somebody wants to know
	seen     map[string]int // number of the last item of a collection that others have been made of
	scored   time.Time      // the last day that has a secure score
	past     []snapshot     // before the writes of late; kept while a fault makes reads stale

	scoring atomic.Int32 // requests to secure score that are under way
	reads   atomic.Int64 // requests so far whose answer may get lost
}

// A change is something that happens to a tenant at a moment of its own.
type change struct {
	at time.Time
	do func()
}

// companies are the names of the first tenants; later ones repeat them with a number.
func companies() []string {
	return []string{"contoso", "fabrikam", "adatum", "northwind", "tailspin", "woodgrove", "litware", "proseware", "relecloud", "vanarsdel"}
}

// peopleTenants makes all tenants and the ways to find them.
func (c *Cloud) peopleTenants() {
	c.byName = make(map[string]*tenant, 3*c.opts.Tenants)
	c.registry.home = make(map[string]*tenant, c.opts.Tenants)
	names := companies()
	for i := range c.opts.Tenants {
		name := names[i%len(names)]
		if i >= len(names) {
			name += strconv.Itoa(i / len(names))
		}
		key := strconv.Itoa(i)
		t := &tenant{
			cloud: c, index: i, name: name, domain: name + ".onmicrosoft.com",
			id:        seededGUID(c.opts.Seed, "tenant", key),
			clientID:  seededGUID(c.opts.Seed, "app", key),
			secret:    seededSecret(c.opts.Seed, "secret", key),
			principal: seededGUID(c.opts.Seed, "principal", key),
		}
		c.tenants = append(c.tenants, t)
		c.registry.home[t.clientID] = t
		c.byName[t.id], c.byName[t.name], c.byName[t.domain] = t, t, t
		c.info.Tenants = append(c.info.Tenants, TenantInfo{t.id, t.name, t.domain, t.clientID, t.secret})
	}
}

// tenantNamed finds a tenant by id, name or domain. No name means the first one.
func (c *Cloud) tenantNamed(name string) (*tenant, error) {
	if name == "" {
		return c.tenants[0], nil
	}
	t := c.byName[strings.ToLower(name)]
	if t == nil {
		return nil, fmt.Errorf("no tenant %q", name)
	}
	return t, nil
}

func (t *tenant) spec() *tenantSpec { return &t.cloud.scenario.Tenant }

// key returns the words that make ids of this tenant its own.
func (t *tenant) key(words ...string) []string {
	return append([]string{strconv.Itoa(t.index)}, words...)
}

// guid returns an id of this tenant that depends on the seed alone.
func (t *tenant) guid(words ...string) string {
	return seededGUID(t.cloud.opts.Seed, t.key(words...)...)
}

// hex returns n hexadecimal digits of this tenant that depend on the seed alone.
func (t *tenant) hex(n int, words ...string) string {
	return seededHex(t.cloud.opts.Seed, n, t.key(words...)...)
}

// crowd counts the generated users, fleet the generated devices.
func (t *tenant) crowd() int {
	if t.index > 0 {
		return t.cloud.scenario.Others.Crowd
	}
	return t.spec().Crowd
}

func (t *tenant) fleet() int {
	if t.index > 0 {
		return t.cloud.scenario.Others.Fleet
	}
	return t.spec().Fleet
}

// settle lets everything happen that is due. Callers hold the lock.
func (t *tenant) settle(now time.Time) {
	if !t.told {
		t.told = true
		if t.index == 0 {
			t.tell()
		}
	}
	for len(t.timeline) > 0 && !t.timeline[0].at.After(now) {
		next := t.timeline[0]
		t.timeline = t.timeline[1:]
		next.do()
	}
	t.keepUp(now)
}

// later makes something happen at a time to come. Callers hold the lock.
func (t *tenant) later(at time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(t.timeline, at, func(c change, at time.Time) int {
		if c.at.After(at) {
			return 1
		}
		return -1
	})
	t.timeline = slices.Insert(t.timeline, i, change{at, do})
}

// collection returns a collection with its content. Callers hold the lock.
func (t *tenant) collection(resource string) *collection {
	if c := t.content[resource]; c != nil {
		return c
	}
	if t.content == nil {
		t.content = map[string]*collection{}
	}
	c := &collection{}
	t.content[resource] = c
	t.populate(resource, c)
	return c
}
