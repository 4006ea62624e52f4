package cordon

import (
	"cmp"
	"encoding/json"
	"time"
)

// A RunState says where a run stands.
type RunState string

// The run states.
const (
	RunRunning RunState = "running" // has a step to take
	RunHeld    RunState = "held"    // guard holds a step; docs/reference/guard.md says what releases it
	RunDone    RunState = "done"    // every step took effect
	RunRefused RunState = "refused" // guard refused a step
	RunFailed  RunState = "failed"  // a step could not be done
	RunShadow  RunState = "shadow"  // the playbook is off: judged, not done
)

// RunStates lists every state.
func RunStates() []RunState {
	return []RunState{RunRunning, RunHeld, RunDone, RunRefused, RunFailed, RunShadow}
}

// Ended reports whether nothing more will be done.
func (s RunState) Ended() bool { return s != RunRunning && s != RunHeld }

// An Outcome says what became of a step.
type Outcome string

// The outcomes.
const (
	OutcomePlanned Outcome = "planned" // not yet judged, or judged and not yet done
	OutcomeIntent  Outcome = "intent"  // written down, on its way: the state is read before anything is repeated
	OutcomeDone    Outcome = "done"    // accepted by Microsoft
	OutcomeAlready Outcome = "already" // the wish was met before we acted
	OutcomeUnknown Outcome = "unknown" // no answer came back
	OutcomeFailed  Outcome = "failed"  // Microsoft refused
	OutcomeSkipped Outcome = "skipped" // not done: refused, in shadow, without an account to act on, or after a step that stopped the run
)

// A Proof says what reading the state back shows.
type Proof string

// The proofs.
const (
	ProofNone         Proof = ""             // nothing to prove
	ProofConfirmed    Proof = "confirmed"    // the state is as wished
	ProofPending      Proof = "pending"      // not yet
	ProofContradicted Proof = "contradicted" // the state is the opposite, past the time it may take
	ProofUnknown      Proof = "unknown"      // the state could not be read
)

// A Requester is who wants a run: a playbook, or a person by name.
type Requester struct {
	Person   string `json:"person,omitempty"`
	Playbook string `json:"playbook,omitempty"`
}

// IsPerson reports whether a person asks.
func (r Requester) IsPerson() bool { return r.Person != "" }

// String returns the requester as the audit names it.
func (r Requester) String() string {
	if r.IsPerson() {
		return "person:" + r.Person
	}
	return "playbook:" + r.Playbook
}

// A Run is one execution of a plan. It survives kill -9 at any instant.
type Run struct {
	ID         string
	TenantID   string
	IncidentID string // "" when a person asked without one
	Plan       Plan
	PlanHash   string
	Requester  Requester
	Why        string // the person's reason, or what matched
	Shadow     bool   // judge, do not act
	UndoOf     string // the run that this one undoes
	State      RunState
	Steps      []Step
	StartedAt  time.Time
	EndedAt    time.Time // zero while not ended
}

// A Step is one action of a run and what became of it.
type Step struct {
	Index     int
	Action    ActionName
	Target    Entity
	Verdict   Verdict // zero until judged
	Outcome   Outcome
	Proof     Proof
	Detail    string          // for people: why it failed, what was found
	RequestID string          // the client-request-id sent with the latest call
	Attempts  int             // how often the action left
	Prior     json.RawMessage // the state before, for undo
	ActedAt   time.Time       // when the intent was written down
	ProvedAt  time.Time       // when the state was last read back
}

// Settled reports whether the wish is met as far as is known, so that the
// next step may be taken. A call without an answer counts once reading back
// has confirmed it.
func (s Step) Settled() bool {
	return s.Outcome == OutcomeDone || s.Outcome == OutcomeAlready ||
		s.Outcome == OutcomeUnknown && s.Proof == ProofConfirmed
}

// PassedOver reports whether the step found no account to act on: the run
// goes on without it.
func (s Step) PassedOver() bool {
	return s.Outcome == OutcomeSkipped && s.Verdict.Reason == ReasonNoAccount
}

// Barren returns the steps that close a wish of which no step had an account
// to act on: the last step of each. A run with one of them has not done what
// was wanted.
func (r Run) Barren() []Step {
	last, met := map[Word]int{}, map[Word]bool{}
	for i, s := range r.Steps {
		wish := s.Action.wish()
		last[wish], met[wish] = i, met[wish] || !s.PassedOver()
	}
	var barren []Step
	for i, s := range r.Steps {
		if wish := s.Action.wish(); !met[wish] && last[wish] == i {
			barren = append(barren, s)
		}
	}
	return barren
}

// wish is what the action is one way to do: its word, or it alone.
func (a ActionName) wish() Word { return cmp.Or(a.Word(), Word(a)) }
