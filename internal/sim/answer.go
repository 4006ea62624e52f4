package sim

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
)

// An answer is what a service returns. A list is written out last, so that a
// fault can still put another link in.
type answer struct {
	status int // default 200
	header http.Header
	kind   string // content type; default JSON
	body   []byte
	list   *listing
}

// A listing is a page of a collection.
type listing struct {
	context string
	count   *int
	items   []*object
	next    string
	delta   string // where the next round begins, on the last page of a delta
}

// render writes the page in OData's envelope.
func (l *listing) render() []byte {
	b := append([]byte(`{"@odata.context":`), encode(l.context)...)
	if l.count != nil {
		b = strconv.AppendInt(append(b, `,"@odata.count":`...), int64(*l.count), 10)
	}
	b = append(b, `,"value":[`...)
	for i, o := range l.items {
		if i > 0 {
			b = append(b, ',')
		}
		b = o.appendTo(b)
	}
	b = append(b, ']')
	if l.next != "" {
		b = append(append(b, `,"@odata.nextLink":`...), encode(l.next)...)
	}
	if l.delta != "" {
		b = append(append(b, `,"@odata.deltaLink":`...), encode(l.delta)...)
	}
	return append(b, '}')
}

// entity answers with one object.
func entity(context string, o *object) answer {
	out := &object{members: []member{{"@odata.context", encode(context)}}}
	for _, m := range o.members {
		if m.name != "@odata.context" {
			out.members = append(out.members, m)
		}
	}
	return answer{body: out.appendTo(nil)}
}

// noContent answers a write that went well.
func noContent() answer { return answer{status: http.StatusNoContent} }

// bytes returns the whole body.
func (a answer) bytes() []byte {
	if a.list != nil {
		return a.list.render()
	}
	return a.body
}

// send writes an answer.
func (x *exchange) send(a answer) { x.sendBody(a, a.bytes()) }

func (x *exchange) sendBody(a answer, body []byte) {
	x.writeHead(a, strconv.Itoa(len(body)))
	if a.code() != http.StatusNoContent && x.request.Method != http.MethodHead {
		_, _ = x.writer.Write(body) // a client that hung up is no news
	}
}

// writeHead writes status and headers, and before them the ledger. An empty
// length means not known.
func (x *exchange) writeHead(a answer, length string) {
	x.record(a.code())
	h := x.writer.Header()
	h.Set("Date", x.now.Format(http.TimeFormat))
	h.Set("request-id", x.id)
	h.Set("client-request-id", x.clientRequestID())
	if x.service == serviceGraph {
		h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"Simulator","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"SIM"}}`)
	}
	if a.code() != http.StatusNoContent {
		kind := a.kind
		if kind == "" {
			kind = "application/json; charset=utf-8"
		}
		h.Set("Content-Type", kind)
		if length != "" {
			h.Set("Content-Length", length)
		}
	}
	maps.Copy(h, a.header)
	x.writer.WriteHeader(a.code())
}

func (a answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// refused writes a refusal in the envelope of the service. Anything that is
// not a refusal is a fault of the simulator itself and says so.
func (x *exchange) refused(err error) answer {
	var r *refusal
	if !errors.As(err, &r) {
		r = refuse(http.StatusInternalServerError, "SimulatorFailed", "%s", err.Error())
	}
	var body json.RawMessage
	switch x.service {
	case serviceLogin:
		body = x.loginEnvelope(r)
	case serviceDefender:
		body = encode(newObject("error", newObject("code", r.code, "message", r.message, "target", x.clientRequestID())))
	default:
		body = x.graphEnvelope(r)
	}
	return answer{status: r.status, header: r.header, body: body}
}

func (x *exchange) graphEnvelope(r *refusal) json.RawMessage {
	inner := newObject("date", x.now.Format("2006-01-02T15:04:05"), "request-id", x.id, "client-request-id", x.clientRequestID())
	if r.status == http.StatusTooManyRequests {
		inner = newObject("code", "429", "date", x.now.Format("2006-01-02T15:04:05"), "message", "Please retry after",
			"request-id", x.id, "client-request-id", x.clientRequestID(), "status", "429")
	}
	return encode(newObject("error", newObject("code", r.code, "message", r.message, "innerError", inner)))
}

func (x *exchange) loginEnvelope(r *refusal) json.RawMessage {
	if r.number == 0 {
		return encode(newObject("error", r.code, "error_description", r.message))
	}
	at, number := x.now.Format("2006-01-02 15:04:05Z"), strconv.Itoa(r.number)
	text := "AADSTS" + number + ": " + r.message + "\r\nTrace ID: " + x.id + "\r\nCorrelation ID: " + x.clientRequestID() + "\r\nTimestamp: " + at
	return encode(newObject("error", r.code, "error_description", text, "error_codes", []int{r.number}, "timestamp", at,
		"trace_id", x.id, "correlation_id", x.clientRequestID(), "error_uri", x.cloud.info.LoginURL+"/error?code="+number))
}
