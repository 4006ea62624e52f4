package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func TestCoverage(t *testing.T) {
	t.Parallel()
	r := request(cordon.SourceEndpointAlerts)
	first := cordon.Coverage{
		TenantID: tenantID, Source: cordon.SourceEndpointAlerts, State: cordon.CoverageWhole, ReadFrom: at.Add(-48 * time.Hour), ReadUntil: at, CheckedAt: at,
	}
	if got := r.Whole(); got != first {
		t.Errorf("first reading: got %+v", got)
	}
	r.Last, r.Now = first, at.Add(time.Minute)
	second := first
	second.ReadUntil, second.CheckedAt = r.Now, r.Now
	if got := r.Whole(); got != second {
		t.Errorf("second reading: got %+v", got)
	}
	for _, tt := range []struct {
		err   error
		pages int
		want  cordon.CoverageState
	}{
		{cordon.ErrUnlicensed, 0, cordon.CoverageUnlicensed}, {cordon.ErrUnlicensed, 3, cordon.CoverageUnlicensed},
		{cordon.ErrNotProvisioned, 0, cordon.CoverageUnlicensed},
		{cordon.ErrDenied, 0, cordon.CoverageDenied}, {cordon.ErrDenied, 3, cordon.CoverageDenied},
		{cordon.ErrCredential, 0, cordon.CoverageDenied}, {cordon.ErrGone, 0, cordon.CoverageDenied}, {cordon.ErrBlocked, 0, cordon.CoverageDenied},
		{cordon.ErrPartial, 0, cordon.CoveragePartial}, {cordon.ErrPartial, 2, cordon.CoveragePartial},
		{cordon.ErrThrottled, 0, cordon.CoverageUnreadable}, {cordon.ErrThrottled, 1, cordon.CoveragePartial},
		{cordon.ErrUnavailable, 0, cordon.CoverageUnreadable}, {cordon.ErrUnavailable, 1, cordon.CoveragePartial},
		{cordon.ErrMalformed, 0, cordon.CoverageUnreadable}, {cordon.ErrMalformed, 1, cordon.CoveragePartial},
		{cordon.ErrNotFound, 0, cordon.CoverageUnreadable}, {cordon.ErrUnsafeLink, 0, cordon.CoverageUnreadable},
		{cordon.ErrBadRequest, 0, cordon.CoverageUnreadable}, {errors.New("other"), 0, cordon.CoverageUnreadable},
	} {
		want := first
		want.State, want.CheckedAt, want.Reason = tt.want, r.Now, "read: "+tt.err.Error()
		if tt.want == cordon.CoverageDenied && errors.Is(tt.err, cordon.ErrDenied) {
			want.Reason = "grant the app Alert.Read.All of WindowsDefenderATP and consent as an administrator: " + want.Reason
		}
		if got := r.Failed(fmt.Errorf("read:\n%w", tt.err), tt.pages); got != want {
			t.Errorf("%v after %d pages: got %+v, want %+v", tt.err, tt.pages, got, want)
		}
	}
	refused := errors.New("microsoft: GET /api/alerts: 403 Forbidden: " + strings.Repeat("x", 500) + " (request 7)")
	if got := r.Failed(refused, 0); !strings.HasSuffix(got.Reason, " (request 7)") {
		t.Errorf("the request id is cut from %q", got.Reason)
	}
	if got := r.Failed(errors.New(strings.Repeat("x", 1000)+"\x1b"), 0); len(got.Reason) > 810 {
		t.Errorf("a reason of %d bytes", len(got.Reason))
	}
}

func TestUnsafeLink(t *testing.T) {
	t.Parallel()
	r := request(cordon.SourceAlerts)
	got := r.UnsafeLink(errors.New("next link to evil.example\n\x1b[2J"))
	want := cordon.Signal{
		ID: got.ID, TenantID: tenantID, Source: cordon.SourceAlerts, Detector: cordon.DetectorCordon, NativeID: "unsafe_link", Version: "2026-02-03T12", Kind: "unsafe_link",
		Title: "An answer pointed away from the tenant's own hosts: next link to evil.example  [2J", Severity: cordon.SeverityHigh, State: cordon.SignalOpen,
		OccurredAt: at, DetectedAt: at, UpdatedAt: at, Entities: []cordon.Entity{cordon.NewTenantEntity(tenantID)}, Raw: json.RawMessage("null"),
	}
	if !reflect.DeepEqual(got, want) || len(got.ID) != 16 {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	// One in an hour is enough, however often it happens.
	r.Now = at.Add(59 * time.Minute)
	if again := r.UnsafeLink(errors.New("x")); again.ID != got.ID || !again.UpdatedAt.Equal(got.UpdatedAt) {
		t.Errorf("in the same hour: %+v", again)
	}
	r.Now = at.Add(time.Hour)
	if later := r.UnsafeLink(errors.New("x")); later.ID == got.ID {
		t.Error("an hour later it is the same signal")
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	value := func(s cordon.Source, v string) cordon.Observation {
		return cordon.Observation{TenantID: tenantID, Source: s, State: cordon.ObservedValue, Value: json.RawMessage(v), ObservedAt: at}
	}
	defaults := func(v string) cordon.Observation { return value(cordon.SourceSecurityDefaults, v) }
	unreadable := cordon.Observation{TenantID: tenantID, Source: cordon.SourceSecurityDefaults, State: cordon.ObservedUnreadable, ObservedAt: at}
	signal := func(title string, severity cordon.Severity, raw string) cordon.Signal {
		return cordon.Signal{
			TenantID: tenantID, Source: cordon.SourceSecurityDefaults, Detector: cordon.DetectorCordon, NativeID: "2026-02-03T12:00:00Z", Kind: "security_defaults_changed",
			Title: title, Severity: severity, State: cordon.SignalOpen, OccurredAt: at, DetectedAt: at, UpdatedAt: at,
			Entities: []cordon.Entity{cordon.NewTenantEntity(tenantID)}, Raw: json.RawMessage(raw),
		}
	}
	lost, gone := defaults("true"), defaults("true") // what was known stays beside the failure
	lost.State, gone.State = cordon.ObservedUnreadable, cordon.ObservedAbsent
	absent := cordon.Observation{TenantID: tenantID, Source: cordon.SourceSecurityDefaults, State: cordon.ObservedAbsent, ObservedAt: at}
	off, on := signal("Security defaults were switched off", cordon.SeverityMedium, "false"), signal("Security defaults were switched on", cordon.SeverityInformational, "true")
	for _, tt := range []struct {
		name        string
		before, now cordon.Observation
		want        *cordon.Signal
	}{
		{"switched off", defaults("true"), defaults("false"), &off},
		{"switched on", defaults("false"), defaults("true"), &on},
		{"as it was", defaults("true"), defaults("true"), nil},
		{"first reading", cordon.Observation{}, defaults("false"), nil},
		{"became unreadable", defaults("true"), unreadable, nil},
		{"readable again", unreadable, defaults("false"), nil},
		{"switched off while it could not be read", lost, defaults("false"), &off},
		{"became absent", defaults("true"), absent, nil},
		{"back as it was", gone, defaults("true"), nil},
		{"switched off while it was absent", gone, defaults("false"), &off},
		{"there for the first time", absent, defaults("false"), nil},
		{"policies", value(cordon.SourceConditionalAccess, "[]"), value(cordon.SourceConditionalAccess, "[{}]"), nil},
	} {
		got, ok := Changed(tt.before, tt.now)
		if ok != (tt.want != nil) || ok != (got.ID != "") {
			t.Errorf("%s: got %+v, %v", tt.name, got, ok)
		}
		got.ID = ""
		if ok && !reflect.DeepEqual(got, *tt.want) {
			t.Errorf("%s: got  %+v\nwant %+v", tt.name, got, *tt.want)
		}
	}
}
