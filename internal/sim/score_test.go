package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// scored is a secure score as a client reads it.
type scored struct {
	ID            string
	CurrentScore  float64
	MaxScore      float64
	ControlScores []struct {
		ControlName string
		Score       float64
	}
}

// today reads the newest secure score, with a token that holds.
func (r *rig) today() scored {
	r.t.Helper()
	r.signIn()
	g := r.graph("GET", resScores+ask("$top", "1"), "")
	var page struct{ Value []scored }
	if err := json.Unmarshal([]byte(g.body), &page); err != nil || len(page.Value) != 1 {
		r.t.Fatalf("status %d, body %s", g.status, g.body)
	}
	return page.Value[0]
}

func (s scored) of(control string) float64 {
	for _, c := range s.ControlScores {
		if c.ControlName == control {
			return c.Score
		}
	}
	return -1
}

// TestScores reads a score a day, newest first, and one by its id.
func TestScores(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  defender: off\n")})
	id := func(day string) string { return r.cloud.tenants[0].id + "_" + day }
	sizes, ids := r.walk(resScores)
	if len(sizes) != 9 || len(ids) != 90 || ids[0] != id("2026-03-01") || ids[89] != id("2025-12-02") {
		t.Errorf("got pages %v from %s to %s", sizes, ids[0], ids[len(ids)-1])
	}
	three, next := r.graph("GET", resScores+ask("$top", "3"), "").ids(t)
	if want := []string{id("2026-03-01"), id("2026-02-28"), id("2026-02-27")}; !slices.Equal(three, want) || !strings.Contains(next, "$skip=3") {
		t.Errorf("three days are %v, then %s", three, next)
	}
	if last, next := r.graph("GET", resScores+ask("$skip", "89"), "").ids(t); len(last) != 1 || next != "" {
		t.Errorf("after 89 days: %v, then %q", last, next)
	}
	if g := r.graph("GET", resScores+"/"+id("2026-02-27"), ""); !strings.Contains(g.body, `"createdDateTime":"2026-02-27T00:00:00Z"`) ||
		!strings.Contains(g.body, `"enabledServices":["HasAADP1","HasAADP2"]`) {
		t.Errorf("one day: %d %s", g.status, g.body)
	}
	now, sum := r.today(), 0.0
	for _, c := range now.ControlScores {
		sum += c.Score
	}
	if math.Abs(sum-now.CurrentScore) > 0.01 || now.CurrentScore <= 0 || now.CurrentScore >= now.MaxScore || len(now.ControlScores) != len(controls()) {
		t.Errorf("the controls come to %g in %+v", sum, now)
	}
}

// TestScoreControls lists what is measured and gets one profile in both forms.
func TestScoreControls(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if sizes, ids := r.walk(resControls); !slices.Equal(sizes, []int{10, 7}) || ids[0] != "AdminMFAV2" {
		t.Errorf("got pages %v from %s", sizes, ids[0])
	}
	for filter, want := range map[string]int{"controlCategory eq 'Identity'": 11, "controlCategory eq 'Device'": 3, "service eq 'MIP'": 1} {
		if _, ids := r.walk(resControls + ask("$filter", filter)); len(ids) != want {
			t.Errorf("%s: got %v, want %d", filter, ids, want)
		}
	}
	plain, keyed := r.graph("GET", resControls+"/UserRiskPolicy", ""), r.graph("GET", resControls+"('UserRiskPolicy')", "")
	if plain.status != 200 || plain.body != keyed.body || !strings.Contains(plain.body, `"controlStateUpdates":[],"vendorInformation":{"provider":"SecureScore"`) {
		t.Errorf("got %s and %s", plain.body, keyed.body)
	}
}

// vendor is what a change of a control must hold.
const vendor = `"vendorInformation":{"provider":"SecureScore","vendor":"Microsoft"}`

// TestPatchControl appends states to a history, and leaves it alone when the
// change is refused.
func TestPatchControl(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	const path = resControls + "/RoleOverlap"
	refused := []struct {
		path, body string
		status     int
		says       string
	}{
		{path, `{"state":"Reviewed"}`, 400, "'provider' and 'vendor'"},
		{path, `{"state":"Reviewed","vendorInformation":{"provider":"SecureScore"}}`, 400, "'provider' and 'vendor'"},
		{path, `{"state":"Reviewed","vendorInformation":{"vendor":"Microsoft"}}`, 400, "'provider' and 'vendor'"},
		{path, `{"state":"Planned",` + vendor + `}`, 400, "'Planned'"},
		{path, `{"state":3,` + vendor + `}`, 400, "'state' is not text"},
		{path, `{"state":"Reviewed","comment":{},` + vendor + `}`, 400, "'comment' is not text"},
		{path, `{"comment":"x",` + vendor + `}`, 501, "without 'state'"},
		{path, `{"state":"Reviewed","rank":1,` + vendor + `}`, 501, "'rank'"},
		{path, `[]`, 400, "not a JSON object"},
		{resControls + "/scid_2080", `{"state":"Reviewed",` + vendor + `}`, 400, "vulnerability management"},
		{resControls + "/nobody", `{"state":"Reviewed",` + vendor + `}`, 404, "nobody"},
	}
	for _, tt := range refused {
		g := r.graph("PATCH", tt.path, tt.body)
		if _, message := g.problem(t); g.status != tt.status || !strings.Contains(message, tt.says) {
			t.Errorf("%s %s: got %d %s", tt.path, tt.body, g.status, g.body)
		}
	}
	r.inject(resControls, `{"id":"own","controlCategory":"Device","maxScore":1}`)
	r.inject(resControls, `{"id":"SCID_own","controlCategory":"Apps","maxScore":1}`)
	for _, id := range []string{"own", "SCID_own"} {
		if g := r.graph("PATCH", resControls+"/"+id, `{"state":"Reviewed",`+vendor+`}`); g.status != 400 {
			t.Errorf("%s: %d %s", id, g.status, g.body)
		}
	}
	if g := r.graph("GET", path, ""); !strings.Contains(g.body, `"lastModifiedDateTime":null`) || !strings.Contains(g.body, `"controlStateUpdates":[]`) {
		t.Errorf("a refused change left %s", g.body)
	}
	if g := r.graph("PATCH", path, `{"assignedTo":"","comment":"seen","state":"reviewed",`+vendor+`}`); g.status != http.StatusNoContent || g.body != "" {
		t.Errorf("got %d %s", g.status, g.body)
	}
	g := r.graph("PATCH", path, `{"state":"IGNORED",`+vendor+`}`, "Prefer", "return=representation")
	var control struct {
		ID                  string
		ControlStateUpdates []map[string]string
	}
	if err := json.Unmarshal([]byte(g.body), &control); err != nil || g.status != 200 || g.header.Get("Preference-Applied") != "return=representation" {
		t.Fatalf("got %d %s", g.status, g.body)
	}
	app, now := r.cloud.Info().Tenants[0].ClientID, r.cloud.clock.now()
	got, _ := json.Marshal(control.ControlStateUpdates)
	want, _ := json.Marshal([]map[string]string{
		{"assignedTo": "", "comment": "seen", "state": "Reviewed", "updatedBy": app, "updatedDateTime": writeTime(now.Add(-2 * time.Second))},
		{"assignedTo": "", "comment": "", "state": "Ignored", "updatedBy": app, "updatedDateTime": writeTime(now)},
	})
	if string(got) != string(want) || control.ID != "RoleOverlap" {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestScoreFollowsStates gives controls states and looks at the score of that
// day, which stays, and of the days after it.
func TestScoreFollowsStates(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	full := map[string]float64{}
	measured := r.today()
	for _, k := range controls() {
		full[k.id] = k.max
	}
	var short []string // controls that are not complete
	for _, c := range measured.ControlScores {
		if c.Score < full[c.ControlName] && !strings.HasPrefix(c.ControlName, "scid_") {
			short = append(short, c.ControlName)
		}
	}
	set := func(control, state string) {
		if g := r.graph("PATCH", resControls+"/"+control, `{"state":"`+state+`",`+vendor+`}`); g.status != 204 {
			t.Fatalf("%s to %s: %d %s", control, state, g.status, g.body)
		}
	}
	set(short[0], "ThirdParty")
	set(short[1], "Reviewed")
	set(short[2], "Ignored")
	if now := r.today(); now.CurrentScore != measured.CurrentScore || now.ID != measured.ID {
		t.Errorf("the day's score went from %g to %g", measured.CurrentScore, now.CurrentScore)
	}
	r.cloud.Advance(24 * time.Hour)
	next := r.today()
	want := []float64{full[short[0]], full[short[1]], measured.of(short[2])}
	if got := []float64{next.of(short[0]), next.of(short[1]), next.of(short[2])}; !slices.Equal(got, want) || next.ID == measured.ID {
		t.Errorf("on %s the controls %v have %v, want %v", next.ID, short[:3], got, want)
	}
	if g := r.graph("GET", resScores+"/"+measured.ID, ""); !strings.Contains(g.body, fmt.Sprintf(`"currentScore":%g,`, measured.CurrentScore)) {
		t.Errorf("the day before became %s", g.body)
	}
	set(short[0], "Default")
	r.cloud.Advance(24 * time.Hour)
	if got, want := r.today().of(short[0]), measured.of(short[0]); got != want {
		t.Errorf("back to default: %g, want %g", got, want)
	}
	if _, ids := r.walk(resScores); len(ids) != scoreDays {
		t.Errorf("%d days are kept", len(ids))
	}
}

// TestUnseenScore changes a control before anybody has looked at a score.
func TestUnseenScore(t *testing.T) {
	t.Parallel()
	want := newRig(t, Options{}).today()
	r := newRig(t, Options{})
	for _, k := range controls() {
		r.graph("PATCH", resControls+"/"+k.id, `{"state":"Reviewed",`+vendor+`}`)
	}
	if got := r.today(); got.CurrentScore != want.CurrentScore {
		t.Errorf("today's score is %g, want %g", got.CurrentScore, want.CurrentScore)
	}
}

// TestScoreThrottle empties the bucket, and asks more than four times at once.
func TestScoreThrottle(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	t0, address := r.cloud.tenants[0], r.cloud.Info().GraphURL+"/v1.0/"+resControls
	read := func() got { return r.do("GET", address, "", "Authorization", "Bearer "+r.token[serviceGraph]) }
	t0.mu.Lock() // whoever comes waits here
	answers := make(chan got)
	for range maxScoring + 2 {
		go func() { answers <- read() }()
	}
	for t0.scoring.Load() < maxScoring+2 {
		runtime.Gosched()
	}
	t0.mu.Unlock()
	byStatus := map[int]int{}
	for range maxScoring + 2 {
		g := <-answers
		byStatus[g.status]++
		if g.status == http.StatusTooManyRequests && g.header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After is %q", g.header.Get("Retry-After"))
		}
	}
	if byStatus[200] != maxScoring || byStatus[429] != 2 {
		t.Errorf("six at once: %v", byStatus)
	}
	t0.mu.Lock()
	served := maxScoring + 2 // the bucket counts those as well
	for t0.throttle(familyScore, 1, fixed()) == nil {
		served++
	}
	t0.mu.Unlock()
	if g := read(); served != 10_000 || g.status != 429 || g.header.Get("Retry-After") != "1" {
		t.Errorf("after %d: %d %v", served, g.status, g.header)
	}
}
