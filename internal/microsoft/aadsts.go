package microsoft

import (
	"cmp"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// A refusal is what an error number of Entra sign-in means to us, and what to
// do next.
type refusal struct {
	kind   error
	advice string
}

// refusals by AADSTS number.
//
// Source: entra-docs reference-error-codes.
var refusals = map[int]refusal{
	7000215: {cordon.ErrCredential, "the client secret is wrong: store the secret's value, not its id"},
	7000222: {cordon.ErrCredential, "the client secret has expired: create a new one and store it"},
	700027:  {cordon.ErrCredential, "the certificate's signature is refused: register the certificate with the app"},
	7000218: {cordon.ErrCredential, "no client secret was sent: store one"},
	50013:   {cordon.ErrCredential, "the assertion is refused: check the certificate and the clock"},
	50012:   {cordon.ErrCredential, "the assertion's signature is refused: register the certificate with the app"},
	500133:  {cordon.ErrCredential, "the assertion is out of date: check the clock"},
	700016:  {cordon.ErrGone, "the app is not in this tenant: let an administrator consent to it, and check tenant and client id"},
	7000112: {cordon.ErrGone, "the app is disabled in this tenant: let an administrator enable its service principal"},
	90002:   {cordon.ErrGone, "there is no such tenant: check the tenant id and the cloud"},
	90038:   {cordon.ErrGone, "the tenant belongs to another national cloud: set its endpoints"},
	900382:  {cordon.ErrGone, "the app is registered in another national cloud: register it in the tenant's"},
	900432:  {cordon.ErrGone, "the app is registered in another national cloud: register it in the tenant's"},
	500011:  {cordon.ErrNotProvisioned, "the resource is not in this tenant: the product was never set up there"},
	9001023: {cordon.ErrBadRequest, "the tenant must be named by its id"},
	50194:   {cordon.ErrBadRequest, "the app is for a single tenant: register it for many, or name its own"},
	90099:   {cordon.ErrDenied, "the app is not authorised by the customer's administrator: have it consented there"},
	530032:  {cordon.ErrDenied, "a security policy of the tenant blocks the app"},
	50196:   {cordon.ErrThrottled, "tokens were asked for too often: wait"},
	90055:   {cordon.ErrThrottled, "sign-in is throttled: wait"},
	90024:   {cordon.ErrUnavailable, "sign-in is busy: try again"},
	90033:   {cordon.ErrUnavailable, "sign-in is out of order for a moment: try again"},
	50033:   {cordon.ErrUnavailable, "sign-in is out of order for a moment: try again"},
	90006:   {cordon.ErrUnavailable, "sign-in is out of order for a moment: try again"},
}

// families of errors, for numbers that are not listed.
var refusalsByError = map[string]error{
	"invalid_client":          cordon.ErrCredential,
	"unauthorized_client":     cordon.ErrGone,
	"invalid_tenant":          cordon.ErrGone,
	"invalid_resource":        cordon.ErrNotProvisioned,
	"temporarily_unavailable": cordon.ErrUnavailable,
	"server_error":            cordon.ErrUnavailable,
	"access_denied":           cordon.ErrDenied,
}

// A signInAnswer is the body of an error of Entra sign-in.
type signInAnswer struct {
	Error       Text   `json:"error"`
	Description Text   `json:"error_description"`
	Codes       []Text `json:"error_codes"`
	TraceID     Text   `json:"trace_id"`
}

var aadsts = regexp.MustCompile(`AADSTS(\d{4,9})`)

// number returns the AADSTS number: from the list, or from the description.
func (a signInAnswer) number() int {
	if len(a.Codes) > 0 {
		if n, err := strconv.Atoi(string(a.Codes[0])); err == nil {
			return n
		}
	}
	if m := aadsts.FindStringSubmatch(string(a.Description)); m != nil {
		n, _ := strconv.Atoi(m[1]) // at most nine digits
		return n
	}
	return 0
}

// words returns the description without its number and its ids.
func (a signInAnswer) words() string {
	text, _, _ := strings.Cut(string(a.Description), "Trace ID:")
	if i := strings.Index(text, ": "); i >= 0 && strings.HasPrefix(text, "AADSTS") {
		text = text[i+2:]
	}
	return clean(text, 300)
}

// signInError reads an error of Entra sign-in.
func signInError(resp *http.Response, body []byte, now time.Time) *Error {
	a, _ := Decode[signInAnswer](body) // what cannot be read stays empty
	e := &Error{
		Status: resp.StatusCode, Code: string(a.Error), Message: a.words(),
		RequestID:  string(cmp.Or(a.TraceID, Text(resp.Header.Get("X-Ms-Request-Id")))),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now),
		kind:       refusalsByError[string(a.Error)],
	}
	number := a.number()
	if number != 0 {
		e.Code = "AADSTS" + strconv.Itoa(number)
	}
	if r, ok := refusals[number]; ok {
		e.kind, e.Message = r.kind, r.advice
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		e.kind = cordon.ErrThrottled
	case resp.StatusCode >= 500 && number == 0:
		e.kind = cordon.ErrUnavailable
	case resp.StatusCode < 400:
		e.kind, e.Message = cordon.ErrUnsafeLink, "sign-in redirects us, which it never does"
	case a.Error == "":
		e.kind, e.Message = cordon.ErrMalformed, "the answer carries no error of sign-in"
	}
	if e.kind == nil {
		e.kind = cordon.ErrBadRequest
	}
	return e
}
