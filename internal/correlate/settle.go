package correlate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/cordonhq/cordon"
)

// settle makes one incident of a cluster and returns it with those that were
// merged into it, or nothing when nothing changed.
func (b *board) settle(cluster []node) []cordon.Incident {
	incidents, signals, lost := b.contents(cluster)
	old := cordon.Incident{State: cordon.IncidentOpen}
	if len(incidents) > 0 && incidents[0].Entity.Kind == cluster[0].entity.Kind {
		old = incidents[0]
	}
	in := b.filled(old, cluster, signals, lost)
	if slices.ContainsFunc(incidents, func(o cordon.Incident) bool {
		return o.State == cordon.IncidentContained && o.Entity.Kind == in.Entity.Kind
	}) {
		in.State = cordon.IncidentContained // the user was contained, whichever of them led to it
	}
	if old.ID == "" {
		in.TenantID, in.OpenedAt, in.ID = cluster[0].tenant, b.opts.Now, b.newID(cluster[0], signals)
	} else if len(incidents) == 1 && sameSet(in.Signals, old.Signals) && slices.Equal(in.Entity.Names, normal(old.Entity).Names) {
		return nil
	}
	return append([]cordon.Incident{in}, b.merged(incidents, in.ID)...)
}

// contents returns the incidents of a cluster, the oldest first but those that
// were about something else last, its signals in their newest versions, and the
// ids that known lacks.
func (b *board) contents(cluster []node) ([]cordon.Incident, []cordon.Signal, []string) {
	var incidents []cordon.Incident
	signals, lost := map[key]cordon.Signal{}, map[string]bool{}
	for _, n := range cluster {
		if n.incident == nil {
			signals[keyOf(n.news)] = n.news
			continue
		}
		incidents = append(incidents, *n.incident)
		for _, id := range n.incident.Signals {
			if s, ok := b.known[id]; ok {
				signals[keyOf(s)] = b.newest[keyOf(s)]
			} else {
				lost[id] = true
			}
		}
	}
	other := func(in cordon.Incident) int {
		if in.Entity.Kind == cluster[0].entity.Kind {
			return 0
		}
		return 1
	}
	slices.SortFunc(incidents, func(x, y cordon.Incident) int {
		return cmp.Or(cmp.Compare(other(x), other(y)), x.OpenedAt.Compare(y.OpenedAt), cmp.Compare(x.ID, y.ID))
	})
	return incidents, slices.SortedFunc(maps.Values(signals), oldestFirst), sorted(lost)
}

// filled returns the incident old with everything that its cluster says.
func (b *board) filled(old cordon.Incident, cluster []node, signals []cordon.Signal, lost []string) cordon.Incident {
	in := old
	in.Entity, in.UpdatedAt = cluster[0].entity, b.opts.Now
	in.FirstAt, in.LastAt = cluster[0].from, cluster[0].to
	for _, n := range cluster {
		in.FirstAt, in.LastAt = earlier(in.FirstAt, n.from), later(in.LastAt, n.to)
	}
	in.Signals = lost
	sources, detectors := map[cordon.Source]bool{}, map[cordon.Detector]bool{}
	for _, s := range signals {
		in.Signals = append(in.Signals, s.ID)
		sources[s.Source], detectors[s.Detector] = true, true
	}
	in.Sources, in.Detectors = inOrder(sources), sorted(detectors)
	in.Score = Score(in.Entity, WithoutEchoes(in.Entity, signals, b.opts.Acts), b.coverage, b.opts.Now)
	return in
}

// merged returns the other incidents as merged into survivor. Their signals are
// its own now.
func (b *board) merged(incidents []cordon.Incident, survivor string) []cordon.Incident {
	var out []cordon.Incident
	for _, in := range incidents {
		if in.ID == survivor {
			continue
		}
		in.State, in.MergedTo, in.Signals, in.UpdatedAt = cordon.IncidentMerged, survivor, nil, b.opts.Now
		out = append(out, in)
	}
	return out
}

func (b *board) newID(first node, signals []cordon.Signal) string {
	if b.opts.NewID != nil {
		return b.opts.NewID()
	}
	sum := sha256.Sum256([]byte(first.tenant + "\x00" + string(first.entity.Kind) + "\x00" + first.entity.ID() + "\x00" + signals[0].ID))
	return hex.EncodeToString(sum[:16])
}

// inOrder returns sources in the order in which they are read; ones that are
// not collected come last.
func inOrder(set map[cordon.Source]bool) []cordon.Source {
	all := sorted(set)
	rank := func(s cordon.Source) int {
		if i := slices.Index(cordon.Sources(), s); i >= 0 {
			return i
		}
		return len(cordon.Sources())
	}
	slices.SortStableFunc(all, func(x, y cordon.Source) int { return cmp.Compare(rank(x), rank(y)) })
	return all
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
