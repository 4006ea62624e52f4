package microsoft

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// A delta is walked to its link, and taken up from there.
func TestDelta(t *testing.T) {
	t.Parallel()
	var f *fake
	f = newFake(t, func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.RawQuery; {
		case strings.Contains(q, "$skiptoken=2"):
			reply(w, 200, `{"@odata.deltaLink":"`+f.URL+pathUsersDelta+`?$deltatoken=d1","value":[{"id":"u2","@removed":{"reason":"deleted"}}]}`)
		case strings.Contains(q, "$deltatoken=d1"):
			reply(w, 200, `{"value":[],"@odata.deltaLink":"`+f.URL+pathUsersDelta+`?$deltatoken=d2"}`)
		default:
			reply(w, 200, `{"value":[{"id":"u1","accountEnabled":false}],"@odata.nextLink":"`+f.URL+pathUsersDelta+`?$skiptoken=2"}`)
		}
	})
	c := f.client(t, Options{})
	walk := func(link string) (changes []UserChange, links []string) {
		for page, err := range c.Users.Delta(t.Context(), link) {
			if err != nil {
				t.Fatal(err)
			}
			links = append(links, page.Delta)
			for _, raw := range page.Items {
				u, err := Decode[UserChange](raw)
				if err != nil {
					t.Fatal(err)
				}
				changes = append(changes, u)
			}
		}
		return changes, links
	}
	changes, links := walk("")
	if len(changes) != 2 || changes[0].ID != "u1" || *changes[0].AccountEnabled || changes[0].Removed != nil ||
		changes[1].ID != "u2" || changes[1].Removed == nil || changes[1].Removed.Reason != "deleted" {
		t.Errorf("got %+v", changes)
	}
	if want := []string{"", f.URL + pathUsersDelta + "?$deltatoken=d1"}; !reflect.DeepEqual(links, want) {
		t.Fatalf("links %q", links)
	}
	if changes, links = walk(links[1]); len(changes) != 0 || len(links) != 1 || !strings.HasSuffix(links[0], "=d2") {
		t.Errorf("from the link: got %+v, %q", changes, links)
	}
	if q := f.calls[0].URL.RawQuery; q != selectUser {
		t.Errorf("began with %s", q)
	}
}

func TestDeltaThatBreaks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		link string
		api  http.HandlerFunc
		want error
	}{
		"a dead link":         {"", refuse(410, "resyncRequired", "x"), ErrResync},
		"a dead link, by 410": {"", refuse(410, "", "gone"), ErrResync},
		"a lost state":        {"", refuse(400, "syncStateNotFound", "x"), ErrResync},
		"another 400":         {"", refuse(400, "BadRequest", "x"), cordon.ErrBadRequest},
		"no link at the end":  {"", say(200, `{"value":[{"id":"u1"}]}`), cordon.ErrMalformed},
		"a poisoned end":      {"", say(200, `{"value":[],"@odata.deltaLink":"https://graph.microsoft.com.evil`+pathUsersDelta+`"}`), cordon.ErrUnsafeLink},
		"a link of no text":   {"", say(200, `{"value":[],"@odata.deltaLink":7}`), cordon.ErrMalformed},
		"a foreign link":      {"https://evil" + pathUsersDelta, say(200, `{"value":[]}`), cordon.ErrUnsafeLink},
		"denied":              {"", refuse(403, "Authorization_RequestDenied", "x"), cordon.ErrDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, tt.api)
			var last error
			for page, err := range f.client(t, Options{}).Users.Delta(t.Context(), tt.link) {
				if last = err; page.Delta != "" {
					t.Errorf("a link came out: %s", page.Delta)
				}
			}
			if !errors.Is(last, tt.want) || errors.Is(last, ErrResync) && errors.Is(last, cordon.ErrBadRequest) {
				t.Errorf("got %v", last)
			}
			if tt.link != "" && f.count() != 0 {
				t.Error("the token went along")
			}
		})
	}
}

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

func TestTemporaryAccessPass(t *testing.T) {
	t.Parallel()
	var sent string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		sent = r.URL.Path + " " + string(b)
		reply(w, 201, `{"id":"p1","temporaryAccessPass":"TAPRocks!","startDateTime":"2026-03-01T12:00:00Z","lifetimeInMinutes":60}`)
	})
	c := f.client(t, Options{})
	pass, err := c.Users.CreateTemporaryAccessPass(t.Context(), userID, time.Hour, true, requestID)
	checkPayment(t, c, f.calls[0])
	if err != nil || pass.ID != "p1" || pass.StartDateTime != "2026-03-01T12:00:00Z" || pass.Reveal() != "TAPRocks!" {
		t.Errorf("got %+v, %v", pass, err)
	}
	if want := pathUsers + "/" + userID + `/authentication/temporaryAccessPassMethods {"isUsableOnce":true,"lifetimeInMinutes":60}`; sent != want {
		t.Errorf("sent %s", sent)
	}
	raw, _ := json.Marshal(pass)
	if printed := fmt.Sprintf("%v %+v %#v %s", pass, pass, pass, raw); strings.Contains(printed, "TAPRocks!") {
		t.Errorf("the pass is shown: %s", printed)
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

func TestMethodNames(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"phone": "phoneMethods", "microsoftAuthenticator": "microsoftAuthenticatorMethods", "externalAuthentication": "externalAuthenticationMethods",
		"windowsHelloForBusiness": "windowsHelloForBusinessMethods", "password": "", "": "", "new": "",
	} {
		m := AuthenticationMethod{Type: "#microsoft.graph." + kind + "AuthenticationMethod"}
		if m.Name() != kind || m.Deletable() != (want != "") || want != "" && m.collection() != want {
			t.Errorf("%s: %s, %v, %s", kind, m.Name(), m.Deletable(), m.collection())
		}
	}
}
