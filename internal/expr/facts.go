package expr

import (
	"time"

	"github.com/cordonhq/cordon"
)

// A Signal is one signal as expressions see it.
type Signal struct {
	Source       string    `cel:"source"`
	Detector     string    `cel:"detector"`
	Kind         string    `cel:"kind"`
	Severity     string    `cel:"severity"`
	SeverityRank int64     `cel:"severity_rank"`
	State        string    `cel:"state"`
	Title        string    `cel:"title"`
	Confirmed    bool      `cel:"confirmed"`
	OccurredAt   time.Time `cel:"occurred_at"`
	DetectedAt   time.Time `cel:"detected_at"`
}

// An Incident is an incident as expressions see it.
type Incident struct {
	EntityKind string   `cel:"entity_kind"`
	Score      int64    `cel:"score"`
	Floor      bool     `cel:"floor"` // the score may be higher: a source could not be read
	Sources    []string `cel:"sources"`
	Detectors  []string `cel:"detectors"`
}

// A Tenant is a tenant as expressions see it.
type Tenant struct {
	Name string            `cel:"name"`
	Mode string            `cel:"mode"`
	Tags map[string]string `cel:"tags"`
}

// Facts are what a condition is about: the variables incident, signals and
// tenant.
type Facts struct {
	Incident Incident
	Signals  []Signal
	Tenant   Tenant
}

// FactsOf returns the facts of one incident and its signals.
func FactsOf(t cordon.Tenant, in cordon.Incident, signals []cordon.Signal) Facts {
	f := Facts{
		Incident: Incident{
			EntityKind: string(in.Entity.Kind),
			Score:      int64(in.Score.Value),
			Floor:      in.Score.Floor(),
			Sources:    words(in.Sources),
			Detectors:  words(in.Detectors),
		},
		Signals: make([]Signal, 0, len(signals)),
		Tenant:  Tenant{Name: t.Name, Mode: string(t.Mode), Tags: t.Tags},
	}
	for _, s := range signals {
		f.Signals = append(f.Signals, signal(s))
	}
	return f
}

func signal(s cordon.Signal) Signal {
	return Signal{
		Source:       string(s.Source),
		Detector:     string(s.Detector),
		Kind:         s.Kind,
		Severity:     string(s.Severity),
		SeverityRank: int64(s.Severity.Rank()),
		State:        string(s.State),
		Title:        s.Title,
		Confirmed:    s.Confirmed,
		OccurredAt:   s.OccurredAt,
		DetectedAt:   s.DetectedAt,
	}
}

func words[S ~string](in []S) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		out = append(out, string(s))
	}
	return out
}
