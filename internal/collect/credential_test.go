package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

func ending(kind microsoft.CredentialKind, left time.Duration) microsoft.CredentialInfo {
	return microsoft.CredentialInfo{Kind: kind, Expires: at.Add(left)}
}

func TestEnding(t *testing.T) {
	t.Parallel()
	const secret, cert = microsoft.KindSecret, microsoft.KindCertificate
	tests := []struct {
		name      string
		kind      microsoft.CredentialKind
		left      time.Duration
		threshold int // -1: not told
		severity  cordon.Severity
		title     string // a part of it
	}{
		{"far", secret, 365 * day, -1, "", ""},
		{"just before the first", secret, 30*day + time.Second, -1, "", ""},
		{"30 days", secret, 30 * day, 30, cordon.SeverityLow, "The client secret expires on 2026-03-05, in 30 days: create a new one"},
		{"between 30 and 14", secret, 14*day + time.Second, 30, cordon.SeverityLow, "in 14 days"},
		{"14 days", secret, 14 * day, 14, cordon.SeverityLow, "in 14 days"},
		{"7 days", cert, 7 * day, 7, cordon.SeverityMedium, "The certificate expires on 2026-02-10, in 7 days: register a new one"},
		{"3 days", secret, 3 * day, 3, cordon.SeverityMedium, "in 3 days"},
		{"2 days", secret, 2 * day, 3, cordon.SeverityMedium, "in 2 days"},
		{"a day and a bit", secret, day + time.Second, 3, cordon.SeverityMedium, "in a day"},
		{"1 day", secret, day, 1, cordon.SeverityHigh, "in a day"},
		{"an hour", secret, time.Hour, 1, cordon.SeverityHigh, "in less than a day"},
		{"now", secret, 0, 0, cordon.SeverityHigh, "The client secret expired on 2026-02-03: create a new one"},
		{"long ago", cert, -100 * day, 0, cordon.SeverityHigh, "The certificate expired on 2025-10-26: register a new one"},
	}
	for _, tt := range tests {
		r := request(cordon.SourceCredential)
		c := ending(tt.kind, tt.left)
		got := r.Ending(c)
		if tt.threshold < 0 {
			if len(got) != 0 {
				t.Errorf("%s: got %+v, want nothing", tt.name, got)
			}
			continue
		}
		if len(got) != 1 {
			t.Errorf("%s: %d signals, want 1", tt.name, len(got))
			continue
		}
		crossed := c.Expires.Add(-time.Duration(tt.threshold) * day)
		want := cordon.Signal{
			ID: got[0].ID, TenantID: tenantID, Source: cordon.SourceCredential, Detector: cordon.DetectorCordon, NativeID: "credential_expires",
			Version: fmt.Sprintf("%s %d", c.Expires.Format(time.RFC3339), tt.threshold), Kind: "credential_expires", Title: got[0].Title,
			Severity: tt.severity, State: cordon.SignalOpen, OccurredAt: crossed, DetectedAt: at, UpdatedAt: crossed,
			Entities: []cordon.Entity{cordon.NewTenantEntity(tenantID)}, Raw: got[0].Raw,
		}
		if !reflect.DeepEqual(got[0], want) || !strings.Contains(got[0].Title, tt.title) {
			t.Errorf("%s:\ngot  %+v\nwant %+v\nwith %q", tt.name, got[0], want, tt.title)
		}
	}
	r := request(cordon.SourceCredential)
	if got := r.Ending(microsoft.CredentialInfo{Kind: secret}); len(got) != 0 {
		t.Errorf("an end that nobody knows: %+v", got)
	}
}

// Each threshold of each end is one signal, whenever it is met.
func TestEndingOnce(t *testing.T) {
	t.Parallel()
	type key struct {
		id      string
		updated time.Time
	}
	seen := map[key]bool{}
	for _, end := range []time.Time{at.Add(40 * day), at.Add(41 * day)} {
		for hours := range 42 * 24 {
			r := request(cordon.SourceCredential)
			r.Now = at.Add(time.Duration(hours) * time.Hour)
			for _, s := range r.Ending(microsoft.CredentialInfo{Kind: microsoft.KindSecret, Expires: end}) {
				seen[key{s.ID, s.UpdatedAt}] = true
			}
		}
	}
	if len(seen) != 2*6 {
		t.Errorf("two ends were told %d times, want %d: at 30, 14, 7, 3, 1 days and on the day", len(seen), 2*6)
	}
}

func TestDaysLeft(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]int{
		0: 0, time.Hour: 0, day - 1: 0, day: 1, 30 * day: 30, -1: -1, -time.Hour: -1, -day: -1, -day - 1: -1, -2 * day: -2, -10 * day: -10,
	} {
		if got := DaysLeft(at.Add(left), at); got != want {
			t.Errorf("%s: %d, want %d", left, got, want)
		}
	}
}

func TestLost(t *testing.T) {
	t.Parallel()
	whole := cordon.Coverage{State: cordon.CoverageWhole, ReadUntil: at.Add(-time.Hour)}
	failed := cordon.Coverage{State: cordon.CoverageDenied, ReadUntil: at.Add(-time.Hour)}
	again := cordon.Coverage{State: cordon.CoverageWhole, ReadUntil: at}
	lost := func(last cordon.Coverage, err error) cordon.Signal {
		r := request(cordon.SourceCredential)
		r.Last = last
		if got := r.Lost(fmt.Errorf("token: %w", err)); len(got) == 1 {
			return got[0]
		}
		return cordon.Signal{}
	}
	first := lost(whole, cordon.ErrGone)
	want := cordon.Signal{
		ID: first.ID, TenantID: tenantID, Source: cordon.SourceCredential, Detector: cordon.DetectorCordon, NativeID: "consent_lost", Version: "2026-02-03T11:00:00Z",
		Kind: "consent_lost", Title: "The tenant does not let our app in: token: tenant gone", Severity: cordon.SeverityHigh, State: cordon.SignalOpen,
		OccurredAt: at, DetectedAt: at, UpdatedAt: at, Entities: []cordon.Entity{cordon.NewTenantEntity(tenantID)}, Raw: json.RawMessage("null"),
	}
	if !reflect.DeepEqual(first, want) || len(first.ID) != 16 {
		t.Errorf("got  %+v\nwant %+v", first, want)
	}
	if got := lost(failed, cordon.ErrGone); got.ID != first.ID {
		t.Error("the same loss at the next poll is another signal")
	}
	if got := lost(again, cordon.ErrGone); got.ID == first.ID {
		t.Error("a loss after a good token is the signal of the one before")
	}
	if got := lost(whole, cordon.ErrCredential); got.Kind != "credential_refused" || got.Severity != cordon.SeverityHigh || got.ID == first.ID {
		t.Errorf("refused: %+v", got)
	}
	if got := lost(whole, cordon.ErrBlocked); got.Kind != "access_blocked" || got.Severity != cordon.SeverityHigh || got.Title != "The tenant does not let our app in: token: blocked by the tenant" {
		t.Errorf("blocked: %+v", got)
	}
	if got := lost(cordon.Coverage{}, cordon.ErrGone); got.Version != "never" {
		t.Errorf("never let in: %+v", got)
	}
	for _, err := range []error{cordon.ErrUnavailable, cordon.ErrThrottled, cordon.ErrMalformed, errors.New("other")} {
		if got := lost(whole, err); got.ID != "" {
			t.Errorf("%v is called a loss: %+v", err, got)
		}
	}
}

func TestLossOf(t *testing.T) {
	t.Parallel()
	r := request(cordon.SourceCredential)
	for _, tt := range []struct {
		err    error
		state  cordon.CoverageState
		kind   string
		reason string
	}{
		{cordon.ErrGone, cordon.CoverageDenied, "consent_lost", "tenant gone"},
		{cordon.ErrCredential, cordon.CoverageDenied, "credential_refused", "credential refused"},
		{cordon.ErrBlocked, cordon.CoverageDenied, "access_blocked", "blocked by the tenant"},
		{cordon.ErrDenied, cordon.CoverageDenied, "", "permission denied"},
		{cordon.ErrUnavailable, cordon.CoverageUnreadable, "", "service unavailable"},
	} {
		c := r.Failed(tt.err, 0)
		if kind, reason := LossOf(c); kind != tt.kind || reason != tt.reason || c.State != tt.state {
			t.Errorf("%v: %s, %q, %q", tt.err, c.State, kind, reason)
		}
	}
	if kind, reason := LossOf(r.Whole()); kind != "" || reason != "" {
		t.Errorf("whole: %q, %q", kind, reason)
	}
	// What another source says stays as it was.
	r.Source = cordon.SourceAlerts
	if c := r.Failed(cordon.ErrGone, 0); c.Reason != "tenant gone" {
		t.Errorf("another source: %+v", c)
	}
}

func TestPermissionsLost(t *testing.T) {
	t.Parallel()
	value := func(roles ...string) cordon.Observation {
		v := asJSON(Credential{Kind: microsoft.KindSecret, Roles: append([]string{}, roles...)})
		return cordon.Observation{TenantID: tenantID, Source: cordon.SourceCredential, State: cordon.ObservedValue, Value: v, ObservedAt: at}
	}
	person := cordon.Observation{
		TenantID: tenantID, Source: cordon.SourceCredential, State: cordon.ObservedValue, ObservedAt: at,
		Value: asJSON(Credential{Kind: microsoft.KindBrowser, Roles: []string{}, Scopes: []string{"Policy.Read.All"}}),
	}
	odd := value()
	odd.Value = json.RawMessage(`"of another version"`)
	tests := []struct {
		name        string
		before, now cordon.Observation
		severity    cordon.Severity // "" for none
		title       string
	}{
		{"as it was", value("Policy.Read.All"), value("Policy.Read.All"), "", ""},
		{"one more", value("Policy.Read.All"), value("Mail.Read", "Policy.Read.All"), "", ""},
		{"first reading", cordon.Observation{}, value(), "", ""},
		{"unread", value("Policy.Read.All"), cordon.Observation{Source: cordon.SourceCredential, State: cordon.ObservedUnreadable}, "", ""},
		{"of a source", value("Mail.Read", "Policy.Read.All"), value("Mail.Read"), cordon.SeverityHigh, "The app has lost permissions: Policy.Read.All; without Policy.Read.All Cordon cannot do its work"},
		{"of an action", value("User.RevokeSessions.All"), value(), cordon.SeverityHigh, "User.RevokeSessions.All"},
		{"of guard", value("RoleManagement.Read.Directory"), value(), cordon.SeverityHigh, "RoleManagement.Read.Directory"},
		{"of nothing that we do", value("Mail.Read", "Policy.Read.All"), value("Policy.Read.All"), cordon.SeverityLow, "The app has lost permissions: Mail.Read"},
		{"another one still does", value("SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"), value("SecurityAlert.ReadWrite.All"), cordon.SeverityLow, "SecurityAlert.Read.All"},
		{"the one that did for many", value("User.ReadWrite.All"), value(), cordon.SeverityHigh, "without User.EnableDisableAccount.All, User.Read.All, User.RevokeSessions.All"},
		{"all", value("Mail.Read", "Policy.Read.All"), value(), cordon.SeverityHigh, "Mail.Read, Policy.Read.All"},
		{"a person's", person, value(), cordon.SeverityHigh, "Policy.Read.All"},
		{"of another version", odd, value(), "", ""},
	}
	for _, tt := range tests {
		got, ok := Changed(tt.before, tt.now)
		if ok != (tt.severity != "") || got.Severity != tt.severity || !strings.Contains(got.Title, tt.title) {
			t.Errorf("%s: %v %s %q, want %s %q", tt.name, ok, got.Severity, got.Title, tt.severity, tt.title)
		}
		if ok && (got.Kind != "permissions_lost" || got.Source != cordon.SourceCredential || len(got.ID) != 16 || got.Entities[0].Kind != cordon.KindTenant) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// Reading costs no request while the token is good, tells nothing secret, and
// has no news when nothing changed.
func TestReadCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(cordon.SourceCredential)
	batches, signals, err := w.read(t, r)
	if err != nil || len(batches) != 1 || len(signals) != 0 || batches[0].Observation == nil {
		t.Fatalf("got %+v, %v, error %v", batches, signals, err)
	}
	var found Credential
	value := string(batches[0].Observation.Value)
	if err := json.Unmarshal([]byte(value), &found); err != nil || found.Kind != microsoft.KindSecret || found.ExpiresAt != nil ||
		!slices.Contains(found.Roles, "Policy.Read.All") || !slices.IsSorted(found.Roles) {
		t.Errorf("observed %s, error %v", value, err)
	}
	if strings.Contains(value, w.Info().Tenants[0].ClientSecret) || strings.Contains(value, "eyJ") {
		t.Errorf("a secret stands in %s", value)
	}
	asked := len(w.Ledger(true))
	r.Known, r.Last.State = r.Known.With(batches[0].Hashes), cordon.CoverageWhole
	batches, _, err = w.read(t, r)
	if err != nil || len(batches) != 1 || batches[0].Observation != nil || len(batches[0].Hashes) != 1 {
		t.Errorf("a second reading has news: %+v, error %v", batches, err)
	}
	r.Last.State = cordon.CoverageDenied // what is stored is marked as unreadable, and must be renewed
	if batches, _, _ = w.read(t, r); batches[0].Observation == nil || string(batches[0].Observation.Value) != value {
		t.Errorf("after a failure: %+v", batches)
	}
	if got := len(w.Ledger(true)); got != asked {
		t.Errorf("reading with a good token made %d requests", got-asked)
	}
}

func TestReadCredentialEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	info := w.Info()
	hub, err := microsoft.New(microsoft.Options{Endpoints: microsoft.Endpoints{Login: info.LoginURL, Graph: info.GraphURL, Defender: info.DefenderURL, CAFile: info.CAFile}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	r := w.request(cordon.SourceCredential)
	end := r.Now.Add(5 * day)
	if w.client, err = hub.Client(w.tenant, microsoft.NewSecretCredential(info.Tenants[0].ClientSecret).Until(end)); err != nil {
		t.Fatal(err)
	}
	batches, _, err := w.read(t, r)
	if err != nil || len(batches) != 1 || len(batches[0].Alarms) != 1 || !strings.Contains(string(batches[0].Observation.Value), `"expires_at":"`) {
		t.Fatalf("got %+v, error %v", batches, err)
	}
	r.Known, r.Last.State = r.Known.With(batches[0].Hashes), cordon.CoverageWhole
	if batches, _, _ = w.read(t, r); len(batches[0].Alarms) != 0 || batches[0].Observation != nil {
		t.Errorf("told again: %+v", batches)
	}
	r.Now = r.Now.Add(2 * day) // the next threshold
	if batches, _, _ = w.read(t, r); len(batches[0].Alarms) != 1 || batches[0].Observation == nil {
		t.Errorf("the next threshold: %+v", batches)
	}
}

func TestReadCredentialRefused(t *testing.T) {
	t.Parallel()
	yes := true
	ended := time.Now().Add(-time.Hour)
	for name, tt := range map[string]struct {
		change sim.AppChange
		want   error
	}{
		"disabled": {sim.AppChange{Disabled: &yes}, cordon.ErrGone},
		"deleted":  {sim.AppChange{Deleted: &yes}, cordon.ErrGone},
		"expired":  {sim.AppChange{SecretExpires: &ended}, cordon.ErrCredential},
	} {
		w := newWorld(t)
		if err := w.ChangeApp(tt.change); err != nil {
			t.Fatal(err)
		}
		if batches, _, err := w.read(t, w.request(cordon.SourceCredential)); !errors.Is(err, tt.want) || len(batches) != 0 {
			t.Errorf("%s: %+v, error %v, want %v", name, batches, err, tt.want)
		}
	}
}
