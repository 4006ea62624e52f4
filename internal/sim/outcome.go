package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An Outcome compares what has become of a cloud with what its scenario expects.
type Outcome struct {
	Scenario    string        `json:"scenario"`
	OK          bool          `json:"ok"`
	Problems    []string      `json:"problems"` // one sentence for each way in which it is not OK
	Users       []UserOutcome `json:"users"`
	Refused     []Refused     `json:"refused"`      // whom the defender should have refused to touch; only the defender can tell
	OtherWrites []Entry       `json:"other_writes"` // requests that were not needed to reach the outcome
}

// UserOutcome is what was wanted of one user, and what has become of it.
type UserOutcome struct {
	ID      string `json:"id"`
	UPN     string `json:"upn"`
	Name    string `json:"name"`
	Want    string `json:"want"` // contained or untouched
	Enabled bool   `json:"enabled"`
	Revoked bool   `json:"revoked"` // sessions were ended after the cloud started
	OK      bool   `json:"ok"`
}

// Refused is a user whom the scenario expects to be left alone, and why.
type Refused struct {
	ID     string `json:"id"`
	UPN    string `json:"upn"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Outcome judges the first tenant, which has the story, and the writes to all
// tenants. A scenario without expectation is always OK.
func (c *Cloud) Outcome() Outcome {
	out := Outcome{Scenario: c.scenario.Name, Problems: []string{}, Users: []UserOutcome{}, Refused: []Refused{}, OtherWrites: []Entry{}}
	want := c.scenario.Expect
	if want == nil {
		out.OK = true
		return out
	}
	t := c.tenants[0]
	for _, key := range want.Contained {
		out.Users = append(out.Users, t.userOutcome(key, "contained"))
	}
	for _, key := range want.Untouched {
		out.Users = append(out.Users, t.userOutcome(key, "untouched"))
	}
	for _, r := range want.Refused {
		u := t.userOutcome(r.User, "untouched")
		out.Refused = append(out.Refused, Refused{u.ID, u.UPN, u.Name, r.Reason})
	}
	for _, u := range out.Users {
		if !u.OK {
			out.Problems = append(out.Problems, fmt.Sprintf("%s should be %s: enabled %t, sessions revoked %t", u.UPN, u.Want, u.Enabled, u.Revoked))
		}
	}
	if want.Only {
		out.judgeWrites(c.Ledger(false), t.id)
	}
	out.OK = len(out.Problems) == 0
	return out
}

// userOutcome looks at a user of the scenario.
func (t *tenant) userOutcome(key, want string) UserOutcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle(t.cloud.clock.now())
	u := t.collection(resUsers).get(t.guid("user", key))
	since, err := parseTime(u.text("signInSessionsValidFromDateTime"))
	out := UserOutcome{ID: idOf(u), UPN: u.text("userPrincipalName"), Name: u.text("displayName"), Want: want,
		Enabled: u.isTrue("accountEnabled"), Revoked: err == nil && !since.Before(t.cloud.start.Truncate(time.Second))}
	if want == "contained" {
		out.OK = !out.Enabled && out.Revoked
	} else {
		out.OK = out.Enabled && !out.Revoked
	}
	return out
}

// judgeWrites finds the writes that are neither the revocation nor the
// disabling of a user who should be contained. A refused attempt counts too.
func (o *Outcome) judgeWrites(writes []Entry, tenant string) {
	for _, e := range writes {
		if e.Tenant != tenant || !slices.ContainsFunc(o.Users, func(u UserOutcome) bool { return u.Want == "contained" && contains(e, u) }) {
			o.OtherWrites = append(o.OtherWrites, e)
			o.Problems = append(o.Problems, fmt.Sprintf("%s %s was not needed (status %d)", e.Method, e.Path, e.Status))
		}
	}
}

// contains reports whether a write is a step of containing a user.
func contains(e Entry, u UserOutcome) bool {
	for _, name := range []string{u.ID, u.UPN} {
		switch {
		case e.Method == http.MethodPost && strings.EqualFold(e.Path, "/v1.0/users/"+name+"/revokeSignInSessions"):
			return true
		case e.Method == http.MethodPatch && strings.EqualFold(e.Path, "/v1.0/users/"+name):
			var change map[string]json.RawMessage
			return json.Unmarshal(e.Body, &change) == nil && len(change) == 1 && string(change["accountEnabled"]) == "false"
		}
	}
	return false
}
