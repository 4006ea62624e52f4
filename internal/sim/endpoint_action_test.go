package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const quarantined = "87662bc3d60e4200ceaf7aae249d1c343f4b83c9"

// devices starts a cloud with one device of each system that matters.
func devices(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, Options{Calm: true})
	for _, d := range []string{"win11 Windows11 23H2", "w1909 Windows10 1909", "w1703 Windows10 1703", "w1607 Windows10 1607", "w22h2 Windows10 22H2",
		"server WindowsServer2019 1809", "ubuntu Ubuntu 22.04", "mac macOS 14.4", "win7 Windows7 6.1"} {
		words := strings.Fields(d)
		r.inject(resMachines, `{"id":"`+words[0]+`","computerDnsName":"`+words[0]+`.contoso.com","osPlatform":"`+words[1]+`","version":"`+words[2]+`"}`)
	}
	r.inject(resMachines, `{"id":"bare"}`)
	return r
}

// body is a body for an action that is in order.
func (a deviceAction) body() string {
	return map[string]string{"": `{"Comment":"why"}`, "IsolationType": `{"Comment":"why","IsolationType":"Selective"}`,
		"ScanType": `{"Comment":"why","ScanType":"Full"}`, "Sha1": `{"Comment":"why","Sha1":"` + quarantined + `"}`}[a.member]
}

// order begins an action and returns its id.
func (r *rig) order(machine, verb, body string) string {
	r.t.Helper()
	g := r.endpoint("POST", "machines/"+machine+"/"+verb, body)
	o, err := parseObject([]byte(g.body))
	if err != nil || g.status/100 != 2 {
		r.t.Fatalf("%s of %s: %d %s", verb, machine, g.status, g.body)
	}
	return o.text("id")
}

// TestMachineActions begins an action of every kind and follows it to its end.
func TestMachineActions(t *testing.T) {
	t.Parallel()
	r := devices(t)
	app := r.cloud.Info().Tenants[0].ClientID
	const at, fetched, done = "2026-03-01T12:00:00.0000000Z", "2026-03-01T12:00:02.0000000Z", "2026-03-01T12:00:07.0000000Z"
	scopes := map[string]any{"Isolate": "Selective", "RunAntiVirusScan": "Full"}
	shape := func(id, kind, status, updated string) string {
		var file any
		if kind == "StopAndQuarantineFile" {
			file = newObject("fileIdentifier", quarantined, "fileIdentifierType", "Sha1")
		}
		return string(encode(newObject("id", id, "type", kind, "title", nil, "requestor", app, "requestorComment", "why", "status", status,
			"machineId", "win11", "computerDnsName", "win11.contoso.com", "creationDateTimeUtc", at, "lastUpdateDateTimeUtc", updated,
			"cancellationRequestor", nil, "cancellationComment", nil, "cancellationDateTimeUtc", nil, "scope", scopes[kind], "externalID", nil,
			"requestSource", "PublicApi", "relatedFileInfo", file, "commands", []string{})))
	}
	ids := map[string]string{}
	for _, a := range deviceActions() {
		g := r.endpoint("POST", "machines/WIN11/"+a.verb, a.body())
		o, err := parseObject([]byte(g.body))
		if err != nil || g.status != a.status {
			t.Fatalf("%s: %d %s", a.verb, g.status, g.body)
		}
		ids[a.kind] = o.text("id")
		if want := `/api/$metadata#MachineActions/$entity",` + shape(ids[a.kind], a.kind, "Pending", at)[1:]; !strings.HasSuffix(g.body, want) {
			t.Errorf("%s: got %s\nwant %s", a.verb, g.body, want)
		}
	}
	if made := map[int]int{}; len(ids) == 8 {
		for _, a := range deviceActions() {
			made[a.status]++
		}
		if made[http.StatusCreated] != 7 || made[http.StatusOK] != 1 {
			t.Errorf("statuses are %v", made)
		}
	}
	for _, step := range []struct {
		wait            time.Duration
		status, updated string
	}{{fetchDelay - time.Microsecond, "Pending", at}, {time.Microsecond, "InProgress", fetched},
		{doneDelay - time.Microsecond, "InProgress", fetched}, {time.Microsecond, "Succeeded", done}, {time.Hour, "Succeeded", done}} {
		r.cloud.Advance(step.wait)
		for kind, id := range ids {
			if got, want := string(encode(r.kept(resActions+"/"+id))), shape(id, kind, step.status, step.updated); got != want {
				t.Errorf("after another %s:\n%s, want\n%s", step.wait, got, want)
			}
		}
	}
}

// TestMachineActionWire reads actions as the two samples of the documentation
// spell them.
func TestMachineActionWire(t *testing.T) {
	t.Parallel()
	r := devices(t)
	id := r.order("win11", "unisolate", `{"Comment":"c"}`)
	const old, other = `"lastUpdateDateTimeUtc":"2026-03-01T12:00:00.0000000Z"`, `"lastUpdateTimeUtc":"2026-03-01T12:00:00.0000000Z"`
	if g := r.endpoint("GET", resActions+"/"+id, ""); !strings.Contains(g.body, old) || strings.Contains(g.body, other) {
		t.Errorf("one: %s", g.body)
	}
	if g := r.endpoint("GET", resActions, ""); !strings.Contains(g.body, other) || strings.Contains(g.body, old) || !strings.Contains(g.body, `$metadata#MachineActions",`) {
		t.Errorf("list: %s", g.body)
	}
	if g := r.endpoint("GET", resActions+"/"+id, ""); !strings.Contains(g.body, old) {
		t.Errorf("one, after a list: %s", g.body)
	}
}

// TestMachineActionList filters, and pages by $top and $skip alone.
func TestMachineActionList(t *testing.T) {
	t.Parallel()
	r := devices(t)
	r.order("win11", "unisolate", `{"Comment":"c"}`)
	r.cloud.Advance(time.Minute)
	scan := r.order("ubuntu", "collectInvestigationPackage", `{"Comment":"c"}`)
	r.inject(resActions, `{"id":"old","type":"LiveResponse","status":"TimeOut","machineId":"win11","requestor":"ruth@contoso.com","creationDateTimeUtc":"2026-01-01T08:00:00Z"}`)
	app := r.cloud.Info().Tenants[0].ClientID
	for filter, want := range map[string]int{
		"status eq 'Succeeded'": 1, "status eq 'TimeOut'": 1, "machineId eq 'WIN11'": 2, "type eq 'CollectInvestigationPackage'": 1,
		"requestor eq '" + app + "'": 2, "requestor eq 'ruth@contoso.com'": 1, "id eq '" + scan + "'": 1,
		"creationDateTimeUtc ge 2026-03-01T12:00:30Z": 1, "creationDateTimeUtc lt 2026-03-01T12:00:30Z and machineId eq 'win11'": 2,
	} {
		if n := len(r.actions(filter)); n != want {
			t.Errorf("%s: %d actions, want %d", filter, n, want)
		}
	}
	if ids, next := r.endpoint("GET", resActions+ask("$top", "1", "$skip", "1"), "").ids(t); !slices.Equal(ids, []string{scan}) || next != "" {
		t.Errorf("the second page is %v, next %q", ids, next)
	}
}

// TestMachineActionRepeat begins every action twice, on one device and on two.
func TestMachineActionRepeat(t *testing.T) {
	t.Parallel()
	r := devices(t)
	returned := []string{"runAntiVirusScan", "restrictCodeExecution"}
	for _, a := range deviceActions() {
		first := r.order("win11", a.verb, a.body())
		r.cloud.Advance(fetchDelay) // an action in progress counts as well
		g := r.endpoint("POST", "machines/win11/"+a.verb, a.body())
		if slices.Contains(returned, a.verb) {
			if g.status != http.StatusCreated || !strings.Contains(g.body, `"id":"`+first+`"`) || !strings.Contains(g.body, `"InProgress"`) {
				t.Errorf("%s again: %d %s", a.verb, g.status, g.body)
			}
		} else if code, message := g.problem(t); g.status != http.StatusBadRequest || code != "BadRequest" || message != "Action is already in progress" {
			t.Errorf("%s again: %d %s", a.verb, g.status, g.body)
		}
		if other := r.order("server", a.verb, a.body()); other == first {
			t.Errorf("%s of another device is the same action", a.verb)
		}
		r.cloud.Advance(doneDelay)
		if later := r.order("win11", a.verb, a.body()); later == first {
			t.Errorf("%s after its end is the same action", a.verb)
		}
		r.cloud.Advance(time.Minute)
	}
	file := func(sha1 string) string { return `{"Comment":"c","Sha1":"` + sha1 + `"}` }
	r.order("win11", "StopAndQuarantineFile", file(quarantined))
	r.order("win11", "StopAndQuarantineFile", file(strings.Repeat("a", 40)))
	if g := r.endpoint("POST", "machines/win11/StopAndQuarantineFile", file(strings.ToUpper(quarantined))); g.status != http.StatusBadRequest {
		t.Errorf("the same file in capitals: %d %s", g.status, g.body)
	}
}

// TestMachineActionSystems tries what each system can do.
func TestMachineActionSystems(t *testing.T) {
	t.Parallel()
	const full, selective = `{"Comment":"c","IsolationType":"Full"}`, `{"Comment":"c","IsolationType":"Selective"}`
	const scan, plain = `{"Comment":"c","ScanType":"Quick"}`, `{"Comment":"c"}`
	modern := "win11 w1909 w22h2 server bare"
	tests := []struct{ verb, body, can string }{
		{"isolate", full, modern + " w1703 ubuntu"},
		{"isolate", selective, modern},
		{"unisolate", plain, modern + " w1703 ubuntu"},
		{"runAntiVirusScan", scan, modern},
		{"restrictCodeExecution", plain, modern},
		{"unrestrictCodeExecution", plain, modern},
		{"offboard", plain, modern + " w1703 w1607 win7"},
		{"collectInvestigationPackage", plain, modern + " w1703 w1607 ubuntu mac win7"},
	}
	for _, tt := range tests {
		t.Run(tt.verb+" "+strconv.Itoa(len(tt.body)), func(t *testing.T) {
			t.Parallel()
			r := devices(t)
			for machine := range strings.FieldsSeq("win11 w1909 w1703 w1607 w22h2 server ubuntu mac win7 bare") {
				g := r.endpoint("POST", "machines/"+machine+"/"+tt.verb, tt.body)
				if slices.Contains(strings.Fields(tt.can), machine) {
					if g.status/100 != 2 {
						t.Errorf("%s: %d %s", machine, g.status, g.body)
					}
				} else if code, _ := g.problem(t); g.status != http.StatusBadRequest || code != "OsPlatformNotSupported" {
					t.Errorf("%s: %d %s", machine, g.status, g.body)
				}
			}
		})
	}
}

// TestMachineActionCancel stops actions that have not ended, and no others.
func TestMachineActionCancel(t *testing.T) {
	t.Parallel()
	r := devices(t)
	app := r.cloud.Info().Tenants[0].ClientID
	waits := map[string]time.Duration{"win11": 0, "server": fetchDelay, "w1909": fetchDelay + doneDelay}
	for machine, wait := range waits {
		id := r.order(machine, "isolate", `{"Comment":"c","IsolationType":"Full"}`)
		r.cloud.Advance(wait)
		now := writeTime(r.cloud.clock.now())
		g := r.endpoint("POST", resActions+"/"+id+"/cancel", `{"Comment":"no"}`)
		if machine == "w1909" {
			if code, message := g.problem(t); g.status != 400 || code != "BadRequest" || !strings.Contains(message, "Succeeded") {
				t.Errorf("cancelled after its end: %d %s", g.status, g.body)
			}
			continue
		}
		want := `"lastUpdateDateTimeUtc":"` + now + `","cancellationRequestor":"` + app + `","cancellationComment":"no","cancellationDateTimeUtc":"` + now + `",`
		if g.status != http.StatusOK || !strings.Contains(g.body, `"status":"Cancelled"`) || !strings.Contains(g.body, want) {
			t.Errorf("%s: %d %s", machine, g.status, g.body)
		}
		before := string(encode(r.kept(resActions + "/" + id)))
		r.cloud.Advance(time.Minute)
		if after := string(encode(r.kept(resActions + "/" + id))); after != before {
			t.Errorf("%s went on: %s", machine, after)
		}
		if g := r.endpoint("POST", resActions+"/"+id+"/cancel", `{"Comment":"no"}`); g.status != http.StatusBadRequest {
			t.Errorf("%s cancelled twice: %d", machine, g.status)
		}
		r.order(machine, "isolate", `{"Comment":"c","IsolationType":"Full"}`)
	}
}

// TestMachineActionFails lays an end over an action, or holds it up.
func TestMachineActionFails(t *testing.T) {
	t.Parallel()
	r := devices(t)
	status := func(id string) string { return r.kept(resActions + "/" + id).text("status") }
	failed := r.order("win11", "unisolate", `{"Comment":"c"}`)
	r.inject(resActions, `{"id":"`+failed+`","status":"Failed"}`)
	late := r.order("server", "unisolate", `{"Comment":"c"}`)
	stuck := r.order("w1909", "unisolate", `{"Comment":"c"}`)
	r.cloud.Advance(fetchDelay)
	r.inject(resActions, `{"id":"`+late+`","status":"TimeOut"}`)
	r.inject(resActions, `{"id":"`+stuck+`","status":"Pending"}`)
	r.cloud.Advance(time.Minute)
	for id, want := range map[string]string{failed: "Failed", late: "TimeOut", stuck: "Pending"} {
		if got := status(id); got != want {
			t.Errorf("is %s, want %s", got, want)
		}
	}
	if o := r.kept(resActions + "/" + failed); o.text("type") != "Unisolate" || o.text("requestorComment") != "c" {
		t.Errorf("the rest is gone: %s", encode(o))
	}
	again := r.order("win11", "unisolate", `{"Comment":"c"}`)
	if again == failed {
		t.Error("a failed action is begun again under its own id")
	}
}

// TestMachineActionDenied cancels a scan with the permission to isolate alone.
func TestMachineActionDenied(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Scenario: custom(t, "  permissions: {defender: [Machine.Isolate]}\n")})
	r.inject(resActions, `{"id":"scan","type":"RunAntiVirusScan","status":"Pending"}`)
	g := r.endpoint("POST", resActions+"/scan/cancel", `{"Comment":"c"}`)
	if code, message := g.problem(t); code != "Forbidden" || message != "Missing application roles. API required roles: Machine.Scan, application roles: Machine.Isolate." {
		t.Errorf("%d %s %s", g.status, code, message)
	}
}
