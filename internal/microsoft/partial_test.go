package microsoft

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// TestPartialAnswers: a list that says of itself that it is not complete gives
// its items, those of later pages too, and ends with an error in its words.
func TestPartialAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status  int
		warning string
		before  string
		says    string
	}{
		"206":                  {206, "", "", "206 Partial Content"},
		"206 with a warning":   {206, `199 - "Vendor1/Provider1/504/10000"`, "", `206 Partial Content: 199 - "Vendor1/Provider1/504/10000"`},
		"a warning":            {200, `199 - "Vendor1/Provider1/504/10000"`, "", `Warning: 199 - "Vendor1/Provider1/504/10000"`},
		"an error beside":      {200, "", `"error":{"code":"ProviderTimeout","message":"no answer of Provider1"},`, "ProviderTimeout: no answer of Provider1"},
		"an error of no words": {200, "", `"error":"x",`, "an error without words"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *fake
			f = newFake(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.RawQuery, "$skiptoken") {
					reply(w, 200, `{"error":null,"value":[{"id":"2"}]}`)
					return
				}
				if tt.warning != "" {
					w.Header().Set("Warning", tt.warning)
				}
				reply(w, tt.status, fmt.Sprintf(`{%s"value":[{"id":"1"}],"@odata.nextLink":%q}`, tt.before, f.URL+r.URL.Path+"?$skiptoken=x"))
			})
			items, _, err := drain(f.client(t, Options{}).Alerts.List(t.Context(), time.Time{}))
			if !errors.Is(err, cordon.ErrPartial) || !strings.Contains(err.Error(), "the answer is not complete: "+tt.says) || len(items) != 2 {
				t.Errorf("got %q, %v", items, err)
			}
			if _, err := f.client(t, Options{}).Scores.ControlProfiles(t.Context()); !errors.Is(err, cordon.ErrPartial) {
				t.Errorf("a small collection: %v", err)
			}
		})
	}
}

// TestErrorInSuccess: an error inside an answer of success is an error, also
// of one object; that of a write leaves its outcome unknown.
func TestErrorInSuccess(t *testing.T) {
	t.Parallel()
	f := newFake(t, say(200, `{"id":"`+userID+`","error":{"code":"UnknownError","message":"try later"}}`))
	c, ctx := f.client(t, Options{}), t.Context()
	_, get := c.Users.Get(ctx, userID)
	_, list := drain2(c.Alerts.List(ctx, time.Time{}))
	for name, err := range map[string]error{"object": get, "list": list} {
		if !errors.Is(err, cordon.ErrMalformed) || !strings.Contains(err.Error(), "UnknownError: try later") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, isolated := c.Endpoint.Isolate(ctx, "m", IsolateFull, "why", requestID)
	sent := f.count()
	for name, err := range map[string]error{"isolate": isolated, "disable": c.Users.SetEnabled(ctx, userID, false, requestID), "revoke": c.Users.RevokeSessions(ctx, userID, requestID)} {
		if !errors.Is(err, cordon.ErrUnknownOutcome) || !strings.Contains(err.Error(), "UnknownError: try later") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if f.count() != sent+2 {
		t.Errorf("%d writes left", f.count()-sent)
	}
	half := newFake(t, say(206, `{"id":"`+userID+`"}`))
	if _, err := half.client(t, Options{}).Users.Get(ctx, userID); !errors.Is(err, cordon.ErrPartial) {
		t.Errorf("206 of an object: got %v", err)
	}
}

func drain2(seq func(func(Page, error) bool)) ([]string, error) {
	items, _, err := drain(seq)
	return items, err
}

// TestByteOrderMark: what stands behind a byte-order mark keeps code and
// words, of errors, of lists, and of sign-in.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	const mark = "\ufeff"
	f := newFake(t, say(403, mark+`{"error":{"code":"Forbidden","message":"Your tenant is not licensed for this feature."}}`))
	_, err := drain2(f.client(t, Options{}).Risk.Detections(t.Context(), time.Time{}))
	if !errors.Is(err, cordon.ErrUnlicensed) || !strings.Contains(err.Error(), "403 Forbidden: Your tenant is not licensed") {
		t.Errorf("an error: got %v", err)
	}
	f = newFake(t, say(200, mark+`{"value":[{"id":"1"}]}`))
	if items, err := drain2(f.client(t, Options{}).Risk.Detections(t.Context(), time.Time{})); err != nil || len(items) != 1 {
		t.Errorf("a list: got %q, %v", items, err)
	}
	f = newFake(t, say(200, `{}`))
	f.signIn = say(400, mark+`{"error":"invalid_grant","error_description":"AADSTS53003: Access has been blocked.","error_codes":[53003]}`)
	if err := f.client(t, Options{}).CheckToken(t.Context(), ResourceGraph); !errors.Is(err, cordon.ErrBlocked) || !strings.Contains(err.Error(), "AADSTS53003") {
		t.Errorf("sign-in: got %v", err)
	}
}

// TestGraphIsNeverNotProvisioned: what means that a product was never set up
// says, of Graph, that our way in is gone.
func TestGraphIsNeverNotProvisioned(t *testing.T) {
	t.Parallel()
	for number, other := range map[int]error{500011: cordon.ErrNotProvisioned, 650051: cordon.ErrNotProvisioned, 650052: cordon.ErrNotProvisioned, 500014: cordon.ErrDenied} {
		f := newFake(t, say(200, `{}`))
		f.signIn = say(400, fmt.Sprintf(`{"error":"invalid_resource","error_description":"AADSTS%d: x","error_codes":[%d]}`, number, number))
		c := f.client(t, Options{})
		if err := c.CheckToken(t.Context(), ResourceGraph); !errors.Is(err, cordon.ErrGone) || !strings.Contains(err.Error(), fmt.Sprintf("AADSTS%d: Microsoft Graph is missing or disabled", number)) {
			t.Errorf("%d of Graph: %v", number, err)
		}
		if err := c.CheckToken(t.Context(), ResourceDefender); !errors.Is(err, other) {
			t.Errorf("%d of Defender: %v", number, err)
		}
	}
	f := newFake(t, say(200, `{}`))
	f.signIn = say(400, `{"error":"invalid_resource","error_description":"AADSTS599999: x"}`)
	if err := f.client(t, Options{}).CheckToken(t.Context(), ResourceDefender); !errors.Is(err, cordon.ErrDenied) {
		t.Errorf("a number that is not listed: %v", err)
	}
}
