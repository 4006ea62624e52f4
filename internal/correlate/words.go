package correlate

import (
	"slices"

	"github.com/cordonhq/cordon"
)

// A word is one detector's word, or that of one of several: signals with the
// same detectors say it, the strongest with that chance.
type word struct {
	detectors []cordon.Detector // the one that noticed first
	chance    float64
	signals   int
}

// words are the different words of some signals.
type words []word

// with returns w with the word of one more signal.
func (w words) with(s cordon.Signal) words {
	if i := w.index(s); i >= 0 {
		w[i].signals++
		w[i].chance = max(w[i].chance, chance(s))
		return w
	}
	return append(w, word{s.Detectors(), chance(s), 1})
}

// without returns w without the word of one signal.
func (w words) without(s cordon.Signal) words {
	i := w.index(s)
	if w[i].signals--; w[i].signals > 0 {
		return w
	}
	return append(w[:i], w[i+1:]...)
}

func (w words) index(s cordon.Signal) int {
	return slices.IndexFunc(w, func(o word) bool { return slices.Equal(o.detectors, s.Detectors()) })
}

// independent calls visit with every choice of words of which no two may be
// the same detector's, and to which no other one can be added: those of
// several detectors are tried in and out, the others follow from them.
func (w words) independent(visit func(words)) {
	var several, single words
	for _, o := range w {
		if len(o.detectors) > 1 {
			several = append(several, o)
		} else {
			single = append(single, o)
		}
	}
	several.choose(nil, func(chosen words) {
		all := slices.Clone(chosen)
		for _, o := range single {
			if !chosen.overlaps(o) {
				all = append(all, o)
			}
		}
		visit(all)
	})
}

// choose calls visit with chosen and every disjoint choice of w besides.
func (w words) choose(chosen words, visit func(words)) {
	if len(w) == 0 {
		visit(chosen)
		return
	}
	w[1:].choose(chosen, visit)
	if !chosen.overlaps(w[0]) {
		w[1:].choose(append(slices.Clone(chosen), w[0]), visit)
	}
}

// overlaps reports whether o may be the word of a detector that w has.
func (w words) overlaps(o word) bool {
	return slices.ContainsFunc(w, func(x word) bool {
		return slices.ContainsFunc(x.detectors, func(d cordon.Detector) bool { return slices.Contains(o.detectors, d) })
	})
}

// most returns the detectors of the largest independent choice, in order.
func (w words) most() []cordon.Detector {
	var best []cordon.Detector
	w.independent(func(chosen words) {
		names := make([]cordon.Detector, 0, len(chosen))
		for _, o := range chosen {
			names = append(names, o.detectors[0])
		}
		slices.Sort(names)
		best = better(best, names)
	})
	return best
}

// leastDoubt returns the chance that the strongest word errs.
func (w words) leastDoubt() float64 {
	least := 1.0
	for _, o := range w {
		least = min(least, 1-o.chance)
	}
	return least
}

// doubt returns the chance that all words err, for the independent choice of
// which that is least likely. Independent words err independently.
func (w words) doubt() float64 {
	least := 1.0
	w.independent(func(chosen words) {
		slices.SortFunc(chosen, func(a, b word) int { return slices.Compare(a.detectors, b.detectors) }) // products of floats depend on the order
		doubt := 1.0
		for _, o := range chosen {
			doubt *= 1 - o.chance
		}
		least = min(least, doubt)
	})
	return least
}
