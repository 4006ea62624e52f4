package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/goccy/go-yaml"
)

// ownSignals returns what was said about our credential, oldest first.
func (w *world) ownSignals() (found []cordon.Signal) {
	w.t.Helper()
	for _, s := range w.signals() {
		if s.Source == cordon.SourceCredential {
			found = append(found, s)
		}
	}
	slices.Reverse(found)
	return found
}

// wantTold makes sure that these kinds were told about our credential, each as
// one signal and one notice, and that none of it made an incident.
func (w *world) wantTold(when string, kinds ...string) {
	w.t.Helper()
	var signals, notices []string
	for _, s := range w.ownSignals() {
		signals = append(signals, s.Kind)
	}
	for _, n := range w.told.of(cordon.NoticeSecurity) {
		notices = append(notices, n.Reason)
	}
	if !slices.Equal(signals, kinds) || !slices.Equal(notices, kinds) {
		w.t.Errorf("%s: signals %q, notices %q, want %q", when, signals, notices, kinds)
	}
	for _, n := range w.told.of(cordon.NoticeCoverage) {
		if strings.HasPrefix(n.Title, "credential is ") && n.Severity != cordon.SeverityInformational {
			w.t.Errorf("%s: told twice: %+v", when, n)
		}
	}
	for _, in := range w.incidents() {
		if in.Entity.Kind == cordon.KindTenant {
			w.t.Errorf("%s: an incident about the tenant: %+v", when, in)
		}
	}
}

// later syncs as if it were so much later than now. The cloud keeps its time,
// save for a minute in which its limits recover.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	w.cloud.Advance(time.Minute)
	h := w.open(app.Options{Now: func() time.Time { return time.Now().Add(d) }})
	if err := errors.Join(h.Engine.Once(w.t.Context(), nil), h.Close()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) changeApp(change sim.AppChange) {
	w.t.Helper()
	if err := w.cloud.ChangeApp(change); err != nil {
		w.t.Fatal(err)
	}
}

// TestConsentLost: a tenant that shuts us out is told of once, however often
// it is tried, and again when it does so after having let us in.
func TestConsentLost(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, tt := range map[string]struct {
		out, in sim.AppChange
		code    string
	}{
		"disabled": {sim.AppChange{Disabled: &yes}, sim.AppChange{Disabled: &no}, "AADSTS7000112"},
		"deleted":  {sim.AppChange{Deleted: &yes}, sim.AppChange{Deleted: &no}, "AADSTS700016"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "empty", tenantYAML{})
			w.sync()
			w.wantTold("at first")
			good := w.coverage()[cordon.SourceCredential]
			w.changeApp(tt.out)
			for try := range 3 {
				w.later(time.Duration(try) * time.Hour)
				w.wantTold("shut out", "consent_lost")
			}
			c := w.coverage()[cordon.SourceCredential]
			if kind, reason := collect.LossOf(c); kind != "consent_lost" || !strings.Contains(reason, tt.code) || !c.ReadUntil.Equal(good.ReadUntil) {
				t.Errorf("%q: %q; the last good token is of %s, want %s", kind, reason, c.ReadUntil, good.ReadUntil)
			}
			if s := w.ownSignals()[0]; s.Severity != cordon.SeverityHigh || !strings.Contains(s.Title, tt.code) {
				t.Errorf("signal %+v", s)
			}
			w.changeApp(tt.in)
			w.later(3 * time.Hour)
			if c := w.coverage()[cordon.SourceCredential]; c.State != cordon.CoverageWhole {
				t.Errorf("let in again: %+v", c)
			}
			w.changeApp(tt.out)
			w.later(4 * time.Hour)
			w.later(5 * time.Hour)
			w.wantTold("shut out again", "consent_lost", "consent_lost")
		})
	}
}

// TestNeverLetIn: a tenant that never let us in is told of once, too.
func TestNeverLetIn(t *testing.T) {
	t.Parallel()
	yes := true
	w := newWorld(t, "empty", tenantYAML{})
	w.changeApp(sim.AppChange{Disabled: &yes})
	w.sync()
	w.later(time.Hour)
	w.wantTold("never let in", "consent_lost")
}

// TestSecretExpired: sign-in says that the secret has expired, of which the
// configuration knew nothing.
func TestSecretExpired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.sync()
	ended := time.Now().Add(-time.Hour)
	w.changeApp(sim.AppChange{SecretExpires: &ended})
	w.later(time.Hour)
	w.later(2 * time.Hour)
	w.wantTold("expired", "credential_refused")
	if _, reason := collect.LossOf(w.coverage()[cordon.SourceCredential]); !strings.Contains(reason, "AADSTS7000222") {
		t.Errorf("the reason is %q", reason)
	}
}

// TestCredentialExpires: the end that the configuration knows is told at each
// threshold once, also over restarts, and also when the secret is refused by
// then; a new end is told anew.
func TestCredentialExpires(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	end := time.Now().UTC().Truncate(day).Add(41 * day)
	w := newWorld(t, "empty", tenantYAML{expires: end.Format(time.DateOnly)})
	times := 0
	for _, left := range []time.Duration{40 * day, 29 * day, 28 * day, 13 * day, 6 * day, 5 * day, 2 * day, 12 * time.Hour} {
		w.later(time.Until(end.Add(-left)))
		if left != 40*day && left != 28*day && left != 5*day {
			times++
		}
		w.wantTold(fmt.Sprintf("%s left", left), slices.Repeat([]string{"credential_expires"}, times)...)
	}
	var severities []cordon.Severity
	for _, s := range w.ownSignals() {
		severities = append(severities, s.Severity)
	}
	if !slices.Equal(severities, []cordon.Severity{"low", "low", "medium", "medium", "high"}) {
		t.Errorf("severities %q", severities)
	}
	if title := w.ownSignals()[4].Title; !strings.Contains(title, "expires on "+end.Format(time.DateOnly)+", in less than a day: create a new one") {
		t.Errorf("title %q", title)
	}
	ended := time.Now().Add(-time.Hour)
	w.changeApp(sim.AppChange{SecretExpires: &ended})
	w.later(time.Until(end.Add(time.Hour)))
	w.later(time.Until(end.Add(2 * time.Hour)))
	got := w.told.of(cordon.NoticeSecurity)
	if len(got) != 7 || got[5].Reason != "credential_expires" || got[6].Reason != "credential_refused" || got[5].Severity != cordon.SeverityHigh {
		t.Errorf("at the end: %+v", got[5:])
	}
	w.configure(tenantYAML{expires: end.Add(7 * day).Format(time.DateOnly)}) // somebody has put in a new one
	w.changeApp(sim.AppChange{SecretExpires: &time.Time{}})
	w.later(time.Until(end.Add(3 * time.Hour)))
	if got := w.told.of(cordon.NoticeSecurity); len(got) != 8 || got[7].Severity != cordon.SeverityMedium {
		t.Errorf("a new end: %+v", got[7:])
	}
}

// TestPermissionsLost: what vanishes from the token is told once, by name, and
// badly when it is needed.
func TestPermissionsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	w.sync()
	w.fault(sim.Fault{RevokeRoles: []string{"Policy.Read.All"}})
	w.later(time.Hour)
	w.later(2 * time.Hour)
	w.wantTold("one gone", "permissions_lost")
	if s := w.ownSignals()[0]; s.Severity != cordon.SeverityHigh || !strings.Contains(s.Title, "lost permissions: Policy.Read.All; without Policy.Read.All") {
		t.Errorf("signal %+v", s)
	}
	w.cloud.ClearFaults()
	w.later(3 * time.Hour)
	w.wantTold("granted again", "permissions_lost")
	w.fault(sim.Fault{RevokeRoles: []string{"Policy.Read.All", "User.Read.All"}})
	w.later(4 * time.Hour)
	w.wantTold("two gone", "permissions_lost", "permissions_lost")
}

// TestFlowNeeds: what is called needed by the loss of permissions is what the
// features need that the flow is made of.
func TestFlowNeeds(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range cordon.Sources() {
		if s != cordon.SourceCredential {
			names = append(names, string(s))
		}
	}
	features, err := app.FindFeatures(append(names, "people", "contain_users", "contain_administrators", "reset_passwords", "confirm_risk", "contain_on_premises", "set_security_defaults"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, n := range app.Needs(features) {
		if n.Resource == microsoft.ResourceGraph {
			want = append(want, n.Permission)
		}
	}
	slices.Sort(want)
	if got := collect.FlowNeeds(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, v := range action.NewSet("") {
		for _, need := range v.Needs {
			if !slices.Contains(want, need) {
				t.Errorf("%s needs %s, whose loss is not told as such", v.Name, need)
			}
		}
	}
}

// TestTenantWithoutCredential: one tenant whose secret cannot be had shows as
// refused with the reason, and the other is read whole.
func TestTenantWithoutCredential(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cloud, err := sim.Start(t.Context(), sim.Options{Scenario: "token-theft", Tenants: 2, StateDir: filepath.Join(dir, "sim")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	w := &world{t: t, cloud: cloud, tenant: cloud.Info().Tenants[0], file: filepath.Join(dir, "cordon.yaml")}
	w.configureTwo()
	w.sync()
	w.sync()

	bad := cloud.Info().Tenants[1].ID
	byTenant := ask(w, func(ctx context.Context, tx *store.Tx) (map[string][]cordon.Coverage, error) {
		rows, err := tx.Coverage(ctx)
		found := map[string][]cordon.Coverage{}
		for _, c := range rows {
			found[c.TenantID] = append(found[c.TenantID], c)
		}
		return found, err
	})
	if all := len(cordon.Sources()); len(byTenant[w.tenant.ID]) != all || len(byTenant[bad]) != all {
		t.Fatalf("coverage of %d and %d sources, want %d each", len(byTenant[w.tenant.ID]), len(byTenant[bad]), all)
	}
	for _, c := range byTenant[w.tenant.ID] {
		if c.State != cordon.CoverageWhole {
			t.Errorf("the good tenant: %s is %s: %s", c.Source, c.State, c.Reason)
		}
	}
	for _, c := range byTenant[bad] {
		if c.State != cordon.CoverageDenied || !strings.Contains(c.Reason, "no-such-secret") || !c.ReadUntil.IsZero() {
			t.Errorf("the tenant without a secret: %s is %s: %s", c.Source, c.State, c.Reason)
		}
	}
	if got, want := w.writes(), containment(w.person("mira")); !slices.Equal(got, want) {
		t.Errorf("the good tenant's victim: %q, want %q", got, want)
	}
	own := w.ownSignals()
	if len(own) != 1 || own[0].TenantID != bad || own[0].Kind != "credential_refused" || !strings.Contains(own[0].Title, "no-such-secret") {
		t.Errorf("signals %+v", own)
	}
}

// configureTwo writes a configuration of two tenants; the secret of the second
// is a file that does not exist.
func (w *world) configureTwo() {
	w.t.Helper()
	info := w.cloud.Info()
	var tenants []any
	for i, tenant := range info.Tenants {
		ref := []string{"file:secret", "file:no-such-secret"}[i]
		tenants = append(tenants, map[string]any{
			"id": tenant.ID, "name": tenant.Name, "mode": "enforce", "credential": map[string]any{"client_id": tenant.ClientID, "secret": ref},
		})
	}
	b, err := yaml.Marshal(map[string]any{
		"storage":   map[string]any{"url": "sqlite://cordon.db"},
		"endpoints": map[string]any{"login": info.LoginURL, "graph": info.GraphURL, "defender": info.DefenderURL, "ca_file": info.CAFile},
		"tenants":   tenants, "playbooks": map[string]any{"on": []string{"contain-token-theft"}}, "budget": map[string]any{"share": 1},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(w.file, string(b))
	w.write(filepath.Join(filepath.Dir(w.file), "secret"), w.tenant.ClientSecret)
}

// TestSecretFileIsReadAgain: a secret that was renewed in its file is used as
// soon as sign-in refuses the old one, without a restart.
func TestSecretFileIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "empty", tenantYAML{})
	secret := filepath.Join(filepath.Dir(w.file), "secret")
	w.write(secret, "not-the-secret-any-more")
	h := w.open(app.Options{Now: time.Now})
	w.write(secret, "\ufeff"+w.tenant.ClientSecret+"\r\n")
	if err := errors.Join(h.Engine.Once(t.Context(), nil), h.Close()); err != nil {
		t.Fatal(err)
	}
	if c := w.coverage()[cordon.SourceCredential]; c.State != cordon.CoverageWhole {
		t.Errorf("got %+v", c)
	}
	w.wantTold("read again")
}
