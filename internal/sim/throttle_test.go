package sim

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// spend sends the same read until it is throttled and returns how many went through.
func (r *rig) spend(address, service string, most int) (served int, last got) {
	r.t.Helper()
	for range most {
		last = r.do("GET", address, "", "Authorization", "Bearer "+r.token[service])
		if last.status == http.StatusTooManyRequests {
			return served, last
		}
		served++
	}
	return served, last
}

// lost counts the requests that were done and whose answer got lost: Go's
// client asks again by itself.
func (r *rig) lost() int {
	return len(slices.DeleteFunc(r.cloud.Ledger(true), func(e Entry) bool { return e.Fault != "drop after" }))
}

// TestThrottle empties every bucket while the clock stands still, waits out
// the least that helps, and goes on.
func TestThrottle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, service, path string
		served              int
		after               string // Retry-After
		wait                time.Duration
	}{
		{"identity protection", serviceGraph, "/v1.0/" + resDetections, 2, "", time.Second},
		{"conditional access", serviceGraph, "/v1.0/" + resPolicies, 2, "", time.Second},
		{"sign-ins", serviceGraph, "/v1.0/" + resSignIns, 5, "2", 2 * time.Second},
		{"directory audits", serviceGraph, "/v1.0/" + resAudits, 5, "2", 2 * time.Second},
		{"security", serviceGraph, "/v1.0/" + resAlerts, 150, "1", 400 * time.Millisecond},
		{"defender for endpoint", serviceDefender, "/api/alerts", 100, "1", 600 * time.Millisecond},
		{"directory", serviceGraph, "/v1.0/users?$select=id", 3500, "1", 10 * time.Second / 3500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Options{Tenants: 2})
			base := map[string]string{serviceGraph: r.cloud.Info().GraphURL, serviceDefender: r.cloud.Info().DefenderURL}[tt.service]
			served, last := r.spend(base+tt.path, tt.service, tt.served+1)
			code, _ := last.problem(t)
			if served += r.lost(); served != tt.served || code != "TooManyRequests" || last.header.Get("Retry-After") != tt.after {
				t.Fatalf("served %d, then %s with Retry-After %q; want %d, %q", served, code, last.header.Get("Retry-After"), tt.served, tt.after)
			}
			r.cloud.Advance(tt.wait - 10*time.Microsecond)
			if served, _ := r.spend(base+tt.path, tt.service, 1); served != 0 {
				t.Errorf("served after less than %s", tt.wait)
			}
			r.cloud.Advance(tt.wait + time.Millisecond)
			if served, last := r.spend(base+tt.path, tt.service, 1); served != 1 {
				t.Errorf("after %s: %d", tt.wait, last.status)
			}
		})
	}
}

// TestThrottleShared shows that identity protection and Conditional Access
// draw on one bucket, and that switching it off works.
func TestThrottleShared(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	graph := r.cloud.Info().GraphURL + "/v1.0/"
	if served, _ := r.spend(graph+resPolicies, serviceGraph, 5); served != 2 {
		t.Fatalf("served %d", served)
	}
	if served, _ := r.spend(graph+resRiskyUsers, serviceGraph, 1); served != 0 {
		t.Error("risky users were served from a bucket of their own")
	}
	if served, _ := r.spend(graph+resDefaults, serviceGraph, 5); served != 5 {
		t.Errorf("security defaults were served %d times: they belong to another family", served)
	}
	free := newRig(t, Options{Calm: true})
	if served, _ := free.spend(free.cloud.Info().GraphURL+"/v1.0/"+resPolicies, serviceGraph, 50); served != 50 {
		t.Errorf("served %d without throttles", served)
	}
}

// TestResourceUnits reads what the directory says a request cost.
func TestResourceUnits(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	admin := r.cloud.tenants[0].guid("user", "admin")
	for path, want := range map[string]string{
		"users": "2", "users?$select=id": "1", "users?$select=id&$top=5": "1", "users/" + admin: "1",
		"users/" + admin + "/transitiveMemberOf": "2", resAssignments + "?$expand=roleDefinition": "2", resAlerts: "",
	} {
		if got := r.graph("GET", path, "").header.Get("x-ms-resource-unit"); got != want {
			t.Errorf("%s cost %q, want %q", path, got, want)
		}
	}
}
