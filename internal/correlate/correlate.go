// Package correlate joins signals about the same entity into incidents, and
// says how strongly they speak.
//
// It is pure: it opens no database and asks no clock. Which incidents may
// still be joined, and what follows from a changed one, is the caller's
// matter.
package correlate

import (
	"cmp"
	"slices"
	"time"

	"github.com/cordonhq/cordon"
)

// Options tune Join. The zero value joins within a day and derives ids.
type Options struct {
	Window time.Duration // how far from an incident a signal may lie to join it; default 24h
	NewID  func() string // gives a new incident its id; default: derived from entity and oldest signal
	Now    time.Time     // when the joining happens; times beyond it are taken for it
	Acts   []Act         // our own actions in the tenant: their echoes raise no score
}

// Join puts news into the open incidents of one tenant, or opens new ones. It
// returns every incident that is new or changed, whole, in an order that does
// not depend on that of its arguments; known carries the signals of open, by
// id.
//
// There is one incident for each user or service principal that a signal
// names; a signal that names none goes to its devices, and one without
// devices to the tenant. Feeds call an entity by different names: who shares
// a name is the same, save that two object ids are always two. A name that
// two object ids claim joins nobody. All names that are known for an entity
// are learnt by each of its incidents.
//
// A signal spans the time from when it happened to when it was noticed. What
// lies within Window of each other is one incident, so that an incident grows
// with what it holds and the order of news does not matter. Open incidents
// that turn out to be one are merged into the oldest (by OpenedAt, then ID):
// it takes all signals, the others are returned as IncidentMerged, and it is
// contained when any of them was. An incident that is already merged is left
// alone.
//
// A new version of a known signal takes the old one's place. The score is
// that of the time of the change.
func Join(open []cordon.Incident, known map[string]cordon.Signal, news []cordon.Signal, coverage []cordon.Coverage, opts Options) []cordon.Incident {
	opts.Window = cmp.Or(opts.Window, 24*time.Hour)
	b := &board{known: known, coverage: coverage, opts: opts, newest: map[key]cordon.Signal{}}
	b.putIncidents(open)
	b.putNews(news)
	var out []cordon.Incident
	for _, c := range b.clusters() {
		out = append(out, b.settle(c)...)
	}
	return out
}

// A key is what all versions of a signal share.
type key struct {
	tenant string
	source cordon.Source
	id     string
}

// keyOf returns the key of s. Without a native id each signal stands alone.
func keyOf(s cordon.Signal) key {
	if s.NativeID == "" {
		return key{s.TenantID, "", s.ID}
	}
	return key{s.TenantID, s.Source, s.NativeID}
}

// newer orders versions of one signal, the newest last.
func newer(a, b cordon.Signal) int {
	return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.Version, b.Version), cmp.Compare(a.ID, b.ID))
}

// Latest returns of several versions of a signal only the one updated last,
// in the order in which the signals first appear.
func Latest(signals []cordon.Signal) []cordon.Signal {
	at := make(map[key]int, len(signals))
	out := make([]cordon.Signal, 0, len(signals))
	for _, s := range signals {
		i, ok := at[keyOf(s)]
		if !ok {
			at[keyOf(s)] = len(out)
			out = append(out, s)
		} else if newer(s, out[i]) > 0 {
			out[i] = s
		}
	}
	return out
}

// oldestFirst orders signals as an incident lists them.
func oldestFirst(a, b cordon.Signal) int {
	return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), a.DetectedAt.Compare(b.DetectedAt), cmp.Compare(a.ID, b.ID))
}

// openSignals returns the newest versions that are open.
func openSignals(signals []cordon.Signal) []cordon.Signal {
	return slices.DeleteFunc(Latest(signals), func(s cordon.Signal) bool { return s.State != cordon.SignalOpen })
}
