package sim

import (
	"strings"
	"testing"
)

// TestFaultWords gives an error a code and words of its own, in the envelope
// of each service, and a byte-order mark.
func TestFaultWords(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	me := r.cloud.Info().Tenants[0]
	r.fault(`{"service":"graph","status":403,"code":"AccessDenied","message":"Not today.","bom":true}`)
	r.fault(`{"service":"defender","status":403,"message":"Not today."}`)
	r.fault(`{"service":"login","path":"*/token","status":400,"code":"53003","message":"Access has been blocked by Conditional Access policies."}`)
	g := r.graph("GET", "users", "")
	body, marked := strings.CutPrefix(g.body, "\xef\xbb\xbf")
	if !marked || g.status != 403 || !strings.Contains(body, `{"error":{"code":"AccessDenied","message":"Not today.","innerError"`) {
		t.Errorf("graph: %d %q", g.status, g.body)
	}
	if d := r.defender("/api/alerts"); d.status != 403 || !strings.Contains(d.body, `{"error":{"code":"Forbidden","message":"Not today.","target"`) {
		t.Errorf("defender: %d %q", d.status, d.body)
	}
	l := r.post(r.cloud.Info().LoginURL+"/"+me.ID+"/oauth2/v2.0/token", credentials(me, "x/.default"))
	if code, message := l.problem(t); l.status != 400 || code != "invalid_grant" || !strings.HasPrefix(message, "AADSTS53003: Access has been blocked") {
		t.Errorf("login: %d %s", l.status, l.body)
	}
}

// TestFaultPartial answers with a list that is not complete, in three ways.
func TestFaultPartial(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]struct {
		status  int
		warning string
		body    string
	}{
		"206":     {206, `199 - "one provider failed"`, `{"@odata.context"`},
		"warning": {200, `199 - "one provider failed"`, `{"@odata.context"`},
		"error":   {200, "", `{"error":{"code":"PartialResult","message":"one provider failed"},"@odata.context"`},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Options{})
			r.fault(`{"service":"graph","partial":"` + how + `","message":"one provider failed"}`)
			g := r.graph("GET", "users", "")
			if g.status != want.status || g.header.Get("Warning") != want.warning || !strings.HasPrefix(g.body, want.body) || !strings.Contains(g.body, `"value":[{`) {
				t.Errorf("got %d %q %.120s", g.status, g.header.Get("Warning"), g.body)
			}
		})
	}
}

// TestFaultErrorIn200 answers a write with 200 and an error, done or not.
func TestFaultErrorIn200(t *testing.T) {
	t.Parallel()
	for when, enabled := range map[string]string{"before": "true", "after": "false"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Options{Scenario: custom(t, few)})
			victim := r.cloud.tenants[0].guid("user", "victim")
			r.fault(`{"method":"PATCH","error_in_200":"` + when + `","message":"try later"}`)
			if g := r.graph("PATCH", "users/"+victim, `{"accountEnabled":false}`); g.status != 200 || !strings.Contains(g.body, `{"error":{"code":"UnknownError","message":"try later"`) {
				t.Errorf("got %d %s", g.status, g.body)
			}
			if g := r.graph("GET", "users/"+victim+"?$select=accountEnabled", ""); !strings.Contains(g.body, `"accountEnabled":`+enabled) {
				t.Errorf("then %s", g.body)
			}
		})
	}
}

// TestFaultAnswerRefused refuses what such a fault could not do.
func TestFaultAnswerRefused(t *testing.T) {
	t.Parallel()
	for fault, says := range map[string]string{
		`{"code":"x","drop":"after"}`:                 "code and bom go with status only",
		`{"bom":true,"partial":"206"}`:                "code and bom go with status only",
		`{"service":"login","status":400,"code":"x"}`: "not an AADSTS number",
		`{"message":"x","delay_ms":1}`:                "message goes with status, partial and error_in_200 only",
		`{"partial":"half"}`:                          "is not 206, warning or error",
		`{"error_in_200":"never"}`:                    "is not before or after",
		`{"partial":"206","error_in_200":"before"}`:   "a fault does exactly one thing",
	} {
		r := newRig(t, Options{})
		if g := r.control("POST", "/faults", fault); g.status != 400 || !strings.Contains(g.body, says) {
			t.Errorf("%s: %d %s", fault, g.status, g.body)
		}
	}
}
