package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const huntPath = "security/runHuntingQuery"

// hunted is the answer to a query as a client reads it.
type hunted struct {
	Schema  []struct{ Name, Type string }
	Results []map[string]any
}

func (r *rig) hunt(path string, body map[string]string) hunted {
	r.t.Helper()
	text, _ := json.Marshal(body)
	g := r.graph("POST", path, string(text))
	var out hunted
	if err := json.Unmarshal([]byte(g.body), &out); err != nil || g.status != 200 {
		r.t.Fatalf("%s: %d %s", text, g.status, g.body)
	}
	return out
}

// huntRig is a cloud with one of everything that is hunted in.
func huntRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, Options{})
	ruth := r.cloud.tenants[0].guid("user", "admin")
	for i, at := range []string{"2026-02-28T10:00:00Z", "2026-02-20T10:00:00Z", "2026-01-02T10:00:00Z"} {
		r.inject(resSignIns, fmt.Sprintf(`{"id":"s%d","createdDateTime":"%s","userId":"%s","userPrincipalName":"ruth@contoso.com","appDisplayName":"Office",
			"ipAddress":"203.0.113.%d","status":{"errorCode":%d},"deviceDetail":{"deviceId":"d1","displayName":"pc"},"location":{"city":"Ulm","countryOrRegion":"DE"}}`,
			i, at, ruth, i, 50126*i))
	}
	r.inject(resAlerts, `{"id":"a1","incidentId":"7","title":"Odd | \"quoted\"","severity":"high","category":"Theft","serviceSource":"microsoftDefenderForEndpoint",
		"createdDateTime":"2026-02-28T11:00:00Z","evidence":[{"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{"azureAdUserId":"u1"}},
		{"@odata.type":"#microsoft.graph.security.deviceEvidence","mdeDeviceId":"m1"}]}`)
	r.inject(resAudits, `{"id":"l1","activityDateTime":"2026-02-28T12:00:00Z","activityDisplayName":"Consent to application","loggedByService":"Core Directory",
		"initiatedBy":{"user":{"id":"u1","ipAddress":"203.0.113.9"}},"targetResources":[{"id":"app1","displayName":"Reader","type":"ServicePrincipal"}]}`)
	return r
}

// TestHunt asks every table, and uses every operator.
func TestHunt(t *testing.T) {
	t.Parallel()
	r := huntRig(t)
	ruth := r.cloud.tenants[0].guid("user", "admin")
	tests := []struct{ query, want string }{
		{`EntraIdSignInEvents | where IPAddress == "203.0.113.0" | project RequestId, EntraIdDeviceId, City, ErrorCode`, `[map[City:Ulm EntraIdDeviceId:d1 ErrorCode:0 RequestId:s0]]`},
		{`AADSignInEventsBeta|where IPAddress=='203.0.113.1'|project AadDeviceId,AccountObjectId`, `[map[AadDeviceId:d1 AccountObjectId:` + ruth + `]]`},
		{"IdentityLogonEvents\n| where ActionType == \"LogonFailed\"\n| project AccountName,\n AccountSid, Location", `[map[AccountName:ruth AccountSid:` + sidOf(ruth) + ` Location:DE]]`},
		{`IdentityInfo | where AccountObjectId == "` + ruth + `" | project AccountDisplayName, CloudSid, OnPremSid`, `[map[AccountDisplayName:Ruth Amsel CloudSid:` + sidOf(ruth) + ` OnPremSid:<nil>]]`},
		{`AlertEvidence | project AlertId, EntityType, AccountObjectId, DeviceId, Severity, ServiceSource | limit 9`, `[map[AccountObjectId:u1 AlertId:a1 DeviceId:<nil> EntityType:User ServiceSource:Microsoft Defender for Endpoint Severity:High]` +
			` map[AccountObjectId:<nil> AlertId:a1 DeviceId:m1 EntityType:Machine ServiceSource:Microsoft Defender for Endpoint Severity:High]]`},
		{`AlertEvidence | where Title == 'Odd | "quoted"' | take 1 | project EntityType`, `[map[EntityType:User]]`},
		{`CloudAppEvents | project ActionType, AccountObjectId, ObjectName, IPAddress`, `[map[AccountObjectId:u1 ActionType:Consent to application IPAddress:203.0.113.9 ObjectName:Reader]]`},
		{`AlertEvidence | where Title == "a | b" | project EntityType`, `[]`},
		{`AlertEvidence | take 0`, `[]`},
		{`AlertEvidence | where AlertId == "A1"`, `[]`},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(r.hunt(huntPath, map[string]string{"Query": tt.query}).Results); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.query, got, tt.want)
		}
	}
	got := r.hunt("security/microsoft.graph.security.runHuntingQuery", map[string]string{"query": "EntraIdSignInEvents | project ErrorCode, Timestamp, City", "timespan": "P3D"})
	if fmt.Sprint(got) != "{[{ErrorCode Int32} {Timestamp DateTime} {City String}] [map[City:Ulm ErrorCode:0 Timestamp:2026-02-28T10:00:00Z]]}" {
		t.Errorf("got %v", got)
	}
	for _, e := range r.cloud.Ledger(false) {
		if strings.Contains(e.Path, "Hunting") {
			t.Errorf("hunting counts as a write: %+v", e)
		}
	}
}

// TestHuntTimespan counts the sign-ins of a period, in every form of one.
func TestHuntTimespan(t *testing.T) {
	t.Parallel()
	r := huntRig(t)
	for timespan, want := range map[string]string{
		"": "s0 s1", "P90D": "s0 s1", "P3D": "s0", "PT26H3M": "s0", "PT1H": "", "P1W": "s0", "P1M": "s0 s1", "2026-02-25": "s0", "2026-02-20T10:00:00Z": "s0 s1",
		"2026-02-01/2026-02-25": "s1", "P1D/2026-02-21T00:00:00Z": "s1", "2026-02-20/P1D": "s1", "2026-02-20/PT1H": "",
	} {
		ids := []string{}
		for _, row := range r.hunt(huntPath, map[string]string{"Query": "EntraIdSignInEvents", "Timespan": timespan}).Results {
			if id := fmt.Sprint(row["RequestId"]); strings.HasPrefix(id, "s") { // not those of the crowd
				ids = append(ids, id)
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q: got %q, want %q", timespan, got, want)
		}
	}
}

// TestHuntRefusals tries bodies that are wrong and queries that are not modelled.
func TestHuntRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	query := func(q string) string { return string(encode(map[string]string{"Query": q})) }
	span := func(s string) string {
		return string(encode(map[string]string{"Query": "IdentityInfo", "Timespan": s}))
	}
	for _, tt := range []struct {
		body   string
		status int
		says   string
	}{
		{`{}`, 400, "'query' is required"},
		{`x`, 400, "not JSON"},
		{`{"Query":7}`, 400, "'Query' is not text"},
		{`{"Query":"IdentityInfo","query":"IdentityInfo"}`, 400, "twice"},
		{`{"Query":"IdentityInfo","Top":"1"}`, 400, "'Top'"},
		{span("7 days"), 400, "'7 days'"},
		{span("P"), 400, "'P'"},
		{span("P1DT"), 400, "'P1DT'"},
		{span("P1D/P2D"), 400, "two durations"},
		{span("2026-02-20/2026-02-01"), 400, "ends before"},
		{span("2026-02-20/never"), 400, "'never'"},
		{query("DeviceEvents"), 501, "'DeviceEvents'"},
		{query("IdentityQueryEvents | take 1"), 501, "'IdentityQueryEvents'"},
		{query("let a = 1; IdentityInfo"), 501, "'let a = 1; IdentityInfo'"},
		{query("IdentityInfo | summarize count()"), 501, "'summarize count()'"},
		{query("IdentityInfo | where AccountUpn =~ 'a'"), 501, "'where AccountUpn =~ 'a''"},
		{query("IdentityInfo | where AccountUpn == 'a' or true"), 501, "or true"},
		{query(`IdentityInfo | where AccountUpn == "a\"b"`), 501, "where AccountUpn"},
		{query("IdentityInfo | where Timestamp == 'a'"), 501, "'Timestamp', which holds DateTime"},
		{query("IdentityInfo | where Nothing == 'a'"), 501, "'Nothing'"},
		{query("IdentityInfo | project AccountUpn | where JobTitle == 'a'"), 501, "'JobTitle'"},
		{query("IdentityInfo | project AccountUpn, AccountUpn"), 501, "twice"},
		{query("IdentityInfo | project a = AccountUpn"), 501, "project a ="},
		{query("IdentityInfo | take -1"), 501, "'take -1'"},
		{query("IdentityInfo |"), 501, "''"},
	} {
		g := r.graph("POST", huntPath, tt.body)
		if _, message := g.problem(t); g.status != tt.status || !strings.Contains(message, tt.says) {
			t.Errorf("%s: got %d %s", tt.body, g.status, g.body)
		}
	}
}

// TestHuntThrottle asks until the minute is used up, under both names.
func TestHuntThrottle(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	paths := []string{huntPath, "security/microsoft.graph.security.runHuntingQuery"}
	ask := func(i int) got {
		return r.do("POST", r.cloud.Info().GraphURL+"/v1.0/"+paths[i%2], `{"Query":"IdentityInfo"}`, "Authorization", "Bearer "+r.token[serviceGraph])
	}
	for i := range 45 {
		if g := ask(i); g.status != 200 {
			t.Fatalf("call %d: %d %s", i, g.status, g.body)
		}
	}
	g := ask(0)
	if _, message := g.problem(t); g.status != 429 || g.header.Get("Retry-After") != "2" || !strings.Contains(message, "45 calls per minute") {
		t.Errorf("got %d %v %s", g.status, g.header, g.body)
	}
	r.cloud.Advance(2 * time.Second)
	if g := ask(1); g.status != 200 {
		t.Errorf("after Retry-After: %d %s", g.status, g.body)
	}
}
