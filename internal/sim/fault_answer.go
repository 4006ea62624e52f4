package sim

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// checkAnswer refuses faults of answers that could not do what they say.
func (f *Fault) checkAnswer() error {
	_, noNumber := strconv.Atoi(cmp.Or(f.Code, "0"))
	switch {
	case (f.Code != "" || f.BOM) && f.Status == 0:
		return errors.New("code and bom go with status only")
	case f.Code != "" && f.Service == serviceLogin && noNumber != nil:
		return fmt.Errorf("code %q is not an AADSTS number, and login has no other codes", f.Code)
	case f.Message != "" && f.Status == 0 && f.Partial == "" && f.ErrorIn200 == "":
		return errors.New("message goes with status, partial and error_in_200 only")
	case !slices.Contains([]string{"", "206", "warning", "error"}, f.Partial):
		return fmt.Errorf("partial %q is not 206, warning or error", f.Partial)
	case !slices.Contains([]string{"", "before", "after"}, f.ErrorIn200):
		return fmt.Errorf("error_in_200 %q is not before or after", f.ErrorIn200)
	}
	return nil
}

// reword gives a refusal the code and the words of the fault.
func (f *Fault) reword(r *refusal, service string) {
	r.message = cmp.Or(f.Message, r.message)
	number, err := strconv.Atoi(f.Code)
	switch {
	case f.Code == "":
	case service == serviceLogin && err == nil:
		r.code, r.number = oauthError(number), number
	default:
		r.code = f.Code
	}
}

// oauthError is the OAuth error beside an AADSTS number.
func oauthError(number int) string {
	switch number {
	case 500011, 500014:
		return "invalid_resource"
	case 650051, 650052, 7000215, 7000222, 700027:
		return "invalid_client"
	case 700016, 7000112:
		return "unauthorized_client"
	}
	return "invalid_grant"
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// sendMarked sends an answer, behind a byte-order mark if so asked.
func (x *exchange) sendMarked(a answer, mark bool) {
	body := a.bytes()
	if mark {
		body = slices.Concat(byteOrderMark, body)
	}
	x.sendBody(a, body)
}

// sendPartial sends a list that says of itself that it is not complete: by its
// status, a header, or an error beside its items.
func (x *exchange) sendPartial(f *Fault, a answer) {
	words := cmp.Or(f.Message, "One of the providers did not answer in time.")
	switch {
	case a.list == nil:
		x.send(a)
	case f.Partial == "error":
		x.sendBody(a, withError(a.bytes(), "PartialResult", words))
	default:
		if a.header = maps.Clone(a.header); a.header == nil {
			a.header = http.Header{}
		}
		a.header.Set("Warning", `199 - "`+words+`"`)
		if f.Partial == "206" {
			a.status = http.StatusPartialContent
		}
		x.send(a)
	}
}

// withError puts an error before the members of an object.
func withError(object []byte, code, words string) []byte {
	member := slices.Concat([]byte(`{"error":`), encode(newObject("code", code, "message", words)), []byte(","))
	return bytes.Replace(object, []byte("{"), member, 1)
}

// errorIn200 answers 200 with an error of the service, whatever was done.
func (x *exchange) errorIn200(f *Fault, do func() (answer, error)) {
	if f.ErrorIn200 == "after" {
		x.result(do)
	}
	a := x.refused(refuse(http.StatusOK, "UnknownError", "%s", cmp.Or(f.Message, "The request could not be processed.")))
	x.send(a)
}
