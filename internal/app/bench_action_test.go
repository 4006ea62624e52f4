//go:build unix

package app_test

import (
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/google/uuid"
)

// BenchmarkSignalToAction is the time from the request that brings the second
// detector's word to the first action on the wire, and to the second: through
// store, correlation, playbook, guard with all that it reads, and the intents
// on disk. How long news waits to be asked for is not counted.
func BenchmarkSignalToAction(b *testing.B) {
	const incidents = 7
	cloud, err := sim.Start(b.Context(), sim.Options{Tenants: incidents, Calm: true, StateDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer cloud.Close()
	startContaining(b, &benchCloud{b: b, Info: cloud.Info()})
	for b.Loop() {
		var revoked, disabled []time.Duration
		for i, t := range cloud.Info().Tenants {
			born := compromise(b, cloud, t, "user"+strconv.Itoa(i))
			revoked = append(revoked, awaitRequest(b, cloud, t, http.MethodPost, "/revokeSignInSessions", born).Sub(born))
			disabled = append(disabled, awaitRequest(b, cloud, t, http.MethodPatch, "/users/", born).Sub(born))
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(benchMedian(revoked).Microseconds())/1e3, "first-action-ms")
		b.ReportMetric(float64(benchMedian(disabled).Microseconds())/1e3, "second-action-ms")
	}
}

// startContaining starts an engine that may act, on every tenant.
func startContaining(b *testing.B, cloud *benchCloud) {
	b.Helper()
	s, err := store.Open(b.Context(), "sqlite://"+filepath.Join(b.TempDir(), "cordon.db"))
	if err != nil {
		b.Fatal(err)
	}
	tenants, _ := cloud.enter(len(cloud.Tenants), time.Now, nil)
	for i := range tenants {
		tenants[i].Mode = cordon.ModeEnforce
	}
	playbooks, err := playbook.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(engine.Options{
		Store: s, Tenants: tenants, Playbooks: playbooks, On: []string{"contain-token-theft"}, Guard: guard.Defaults(),
		Poll: engine.Poll{Threats: 3 * time.Second, Posture: time.Hour}, NewID: uuid.NewString,
	})
	if err != nil {
		b.Fatal(err)
	}
	w := &benchWatcher{b: b, store: s, tenants: tenants, sources: cordon.Sources()}
	w.start(e)
}

// compromise has two detectors name the same new user, one after the other,
// and returns when the engine asked for what the second one said.
func compromise(b *testing.B, cloud *sim.Cloud, t sim.TenantInfo, name string) time.Time {
	b.Helper()
	user, upn := uuid.NewString(), name+"@"+t.Domain
	put := func(resource string, object map[string]any) time.Time {
		before := time.Now()
		if err := cloud.Inject(t.ID, resource, benchJSON(b, object)); err != nil {
			b.Fatal(err)
		}
		return before
	}
	at := time.Now().UTC().Format(time.RFC3339Nano)
	put("users", map[string]any{"id": user, "userPrincipalName": upn, "displayName": name})
	first := put("identityProtection/riskDetections", map[string]any{
		"id": uuid.NewString(), "riskEventType": "anomalousToken", "riskState": "atRisk", "riskLevel": "high", "source": "IdentityProtection",
		"activityDateTime": at, "detectedDateTime": at, "lastUpdatedDateTime": at, "userId": user, "userPrincipalName": upn,
	})
	awaitRequest(b, cloud, t, http.MethodGet, "/riskDetections", first)
	second := put("security/alerts_v2", map[string]any{
		"id": uuid.NewString(), "status": "new", "severity": "high", "serviceSource": "microsoftDefenderForEndpoint", "title": "A token was stolen",
		"category": "CredentialAccess", "createdDateTime": at, "lastUpdateDateTime": time.Now().UTC().Format(time.RFC3339Nano),
		"evidence": []any{map[string]any{
			"@odata.type": "#microsoft.graph.security.userEvidence", "userAccount": map[string]any{"azureAdUserId": user, "userPrincipalName": upn},
		}},
	})
	return awaitRequest(b, cloud, t, http.MethodGet, "/alerts_v2", second)
}

// awaitRequest waits for the first request of that kind in a tenant after a
// time, and returns when it arrived.
func awaitRequest(b *testing.B, cloud *sim.Cloud, t sim.TenantInfo, method, path string, after time.Time) time.Time {
	b.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, e := range cloud.Ledger(true) {
			if e.Tenant == t.ID && e.Method == method && strings.Contains(e.Path, path) && e.Time.After(after) {
				return e.Time
			}
		}
	}
	b.Fatalf("no %s %s has come to %s", method, path, t.Name)
	return time.Time{}
}
