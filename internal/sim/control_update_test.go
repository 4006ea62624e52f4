package sim

import (
	"net/http"
	"strings"
	"testing"
)

// TestUpdate lets the user of an alert come in a later version, and the
// incident with it.
func TestUpdate(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.inject(resAlerts, `{"id":"a1","incidentId":"7","severity":"low","createdDateTime":"2026-03-01T11:00:00Z","lastUpdateDateTime":"2026-03-01T11:00:00Z","evidence":[]}`)
	r.graph("GET", resIncidents, "")
	update := `{"resource":"security/alerts_v2","object":{"id":"a1","severity":"high","evidence":[{"@odata.type":"#microsoft.graph.security.userEvidence"}]}}`
	if g := r.control("POST", "/update", update); g.status != http.StatusOK {
		t.Fatalf("update: %d %s", g.status, g.body)
	}
	got, _ := r.cloud.State("", resAlerts+"/a1")
	want := `{"id":"a1","incidentId":"7","severity":"high","createdDateTime":"2026-03-01T11:00:00Z","lastUpdateDateTime":"` + writeTime(r.cloud.clock.now()) +
		`","evidence":[{"@odata.type":"#microsoft.graph.security.userEvidence"}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if g := r.graph("GET", resIncidents+"/7", ""); g.field(t, "severity") != "high" {
		t.Errorf("the incident does not follow: %s", g.body)
	}
	for body, says := range map[string]string{
		`{"resource":"security/alerts_v2","object":{"id":"a2"}}`: `nothing is stored at \"security/alerts_v2/a2\"`,
		`{"resource":"security/alerts_v2","object":{}}`:          `no \"id\"`,
		`{"resource":"mail","object":{"id":"a1"}}`:               `resource \"mail\"`,
		`{"resource":"users"}`:                                   `\"object\" is missing`,
		`{"tenant":"x","resource":"users","object":{"id":"a"}}`:  `no tenant \"x\"`,
	} {
		if g := r.control("POST", "/update", body); g.status != http.StatusBadRequest || !strings.Contains(g.body, says) {
			t.Errorf("%s: %d %s", body, g.status, g.body)
		}
	}
}

// TestFieldShapes injects what is met in the field and reads it back as it is.
func TestFieldShapes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	const base, now = `"createdDateTime":"2026-03-01T11:59:00Z","lastUpdateDateTime":"2026-03-01T11:59:00Z"`, `"lastUpdateTime":"2026-03-01T11:59:00Z"`
	for _, tt := range []struct{ resource, object string }{
		{resAlerts, `{"id":"e1",` + base + `,"evidence":[{"@odata.type":"#microsoft.graph.security.mailboxEvidence","upn":"a@x.example","primaryAddress":"b@x.example","userAccount":null}]}`},
		{resAlerts, `{"id":"e2",` + base + `,"evidence":[{"@odata.type":"#microsoft.graph.security.cloudLogonSessionEvidence","account":{"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{"azureAdUserId":"u"}}}]}`},
		{resAlerts, `{"id":"e3",` + base + `,"evidence":[{"@odata.type":"#microsoft.graph.security.hostLogonSessionEvidence","account":{"userAccount":{"userSid":"S-1-5-21-1-2-3-4"}},"host":{"mdeDeviceId":"d"}}]}`},
		{resAlerts, `{"id":"e4",` + base + `,"serviceSource":null,"detectionSource":null,"productName":null,"evidence":[{"@odata.type":"#microsoft.graph.security.somethingNewEvidence"}]}`},
		{resEndpointAlerts, `{"id":"d1",` + now + `,"machineId":null,"computerDnsName":"pc.x.example","relatedUser":{"userName":"a","domainName":"X"},"evidence":[]}`},
		{resPolicies, `{"id":"p1","state":"enabled","conditions":{"users":{"includeUsers":["None"]},"clientApplications":{"includeServicePrincipals":["ServicePrincipalsInMyTenant"]}}}`},
		{resPolicies, `{"id":"p2","state":"enabled","conditions":{"users":{"includeUsers":[],"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"b2bCollaborationGuest","externalTenants":null}}}}`},
		{resPolicies, `{"id":"p3","state":"enabled","conditions":null,"grantControls":null}`},
	} {
		o, err := parseObject([]byte(tt.object))
		if err != nil {
			t.Fatal(err)
		}
		r.inject(tt.resource, tt.object)
		got := ""
		if tt.resource == resEndpointAlerts {
			got = r.defender("/api/alerts/" + idOf(o)).body
		} else {
			got = r.graph("GET", tt.resource+"/"+idOf(o), "").body
		}
		if tail := strings.TrimPrefix(tt.object, "{"); !strings.HasSuffix(got, tail) {
			t.Errorf("got %s\nwant … %s", got, tail)
		}
	}
	if g := r.defender("/api/alerts/d1/machine"); g.status != http.StatusNotFound {
		t.Errorf("the machine of an alert without one: %d %s", g.status, g.body)
	}
	r.graph("GET", resIncidents, "")
	r.inject(resUsers, `{"id":"u1","accountEnabled":null}`)
	if g := r.graph("GET", "users/u1"+ask("$select", "accountEnabled"), ""); !strings.HasSuffix(g.body, `"accountEnabled":null}`) {
		t.Errorf("a user of whom it is not known: %s", g.body)
	}
}

// TestNoDefaults takes the resource of security defaults away, and gives it back.
func TestNoDefaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if g := r.control("POST", "/remove", `{"resource":"`+resDefaults+`"}`); g.status != http.StatusOK {
		t.Fatalf("remove: %d %s", g.status, g.body)
	}
	for method, body := range map[string]string{"GET": "", "PATCH": `{"isEnabled":true}`} {
		if g := r.graph(method, resDefaults, body); g.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", method, g.status, g.body)
		}
	}
	if _, err := r.cloud.State("", resDefaults); err == nil {
		t.Error("the state of what is gone is told")
	}
	r.inject(resDefaults, `{"isEnabled":true}`)
	if g := r.graph("GET", resDefaults, ""); !strings.HasSuffix(g.body, `"isEnabled":true}`) {
		t.Errorf("given back: %s", g.body)
	}
}
