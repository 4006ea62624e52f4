package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// overBefore is how long before start a story that is not told live has ended.
const overBefore = 5 * time.Second

// tell lays out the timeline: noise, which is always past, and the scenario's
// events, which are past unless the cloud is live. Callers hold the lock.
func (t *tenant) tell() {
	t.makeNoise()
	events := t.cloud.scenario.Events
	var last time.Duration
	for _, e := range events {
		last = max(last, e.At)
	}
	begin := t.cloud.start
	if !t.cloud.opts.Live {
		begin = begin.Add(-overBefore - last)
	}
	for i, e := range events {
		at := begin.Add(e.At)
		t.timeline = append(t.timeline, change{at, func() { t.happen(e, i, at) }})
	}
	slices.SortStableFunc(t.timeline, func(a, b change) int { return a.at.Compare(b.at) })
}

// happen puts an event's object in its place. Events were tried when the
// scenario was loaded, so a failure here is a bug in this package.
func (t *tenant) happen(e eventSpec, i int, at time.Time) {
	text, err := t.fill(e, i, at)
	if err == nil {
		_, err = t.put(e.Resource, []byte(text))
	}
	if err != nil {
		panic(fmt.Sprintf("sim: events[%d]: %v", i, err))
	}
}

// blank is a word in braces that an event's object leaves open.
var blank = regexp.MustCompile(`\{([a-z]+(?:\.[a-z]+)?)([+-][0-9a-z.]+)?\}`)

// fill writes an event's object with every {word} replaced.
func (t *tenant) fill(e eventSpec, i int, at time.Time) (string, error) {
	var wrong error
	words := t.words(e, i)
	text := blank.ReplaceAllStringFunc(e.Object, func(found string) string {
		parts := blank.FindStringSubmatch(found)
		if parts[1] == "time" {
			shift, err := time.ParseDuration(cmp.Or(parts[2], "0s"))
			if err != nil {
				wrong = fmt.Errorf("%s: %w", found, err)
			}
			return writeTime(at.Add(shift))
		}
		value, ok := words[parts[1]]
		if !ok || parts[2] != "" {
			wrong = fmt.Errorf("%s is no word that can be filled in here", found)
		}
		return value
	})
	if wrong == nil && !json.Valid([]byte(text)) {
		wrong = fmt.Errorf("the object is not JSON")
	}
	return text, wrong
}

// words are what an event's object may leave open, besides {time}.
func (t *tenant) words(e eventSpec, i int) map[string]string {
	key := cmp.Or(e.Key, "event"+strconv.Itoa(i))
	out := map[string]string{
		"id": t.guid("event", key), "hex": t.hex(64, "event", key), "number": strconv.Itoa(int(digest(t.cloud.opts.Seed, t.key(key)...)[0]) + 20),
		"tenant.id": t.id, "tenant.domain": t.domain,
	}
	for _, u := range t.spec().Users {
		if u.Key == e.User {
			p := named(u)
			id := t.guid("user", p.key)
			out["user.id"], out["user.sid"], out["user.name"] = id, sidOf(id), u.Name
			out["user.account"], out["user.upn"] = p.account, p.account+"@"+t.domain
		}
	}
	for _, d := range t.spec().Devices {
		if d.Key == e.Device {
			out["device.mde"], out["device.entra"] = t.hex(40, "machine", d.Key), t.guid("device", d.Key)
			out["device.name"] = strings.ToLower(d.Name)
		}
	}
	return out
}
