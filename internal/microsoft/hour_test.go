package microsoft

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// A shared is the limit of one tenant as the service keeps it, and the rival
// that takes from it. The limit is documented as one request a second for all
// apps; a few may come close together, and a refused request counts: it
// empties what is left. Nobody is told when to come back.
type shared struct {
	left  float64
	at    time.Duration
	next  time.Duration // when the rival comes again
	rng   *rand.Rand
	greed func(time.Duration) time.Duration // mean pause of the rival at a time
}

const serviceBurst = 2

// take lets the rival go first with whatever it sent since, and then answers.
func (s *shared) take(at time.Duration) bool {
	for s.next < at {
		s.one(s.next)
		pause := s.greed(s.next)
		s.next += pause*7/8 + rand10(s.rng, pause/4)
	}
	return s.one(at)
}

func (s *shared) one(at time.Duration) bool {
	s.left, s.at = min(serviceBurst, s.left+max(0, at-s.at).Seconds()), max(s.at, at)
	if s.left < 1-1e-9 {
		s.left = 0
		return false
	}
	s.left--
	return true
}

// rand10 is a random time below d, by 10 µs.
func rand10(rng *rand.Rand, d time.Duration) time.Duration {
	const step = 10 * time.Microsecond
	return time.Duration(rng.Int64N(max(1, int64(d/step)))) * step
}

// A play is one tenant in the simulation: our client, its poller, and a person
// or playbook that contains now and then.
type play struct {
	c       *Client
	service shared
	skew    time.Duration // of our clock, for a while
	asked   time.Duration // when the containment under way was asked for; 0: none is
	held    time.Duration // how long our budget has held it since it was asked for or refused
}

// figures are what a simulation measured.
type figures struct {
	served, refused       int // polls
	contained, again      int // containments that were served; answers 429 to them
	heldMost, contWorst   time.Duration
	perMinute             []int // polls served
	refusedPerMinute      []int
	mostPerSecond, second int // polls that left in one second of all tenants
}

func (f *figures) String() string {
	answers := f.served + f.refused + f.contained + f.again
	return fmt.Sprintf("%d polls served, %d refused; %d containments served, %d refused; %.3f %% of answers are 429; longest hold of a containment %s, longest until served %s; at most %d polls in a second",
		f.served, f.refused, f.contained, f.again, 100*f.refusedPart(), f.heldMost, f.contWorst, f.mostPerSecond) + fmt.Sprintf(" (%d answers)", answers)
}

func (f *figures) refusedPart() float64 {
	return float64(f.refused+f.again) / float64(max(1, f.served+f.refused+f.contained+f.again))
}

// A wheel keeps what is due, by the millisecond, and hands it out in order.
// What is due later than it reaches goes round once more.
type wheel struct {
	slots [4096][]turn
}

type turn struct {
	at      time.Duration
	tenant  int32
	contain bool
}

func (w *wheel) put(t turn, now time.Duration) {
	ms := t.at / time.Millisecond
	ms = max(ms, now/time.Millisecond+1) // this millisecond is being played
	ms = min(ms, now/time.Millisecond+time.Duration(len(w.slots))-1)
	w.slots[ms%time.Duration(len(w.slots))] = append(w.slots[ms%time.Duration(len(w.slots))], t)
}

// A scene is what is simulated.
type scene struct {
	tenants int
	length  time.Duration
	greed   func(time.Duration) time.Duration // mean pause of the rival
	skew    func(time.Duration) time.Duration // how wrong our clock is
	every   time.Duration                     // mean time between containments of a tenant
	lateBy  time.Duration                     // how late a poller may wake up
}

// run plays a scene through the buckets of a Hub. It is the same every time.
func (sc scene) run(t *testing.T) *figures {
	t.Helper()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h := newBudgetCloud(t, func() time.Time { return start })
	f := &figures{perMinute: make([]int, int(sc.length/time.Minute)+1), refusedPerMinute: make([]int, int(sc.length/time.Minute)+1)}
	jitter := rand.New(rand.NewPCG(7, 7))
	h.jitter = jitter.Float64
	var w wheel
	var spare []turn
	plays := make([]play, sc.tenants)
	for i := range plays {
		c, err := h.Client(cordon.Tenant{ID: guid(i), ClientID: clientID}, NewSecretCredential("x"))
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		p := &plays[i]
		*p = play{c: c, service: shared{left: serviceBurst, rng: rng, greed: sc.greed, next: rand10(rng, 2*time.Second)}}
		w.put(turn{at: rand10(rng, 2*time.Second), tenant: int32(i)}, 0)
		if sc.every > 0 {
			w.put(turn{at: rand10(rng, 2*sc.every), tenant: int32(i), contain: true}, 0)
		}
	}
	for now := time.Duration(0); now < sc.length; now += time.Millisecond {
		if now%time.Second == 0 {
			f.second = 0
		}
		slot := &w.slots[now/time.Millisecond%time.Duration(len(w.slots))]
		due := *slot
		*slot = spare[:0]
		for _, at := range due {
			if at.at >= now+time.Millisecond {
				w.put(at, now)
				continue
			}
			at.at = max(at.at, now)
			next := sc.step(f, &plays[at.tenant], at, start)
			w.put(next, now)
		}
		spare = due
	}
	return f
}

// step lets one poll or containment ask, and returns when it asks again.
func (sc scene) step(f *figures, p *play, t turn, start time.Time) turn {
	if sc.skew != nil {
		p.skew = sc.skew(t.at)
	}
	now := start.Add(t.at + p.skew)
	if t.contain {
		return sc.contain(f, p, t, now)
	}
	const fam = FamilyIdentityProtection
	late := rand10(p.service.rng, sc.lateBy)
	if wait := p.c.pay(fam, 1, PriorityPoll, now); wait > 0 {
		t.at += wait + late
		return t
	}
	f.second++
	f.mostPerSecond = max(f.mostPerSecond, f.second)
	minute := t.at / time.Minute
	if p.service.take(t.at) {
		p.c.account.bucket(fam).served()
		f.served++
		f.perMinute[minute]++
	} else {
		p.c.account.bucket(fam).refused(p.c.hub.paces[fam], p.c.hub.at(now), 0, p.c.hub.jitter())
		f.refused++
		f.refusedPerMinute[minute]++
	}
	t.at += max(time.Millisecond, p.c.due(fam, PriorityPoll, now)+late)
	return t
}

// contain asks for a containment until it is served, as do does.
func (sc scene) contain(f *figures, p *play, t turn, now time.Time) turn {
	const fam = FamilyIdentityProtection
	if p.asked == 0 {
		p.asked, p.held = t.at, 0
	}
	if wait := p.c.pay(fam, 1, PriorityContain, now); wait > 0 {
		p.held += wait
		f.heldMost = max(f.heldMost, p.held)
		t.at += wait
		return t
	}
	if !p.service.take(t.at) {
		f.again++
		p.held = 0
		p.c.account.bucket(fam).refused(p.c.hub.paces[fam], p.c.hub.at(now), 0, p.c.hub.jitter())
		t.at += time.Millisecond
		return t
	}
	p.c.account.bucket(fam).served()
	f.contained++
	f.contWorst = max(f.contWorst, t.at-p.asked)
	p.asked = 0
	t.at += sc.every/2 + rand10(p.service.rng, sc.every)
	return t
}

func steady(pause time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return pause }
}

// An hour of ten thousand tenants, in each of which another app takes half of
// what Microsoft gives: our half is used, nearly nothing is refused, and
// containment goes at once.
func TestHourBesideARival(t *testing.T) {
	t.Parallel()
	sc := scene{tenants: simulatedTenants, length: time.Hour, greed: steady(2 * time.Second), every: 10 * time.Minute, lateBy: 50 * time.Millisecond}
	began := time.Now()
	f := sc.run(t)
	allowed := float64(sc.tenants) * 0.5 * sc.length.Seconds()
	used := float64(f.served+f.contained) / allowed
	t.Logf("%d tenants, in %s: %.2f %% of our share used; %s", sc.tenants, time.Since(began).Round(time.Millisecond), 100*used, f)
	if used < 0.95 || used > 1.01 {
		t.Errorf("%.2f %% of our share was used", 100*used)
	}
	if f.refusedPart() > 0.005 {
		t.Errorf("%.3f %% of the answers are 429", 100*f.refusedPart())
	}
	if f.heldMost > time.Second {
		t.Errorf("a containment was held for %s", f.heldMost)
	}
}

// A rival that takes everything for ten minutes: we ask seldom, and when it
// goes, our pace comes back within minutes and without a storm.
func TestRivalTakesAllAndGoes(t *testing.T) {
	t.Parallel()
	const from, to = 10 * time.Minute, 20 * time.Minute
	greed := func(at time.Duration) time.Duration {
		if at >= from && at < to {
			return 200 * time.Millisecond
		}
		return 2 * time.Second
	}
	sc := scene{tenants: 1000, length: 40 * time.Minute, greed: greed, lateBy: 50 * time.Millisecond}
	f := sc.run(t)
	refused, a := 0, float64(sc.tenants)
	for _, n := range f.refusedPerMinute[10:22] {
		refused += n
	}
	back := -1
	for m := 20; m < 40; m++ {
		if float64(f.perMinute[m])/a >= 0.9*30 && back < 0 {
			back = m - 20
		}
	}
	var tail int
	for _, n := range f.perMinute[25:40] {
		tail += n
	}
	used := float64(tail) / a / (15 * 30)
	t.Logf("%.1f refusals a tenant meanwhile; %.1f polls a minute in the minute after, at least 27 of 30 from minute %d on; %.2f %% of our share from 5 minutes after; at most %d polls in a second of %d tenants",
		float64(refused)/a, float64(f.perMinute[20])/a, back, 100*used, f.mostPerSecond, sc.tenants)
	if float64(refused)/a > 25 {
		t.Errorf("%.1f refusals a tenant", float64(refused)/a)
	}
	if back < 0 || back > 4 || used < 0.95 {
		t.Errorf("back after %d minutes, with %.2f %% later", back, 100*used)
	}
	if f.mostPerSecond > sc.tenants*6/10 {
		t.Errorf("%d polls of %d tenants in a second", f.mostPerSecond, sc.tenants)
	}
}

// A clock that is set back, or forward, by ten minutes: nobody starves, and
// nobody sends more in a row than before.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"back": -10 * time.Minute, "forward": 10 * time.Minute} {
		skew := func(at time.Duration) time.Duration {
			if at < 20*time.Minute {
				return 0
			}
			return by
		}
		for _, sc := range []scene{
			{tenants: 200, length: 40 * time.Minute, greed: steady(4 * time.Second), lateBy: 50 * time.Millisecond},
			{tenants: 200, length: 40 * time.Minute, greed: steady(4 * time.Second), lateBy: 50 * time.Millisecond, skew: skew},
		} {
			f := sc.run(t)
			least, most := f.perMinute[19], f.perMinute[19]
			for _, n := range f.perMinute[19:22] {
				least, most = min(least, n), max(most, n)
			}
			t.Logf("%s: from %.1f to %.1f polls a minute around it, %d refused", name, float64(least)/200, float64(most)/200, f.refused)
			if least < 200*28 || most > 200*31 || f.refused > 0 {
				t.Errorf("%s: from %.1f to %.1f polls a minute, %d refused", name, float64(least)/200, float64(most)/200, f.refused)
			}
		}
	}
}

// A rival that takes three quarters: we make do with about what it leaves,
// and do not ask on as if nothing had happened.
func TestRivalTakesMoreThanItsPart(t *testing.T) {
	t.Parallel()
	sc := scene{tenants: 500, length: time.Hour, greed: steady(4 * time.Second / 3), lateBy: 50 * time.Millisecond}
	f := sc.run(t)
	left := float64(sc.tenants) * 0.25 * sc.length.Seconds()
	t.Logf("%.2f %% of what the rival leaves used; %s", 100*float64(f.served)/left, f)
	if used := float64(f.served) / left; used < 0.8 || f.refusedPart() > 0.08 {
		t.Errorf("%.2f %% of what is left was used, %.3f %% refused", 100*used, 100*f.refusedPart())
	}
}
