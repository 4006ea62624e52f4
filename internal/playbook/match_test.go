package playbook

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/expr"
)

const ada = "aaaaaaaa-0000-0000-0000-000000000001"

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// A scene is what Match is asked about; the zero changes of it give a match.
type scene struct {
	book      Playbook
	in        cordon.Incident
	signals   []cordon.Signal
	detectors []cordon.Detector
	confirmed bool
}

// newScene returns a user, known by four names, about whom two detectors speak.
func newScene(t *testing.T) scene {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	signal := cordon.Signal{Source: cordon.SourceRiskDetections, Detector: cordon.DetectorIdentityProtection, State: cordon.SignalOpen, Severity: cordon.SeverityHigh, DetectedAt: noon()}
	other := signal
	other.Source, other.Detector, other.Severity = cordon.SourceEndpointAlerts, cordon.DetectorEndpoint, cordon.SeverityMedium
	e := cordon.NewUser(ada, "ada@contoso.test", "s-1-5-21-1").Add(cordon.NameUPN, "zoe@contoso.test").Add(cordon.NameDisplayName, "Ada")
	return scene{
		book: all[0], in: cordon.Incident{ID: "i1", TenantID: "t1", Entity: e, State: cordon.IncidentOpen},
		signals: []cordon.Signal{signal, other}, detectors: []cordon.Detector{cordon.DetectorEndpoint, cordon.DetectorIdentityProtection},
	}
}

func (s scene) match(ctx context.Context) (Match, error) {
	return s.book.Match(ctx, cordon.Tenant{ID: "t1"}, s.in, s.signals, s.detectors, s.confirmed, noon())
}

// wanted returns the match of an unchanged scene.
func wanted() Match {
	target := cordon.NewUser(ada, "ada@contoso.test", "")
	return Match{
		Wanted: true, Why: "2 of 2 detectors within 30m: defender_for_endpoint and entra_id_protection",
		Detectors: []cordon.Detector{cordon.DetectorEndpoint, cordon.DetectorIdentityProtection},
		Plan: cordon.Plan{Schema: cordon.PlanSchema, TenantID: "t1", Playbook: "contain-token-theft", Version: 1, Steps: []cordon.PlannedStep{
			{Action: cordon.ActionRevokeSessions, Target: target}, {Action: cordon.ActionDisableUser, Target: target},
		}},
	}
}

func TestMatchWanted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*scene)
		want   func(*Match)
	}{
		{"two detectors", func(*scene) {}, func(*Match) {}},
		{"confirmed, one detector", func(s *scene) { s.detectors, s.confirmed = s.detectors[:1], true },
			func(m *Match) {
				m.Detectors, m.Confirmed, m.Why = m.Detectors[:1], true, "confirmed by an administrator"
			}},
		{"confirmed, and two detectors", func(s *scene) { s.confirmed = true }, func(m *Match) { m.Confirmed = true }},
		{"contained before", func(s *scene) { s.in.State = cordon.IncidentContained }, func(*Match) {}},
		{"exactly as old as may be", func(s *scene) { s.age(48 * time.Hour) }, func(*Match) {}},
		{"a clock ahead by minutes", func(s *scene) { s.age(-10 * time.Minute) }, func(*Match) {}},
		{"only the UPN is known", func(s *scene) { s.in.Entity = cordon.NewUser("", "ada@contoso.test", "s-1-5-21-1") },
			func(m *Match) {
				for i := range m.Plan.Steps {
					m.Plan.Steps[i].Target = cordon.NewUser("", "ada@contoso.test", "")
				}
			}},
		{"no condition", func(s *scene) { s.book.When, s.signals[0].Severity = nil, cordon.SeverityLow }, func(*Match) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, want := newScene(t), wanted()
			tt.change(&s)
			tt.want(&want)
			if got, err := s.match(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, error %v\nwant %+v", got, err, want)
			}
		})
	}
}

// age makes every signal of the scene that old.
func (s *scene) age(d time.Duration) {
	for i := range s.signals {
		s.signals[i].DetectedAt = noon().Add(-d)
	}
}

func TestMatchNotWanted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*scene)
		want   string
	}{
		{"one detector", func(s *scene) { s.detectors = s.detectors[1:] }, "1 of 2 detectors: entra_id_protection"},
		{"no detector", func(s *scene) { s.detectors = nil }, "0 of 2 detectors: none"},
		{"too old", func(s *scene) { s.age(48*time.Hour + 1) }, "the newest open signal is older than 48h"},
		{"far in the future", func(s *scene) { s.age(-49 * time.Hour) }, "the newest open signal lies in the future"},
		{"all closed", func(s *scene) { s.signals[0].State, s.signals[1].State = cordon.SignalClosed, cordon.SignalClosed }, "no signal is open"},
		{"no signals", func(s *scene) { s.signals = nil }, "no signal is open"},
		{"merged", func(s *scene) { s.in.State = cordon.IncidentMerged }, "the incident went into another one"},
		{"none of high severity", func(s *scene) { s.signals[0].Severity = cordon.SeverityMedium }, "the condition of the playbook does not hold"},
		{"the high one is closed", func(s *scene) { s.signals[0].State = cordon.SignalClosed }, "the condition of the playbook does not hold"},
		{"only from devices", func(s *scene) { s.signals[0].Source = cordon.SourceEndpointAlerts }, "the condition of the playbook does not hold"},
		{"a device", func(s *scene) { s.in.Entity = cordon.NewDevice("m1", "") }, "revoke_sessions is for a user, the incident is about a device"},
		{"known by an on-premises SID only", func(s *scene) { s.in.Entity = cordon.NewUser("", "", "s-1-5-21-1") }, "neither object id nor UPN is known"},
		{"two object ids", func(s *scene) { s.in.Entity = s.in.Entity.Add(cordon.NameObjectID, "b") }, "the incident is about more than one object id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			tt.change(&s)
			want := Match{Why: tt.want, Detectors: s.detectors}
			if got, err := s.match(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, error %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestMatchError(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	var err error
	if s.book.When, err = expr.Compile(`tenant.tags.ring == "canary"`); err != nil {
		t.Fatal(err)
	}
	if got, err := s.match(t.Context()); err == nil || got.Wanted {
		t.Errorf("a tag that is missing: got %+v, error %v", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := s.match(ended); !errors.Is(err, context.Canceled) || got.Wanted {
		t.Errorf("an ended context: got %+v, error %v", got, err)
	}
}

// The plan of one incident has one hash, whatever else is learnt of the user.
func TestMatchHash(t *testing.T) {
	t.Parallel()
	one, two := newScene(t), newScene(t)
	two.in.Entity = two.in.Entity.Add(cordon.NameDisplayName, "Ada L.").Add(cordon.NameUPN, "zzz@contoso.test")
	a, errA := one.match(t.Context())
	b, errB := two.match(t.Context())
	if errA != nil || errB != nil || a.Plan.Hash() != b.Plan.Hash() {
		t.Errorf("got hashes %s and %s, errors %v, %v", a.Plan.Hash(), b.Plan.Hash(), errA, errB)
	}
}

// A playbook about the tenant plans for the tenant.
func TestMatchTenant(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.book.Steps, s.book.When, s.in.Entity = []cordon.ActionName{cordon.ActionEnableSecurityDefaults}, nil, cordon.NewTenantEntity("t1")
	got, err := s.match(t.Context())
	want := []cordon.PlannedStep{{Action: cordon.ActionEnableSecurityDefaults, Target: cordon.NewTenantEntity("t1")}}
	if err != nil || !reflect.DeepEqual(got.Plan.Steps, want) {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
}
