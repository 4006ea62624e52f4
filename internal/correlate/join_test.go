package correlate

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	tenantID = "99999999-9999-9999-9999-999999999999"
	ada      = "aaaaaaaa-0000-0000-0000-000000000001"
	lin      = "bbbbbbbb-0000-0000-0000-000000000002"
	localSID = "s-1-5-21-1-2-3-1001"
)

// hour returns the h-th hour of the tests' time.
func hour(h float64) time.Time {
	return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(h * float64(time.Hour)))
}

// sig returns an open signal of medium severity that happened and was noticed
// at an hour.
func sig(id string, h float64, about ...cordon.Entity) cordon.Signal {
	return cordon.Signal{
		ID: id, TenantID: tenantID, Source: cordon.SourceRiskDetections, Detector: cordon.DetectorIdentityProtection, NativeID: "native-" + id,
		Severity: cordon.SeverityMedium, State: cordon.SignalOpen, OccurredAt: hour(h), DetectedAt: hour(h), UpdatedAt: hour(h), Entities: about,
	}
}

// held returns those of the signals that the incidents hold, by id.
func held(incidents []cordon.Incident, signals ...cordon.Signal) map[string]cordon.Signal {
	m := map[string]cordon.Signal{}
	for _, in := range incidents {
		for _, s := range signals {
			if slices.Contains(in.Signals, s.ID) {
				m[s.ID] = s
			}
		}
	}
	return m
}

// counted returns options whose ids are new1, new2 and so on.
func counted() Options {
	n := 0
	return Options{Now: hour(100), NewID: func() string { n++; return fmt.Sprintf("new%d", n) }}
}

// A brief is what the tests compare of an incident.
type brief struct {
	ID, Entity string
	Signals    []string
	State      cordon.IncidentState
	MergedTo   string
}

func briefs(in []cordon.Incident) []brief {
	var out []brief
	for _, i := range in {
		out = append(out, brief{i.ID, i.Entity.ID(), i.Signals, i.State, i.MergedTo})
	}
	return out
}

func user(id, upn, sid string) cordon.Entity { return cordon.NewUser(id, upn, sid) }

func TestJoinWhole(t *testing.T) {
	t.Parallel()
	cloudSID, _ := cordon.SIDFromObjectID(ada)
	risk := sig("risk", 10, user(ada, "Ada@contoso.test", ""))
	risk.DetectedAt = hour(10.5)
	alert := sig("alert", 10.2, user("", "", cloudSID), cordon.NewDevice("m1", ""))
	alert.Source, alert.Detector, alert.Severity, alert.DetectedAt = cordon.SourceEndpointAlerts, cordon.DetectorEndpoint, cordon.SeverityHigh, hour(10.4)
	got := Join(nil, nil, []cordon.Signal{alert, risk}, []cordon.Coverage{
		{Source: cordon.SourceRiskDetections, State: cordon.CoverageWhole, CheckedAt: hour(100)},
		{Source: cordon.SourceEndpointAlerts, State: cordon.CoverageWhole, CheckedAt: hour(100)},
	}, counted())
	want := []cordon.Incident{{
		ID: "new1", TenantID: tenantID, Entity: user(ada, "ada@contoso.test", ""), Signals: []string{"risk", "alert"},
		Sources:   []cordon.Source{cordon.SourceRiskDetections, cordon.SourceEndpointAlerts},
		Detectors: []cordon.Detector{cordon.DetectorEndpoint, cordon.DetectorIdentityProtection},
		Score: cordon.Score{Value: 74, Spoke: []cordon.Source{cordon.SourceRiskDetections, cordon.SourceEndpointAlerts},
			Unread: []cordon.Source{cordon.SourceAlerts}},
		State: cordon.IncidentOpen, FirstAt: hour(10), LastAt: hour(10.5), OpenedAt: hour(100), UpdatedAt: hour(100),
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestJoinNews(t *testing.T) {
	t.Parallel()
	opened := cordon.IncidentOpen
	renamed := sig("renamed", 1, user(lin, "ada@contoso.test", ""))
	tests := []struct {
		name string
		news []cordon.Signal
		want []brief
	}{
		{"nothing", nil, nil},
		{"exactly the window apart", []cordon.Signal{sig("a", 0, user(ada, "", "")), sig("b", 24, user(ada, "", ""))},
			[]brief{{"new1", ada, []string{"a", "b"}, opened, ""}}},
		{"more than the window apart", []cordon.Signal{sig("a", 0, user(ada, "", "")), sig("b", 24.1, user(ada, "", ""))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", ada, []string{"b"}, opened, ""}}},
		{"a third one bridges", []cordon.Signal{sig("a", 0, user(ada, "", "")), sig("b", 40, user(ada, "", "")), sig("c", 20, user(ada, "", ""))},
			[]brief{{"new1", ada, []string{"a", "c", "b"}, opened, ""}}},
		{"by UPN and by object id, joined by a third", []cordon.Signal{sig("a", 0, user("", "ada@contoso.test", "")), sig("b", 1, user(ada, "", "")), sig("c", 2, user(ada, "ADA@contoso.test", ""))},
			[]brief{{"new1", ada, []string{"a", "b", "c"}, opened, ""}}},
		{"by on-premises SID, over the UPN", []cordon.Signal{sig("a", 0, user("", "", localSID)), sig("b", 1, user("", "ada@contoso.test", localSID)), sig("c", 2, user(ada, "ada@contoso.test", ""))},
			[]brief{{"new1", ada, []string{"a", "b", "c"}, opened, ""}}},
		{"two users", []cordon.Signal{sig("a", 0, user(ada, "", ""), user(lin, "", ""))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", lin, []string{"a"}, opened, ""}}},
		{"one user, named twice", []cordon.Signal{sig("a", 0, user(ada, "", ""), user(ada, "ada@contoso.test", ""))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}}},
		{"a UPN that two object ids claim joins nobody", []cordon.Signal{sig("a", 0, user(ada, "ada@contoso.test", "")), renamed, sig("c", 2, user("", "ada@contoso.test", ""))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", lin, []string{"renamed"}, opened, ""}, {"new3", "ada@contoso.test", []string{"c"}, opened, ""}}},
		{"a chain that ends in two object ids is not followed", []cordon.Signal{sig("a", 0, user(ada, "x@contoso.test", "")), sig("b", 1, user(lin, "", localSID)), sig("c", 2, user("", "x@contoso.test", localSID))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", lin, []string{"b"}, opened, ""}, {"new3", "x@contoso.test", []string{"c"}, opened, ""}}},
		{"an entity with two object ids is two", []cordon.Signal{sig("a", 0, user(ada, "", "").Add(cordon.NameObjectID, lin))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", lin, []string{"a"}, opened, ""}}},
		{"users before devices", []cordon.Signal{sig("a", 0, cordon.NewDevice("m1", ""), user(ada, "", "")), sig("b", 1, cordon.NewDevice("m1", "d1"))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", "m1", []string{"b"}, opened, ""}}},
		{"a service principal like a user", []cordon.Signal{sig("a", 0, cordon.Entity{Kind: cordon.KindServicePrincipal}.Add(cordon.NameObjectID, ada), user(ada, "", ""))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", ada, []string{"a"}, opened, ""}}},
		{"the tenant", []cordon.Signal{sig("a", 0, cordon.NewTenantEntity(tenantID)), sig("b", 1)},
			[]brief{{"new1", tenantID, []string{"a", "b"}, opened, ""}}},
		{"a user without a name that identifies", []cordon.Signal{sig("a", 0, cordon.Entity{Kind: cordon.KindUser}.Add(cordon.NameDisplayName, "Ada"))},
			[]brief{{"new1", tenantID, []string{"a"}, opened, ""}}},
		{"a shared display name joins nobody", []cordon.Signal{sig("a", 0, user(ada, "", "").Add(cordon.NameDisplayName, "Ada")), sig("b", 1, user(lin, "", "").Add(cordon.NameDisplayName, "Ada"))},
			[]brief{{"new1", ada, []string{"a"}, opened, ""}, {"new2", lin, []string{"b"}, opened, ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := briefs(Join(nil, nil, tt.news, nil, counted())); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// openFor returns an incident that was opened at the hour of its only signal.
func openFor(id string, s cordon.Signal) cordon.Incident {
	return cordon.Incident{
		ID: id, TenantID: tenantID, Entity: s.Entities[0], Signals: []string{s.ID}, State: cordon.IncidentOpen,
		FirstAt: s.OccurredAt, LastAt: s.DetectedAt, OpenedAt: s.OccurredAt, UpdatedAt: s.OccurredAt,
	}
}

func TestJoinOpen(t *testing.T) {
	t.Parallel()
	a, b := sig("a", 0, user(ada, "", "")), sig("b", 1, user("", "ada@contoso.test", ""))
	later := sig("a2", 0, user(ada, "", ""))
	later.NativeID, later.Version, later.UpdatedAt, later.State = a.NativeID, "2", hour(5), cordon.SignalClosed
	moved := later
	moved.ID, moved.OccurredAt, moved.DetectedAt = "a3", hour(90), hour(90)
	silent := later
	silent.ID, silent.Entities = "a4", nil
	wider := later
	wider.ID, wider.Entities = "a5", []cordon.Entity{user(ada, "", ""), user(lin, "", "")}
	contained := openFor("i1", a)
	contained.State = cordon.IncidentContained
	gone := openFor("i0", a)
	gone.State, gone.MergedTo, gone.Signals = cordon.IncidentMerged, "elsewhere", nil
	tests := []struct {
		name string
		open []cordon.Incident
		news []cordon.Signal
		want []brief
	}{
		{"no news", []cordon.Incident{openFor("i1", a), openFor("i2", b)}, nil, nil},
		{"known news", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{a}, nil},
		{"a new one", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{sig("c", 3, user(ada, "", ""))},
			[]brief{{"i1", ada, []string{"a", "c"}, cordon.IncidentOpen, ""}}},
		{"a new one into a contained incident", []cordon.Incident{contained}, []cordon.Signal{sig("c", 3, user(ada, "", ""))},
			[]brief{{"i1", ada, []string{"a", "c"}, cordon.IncidentContained, ""}}},
		{"too late", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{sig("c", 30, user(ada, "", ""))},
			[]brief{{"new1", ada, []string{"c"}, cordon.IncidentOpen, ""}}},
		{"another user changes nothing", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{sig("c", 3, user(lin, "", ""))},
			[]brief{{"new1", lin, []string{"c"}, cordon.IncidentOpen, ""}}},
		{"never into a merged one", []cordon.Incident{gone}, []cordon.Signal{sig("c", 3, user(ada, "", ""))},
			[]brief{{"new1", ada, []string{"c"}, cordon.IncidentOpen, ""}}},
		{"a bridge merges into the older", []cordon.Incident{openFor("i2", b), openFor("i1", a)}, []cordon.Signal{sig("c", 3, user(ada, "ada@contoso.test", ""))},
			[]brief{{"i1", ada, []string{"a", "b", "c"}, cordon.IncidentOpen, ""}, {"i2", "ada@contoso.test", nil, cordon.IncidentMerged, "i1"}}},
		{"a new version takes the place of the old", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{later},
			[]brief{{"i1", ada, []string{"a2"}, cordon.IncidentOpen, ""}}},
		{"an old version comes late", []cordon.Incident{openFor("i1", later)}, []cordon.Signal{a}, nil},
		{"a version with other times stays", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{moved},
			[]brief{{"i1", ada, []string{"a3"}, cordon.IncidentOpen, ""}}},
		{"a version that names nobody stays", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{silent},
			[]brief{{"i1", ada, []string{"a4"}, cordon.IncidentOpen, ""}}},
		{"a version that names one more", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{wider},
			[]brief{{"i1", ada, []string{"a5"}, cordon.IncidentOpen, ""}, {"new1", lin, []string{"a5"}, cordon.IncidentOpen, ""}}},
		{"a name alone is learnt too", []cordon.Incident{openFor("i1", a)}, []cordon.Signal{sig("c", 60, user(ada, "ada@contoso.test", ""))},
			[]brief{{"i1", ada, []string{"a"}, cordon.IncidentOpen, ""}, {"new1", ada, []string{"c"}, cordon.IncidentOpen, ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := briefs(Join(tt.open, held(tt.open, a, b, later), tt.news, nil, counted())); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// An alert whose user comes in a later version is one incident, the user's: the
// one about the device, or about the tenant for want of anybody, goes into it,
// unless it has a signal of its own.
func TestJoinUserComesLater(t *testing.T) {
	t.Parallel()
	device := cordon.NewDevice("m1", "")
	first := sig("a", 0, device)
	later := sig("a2", 0, device, user(ada, "", ""))
	later.NativeID, later.Version, later.UpdatedAt = first.NativeID, "2", hour(5)
	nameless := sig("n", 0)
	nameless.NativeID = first.NativeID
	own := sig("b", 1, device)
	both := openFor("i1", first)
	both.Signals = []string{"a", "b"}
	anonymous := cordon.Incident{
		ID: "i1", TenantID: tenantID, Entity: cordon.NewTenantEntity(tenantID), Signals: []string{"n"}, State: cordon.IncidentOpen,
		FirstAt: hour(0), LastAt: hour(0), OpenedAt: hour(0), UpdatedAt: hour(0),
	}
	ofUser := openFor("i2", sig("c", 2, user(ada, "", "")))
	isolated := openFor("i1", first)
	isolated.State = cordon.IncidentContained
	tests := []struct {
		name string
		open []cordon.Incident
		want []brief
	}{
		{"the device's alone", []cordon.Incident{openFor("i1", first)},
			[]brief{{"new1", ada, []string{"a2"}, cordon.IncidentOpen, ""}, {"i1", "m1", nil, cordon.IncidentMerged, "new1"}}},
		{"the device's, contained: that contained no user", []cordon.Incident{isolated},
			[]brief{{"new1", ada, []string{"a2"}, cordon.IncidentOpen, ""}, {"i1", "m1", nil, cordon.IncidentMerged, "new1"}}},
		{"the tenant's alone", []cordon.Incident{anonymous},
			[]brief{{"new1", ada, []string{"a2"}, cordon.IncidentOpen, ""}, {"i1", tenantID, nil, cordon.IncidentMerged, "new1"}}},
		{"beside a younger one of the user", []cordon.Incident{openFor("i1", first), ofUser},
			[]brief{{"i2", ada, []string{"a2", "c"}, cordon.IncidentOpen, ""}, {"i1", "m1", nil, cordon.IncidentMerged, "i2"}}},
		{"the device's with a signal of its own", []cordon.Incident{both},
			[]brief{{"new1", ada, []string{"a2"}, cordon.IncidentOpen, ""}, {"i1", "m1", []string{"a2", "b"}, cordon.IncidentOpen, ""}}},
	}
	for _, tt := range tests {
		known := held(tt.open, first, nameless, own, sig("c", 2, user(ada, "", "")))
		if got := briefs(Join(tt.open, known, []cordon.Signal{later}, nil, counted())); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

// A user whom a later version of the alert clears stays in the incident, and
// nothing counts against them any more.
func TestClearedLater(t *testing.T) {
	t.Parallel()
	accused, cleared := said("a", cordon.SeverityHigh, 0), said("a", cordon.SeverityHigh, 0)
	cleared.ID, cleared.NativeID, cleared.UpdatedAt = "cleared", accused.NativeID, hour(1)
	cleared.Entities, cleared.Named = []cordon.Entity{user(lin, "", "")}, []cordon.Entity{user(ada, "", "")}
	other := said("b", cordon.SeverityHigh, 0)
	before, after := []cordon.Signal{accused, other}, []cordon.Signal{accused, other, cleared}
	e := user(ada, "", "")
	if got := Corroborated(e, before, time.Hour); len(got) != 2 {
		t.Fatalf("before: %q", got)
	}
	if got := Corroborated(e, after, time.Hour); !slices.Equal(got, []cordon.Detector{"b"}) || Score(e, after, nil, hour(0)).Value != 60 {
		t.Errorf("after: %q, score %d", got, Score(e, after, nil, hour(0)).Value)
	}
	open := openFor("i1", accused)
	want := []brief{{"i1", ada, []string{"cleared"}, cordon.IncidentOpen, ""}, {"new1", lin, []string{"cleared"}, cordon.IncidentOpen, ""}}
	if got := briefs(Join([]cordon.Incident{open}, held([]cordon.Incident{open}, accused), []cordon.Signal{cleared}, nil, counted())); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A feed may lack times or have a clock that is years ahead.
func TestJoinOddTimes(t *testing.T) {
	t.Parallel()
	future, none, late := sig("future", 1e6, user(ada, "", "")), sig("none", 0, user(ada, "", "")), sig("late", 50, user(ada, "", ""))
	none.OccurredAt, none.DetectedAt, none.UpdatedAt = time.Time{}, time.Time{}, time.Time{}
	late.OccurredAt = hour(-500)
	got := Join(nil, nil, []cordon.Signal{future, none, late, sig("between", -300, user(ada, "", ""))}, nil, counted())
	want := []brief{{"new1", ada, []string{"late", "between"}, cordon.IncidentOpen, ""}, {"new2", ada, []string{"none", "future"}, cordon.IncidentOpen, ""}}
	if !reflect.DeepEqual(briefs(got), want) {
		t.Fatalf("got  %+v\nwant %+v", briefs(got), want)
	}
	if got[1].FirstAt != hour(100) || got[1].LastAt != hour(100) {
		t.Errorf("the span reaches from %v to %v, beyond now", got[1].FirstAt, got[1].LastAt)
	}
}

// A signal that known lacks stays in its incident.
func TestJoinKeepsWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	got := Join([]cordon.Incident{openFor("i1", sig("a", 0, user(ada, "", "")))}, nil, []cordon.Signal{sig("c", 3, user(ada, "", ""))}, nil, counted())
	want := []brief{{"i1", ada, []string{"a", "c"}, cordon.IncidentOpen, ""}}
	if !reflect.DeepEqual(briefs(got), want) || got[0].FirstAt != hour(0) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestJoinDerivesIDs(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for range 2 {
		for _, in := range Join(nil, nil, []cordon.Signal{sig("a", 0, user(ada, "", ""), user(lin, "", "")), sig("b", 70, user(ada, "", ""))}, nil, Options{}) {
			ids[in.ID] = true
		}
	}
	if len(ids) != 3 || ids[""] {
		t.Errorf("got ids %v, want the same three twice", ids)
	}
}
