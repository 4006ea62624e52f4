package expr

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func day(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }

// facts are those of a user that two detectors speak about, eleven hours apart.
func facts() Facts {
	return FactsOf(
		cordon.Tenant{ID: "t1", Name: "contoso", Mode: cordon.ModeEnforce, Tags: map[string]string{"ring": "canary"}, ClientID: "secret-app"},
		cordon.Incident{
			Entity:    cordon.NewUser("11111111-1111-1111-1111-111111111111", "", ""),
			Score:     cordon.Score{Value: 74, Unread: []cordon.Source{cordon.SourceAlerts}},
			Sources:   []cordon.Source{cordon.SourceRiskDetections, cordon.SourceEndpointAlerts},
			Detectors: []cordon.Detector{cordon.DetectorEndpoint, cordon.DetectorIdentityProtection},
		},
		[]cordon.Signal{
			{Source: cordon.SourceRiskDetections, Detector: cordon.DetectorIdentityProtection, Kind: "anomalousToken", Title: "Anomalous token",
				Severity: cordon.SeverityHigh, State: cordon.SignalOpen, Confirmed: true, OccurredAt: day(1), DetectedAt: day(2)},
			{Source: cordon.SourceEndpointAlerts, Detector: cordon.DetectorEndpoint, Severity: cordon.SeverityMedium, State: cordon.SignalClosed, OccurredAt: day(12), DetectedAt: day(13)},
		},
	)
}

func TestFactsOf(t *testing.T) {
	t.Parallel()
	want := Facts{
		Incident: Incident{EntityKind: "user", Score: 74, Floor: true, Sources: []string{"risk_detections", "endpoint_alerts"}, Detectors: []string{"defender_for_endpoint", "entra_id_protection"}},
		Signals: []Signal{
			{Source: "risk_detections", Detector: "entra_id_protection", Kind: "anomalousToken", Title: "Anomalous token", Severity: "high", SeverityRank: 4,
				State: "open", Confirmed: true, OccurredAt: day(1), DetectedAt: day(2)},
			{Source: "endpoint_alerts", Detector: "defender_for_endpoint", Severity: "medium", SeverityRank: 3, State: "closed", OccurredAt: day(12), DetectedAt: day(13)},
		},
		Tenant: Tenant{Name: "contoso", Mode: "enforce", Tags: map[string]string{"ring": "canary"}},
	}
	if got := facts(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		source string
		want   bool
	}{
		{`true`, true},
		{`incident.entity_kind == "user" && incident.score >= 70 && incident.floor`, true},
		{`"endpoint_alerts" in incident.sources && incident.detectors.size() == 2`, true},
		{`signals.exists(s, s.state == "open" && s.severity_rank >= rank("medium"))`, true},
		{`signals.exists(s, s.state == "closed" && s.severity_rank > rank("medium"))`, false},
		{`signals.exists(s, s.severity == "high" && s.confirmed && s.kind == "anomalousToken")`, true},
		{`signals.exists(s, s.title.matches("(?i)^anomalous"))`, true},
		{`signals.exists(a, signals.exists(b, a.detector != b.detector && b.occurred_at - a.occurred_at > duration("12h")))`, false},
		{`signals.exists(a, signals.exists(b, a.source != b.source && b.detected_at > a.detected_at))`, true},
		{`has(tenant.tags.ring) && tenant.tags.ring == "canary" && tenant.name == "contoso" && tenant.mode == "enforce"`, true},
		{`"vip" in tenant.tags && tenant.tags["vip"] == "yes"`, false},
	}
	for _, tt := range tests {
		t.Run(tt.source, func(t *testing.T) {
			t.Parallel()
			c, err := Compile(tt.source)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Eval(t.Context(), facts())
			if err != nil || got != tt.want || c.String() != tt.source {
				t.Errorf("got %v, error %v, source %q; want %v", got, err, c.String(), tt.want)
			}
		})
	}
}

func TestEvalWithoutFacts(t *testing.T) {
	t.Parallel()
	c, err := Compile(`signals.size() == 0 && tenant.tags.size() == 0 && incident.sources.size() == 0`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Eval(t.Context(), Facts{}); err != nil || !got {
		t.Errorf("got %v, error %v; want true", got, err)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, source string
		want         Error
	}{
		{"empty", " \n", Error{1, 1, "the condition is empty", ""}},
		{"too long", strings.Repeat(" ", maxSize) + "true", Error{1, 1, "the condition has 4100 bytes, at most 4096 are allowed", ""}},
		{"not a bool", `incident.score`, Error{1, 1, "the condition gives int, it must give bool", " | incident.score\n | ^"}},
		{"dynamic", `dyn(incident).scor == 1`, Error{1, 5, "dyn would hide misspelt names", " | dyn(incident).scor == 1\n |     ^"}},
		{"misspelt field", `incident.scor > 1`, Error{1, 9, "undefined field 'scor'", " | incident.scor > 1\n |         ^"}},
		{"misspelt field in a loop", "true &&\n signals.exists(s, s.sevrity == \"high\")", Error{2, 21, "undefined field 'sevrity'", " |  signals.exists(s, s.sevrity == \"high\")\n |                     ^"}},
		{"hidden field", `tenant.client_id == "a"`, Error{1, 7, "undefined field 'client_id'", " | tenant.client_id == \"a\"\n |       ^"}},
		{"unknown variable", "\n\n  env", Error{3, 3, "undeclared reference to 'env'", " |   env\n |   ^"}},
		{"misspelt severity", `rank("hihg") > 1`, Error{1, 6, `"hihg" is no severity: use one of ["unknown" "informational" "low" "medium" "high"]`, " | rank(\"hihg\") > 1\n |      ^"}},
		{"severity from the tenant", `rank(tenant.name) > 1`, Error{1, 12, "rank needs its text written out", " | rank(tenant.name) > 1\n |            ^"}},
		{"pattern from the tenant", `signals.exists(s, "a".matches(s.title))`, Error{1, 32, "matches needs its text written out", " | signals.exists(s, \"a\".matches(s.title))\n |                                ^"}},
		{"pattern from the tenant, as a function", `matches("a", tenant.name)`, Error{1, 20, "matches needs its text written out", " | matches(\"a\", tenant.name)\n |                    ^"}},
		{"broken pattern", `"a".matches("(")`, Error{1, 13, "invalid matches argument", " | \"a\".matches(\"(\")\n |             ^"}},
		{"huge pattern", `"a".matches("a{1000}")`, Error{1, 13, "regex program size 1002 exceeds limit of 200", " | \"a\".matches(\"a{1000}\")\n |             ^"}},
		{"broken duration", `duration("30 minutes") > duration("1m")`, Error{1, 10, "invalid duration argument", " | duration(\"30 minutes\") > duration(\"1m\")\n |          ^"}},
		{"loops too deep", `signals.exists(a, signals.exists(b, signals.exists(c, a.kind == c.kind)))`, Error{1, 51, "comprehension exceeds nesting limit",
			" | signals.exists(a, signals.exists(b, signals.exists(c, a.kind == c.kind)))\n |                                                   ^"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Compile(tt.source)
			var got *Error
			if !errors.As(err, &got) || *got != tt.want {
				t.Errorf("got  %#v\nwant %#v", got, tt.want)
			}
		})
	}
}

// What is hostile by its size is refused with a position, whatever the words.
func TestCompileRefusesBombs(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, want string }{
		{"parentheses", strings.Repeat("(", 500) + "true" + strings.Repeat(")", 500), "recursion limit"},
		{"lists", strings.Repeat("[", 500) + strings.Repeat("]", 500) + " == []", "recursion limit"},
		{"deep sums", "1" + strings.Repeat("+1", 1999) + " > 0", "recursion depth"},
		{"many nodes", "true" + strings.Repeat("||1<2", 700), "limit"},
		{"square of a square", `signals.map(a, signals).map(x, x.map(y, signals.map(z, y.title + z.title))).size() > 1`, "nesting limit"},
		{"cost", `signals.map(a, signals).map(x, x.map(y, y.title + y.title)).size() > 1`, "operations"},
		{"steering a terminal", "incident.score > \x1b[31m", "Syntax error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Compile(tt.source)
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || !strings.Contains(e.Message, tt.want) || strings.Contains(e.Error(), "\x1b") {
				t.Errorf("got %q, want an error with %q", err, tt.want)
			}
		})
	}
}

// wide returns facts of so many signals that a loop in a loop costs too much.
func wide() Facts {
	f := facts()
	for range 2000 {
		f.Signals = append(f.Signals, Signal{Title: strings.Repeat("a", 200)})
	}
	return f
}

func TestEvalStops(t *testing.T) {
	t.Parallel()
	c, err := Compile(`signals.exists(a, signals.exists(b, a.title + b.title == "x"))`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Eval(t.Context(), wide()); err == nil || got || !strings.Contains(err.Error(), "cost limit") {
		t.Errorf("at the cost limit: got %v, error %v", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := c.Eval(ended, wide()); got || !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: got %v, error %v", got, err)
	}
	if got, err := c.Eval(&endsLater{Context: t.Context(), done: make(chan struct{})}, wide()); got || !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that ends on the way: got %v, error %v", got, err)
	}
}

// endsLater is a context that ends when it is first waited on.
type endsLater struct {
	context.Context //nolint:containedctx // it is one
	done            chan struct{}
	once            sync.Once
}

func (c *endsLater) Done() <-chan struct{} {
	c.once.Do(func() { close(c.done) })
	return c.done
}

func (c *endsLater) Err() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

// A missing tag is an error, not a silent no: the author asks with has or in.
func TestEvalMissingTag(t *testing.T) {
	t.Parallel()
	c, err := Compile(`tenant.tags.vip == "yes"`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Eval(t.Context(), facts()); got || err == nil {
		t.Errorf("got %v, error %v", got, err)
	}
}

func TestConditionIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c, err := Compile(`signals.exists(s, s.title.matches("^Anomalous"))`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := c.Eval(context.Background(), facts()); err != nil || !got {
				t.Errorf("got %v, error %v", got, err)
			}
			if _, err := Compile(`incident.score > 1`); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		`signals.exists(s, s.severity_rank >= rank("medium"))`, `incident.score > 1 ? true : false`, `tenant.tags["a"] in ["b"]`,
		`timestamp("2026-01-01T00:00:00Z") < signals[0].occurred_at`, `"a".matches("(a|b)*")`, `[[[1]]] == {"a": b'c'}`, "`", "\x00", "expr.Signal{kind: 'a'}.kind == ''",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		start := time.Now()
		c, err := Compile(source)
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("compiling took %v", took)
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
				t.Errorf("error without a position: %v", err)
			}
			return
		}
		_, _ = c.Eval(t.Context(), facts()) // may fail, must end and not panic
	})
}
