package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestEcho does what a defender does, and finds in every feed what Entra says
// of it: a detection, new versions of old ones, a history and a log that name
// the app.
func TestEcho(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, few)})
	t0 := r.cloud.tenants[0]
	victim, admin := t0.guid("user", "victim"), t0.guid("user", "admin")
	for key, id := range map[string]string{"v": victim, "a": admin} {
		r.inject(resDetections, fmt.Sprintf(`{"id":%q,"userId":%q,"riskEventType":"anomalousToken","riskState":"atRisk","riskLevel":"high","riskDetail":"none"}`, key, id))
		r.inject(resRiskyUsers, fmt.Sprintf(`{"id":%q,"riskState":"atRisk","riskLevel":"high","riskDetail":"none"}`, id))
	}
	seen := func(path string, members ...string) (out []string) {
		t.Helper()
		state, err := r.cloud.State("", path)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objectsIn(state) {
			var words []string
			for _, m := range members {
				words = append(words, o.text(m))
			}
			out = append(out, strings.Join(words, " "))
		}
		return out
	}
	check := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	r.graph("POST", resRiskyUsers+"/confirmCompromised", `{"userIds":["`+victim+`"]}`)
	r.cloud.Advance(riskDelay)
	check("confirmed: detections", seen(resDetections, "riskEventType", "riskState", "userId")[2:], "adminConfirmedUserCompromised confirmedCompromised "+victim)
	check("confirmed: history", seen(resRiskyUsers+"/"+victim+"/history", "riskState", "riskDetail", "initiatedBy")[1:],
		"confirmedCompromised adminConfirmedUserCompromised "+t0.principal)
	r.graph("PATCH", "users/"+victim, `{"passwordProfile":{"forceChangePasswordNextSignIn":true}}`)
	r.cloud.Advance(riskDelay)
	if state := r.control("GET", "/state?path="+resRiskyUsers+"/"+victim, ""); !strings.Contains(state.body, "confirmedCompromised") {
		t.Errorf("a reset takes back what was confirmed: %s", state.body)
	}
	r.graph("POST", resRiskyUsers+"/dismiss", `{"userIds":["`+victim+`"]}`)
	r.cloud.Advance(riskDelay)
	for _, line := range seen(resDetections, "userId", "riskState", "riskDetail") {
		if strings.HasPrefix(line, victim) && line != victim+" dismissed adminDismissedAllRiskForUser" || strings.HasPrefix(line, admin) && !strings.HasSuffix(line, "atRisk none") {
			t.Errorf("dismissed: %s", line)
		}
	}
	r.graph("POST", "users/"+victim+"/revokeSignInSessions", "")
	check("log", seen(resAudits, "activityDisplayName"), "ConfirmAccountCompromised", "Reset user password", "DismissUser", "Update StsRefreshTokenValidFrom Timestamp")
}

// TestPasswordResetRemediates gives a user at risk another password.
func TestPasswordResetRemediates(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, few)})
	victim := r.cloud.tenants[0].guid("user", "victim")
	r.inject(resRiskyUsers, `{"id":"`+victim+`","riskState":"atRisk","riskLevel":"medium","riskDetail":"none"}`)
	r.graph("PATCH", "users/"+victim, `{"passwordProfile":{"forceChangePasswordNextSignIn":true}}`)
	r.cloud.Advance(riskDelay)
	want := `none remediated adminGeneratedTemporaryPassword`
	if got := r.risks(resRiskyUsers); len(got) != 1 || got[0].RiskLevel+" "+got[0].RiskState+" "+got[0].RiskDetail != want {
		t.Errorf("got %+v, want %s", got, want)
	}
	if got := r.risks(resRiskyUsers + "/" + victim + "/history"); len(got) != 2 || got[0].InitiatedBy == nil || *got[0].InitiatedBy != r.cloud.tenants[0].principal {
		t.Errorf("history %+v", got)
	}
}
