package cordon

import (
	"encoding/json"
	"time"
)

// An EntryKind says what an audit entry records.
type EntryKind string

// The kinds of entry.
const (
	EntryVerdict EntryKind = "verdict" // guard held or refused a step
	EntryIntent  EntryKind = "intent"  // an action is about to leave
	EntryOutcome EntryKind = "outcome" // what came of it
	EntryProof   EntryKind = "proof"   // what a later reading back showed
	EntryTenant  EntryKind = "tenant"  // a tenant was added, changed or removed
	EntryStore   EntryKind = "store"   // a store was taken up, found not to be the expected one, or accepted
	EntryAnchor  EntryKind = "anchor"  // the heads of other chains, noted in the fleet's
)

// FleetChain is the chain of what concerns no single tenant, and of anchors.
// The chain of a tenant has the tenant's id.
const FleetChain = "fleet"

// A Head is the last entry of a chain, or the one that was last at some time.
// The chain holds it for ever.
type Head struct {
	Chain string `json:"chain"`
	Seq   int64  `json:"seq"`
	Hash  string `json:"hash"`
}

// Anchored is the data of an anchor: the heads of the chains that moved since
// the anchor before.
type Anchored struct {
	Heads []Head `json:"heads"`
}

// An Entry is one line of the audit, chained to the one before by its hash.
// No entry, no action.
type Entry struct {
	Chain    string          `json:"chain"` // a tenant's id, or FleetChain
	Seq      int64           `json:"seq"`   // in its chain: 1 for the first, without gaps
	At       time.Time       `json:"at"`
	Kind     EntryKind       `json:"kind"`
	TenantID string          `json:"tenant_id"`
	RunID    string          `json:"run_id"`
	Step     int             `json:"step"`
	Actor    string          `json:"actor"` // the requester
	Action   ActionName      `json:"action"`
	Target   string          `json:"target"`
	Data     json.RawMessage `json:"data"` // verdict, prior state, outcome and proof
	Prev     string          `json:"prev"` // hash of the entry before, "" for the first
	Hash     string          `json:"hash"`
}
