package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/cordonhq/cordon"
)

// A Report says whether a chain holds.
type Report struct {
	Chain    string
	OK       bool
	Entries  int64  // entries that hold, from the first on
	Head     string // hash of the last entry that holds; "" when none does
	Anchored int64  // up to which entry anchors hold it
	FirstBad int64  // the sequence number at which the chain breaks, 0 when it holds
	Why      string // how it breaks, for people
}

// Known is what is known of a chain besides its entries.
type Known struct {
	Head    cordon.Head   // its last entry, as the store keeps it
	Anchors []cordon.Head // what was its last entry once
	Noted   []cordon.Head // the same, noted elsewhere
	Acts    []Act         // what steps say that they did
}

// An Act is what the store says of a step that acted: its intent was written
// down.
type Act struct {
	RunID   string
	Step    int
	Outcome cordon.Outcome
}

// Verify reads the entries of a chain in their order until one breaks it, and
// holds them against what else is known of it. An error of the sequence is
// returned with the report of what was read before it, which is then not OK.
func Verify(chain string, entries iter.Seq2[cordon.Entry, error], known Known) (Report, error) {
	r := Report{Chain: chain}
	heads := map[int64][]string{}
	for _, h := range known.heads() {
		heads[h.Seq] = append(heads[h.Seq], h.Hash)
	}
	s := said{}
	for e, err := range entries {
		if err != nil {
			return r, fmt.Errorf("verify audit after entry %d of chain %s: %w", r.Entries, chain, err)
		}
		if why := cmp.Or(broken(r, e), known.differs(e, heads[e.Seq])); why != "" {
			return r.bad(r.Entries+1, why), nil
		}
		r.Entries, r.Head = e.Seq, e.Hash
		s.take(e)
	}
	r.OK = true
	return r.against(known).acts(known.Acts, s), nil
}

// heads are all that is known to have been last in the chain.
func (k Known) heads() []cordon.Head { return slices.Concat([]cordon.Head{k.Head}, k.Anchors, k.Noted) }

// differs returns how an entry is not the one that is known at its place, or
// "".
func (k Known) differs(e cordon.Entry, noted []string) string {
	switch {
	case e.Seq > k.Head.Seq:
		return fmt.Sprintf("entry %d was added: the last that Cordon has written is entry %d", e.Seq, k.Head.Seq)
	case slices.ContainsFunc(noted, func(hash string) bool { return hash != e.Hash }):
		return fmt.Sprintf("entry %d is not the one that was noted at its place: the chain was written anew", e.Seq)
	}
	return ""
}

// said is what the entries say last of each step that acted.
type said map[[2]string]cordon.Outcome

func step(runID string, n int) [2]string { return [2]string{runID, strconv.Itoa(n)} }

// take keeps what an entry says of a step from its first intent on.
func (s said) take(e cordon.Entry) {
	var data struct{ Outcome cordon.Outcome }
	if e.RunID == "" || json.Unmarshal(e.Data, &data) != nil {
		return
	}
	if _, acted := s[step(e.RunID, e.Step)]; acted || e.Kind == cordon.EntryIntent {
		s[step(e.RunID, e.Step)] = data.Outcome
	}
}

// against holds a chain without a break against its heads.
func (r Report) against(known Known) Report {
	last := int64(0)
	for _, h := range known.heads() {
		last = max(last, h.Seq)
	}
	for _, h := range known.Anchors {
		r.Anchored = max(r.Anchored, min(h.Seq, r.Entries))
	}
	if last > r.Entries {
		return r.bad(r.Entries+1, fmt.Sprintf("entry %d is missing, and what came after it: there was an entry %d", r.Entries+1, last))
	}
	return r
}

// acts holds a chain against what steps say that they did.
func (r Report) acts(acts []Act, s said) Report {
	for _, a := range acts {
		switch outcome, ok := s[step(a.RunID, a.Step)]; {
		case !r.OK:
		case !ok:
			return r.bad(r.Entries+1, fmt.Sprintf("step %d of run %s acted, and no entry says so", a.Step+1, a.RunID))
		case outcome != a.Outcome:
			return r.bad(r.Entries+1, fmt.Sprintf("step %d of run %s is %s, and the last entry about it says %s", a.Step+1, a.RunID, a.Outcome, outcome))
		}
	}
	return r
}

func (r Report) bad(seq int64, why string) Report {
	r.OK, r.FirstBad, r.Why = false, seq, why
	return r
}

// broken returns how e fails to follow what r has seen, or "".
func broken(r Report, e cordon.Entry) string {
	switch want := r.Entries + 1; {
	case e.Chain != r.Chain:
		return fmt.Sprintf("entry %d is of chain %s", e.Seq, e.Chain)
	case e.Seq > want:
		return fmt.Sprintf("entry %d is missing: entry %d follows entry %d", want, e.Seq, r.Entries)
	case e.Seq < want:
		return fmt.Sprintf("entry %d stands where entry %d belongs", e.Seq, want)
	case e.Hash != hash(e):
		return fmt.Sprintf("entry %d was changed: its hash does not fit what it says", e.Seq)
	case e.Prev != r.Head:
		return fmt.Sprintf("entry %d does not follow from the entry before it", e.Seq)
	}
	return ""
}
