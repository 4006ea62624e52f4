// Package audit seals the entries of the audit into a hash chain and checks
// such a chain.
//
// It knows neither a database nor a clock: the caller hands in the entry
// before, and the entries to check.
//
// # The chain
//
// The hash of an entry is the SHA-256, in lower-case hexadecimal, of twelve
// fields, each written as a netstring (its length in bytes in decimal, a
// colon, the bytes, a comma), in this order:
//
//	"cordon.entry/1", seq, at, kind, tenant_id, run_id, step, actor, action, target, data, prev
//
// The numbers are decimal. The time is RFC 3339 in UTC, with the fraction
// only as long as needed. Data is JSON without needless spaces, with <, > and
// & written as \u003c, \u003e and \u0026. All twelve are thus the very bytes of
// an export as JSON. prev is the hash of the entry before, empty for the
// first; seq counts from 1 without gaps. In Python:
//
//	hashlib.sha256(b"".join(b"%d:%s," % (len(f), f) for f in fields)).hexdigest()
//
// # What it shows
//
// A changed, missing, inserted or moved entry breaks the chain at a sequence
// number. Entries cut from the end leave a chain that holds: only a head that
// was noted elsewhere shows it. The same is true of a chain that was written
// anew from some entry on.
package audit

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/cordonhq/cordon"
)

// Seal returns e as the entry after prev: numbered, with the time cut to
// microseconds, the data made canonical, and both hashes set. The zero prev
// stands before the first entry.
func Seal(prev, e cordon.Entry) (cordon.Entry, error) {
	if prev.Seq < 0 || (prev.Seq == 0) != (prev.Hash == "") {
		return cordon.Entry{}, fmt.Errorf("seal entry: entry %d before it is not sealed", prev.Seq)
	}
	if e.At.IsZero() {
		return cordon.Entry{}, errors.New("seal entry: no time")
	}
	data, err := canonical(e.Data)
	if err != nil {
		return cordon.Entry{}, fmt.Errorf("seal entry %d: %w", prev.Seq+1, err)
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Kind, e.Action = cordon.EntryKind(text(string(e.Kind))), cordon.ActionName(text(string(e.Action)))
	e.TenantID, e.RunID, e.Actor, e.Target = text(e.TenantID), text(e.RunID), text(e.Actor), text(e.Target)
	e.Data, e.Seq, e.Prev = data, prev.Seq+1, prev.Hash
	e.Hash = hash(e)
	return e, nil
}

// A Report says whether a chain holds.
type Report struct {
	OK       bool
	Entries  int64  // entries that hold, from the first on
	Head     string // hash of the last entry that holds; "" when none does
	FirstBad int64  // the sequence number at which the chain breaks, 0 when it holds
	Why      string // how it breaks, for people
}

// Verify reads entries in their order until one breaks the chain. An error of
// the sequence is returned with the report of what was read before it, which
// is then not OK.
func Verify(entries iter.Seq2[cordon.Entry, error]) (Report, error) {
	var r Report
	for e, err := range entries {
		if err != nil {
			return r, fmt.Errorf("verify audit after entry %d: %w", r.Entries, err)
		}
		if why := broken(r, e); why != "" {
			r.FirstBad, r.Why = r.Entries+1, why
			return r, nil
		}
		r.Entries, r.Head = e.Seq, e.Hash
	}
	r.OK = true
	return r, nil
}

// broken returns how e fails to follow what r has seen, or "".
func broken(r Report, e cordon.Entry) string {
	switch want := r.Entries + 1; {
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
