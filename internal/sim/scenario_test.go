package sim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// portrait is everything that the seed decides, in every tenant.
func portrait(t *testing.T, opts Options) string {
	t.Helper()
	opts.Now = fixed
	c, err := build(opts)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, me := range c.Info().Tenants {
		out.Write(encode(me))
		for _, path := range append(collections(), resDefaults, resOrganization) {
			state, err := c.State(me.ID, path)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "\n%s %s", path, state)
		}
	}
	return out.String()
}

// TestSameSeed makes every scenario twice, and once with another seed.
func TestSameSeed(t *testing.T) {
	t.Parallel()
	for _, name := range Scenarios() {
		first := portrait(t, Options{Scenario: name, Tenants: 12, Seed: 7})
		if again := portrait(t, Options{Scenario: name, Tenants: 12, Seed: 7}); again != first {
			t.Errorf("%s: the same seed gave another cloud", name)
		}
		if other := portrait(t, Options{Scenario: name, Tenants: 12, Seed: 8}); other == first {
			t.Errorf("%s: another seed gave the same cloud", name)
		}
	}
}

// TestSID knows the one pair that is on record.
func TestSID(t *testing.T) {
	t.Parallel()
	if got, want := sidOf("588d7c15-8565-448e-bc2d-57f2b7c4c58a"), "S-1-12-1-1485667349-1150190949-4065799612-2328216759"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := sidOf("x"); got != "" {
		t.Errorf("no GUID has the SID %s", got)
	}
}

// A finding names a user at a time.
type finding struct {
	user     string
	at       time.Time
	endpoint bool // by Defender rather than Entra ID Protection
}

// findings lists whom the detectors of a tenant have named.
func findings(t *testing.T, c *Cloud) []finding {
	t.Helper()
	t0 := c.tenants[0]
	bySID := map[string]string{}
	for _, o := range t0.collection(resUsers).objects() {
		bySID[o.text("securityIdentifier")] = o.text("id")
	}
	when := func(o *object, name string) time.Time {
		at, err := parseTime(o.text(name))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	var out []finding
	for _, o := range t0.collection(resDetections).objects() {
		out = append(out, finding{o.text("userId"), when(o, "detectedDateTime"), false})
	}
	for resource, name := range map[string]string{resAlerts: "createdDateTime", resEndpointAlerts: "alertCreationTime"} {
		for _, o := range t0.collection(resource).objects() {
			text := string(o.raw("evidence"))
			for sid, id := range bySID {
				if strings.Contains(text, `"`+sid+`"`) || strings.Contains(text, id) {
					out = append(out, finding{id, when(o, name), true})
				}
			}
		}
	}
	return out
}

// TestTokenTheft checks the story: who is named by both detectors, who only by
// one, and that all of it lies in the last two days.
func TestTokenTheft(t *testing.T) {
	t.Parallel()
	c, err := build(Options{Scenario: "token-theft", Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.State("", resUsers); err != nil {
		t.Fatal(err)
	}
	named := map[string][2]int{}
	for _, f := range findings(t, c) {
		n := named[f.user]
		if f.endpoint {
			n[1]++
		} else {
			n[0]++
		}
		named[f.user] = n
		if ago := fixed().Sub(f.at); ago < 0 || ago > 48*time.Hour {
			t.Errorf("%s was named %s before start", f.user, ago)
		}
	}
	t0 := c.tenants[0]
	want := map[string][2]int{t0.guid("user", "victim"): {2, 2}, t0.guid("user", "glass1"): {1, 2}}
	for user, n := range named {
		if n[0] > 0 && n[1] > 0 && want[user] != n {
			t.Errorf("%s is named by both detectors: %v", user, n)
		}
		delete(want, user)
	}
	if len(want) > 0 || len(named) < 60 {
		t.Errorf("%d users are named, but not %v", len(named), want)
	}
	for _, o := range t0.collection(resAlerts).objects() {
		if o.text("serviceSource") == "microsoftDefenderForEndpoint" && t0.collection(resEndpointAlerts).get(o.text("providerAlertId")) == nil {
			t.Errorf("Graph alert %s is not in the feed of Defender for Endpoint", o.text("id"))
		}
	}
	for _, o := range t0.collection(resPolicies).objects() {
		for _, key := range []string{"glass1", "glass2"} {
			if !strings.Contains(string(o.raw("conditions")), t0.guid("user", key)) {
				t.Errorf("%s does not exclude %s", o.text("displayName"), key)
			}
		}
	}
}

// TestLive watches the story unfold as the clock is moved.
func TestLive(t *testing.T) {
	t.Parallel()
	c, err := build(Options{Scenario: "token-theft", Now: fixed, Live: true})
	if err != nil {
		t.Fatal(err)
	}
	high := func() (n int) {
		for _, path := range []string{resDetections, resAlerts, resEndpointAlerts} {
			state, err := c.State("", path)
			if err != nil {
				t.Fatal(err)
			}
			n += strings.Count(string(state), `:"high"`) + strings.Count(string(state), `"severity":"High"`)
		}
		return n
	}
	for _, step := range []struct {
		advance time.Duration
		want    int
	}{{0, 0}, {3 * time.Second, 1}, {time.Second, 1}, {time.Second, 4}, {2 * time.Second, 5}, {time.Hour, 7}} {
		c.Advance(step.advance)
		if got := high(); got != step.want {
			t.Errorf("after another %s: %d high findings, want %d", step.advance, got, step.want)
		}
	}
}

// TestOutcome plays the story to its end, and past it.
func TestOutcome(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: "token-theft", Tenants: 2})
	t0 := r.cloud.tenants[0]
	victim, glass := t0.guid("user", "victim"), t0.guid("user", "glass1")
	if o := r.cloud.Outcome(); o.OK || len(o.Problems) != 1 || !strings.Contains(o.Problems[0], "mira.castell") {
		t.Errorf("at start: %+v", o)
	}
	r.graph("POST", "users/"+victim+"/revokeSignInSessions", "")
	r.graph("PATCH", "users/"+victim, `{"accountEnabled":false}`)
	o := r.cloud.Outcome()
	want := []Refused{{glass, "break.glass.one@contoso.onmicrosoft.com", "Break Glass One", "break_glass"}}
	if !o.OK || len(o.Problems) != 0 || !slices.Equal(o.Refused, want) {
		t.Errorf("contained: %+v", o)
	}
	r.graph("PATCH", "users/"+glass, `{"accountEnabled":false}`)
	if o := r.cloud.Outcome(); o.OK || len(o.OtherWrites) != 1 || o.OtherWrites[0].Status != 403 {
		t.Errorf("one attempt too many: %+v", o)
	}
	if g := r.control("GET", "/outcome", ""); !strings.Contains(g.body, `"ok":false`) || !strings.Contains(g.body, `"other_writes":[{`) {
		t.Errorf("over the control API: %s", g.body)
	}
	if o := newRig(t, Options{}).cloud.Outcome(); !o.OK {
		t.Errorf("nothing was expected, and yet: %+v", o)
	}
}

// TestScenarioRefused lists scenarios with mistakes.
func TestScenarioRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"colour: blue":                                                      "colour",
		"tenant: {licence: e5}":                                             `"e5" is not free, p1 or p2`,
		"tenant: {defender: yes}":                                           `is not on, off or absent`,
		"tenant: {directory_roles: [King]}":                                 `unknown directory role "King"`,
		"tenant: {users: [{name: A}]}":                                      "needs a name and a key",
		"tenant: {hybrid: -1}":                                              "not negative",
		"noise: {risk: 3}":                                                  "tenant.crowd",
		"expect: {contained: [nobody]}":                                     "nothing defines user nobody",
		"events: [{resource: alerts, object: '{}'}]":                        `events[0]: object has no "id"`,
		"events: [{resource: alerts, object: 'x'}]":                         "events[0]: the object is not JSON",
		"tenant: {groups: [{key: g}]}":                                      "tenant.groups[0] needs a name, and a key",
		"tenant: {groups: [{key: g, name: G}, {key: g, name: H}]}":          "tenant.groups[1] needs a name, and a key",
		"tenant: {users: [{key: a, name: A}], groups: [{key: a, name: G}]}": "that no user and no other group has",
		"tenant: {groups: [{key: g, name: G, members: [x]}]}":               `group g: its member "x" is not the key`,
		"tenant: {groups: [{key: g, name: G, members: [g]}]}":               `group g: its member "g" is not the key`,
		"tenant: {groups: [{key: g, name: G, roles: [King]}]}":              `unknown directory role "King"`,
		"tenant: {policies: [{name: P, exclude_groups: [g]}]}":              "nothing defines group g",
		"cloud: mars": `"mars" is none of global, gcc`,
		"events: [{resource: alerts, object: '{\"id\":\"{user.id}\"}'}]":     "{user.id} is no word",
		"events: [{resource: nothing, object: '{\"id\":\"x\"}'}]":            `resource "nothing"`,
		"events: [{resource: alerts, object: '{\"id\":\"{time+1x}\"}'}]":     "{time+1x}",
		"events: [{at: -1s, resource: alerts, object: '{\"id\":\"{id}\"}'}]": "negative",
	} {
		path := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadScenario(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v", text, err)
		}
	}
	if _, err := loadScenario("nothing"); err == nil || !strings.Contains(err.Error(), "built in (empty, partner, token-theft)") {
		t.Errorf("unknown name: %v", err)
	}
}

// TestScenarioCloud plays the cloud of the scenario, unless the caller wants another.
func TestScenarioCloud(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(path, []byte("cloud: china\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, opts := range map[string]Options{"china": {Scenario: path}, "gcc": {Scenario: path, Cloud: "gcc"}, "global": {}} {
		c, err := build(opts)
		if err != nil || c.national.name != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := build(Options{Certificates: []Certificate{{PEM: "nothing"}}}); err == nil || !strings.Contains(err.Error(), "certificates[0]") {
		t.Errorf("a certificate that is none: %v", err)
	}
}

// TestRecorded injects recorded payloads and wants them back unchanged.
func TestRecorded(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "shared", "recorded")
	file, err := os.Open(filepath.Join(folder, "graph-alerts-v2.ndjson"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no folder %s with recorded payloads", folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := newRig(t, Options{})
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r.inject(resAlerts, lines.Text())
		g := r.graph("GET", resAlerts+ask("$filter", "lastUpdateDateTime ge 2023-10-20T00:00:00Z"), "")
		if !strings.Contains(g.body, lines.Text()) {
			t.Errorf("it came back as %s", g.body)
		}
	}
	events, err := os.ReadFile(filepath.Join(folder, "entra-user-risk-events.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(events)) {
		var event struct{ Properties json.RawMessage }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		r.inject(resDetections, string(event.Properties))
	}
	path := resDetections + ask("$filter", "detectedDateTime eq 2022-09-09T08:48:50.361Z")
	if ids, _ := r.graph("GET", path, "").ids(t); len(ids) != 1 || !strings.HasPrefix(ids[0], "d93ffb8d") {
		t.Errorf("the time without its zero was found in %v", ids)
	}
}

// BenchmarkStart makes ten thousand tenants.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		if _, err := build(Options{Tenants: 10_000, Scenario: "token-theft"}); err != nil {
			b.Fatal(err)
		}
	}
}
