package sim

import (
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxBody bounds what a request may carry.
const maxBody = 4 << 20

// An exchange is one request on its way through a service.
type exchange struct {
	cloud   *Cloud
	service string
	writer  http.ResponseWriter
	request *http.Request
	body    []byte
	now     time.Time
	id      string // request-id

	tenant *tenant // nil until the request proves whose it is
	claims *claims
	roles  []string // of the token, less what a fault took away
	entry  *Entry
	fault  string        // what is done to the request on purpose, as the ledger says it
	stale  time.Duration // how old the state is that the answer shows

	beside int32 // requests of its kind under way at once, itself among them; counted for secure score
}

// open begins an exchange.
func (c *Cloud) open(service string, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{cloud: c, service: service, writer: w, request: r, now: c.clock.now(), id: newGUID()}
	x.entry = &Entry{Time: x.now, Service: service, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Body: ledgerBody(nil), ClientRequestID: r.Header.Get("client-request-id")}
	return x
}

// readBody takes the request's body in, so that a client that hangs up is noticed.
// Microsoft's SDKs compress what they send; it is the text that counts from here on.
func (x *exchange) readBody() error {
	body, err := readPlain(http.MaxBytesReader(x.writer, x.request.Body, maxBody), x.request.Header.Get("Content-Encoding"))
	x.body, x.entry.Body = body, ledgerBody(body)
	return err
}

// readPlain reads a body and undoes its encoding. What gzip unfolds is bounded
// like what is sent.
func readPlain(from io.Reader, encoding string) ([]byte, error) {
	broken := badRequest("The request body is not what its Content-Encoding says.")
	switch strings.ToLower(encoding) {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(from)
		if err != nil {
			return nil, broken
		}
		from = unzipped
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "BadRequest", "The Content-Encoding '%s' is not supported.", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || len(body) > maxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "BadRequest", "The request body is too large.")
	}
	if err != nil {
		return nil, broken
	}
	return body, nil
}

// reads reports whether the request changes nothing, whatever comes of it.
// Token requests do not, and what a batch changes is told by the entries of its items.
func (x *exchange) reads() bool {
	path := x.request.URL.Path
	switch x.request.Method {
	case http.MethodGet, http.MethodHead:
		return true
	}
	return x.service == serviceLogin || path == batchPath || slices.Contains(questions(), path[strings.LastIndexAny(path, "/.")+1:])
}

// questions are the calls that ask something although they are POST, by their last word.
func questions() []string { return []string{"runHuntingQuery", "checkMemberGroups"} }

// run writes the request down, lets a fault have its way with it, and answers.
func (x *exchange) run(do func() (answer, error)) {
	if x.tenant != nil {
		x.entry.Tenant = x.tenant.id
	}
	x.cloud.ledger.add(x.entry, x.reads())
	f := x.cloud.faults.take(x)
	if f == nil && x.lost() {
		f = &Fault{Drop: "after"}
	}
	if f == nil {
		x.send(x.result(do))
		return
	}
	x.fault = f.kind()
	x.perform(f, do)
}

// record writes into the ledger what became of the request. It comes before the
// first byte of the answer, or before the connection is closed: a client that
// has seen the end of a request finds it in the ledger.
func (x *exchange) record(status int) { x.cloud.ledger.finish(x.entry, status, x.fault) }

// perform answers under a fault.
func (x *exchange) perform(f *Fault, do func() (answer, error)) {
	switch {
	case f.Status != 0:
		x.sendMarked(x.refused(f.refusal(x.service)), f.BOM)
	case f.DelayMS != 0:
		if !x.wait(time.Duration(f.DelayMS) * time.Millisecond) {
			x.record(0)
			return
		}
		x.send(x.result(do))
	case f.Drop == "before":
		x.hangUp()
	case f.Drop == "after":
		x.result(do)
		x.hangUp()
	case f.Malformed != "":
		x.mangle(f.Malformed, x.result(do))
	case f.Partial != "":
		x.sendPartial(f, x.result(do))
	case f.ErrorIn200 != "":
		x.errorIn200(f, do)
	case f.Stale != "":
		x.stale = f.age()
		x.send(x.result(do))
	case f.Redirect != "":
		x.send(answer{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {f.Redirect}}})
	case f.NextLink != "":
		a := x.result(do)
		if a.list != nil {
			a.list.next = f.NextLink
		}
		x.send(a)
	default: // tokens expired as the fault was taken; the request finds out by itself
		x.send(x.result(do))
	}
}

// lostEvery is how many reads of a tenant it takes until the answer to one gets
// lost unasked, as on any long way. That of a write is lost on demand only:
// what comes of it is told by tests that ask for it.
const lostEvery = 97

// lost reports whether the answer to a request gets lost on the way.
func (x *exchange) lost() bool {
	_, item := x.writer.(*slip)
	if item || x.tenant == nil || x.service == serviceLogin || x.request.Method != http.MethodGet || x.cloud.opts.Calm {
		return false
	}
	return x.tenant.reads.Add(1)%lostEvery == 0
}

// result does what was asked and turns a refusal into an answer.
func (x *exchange) result(do func() (answer, error)) answer {
	a, err := do()
	if err != nil {
		return x.refused(err)
	}
	return a
}

// wait lets real time pass, unless the client or the cloud goes away.
func (x *exchange) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.request.Context().Done():
		return false
	}
}

// hangUp closes the connection without an answer.
func (x *exchange) hangUp() {
	x.record(0)
	conn, _, err := http.NewResponseController(x.writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // closes the connection as well
	}
	_ = conn.Close() // there is nobody to tell
}

// bearer returns the token that the request carries.
func (x *exchange) bearer() string {
	scheme, token, _ := strings.Cut(x.request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// identify finds out whose request this is. A token that does not hold is
// refused later, so that faults and the ledger come first.
func (x *exchange) identify() error {
	unauthorized := func(message string) error {
		if x.service == serviceDefender {
			return refuse(http.StatusUnauthorized, "Unauthorized", "%s", message)
		}
		return refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", message)
	}
	token := x.bearer()
	if token == "" {
		return unauthorized("Access token is empty.")
	}
	c, err := x.cloud.keys.verify(token)
	if err != nil {
		return unauthorized("Access token validation failure: " + err.Error() + ".")
	}
	x.claims, x.tenant = c, x.cloud.byName[c.Tenant]
	if service, ok := x.cloud.audienceService(c.Audience); !ok || service != x.service {
		return unauthorized("Access token validation failure. Invalid audience.")
	}
	x.roles = x.tenant.granted(x.service)
	if x.now.Unix() >= c.Expires || x.now.Unix() < c.NotBefore-300 {
		return unauthorized("Lifetime validation failed, the token is expired.")
	}
	return nil
}

// alive refuses tokens that a fault has ended before their time.
func (x *exchange) alive() error {
	if !x.cloud.faults.dead(x) {
		return nil
	}
	code := "InvalidAuthenticationToken"
	if x.service == serviceDefender {
		code = "Unauthorized"
	}
	return refuse(http.StatusUnauthorized, code, "Lifetime validation failed, the token is expired.")
}

// has reports whether the request may act under one of the permissions.
func (x *exchange) has(anyOf ...string) bool {
	return slices.ContainsFunc(anyOf, func(p string) bool { return slices.Contains(x.roles, p) })
}

// clientRequestID is the client's name for the request, or else ours.
func (x *exchange) clientRequestID() string { return cmp.Or(x.entry.ClientRequestID, x.id) }
