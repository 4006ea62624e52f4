package playbook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/expr"
)

// A Match says whether a playbook wants to act on an incident, and how.
type Match struct {
	Wanted    bool
	Why       string // one sentence for people, also when not wanted
	Plan      cordon.Plan
	Detectors []cordon.Detector
	Confirmed bool
}

// Match says whether p wants to act on an incident at now. The caller hands
// in what it found in the signals: the detectors that corroborate each other
// within p.Corroboration.Within, and whether an administrator confirmed.
//
// It wants to when enough detectors speak, or it is confirmed; when the newest
// open signal was noticed at most MaxAge before now; and when its condition
// holds. An error means that the condition could not be evaluated.
func (p Playbook) Match(ctx context.Context, t cordon.Tenant, in cordon.Incident, signals []cordon.Signal, detectors []cordon.Detector, confirmed bool, now time.Time) (Match, error) {
	m := Match{Detectors: detectors, Confirmed: confirmed}
	target, why := p.target(in)
	if why == "" {
		why = p.untimely(in, signals, now)
	}
	if why == "" && !confirmed && len(detectors) < p.Corroboration.Detectors {
		why = fmt.Sprintf("%d of %d detectors: %s", len(detectors), p.Corroboration.Detectors, spoken(detectors))
	}
	if why != "" {
		m.Why = why
		return m, nil
	}
	holds, err := p.holds(ctx, expr.FactsOf(t, in, signals))
	if err != nil {
		return m, fmt.Errorf("playbook %s on incident %s: %w", p.Name, in.ID, err)
	}
	if !holds {
		m.Why = "the condition of the playbook does not hold"
		return m, nil
	}
	m.Wanted, m.Why, m.Plan = true, p.reason(detectors, confirmed), p.plan(in.TenantID, target)
	return m, nil
}

// untimely says why it is not the time to act, or "".
func (p Playbook) untimely(in cordon.Incident, signals []cordon.Signal, now time.Time) string {
	if in.State == cordon.IncidentMerged {
		return "the incident went into another one"
	}
	newest, some := newestOpen(signals)
	switch {
	case !some:
		return "no signal is open"
	case newest.Sub(now) > p.MaxAge: // a clock that is wrong must not make news of everything
		return "the newest open signal lies in the future"
	}
	return p.TooOld(signals, now)
}

// TooOld says why the signals of an incident are too old to act on it, or "".
// A run asks again, for it may have been held, or Cordon stood still.
func (p Playbook) TooOld(signals []cordon.Signal, now time.Time) string {
	if newest, some := newestOpen(signals); some && now.Sub(newest) > p.MaxAge {
		return fmt.Sprintf("the newest open signal is older than %s", short(p.MaxAge))
	}
	return ""
}

// newestOpen returns when the newest open signal was noticed.
func newestOpen(signals []cordon.Signal) (newest time.Time, some bool) {
	for _, s := range signals {
		if s.State == cordon.SignalOpen {
			some = true
			if s.DetectedAt.After(newest) {
				newest = s.DetectedAt
			}
		}
	}
	return newest, some
}

func (p Playbook) holds(ctx context.Context, f expr.Facts) (bool, error) {
	if p.When == nil {
		return true, nil
	}
	return p.When.Eval(ctx, f)
}

func (p Playbook) reason(detectors []cordon.Detector, confirmed bool) string {
	if len(detectors) < p.Corroboration.Detectors && confirmed {
		return "confirmed by an administrator"
	}
	return fmt.Sprintf("%d of %d detectors within %s: %s", len(detectors), p.Corroboration.Detectors, short(p.Corroboration.Within), spoken(detectors))
}

func spoken(detectors []cordon.Detector) string {
	if len(detectors) == 0 {
		return "none"
	}
	words := make([]string, len(detectors))
	for i, o := range detectors {
		words[i] = string(o)
	}
	return strings.Join(words, " and ")
}

// target returns whom the steps are about, by the names that an action can
// use, or why there is nobody.
func (p Playbook) target(in cordon.Incident) (cordon.Entity, string) {
	e := cordon.Entity{Kind: in.Entity.Kind}
	for _, kind := range []cordon.NameKind{cordon.NameTenantID, cordon.NameObjectID, cordon.NameUPN} {
		e = e.Add(kind, in.Entity.Name(kind))
	}
	for _, a := range p.Steps {
		if want := kindOf(a); want != e.Kind {
			return e, fmt.Sprintf("%s is for a %s, the incident is about a %s", a, want, e.Kind)
		}
	}
	if e.ID() == "" {
		return e, "neither object id nor UPN is known"
	}
	if several(in.Entity) {
		return e, "the incident is about more than one object id"
	}
	return e, ""
}

func several(e cordon.Entity) bool {
	first := e.Name(cordon.NameObjectID)
	return slices.ContainsFunc(e.Names, func(n cordon.Name) bool { return n.Kind == cordon.NameObjectID && n.Value != first })
}

// kindOf returns what an action acts on.
func kindOf(a cordon.ActionName) cordon.EntityKind {
	if a.ForUsers() {
		return cordon.KindUser
	}
	return cordon.KindTenant
}

func (p Playbook) plan(tenantID string, target cordon.Entity) cordon.Plan {
	plan := cordon.Plan{Schema: cordon.PlanSchema, TenantID: tenantID, Playbook: p.Name, Version: p.Version}
	for _, a := range p.Steps {
		plan.Steps = append(plan.Steps, cordon.PlannedStep{Action: a, Target: target})
	}
	return plan
}
