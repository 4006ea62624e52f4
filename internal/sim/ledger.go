package sim

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// maxReads bounds the reads that a ledger remembers. Requests that change
// state are never forgotten.
const maxReads = 100_000

// An Entry is one request that the cloud received.
type Entry struct {
	Time            time.Time       `json:"time"` // arrival, by the cloud's clock
	Tenant          string          `json:"tenant"`
	Service         string          `json:"service"`
	Method          string          `json:"method"`
	Path            string          `json:"path"`
	Query           string          `json:"query,omitempty"`
	Body            json.RawMessage `json:"body"`   // as it was when it was JSON, else a string; null when empty
	Status          int             `json:"status"` // 0: no answer was given
	ClientRequestID string          `json:"client_request_id"`
	Fault           string          `json:"fault,omitempty"` // what was done to the request on purpose
}

// A ledger remembers requests in the order of their arrival.
type ledger struct {
	mu    sync.Mutex
	lines []line
	reads int
}

type line struct {
	entry *Entry
	read  bool
}

// add writes a request down before it is answered.
func (l *ledger) add(e *Entry, read bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line{e, read})
	if !read {
		return
	}
	if l.reads++; l.reads >= 2*maxReads {
		l.forget(l.reads - maxReads)
	}
}

// forget drops the oldest n reads.
func (l *ledger) forget(n int) {
	l.reads -= n
	kept := make([]line, 0, len(l.lines)-n)
	for _, x := range l.lines {
		if x.read && n > 0 {
			n--
			continue
		}
		kept = append(kept, x)
	}
	l.lines = kept
}

// finish notes what became of a request.
func (l *ledger) finish(e *Entry, status int, fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Status, e.Fault = status, fault
}

// Ledger returns the requests that change state, or that tried to, in the
// order of their arrival. With reads it returns the reads and the token
// requests as well, as many of them as are remembered.
func (c *Cloud) Ledger(reads bool) []Entry {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	out := []Entry{}
	for _, x := range c.ledger.lines {
		if reads || !x.read {
			out = append(out, *x.entry)
		}
	}
	return out
}

// ledgerBody is what of a body may be written down: JSON as it was, other text
// as a string, passwords not at all.
func ledgerBody(body []byte) json.RawMessage {
	if len(body) == 0 {
		return json.RawMessage("null")
	}
	var compact bytes.Buffer
	valid, secret := json.Compact(&compact, body) == nil, bytes.Contains(body, []byte("assword"))
	switch {
	case valid && !secret:
		return compact.Bytes()
	case valid:
		return redacted(compact.Bytes())
	case secret:
		return json.RawMessage(hidden)
	}
	return encode(string(body))
}

const hidden = `"(redacted)"`

// redacted is a JSON value with its passwords blanked, however deep they are.
func redacted(value json.RawMessage) json.RawMessage {
	if o, err := parseObject(value); err == nil {
		for i, m := range o.members {
			if o.members[i].value = redacted(m.value); m.name == "password" {
				o.members[i].value = json.RawMessage(hidden)
			}
		}
		return encode(o)
	}
	var list []json.RawMessage
	if value[0] != '[' || json.Unmarshal(value, &list) != nil {
		return value
	}
	for i := range list {
		list[i] = redacted(list[i])
	}
	return encode(list)
}
