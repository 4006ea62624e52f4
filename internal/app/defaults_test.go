package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

const (
	defaultsPath = "policies/identitySecurityDefaultsEnforcementPolicy"
	policiesPath = "identity/conditionalAccess/policies"
)

// defaults switches security defaults as somebody does in the portal.
func (w *world) defaults(on bool) {
	w.t.Helper()
	w.inject(defaultsPath, map[string]any{"isEnabled": on})
}

// posture are the notifications about the tenant's settings, as "severity
// reason: title".
func (w *world) posture() (lines []string) {
	for _, n := range w.told.of(cordon.NoticePosture) {
		lines = append(lines, fmt.Sprintf("%s %s: %s", n.Severity, n.Reason, n.Title))
	}
	return lines
}

// TestDefaultsSwitchedByOthers: security defaults that somebody switches off
// notify people once, with what to do next; switched on, they say so.
func TestDefaultsSwitchedByOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{mode: "observe"})
	w.defaults(true)
	w.sync()
	if got := w.posture(); len(got) != 0 {
		t.Fatalf("the first reading notified: %q", got)
	}
	steps := []struct {
		name   string
		change func()
		want   []string // parts of the one notification
	}{
		{"off, nothing in their place", func() { w.defaults(false) },
			[]string{"high security_defaults_off: Security defaults were switched off, not by Cordon: no Conditional Access policy is enabled either", "cordon defaults enable contoso --reason WHY"}},
		{"on", func() { w.defaults(true) }, []string{"informational security_defaults_on: Security defaults were switched on"}},
		{"off, policies in their place", func() {
			w.inject(policiesPath, map[string]any{"id": "p", "displayName": "MFA", "state": "Enabled"})
			w.sync() // they are read before
			w.defaults(false)
		}, []string{"medium security_defaults_off: Security defaults were switched off, not by Cordon: Conditional Access policies that are enabled: 1; check", "audit log of Microsoft Entra"}},
	}
	for i, s := range steps {
		s.change()
		w.sync()
		w.sync() // nothing changed since
		got := w.posture()
		if len(got) != i+1 {
			t.Fatalf("%s: %d notifications, want %d: %q", s.name, len(got), i+1, got)
		}
		for _, part := range s.want {
			if !strings.Contains(got[i], part) {
				t.Errorf("%s: %q does not say %q", s.name, got[i], part)
			}
		}
	}
}

// TestDefaultsSwitchedByUs: what a run of ours switched is no surprise. The
// run has notified people; the signal names it and makes no incident. The
// next switch by somebody else is not taken for ours.
func TestDefaultsSwitchedByUs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.defaults(true)
	w.sync()
	run := w.grantDefaults(cordon.ActionDisableSecurityDefaults)
	if run.State != cordon.RunDone || len(w.told.of(cordon.NoticeChanged)) != 1 {
		t.Fatalf("%s, %d notifications of the change", brief([]cordon.Run{run}), len(w.told.of(cordon.NoticeChanged)))
	}
	w.sync()
	w.sync()
	want := fmt.Sprintf("Security defaults were switched off by Cordon, asked for by %s in run %s", run.Requester, run.ID)
	if got := w.signals(); len(got) != 1 || got[0].Title != want || got[0].Severity != cordon.SeverityInformational {
		t.Errorf("signals: %+v; want one: %s", got, want)
	}
	if got, in := w.posture(), w.incidents(); len(got) != 0 || len(in) != 0 {
		t.Errorf("our own change: notified %q, incidents %+v", got, in)
	}
	w.defaults(true)
	w.sync()
	w.defaults(false)
	w.sync()
	if got := w.posture(); len(got) != 2 || !strings.Contains(got[0], "were switched on") || !strings.Contains(got[1], "switched off, not by Cordon") {
		t.Errorf("somebody else's changes: %q", got)
	}
}

// TestRefusedSwitchIsNotOurs: a run that was refused by Microsoft explains no
// change.
func TestRefusedSwitchIsNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.defaults(true)
	w.sync()
	w.fault(sim.Fault{Method: "PATCH", Path: "*/" + defaultsPath, Status: 403, Count: 1})
	if run := w.grantDefaults(cordon.ActionDisableSecurityDefaults); run.State != cordon.RunFailed {
		t.Fatal(brief([]cordon.Run{run}))
	}
	w.defaults(false)
	w.sync()
	if got := w.posture(); len(got) != 1 || !strings.Contains(got[0], "not by Cordon") {
		t.Errorf("got %q", got)
	}
}

// TestDefaultsSwitchedByUsWhileUnreadable: the first reading after a run of
// ours comes late, and fails. The switch is ours all the same.
func TestDefaultsSwitchedByUsWhileUnreadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.defaults(true)
	w.sync()
	if run := w.grantDefaults(cordon.ActionDisableSecurityDefaults); run.State != cordon.RunDone {
		t.Fatal(brief([]cordon.Run{run}))
	}
	w.fault(sim.Fault{Path: "*/" + defaultsPath, Status: 403, Count: 1})
	w.later(20 * time.Minute)
	if c := w.coverage()[cordon.SourceSecurityDefaults]; c.State != cordon.CoverageDenied {
		t.Fatalf("coverage: %+v", c)
	}
	w.later(30 * time.Minute)
	if got := w.posture(); len(got) != 0 {
		t.Errorf("notified of our own change: %q", got)
	}
	if got := w.signals(); len(got) != 1 || !strings.Contains(got[0].Title, "by Cordon") {
		t.Errorf("signals: %+v", got)
	}
}

// grantDefaults carries a person's wish to switch security defaults.
func (w *world) grantDefaults(action cordon.ActionName) cordon.Run {
	w.t.Helper()
	h := w.open(app.Options{})
	defer func() { _ = h.Close() }()
	run, err := h.Engine.Grant(w.t.Context(), engine.Wish{TenantID: w.tenant.ID, Person: "sam@desk", Why: "test",
		Steps: []cordon.PlannedStep{{Action: action, Target: cordon.NewTenantEntity(w.tenant.ID)}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// TestDefaultsAbsent: a tenant that does not have the resource answers 404.
// Collection and the command give one answer, absent, and nothing is made of
// it: no gap in coverage, no signal, no notification. A change behind it is
// seen.
func TestDefaultsAbsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.defaults(true)
	w.sync()
	w.fault(sim.Fault{Path: "*/" + defaultsPath, Status: 404, Count: 2})
	w.sync()
	o := ask(w, func(ctx context.Context, tx *store.Tx) (cordon.Observation, error) {
		return tx.Observation(ctx, w.tenant.ID, cordon.SourceSecurityDefaults)
	})
	shown := w.readDefaults()
	const reason = "the tenant does not have this setting: "
	if o.State != cordon.ObservedAbsent || !strings.HasPrefix(o.Reason, reason) {
		t.Errorf("collection: %s, %q", o.State, o.Reason)
	}
	if shown.State != cordon.ObservedAbsent || !strings.HasPrefix(shown.Reason, reason) || shown.Enabled != nil {
		t.Errorf("the command: %+v", shown)
	}
	if c := w.coverage()[cordon.SourceSecurityDefaults]; c.Missing() || c.Reason != "" {
		t.Errorf("coverage: %+v", c)
	}
	w.sync() // the resource is back, as it was
	if s, n := w.signals(), w.told.of(cordon.NoticeCoverage); len(s)+len(n)+len(w.posture()) != 0 {
		t.Errorf("signals %+v, notifications %+v, %q", s, n, w.posture())
	}
	w.fault(sim.Fault{Path: "*/" + defaultsPath, Status: 404, Count: 1})
	w.sync()
	w.defaults(false)
	w.sync()
	if got := w.posture(); len(got) != 1 || !strings.Contains(got[0], "switched off") {
		t.Errorf("switched off behind a 404: %q", got)
	}
}

func (w *world) readDefaults() app.Defaults {
	w.t.Helper()
	c := w.enlisted()
	picked, err := c.Select(app.Selection{})
	if err != nil {
		w.t.Fatal(err)
	}
	tenants, done, err := c.Enter(w.t.Context(), picked, app.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer done()
	return app.ReadDefaults(w.t.Context(), tenants, nil)[0]
}
