package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Fault spoils the requests that it matches. The empty condition matches
// everything; exactly one of the kinds below Count is set.
type Fault struct {
	Tenant  string `json:"tenant,omitempty"`  // id, name or domain
	Service string `json:"service,omitempty"` // login, graph or defender
	Method  string `json:"method,omitempty"`
	Path    string `json:"path,omitempty"`  // glob over the URL path; * stands for any characters, / among them
	Count   int    `json:"count,omitempty"` // how many requests; 0: until cleared

	Status       int        `json:"status,omitempty"`       // answer with this error
	RetryAfter   RetryAfter `json:"retry_after,omitempty"`  // its Retry-After, as it is
	Code         string     `json:"code,omitempty"`         // its code instead of the usual one; for login the AADSTS number
	Message      string     `json:"message,omitempty"`      // its words, or those of partial and error_in_200
	BOM          bool       `json:"bom,omitempty"`          // begin its body with a byte-order mark
	DelayMS      int        `json:"delay_ms,omitempty"`     // wait in real time, then do it
	Drop         string     `json:"drop,omitempty"`         // close the connection "before" or "after" doing it
	Malformed    string     `json:"malformed,omitempty"`    // do it, answer "truncated", "html", "deep" or "huge"
	NextLink     string     `json:"next_link,omitempty"`    // put this link into the list
	Partial      string     `json:"partial,omitempty"`      // do it, say that the list is not complete: "206", "warning" or "error"
	ErrorIn200   string     `json:"error_in_200,omitempty"` // answer 200 with an error, "before" or "after" doing it
	Stale        string     `json:"stale,omitempty"`        // reads show nothing of the writes of this last while, by the cloud's clock
	Redirect     string     `json:"redirect,omitempty"`     // answer 307 with this Location
	RevokeRoles  []string   `json:"revoke_roles,omitempty"`
	ExpireTokens bool       `json:"expire_tokens,omitempty"`
}

// RetryAfter is a Retry-After header. JSON may give it as a number.
type RetryAfter string

// UnmarshalJSON takes a string or a number.
func (r *RetryAfter) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*r = RetryAfter(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return errors.New("retry_after is neither a number nor a string")
	}
	*r = RetryAfter(n)
	return nil
}

// kinds names what is set of the things a fault can do.
func (f *Fault) kinds() []string {
	var out []string
	add := func(set bool, name string) {
		if set {
			out = append(out, name)
		}
	}
	add(f.Status != 0, "status")
	add(f.DelayMS != 0, "delay_ms")
	add(f.Drop != "", "drop "+f.Drop)
	add(f.Malformed != "", "malformed "+f.Malformed)
	add(f.NextLink != "", "next_link")
	add(f.Partial != "", "partial "+f.Partial)
	add(f.ErrorIn200 != "", "error_in_200 "+f.ErrorIn200)
	add(f.Stale != "", "stale")
	add(f.Redirect != "", "redirect")
	add(f.RevokeRoles != nil, "revoke_roles")
	add(f.ExpireTokens, "expire_tokens")
	return out
}

func (f *Fault) kind() string { return f.kinds()[0] }

// check refuses faults that could not do what they say.
func (f *Fault) check() error {
	switch kinds := f.kinds(); len(kinds) {
	case 0:
		return errors.New("the fault does nothing: give one of status, delay_ms, drop, malformed, next_link, partial, error_in_200, stale, redirect, revoke_roles, expire_tokens")
	case 1:
	default:
		return fmt.Errorf("a fault does exactly one thing, not %d (%s)", len(kinds), strings.Join(kinds, ", "))
	}
	switch {
	case !slices.Contains([]string{"", serviceLogin, serviceGraph, serviceDefender}, f.Service):
		return fmt.Errorf("service %q is not login, graph or defender", f.Service)
	case f.Method != "" && !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, strings.ToUpper(f.Method)):
		return fmt.Errorf("method %q is none that a request can have", f.Method)
	case f.Path != "" && f.Path[0] != '/' && f.Path[0] != '*':
		return fmt.Errorf("path %q matches nothing: it begins with / or *, as in */users", f.Path)
	case f.RevokeRoles != nil && len(f.RevokeRoles) == 0:
		return errors.New("revoke_roles names no permission")
	case f.Count < 0:
		return fmt.Errorf("count %d is negative", f.Count)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status %d is not between 400 and 599", f.Status)
	case f.RetryAfter != "" && f.Status == 0:
		return errors.New("retry_after goes with status only")
	case f.Stale != "" && (f.age() <= 0 || f.age() > staleMost):
		return fmt.Errorf("stale %q is no duration of at most %s, such as 5m", f.Stale, staleMost)
	case f.Stale != "" && !slices.Contains([]string{"", "GET"}, strings.ToUpper(f.Method)):
		return fmt.Errorf("stale is for reads: method %q does not go with it", f.Method)
	case f.DelayMS < 0:
		return fmt.Errorf("delay_ms %d is negative", f.DelayMS)
	case !slices.Contains([]string{"", "before", "after"}, f.Drop):
		return fmt.Errorf("drop %q is not before or after", f.Drop)
	case !slices.Contains([]string{"", "truncated", "html", "deep", "huge"}, f.Malformed):
		return fmt.Errorf("malformed %q is not truncated, html, deep or huge", f.Malformed)
	}
	return f.checkAnswer()
}

// refusal is the error that a status fault answers with, in the words of the service.
func (f *Fault) refusal(service string) *refusal {
	r := refuse(f.Status, statusCode(f.Status), "%s", statusMessage(f.Status))
	if service == serviceDefender {
		r.code = defenderCode(f.Status)
	}
	if service == serviceLogin {
		r.code, r.number = loginCode(f.Status)
	}
	f.reword(r, service)
	if f.RetryAfter != "" {
		r.header = http.Header{"Retry-After": {string(f.RetryAfter)}}
	}
	return r
}

// faults are the faults in force, in the order in which they were added.
type faults struct {
	mu      sync.Mutex
	list    []*activeFault
	expired map[[2]string]int64 // tenant and service, "" for all: tokens up to this number are dead
}

type activeFault struct {
	Fault
	tenantID string
	path     *regexp.Regexp
}

// AddFault puts a fault in force, after those that already are.
func (c *Cloud) AddFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	known := c.permissions()
	if i := slices.IndexFunc(f.RevokeRoles, func(r string) bool { return !known[r] }); i >= 0 {
		return fmt.Errorf("revoke_roles: %q is no permission that the simulator knows", f.RevokeRoles[i])
	}
	a := &activeFault{Fault: f}
	if f.Tenant != "" {
		t, err := c.tenantNamed(f.Tenant)
		if err != nil {
			return err
		}
		a.tenantID = t.id
	}
	if f.Path != "" {
		a.path = regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(f.Path), `\*`, `.*`) + "$")
	}
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	if f.ExpireTokens && f.Path == "" && f.Method == "" {
		c.faults.expire(a, c.keys.issued.Load())
		return nil
	}
	c.faults.list = append(c.faults.list, a)
	return nil
}

// ClearFaults ends all faults. Roles that were revoked are back; tokens that
// were expired stay dead.
func (c *Cloud) ClearFaults() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.list = nil
}
