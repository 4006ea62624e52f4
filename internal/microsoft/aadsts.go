package microsoft

import (
	"cmp"
	"errors"
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
	// Our credential.
	7000215: {cordon.ErrCredential, "the client secret is wrong: store the secret's value, not its id"},
	7000222: {cordon.ErrCredential, "the client secret has expired: create a new one and store it"},
	7000218: {cordon.ErrCredential, "no credential was sent: store a secret or a certificate, or allow public client flows for a person's sign-in"},
	700027:  {cordon.ErrCredential, "the certificate is not known to the app: register it with the app, and check that it is the one that is stored"},
	50012:   {cordon.ErrCredential, "the assertion's signature is refused: register the certificate, or the issuer's keys, with the app"},
	50013:   {cordon.ErrCredential, "the assertion is refused: check the certificate, the tenant and the clock"},
	50048:   {cordon.ErrCredential, "the assertion names two parties: its subject and its issuer must both be the client id"},
	500133:  {cordon.ErrCredential, "the assertion is out of date: check the clock of this machine"},
	700229:  {cordon.ErrCredential, "the assertion is a person's: only an app's token of Entra can stand in for a credential"},
	// A record that was just made takes minutes to arrive, so this is asked again.
	70021: {cordon.ErrUnavailable, "no federated credential of the app matches the assertion: if it was just added, wait some minutes; else check its issuer, subject and audience"},

	// The app in the tenant.
	700016:  {cordon.ErrGone, "the app is not in this tenant: let an administrator consent to it, and check tenant and client id"},
	7000112: {cordon.ErrGone, "the app is disabled in this tenant: let an administrator enable its service principal"},
	90002:   {cordon.ErrGone, "there is no such tenant: check the tenant id and the cloud"},
	90038:   {cordon.ErrGone, "the tenant belongs to another national cloud: set the tenant's cloud"},
	900382:  {cordon.ErrGone, "the app is registered in another national cloud: register it in the tenant's"},
	900432:  {cordon.ErrGone, "the app is registered in another national cloud: register it in the tenant's"},
	500011:  {cordon.ErrNotProvisioned, "the resource is not in this tenant: the product was never set up there"},
	650051:  {cordon.ErrNotProvisioned, "the resource is not in this tenant: the product was never set up there"},
	650052:  {cordon.ErrNotProvisioned, "the resource is not in this tenant: the product was never set up there, or no subscription to it is left"},
	500014:  {cordon.ErrDenied, "the service principal of the resource is disabled in this tenant: let an administrator enable it, or renew its subscription"},
	65001:   {cordon.ErrDenied, "nobody has consented to the app: let an administrator of the tenant consent to it"},
	65004:   {cordon.ErrDenied, "consent was declined: ask the administrator, and send the link again"},
	90099:   {cordon.ErrDenied, "the app is not authorised by the customer's administrator: have it consented there"},

	// The tenant's policies.
	53003:   {cordon.ErrBlocked, "a Conditional Access policy of the tenant blocks the app: let an administrator exclude the app's service principal from it, or allow the address that Cordon calls from"},
	530032:  {cordon.ErrBlocked, "a security policy of the tenant blocks the app: let its administrator exempt the app"},
	530034:  {cordon.ErrBlocked, "the tenant blocks a delegated administrator because of suspicious activity at home: clear the account's risk in its home tenant, then sign in again"},
	530035:  {cordon.ErrBlocked, "security defaults of the tenant block this sign-in: enter with a secret or certificate of the app, or sign in with a second factor"},
	53011:   {cordon.ErrBlocked, "the account is blocked because of its risk in its home tenant: clear the risk there, then sign in again"},
	500021:  {cordon.ErrBlocked, "tenant restrictions on the way do not allow this tenant: let the administrator of the network or proxy that Cordon calls through allow it"},
	5000224: {cordon.ErrBlocked, "Microsoft has shut this tenant off: ask its administrator whether it is suspended or deleted, and remove it from Cordon if so"},

	// The request.
	9001023: {cordon.ErrBadRequest, "the tenant must be named by its id: common and consumers are none"},
	50194:   {cordon.ErrBadRequest, "the app is for a single tenant: register it for many, or name its own"},
	70011:   {cordon.ErrBadRequest, "the scope is malformed: check the tenant's cloud"},
	700022:  {cordon.ErrBadRequest, "the scope names several resources: a token is for one"},
	28002:   {cordon.ErrBadRequest, "the scope is malformed: check the tenant's cloud"},
	28003:   {cordon.ErrBadRequest, "the scope is empty: check the tenant's cloud"},
	900144:  {cordon.ErrBadRequest, "sign-in misses a part of the request: check client id and credential"},

	// The person.
	50034:  {cordon.ErrCredential, "the user is not in this tenant: sign in with an account of the tenant"},
	50053:  {cordon.ErrCredential, "the user is locked out: wait, or let an administrator look at the account"},
	50055:  {cordon.ErrCredential, "the password has expired: change it and sign in again"},
	50057:  {cordon.ErrCredential, "the user is disabled: sign in with another account"},
	50126:  {cordon.ErrCredential, "user name or password is wrong: sign in again"},
	50076:  {cordon.ErrCredential, "the tenant wants a second factor: sign in again, interactively"},
	50079:  {cordon.ErrCredential, "the user must first enrol a second factor: sign in in a browser to do so"},
	50133:  {cordon.ErrCredential, "the session has ended, because the password was changed: sign in again"},
	50173:  {cordon.ErrCredential, "the session was revoked: sign in again"},
	700082: {cordon.ErrCredential, "the session was not used for too long: sign in again"},

	// The service.
	50196: {cordon.ErrThrottled, "tokens were asked for too often: wait"},
	90055: {cordon.ErrThrottled, "sign-in is throttled: wait"},
	90024: {cordon.ErrUnavailable, "sign-in is busy: try again"},
	90033: {cordon.ErrUnavailable, "sign-in is out of order for a moment: try again"},
	50033: {cordon.ErrUnavailable, "sign-in is out of order for a moment: try again"},
	90006: {cordon.ErrUnavailable, "sign-in is out of order for a moment: try again"},
}

// slowToArrive is the refusal of a federated credential that Entra may not
// have heard of yet. It takes minutes, so that quick repeats are no use.
const slowToArrive = "AADSTS70021"

// families of errors, for numbers that are not listed.
var refusalsByError = map[string]error{
	"invalid_client":          cordon.ErrCredential,
	"invalid_grant":           cordon.ErrCredential,
	"interaction_required":    cordon.ErrCredential,
	"unauthorized_client":     cordon.ErrGone,
	"invalid_tenant":          cordon.ErrGone,
	"invalid_resource":        cordon.ErrDenied, // which of its numbers means that the product was never set up is listed above
	"temporarily_unavailable": cordon.ErrUnavailable,
	"server_error":            cordon.ErrUnavailable,
	"access_denied":           cordon.ErrDenied,
	"consent_required":        cordon.ErrDenied,
	"authorization_declined":  cordon.ErrCredential,
	"expired_token":           cordon.ErrCredential,
	"bad_verification_code":   cordon.ErrCredential,
}

// adviceByError says what to do about errors of a person's sign-in, whose
// numbers are not published.
var adviceByError = map[string]string{
	"authorization_declined": "the sign-in was declined: sign in again, and accept",
	"expired_token":          "nobody has signed in in time: sign in again, with a new code",
	"bad_verification_code":  "the code is unknown: sign in again, with a new code",
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

// graphMissing is what the numbers that mean that a resource is not there say
// of Microsoft Graph. Every tenant has it, so it is our way in that is gone.
var graphMissing = refusal{cordon.ErrGone, "Microsoft Graph is missing or disabled in this tenant, and without it Cordon cannot enter: " +
	"let an administrator enable its service principal, and check the tenant's cloud"}

// refusalOf returns what a number means for a token of that service.
func refusalOf(s service, number int) (refusal, bool) {
	r, listed := refusals[number]
	if s == graph && (errors.Is(r.kind, cordon.ErrNotProvisioned) || number == 500014) {
		return graphMissing, true
	}
	return r, listed
}

// signInError reads an error of Entra sign-in that came instead of a token for
// the service.
func signInError(s service, resp *http.Response, body []byte, now time.Time) *Error {
	a, _ := Decode[signInAnswer](body) // what cannot be read stays empty
	e := &Error{
		Status: resp.StatusCode, Code: string(a.Error), Message: a.words(),
		RequestID:  string(cmp.Or(a.TraceID, Text(resp.Header.Get("X-Ms-Request-Id")))),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), hostTime(resp.Header, now)),
		kind:       refusalsByError[string(a.Error)],
	}
	number := a.number()
	if number != 0 {
		e.Code = "AADSTS" + strconv.Itoa(number)
	}
	if a.Error == codePending {
		e.Code = codePending
	}
	r, listed := refusalOf(s, number)
	if listed {
		e.kind, e.Message, e.late = r.kind, r.advice, e.Code == slowToArrive
	} else if advice := adviceByError[string(a.Error)]; advice != "" {
		e.Message = advice
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		e.kind = cordon.ErrThrottled
	case resp.StatusCode >= 500 && !listed:
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
