// Package audit seals the entries of the audit into hash chains and checks
// such chains.
//
// It knows neither a database nor a clock: the caller hands in the entry
// before, and the entries to check.
//
// # The chains
//
// Each tenant has a chain, and the fleet has one. The hash of an entry is the
// SHA-256, in lower-case hexadecimal, of thirteen fields, each written as a
// netstring (its length in bytes in decimal, a colon, the bytes, a comma), in
// this order:
//
//	"cordon.entry/2", chain, seq, at, kind, tenant_id, run_id, step, actor, action, target, data, prev
//
// The numbers are decimal. The time is RFC 3339 in UTC, with the fraction
// only as long as needed. Data is JSON without needless spaces, with <, > and
// & written as \u003c, \u003e and \u0026. All thirteen are thus the very bytes
// of an export as JSON. prev is the hash of the entry before in the chain,
// empty for the first; seq counts from 1 without gaps. In Python:
//
//	hashlib.sha256(b"".join(b"%d:%s," % (len(f), f) for f in fields)).hexdigest()
//
// # What it shows
//
// A changed, missing, inserted or moved entry breaks its chain at a sequence
// number. Entries cut from the end, and a chain that was written anew from some
// entry on, contradict the head that the store keeps of each chain, and the
// anchors: entries of the fleet's chain that hold the heads of the others.
// Whoever writes all of that anew is shown by a head of the fleet's chain that
// was noted elsewhere. What was written after the last anchor is told as such.
package audit

import (
	"errors"
	"fmt"
	"time"

	"github.com/cordonhq/cordon"
)

// Seal returns e as the entry after prev, a head of the same chain: numbered,
// with the time cut to microseconds, the data made canonical, and both hashes
// set. The head of an empty chain has the number 0 and no hash.
func Seal(prev cordon.Head, e cordon.Entry) (cordon.Entry, error) {
	if prev.Seq < 0 || (prev.Seq == 0) != (prev.Hash == "") || e.Chain == "" || prev.Chain != e.Chain {
		return cordon.Entry{}, fmt.Errorf("seal entry of chain %q: %q %d is no head of it", e.Chain, prev.Chain, prev.Seq)
	}
	if e.At.IsZero() {
		return cordon.Entry{}, errors.New("seal entry: no time")
	}
	data, err := canonical(e.Data)
	if err != nil {
		return cordon.Entry{}, fmt.Errorf("seal entry %d of chain %s: %w", prev.Seq+1, e.Chain, err)
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Kind, e.Action = cordon.EntryKind(text(string(e.Kind))), cordon.ActionName(text(string(e.Action)))
	e.TenantID, e.RunID, e.Actor, e.Target = text(e.TenantID), text(e.RunID), text(e.Actor), text(e.Target)
	e.Data, e.Seq, e.Prev = data, prev.Seq+1, prev.Hash
	e.Hash = hash(e)
	return e, nil
}
