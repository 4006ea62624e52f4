package microsoft

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

// The password is long, new each time, and in the body alone: not in an error
// of a service that repeats what it was sent.
func TestResetPassword(t *testing.T) {
	t.Parallel()
	var sent []string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			PasswordProfile struct {
				Password string
				Force    bool `json:"forceChangePasswordNextSignIn"`
			} `json:"passwordProfile"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !body.PasswordProfile.Force {
			t.Errorf("got %+v, %v", body, err)
		}
		p := body.PasswordProfile.Password
		sent = append(sent, p)
		if len(sent) < 3 {
			w.WriteHeader(204)
			return
		}
		graphError(w, 400, "Weak:"+p, "The password "+p+" is not complex enough.")
	})
	c := f.client(t, Options{})
	for range 2 {
		if err := c.Users.ResetPassword(t.Context(), userID, requestID); err != nil {
			t.Fatal(err)
		}
	}
	err := c.Users.ResetPassword(t.Context(), userID, requestID)
	if !errors.Is(err, cordon.ErrBadRequest) || !strings.Contains(err.Error(), "not complex") {
		t.Errorf("got %v", err)
	}
	for i, p := range sent {
		if len(p) < 20 || p == sent[(i+1)%3] || !strings.ContainsAny(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") || !strings.ContainsAny(p, "a") || !strings.ContainsAny(p, "1") || !strings.Contains(p, "-") {
			t.Errorf("password %q", p)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)), p) {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestCheckMemberGroups(t *testing.T) {
	t.Parallel()
	var sizes []int
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct{ GroupIDs []string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		sizes = append(sizes, len(body.GroupIDs))
		if len(sizes) == 1 {
			graphError(w, 503, "serviceNotAvailable", "x")
			return
		}
		reply(w, 200, `{"value":["`+body.GroupIDs[0]+`"]}`)
	})
	var groups []string
	for i := range 21 {
		groups = append(groups, guid(i))
	}
	c := f.client(t, Options{})
	got, err := c.Users.CheckMemberGroups(t.Context(), userID, groups)
	if err != nil || !reflect.DeepEqual(got, []string{guid(0), guid(20)}) || !reflect.DeepEqual(sizes, []int{20, 20, 1}) {
		t.Errorf("got %v, %v, in %v", got, err, sizes)
	}
	one := newFake(t, say(200, `{"value":[]}`))
	c = one.client(t, Options{})
	if got, err := c.Users.CheckMemberGroups(t.Context(), userID, groups[:1]); err != nil || len(got) != 0 {
		t.Errorf("of no group: got %v, %v", got, err)
	}
	checkPayment(t, c, one.calls[0])
	for _, body := range []string{`{}`, `{"value":null}`, `{"value":"x"}`} {
		if got, err := newFake(t, say(200, body)).client(t, Options{}).Users.CheckMemberGroups(t.Context(), userID, groups); !errors.Is(err, cordon.ErrMalformed) {
			t.Errorf("%s: got %v, %v", body, got, err)
		}
	}
}
