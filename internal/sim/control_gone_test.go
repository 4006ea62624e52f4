package sim

import (
	"net/http"
	"testing"
	"time"
)

// TestGoneMeanwhile takes away what an accepted request was still to change:
// the change has nothing to do then, and nothing else comes to harm.
func TestGoneMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, few), Calm: true})
	t0 := r.cloud.tenants[0]
	victim, sync := t0.guid("user", "victim"), t0.guid("user", "sync")
	identity := t0.guid("identity", sync)
	r.inject(resRiskyUsers, `{"id":"ghost"}`)
	r.inject(resRiskyPrincipals, `{"id":"ghost"}`)
	for path, body := range map[string]string{ // in any order: the clock does not move
		resRiskyUsers + "/confirmCompromised":                  `{"userIds":["ghost","` + victim + `"]}`,
		resRiskyPrincipals + "/confirmCompromised":             `{"servicePrincipalIds":["ghost"]}`,
		resIdentityAccounts + "/" + identity + "/invokeAction": `{"accountId":"` + t0.guid("ad", sync) + `","action":"disable","identityProvider":"activeDirectory"}`,
	} {
		if g := r.do("POST", r.cloud.Info().GraphURL+"/v1.0/"+path, body, "Authorization", "Bearer "+r.token[serviceGraph]); g.status >= http.StatusBadRequest {
			t.Fatalf("%s: %d %s", path, g.status, g.body)
		}
	}
	for _, gone := range [][2]string{{resRiskyUsers, "ghost"}, {resRiskyPrincipals, "ghost"}, {resUsers, victim}, {resRiskyUsers, victim}, {resIdentityAccounts, identity}} {
		if err := r.cloud.Remove("", gone[0], gone[1]); err != nil {
			t.Error(err)
		}
	}
	r.cloud.Advance(time.Hour)
	for _, resource := range []string{resRiskyUsers, resRiskyPrincipals, resDetections} {
		if state, err := r.cloud.State("", resource); err != nil || string(state) != "[]" {
			t.Errorf("%s: %s, %v", resource, state, err)
		}
	}
}
