package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/sim"
)

// A world is a simulated cloud and the client of its first tenant. Their clock
// runs ahead with each reading, so that none waits for a budget.
type world struct {
	*sim.Cloud
	client *microsoft.Client
	tenant cordon.Tenant
	ahead  atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	now := func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	cloud, err := sim.Start(context.WithoutCancel(t.Context()), sim.Options{Calm: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	info := cloud.Info()
	m, err := microsoft.New(microsoft.Options{
		Endpoints: microsoft.Endpoints{Login: info.LoginURL, Graph: info.GraphURL, Defender: info.DefenderURL, CAFile: info.CAFile},
		MaxWait:   time.Millisecond, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	w.Cloud, w.tenant = cloud, cordon.Tenant{ID: info.Tenants[0].ID, ClientID: info.Tenants[0].ClientID}
	if w.client, err = m.Client(w.tenant, microsoft.NewSecretCredential(info.Tenants[0].ClientSecret)); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) inject(t *testing.T, resource string, objects ...string) {
	t.Helper()
	for _, o := range objects {
		if err := w.Inject(w.tenant.ID, resource, []byte(o)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) request(s cordon.Source) Request {
	return Request{TenantID: w.tenant.ID, Source: s, Hasher: NewHasher(), Now: time.Now().UTC()}
}

// read returns all that a reading yields.
func (w *world) read(t *testing.T, r Request) (batches []Batch, signals []cordon.Signal, err error) {
	t.Helper()
	w.ahead.Add(int64(10 * time.Second))
	for b, e := range Read(t.Context(), w.client, &r) {
		if err != nil {
			t.Fatalf("something follows the error %v", err)
		}
		if e != nil {
			err = e
			continue
		}
		batches, signals = append(batches, b), append(signals, b.Signals...)
	}
	return batches, signals, err
}

// resources are where the simulator keeps what a source reads.
func resources() map[cordon.Source]string {
	return map[cordon.Source]string{
		cordon.SourceRiskDetections: "identityProtection/riskDetections", cordon.SourceAlerts: "security/alerts_v2", cordon.SourceEndpointAlerts: "alerts",
	}
}

// item is an object that every feed takes, updated at a time.
func item(id string, updated time.Time) string {
	u := updated.UTC().Format("2006-01-02T15:04:05.0000000Z")
	return fmt.Sprintf(`{"id":%q,"lastUpdatedDateTime":%q,"lastUpdateDateTime":%q,"lastUpdateTime":%q,"createdDateTime":%q,"alertCreationTime":%q}`, id, u, u, u, u, u)
}

func natives(signals []cordon.Signal) []string {
	ids := []string{}
	for _, s := range signals {
		ids = append(ids, s.NativeID)
	}
	slices.Sort(ids)
	return ids
}

// What the last reading saw is not decoded again, and what changed since is.
func TestReadOverlap(t *testing.T) {
	t.Parallel()
	for source, resource := range resources() {
		t.Run(string(source), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			now := time.Now().UTC()
			for i := range 25 {
				w.inject(t, resource, item(fmt.Sprintf("i%02d", i), now.Add(-time.Minute)))
			}
			w.inject(t, resource, item("old", now.Add(-time.Hour)))
			r := w.request(source)
			batches, signals, err := w.read(t, r)
			if err != nil || len(signals) != 26 {
				t.Fatalf("%d signals, %v", len(signals), err)
			}
			r.Last, r.Known = r.Whole(), Known{}
			for _, b := range batches {
				for _, h := range b.Hashes {
					r.Known[h] = struct{}{}
				}
			}
			if len(r.Known) != 26 {
				t.Errorf("%d hashes of 26 items", len(r.Known))
			}
			batches, signals, err = w.read(t, r)
			hashes := 0
			for _, b := range batches {
				hashes += len(b.Hashes)
			}
			if err != nil || len(signals) != 0 || hashes != 25 { // the overlap, without the old one
				t.Errorf("read again: %q, %d hashes, %v", natives(signals), hashes, err)
			}
			w.inject(t, resource, item("i07", now.Add(-30*time.Second)), item("late", now.Add(-14*time.Minute)))
			if _, signals, err = w.read(t, r); err != nil || !slices.Equal(natives(signals), []string{"i07", "late"}) {
				t.Errorf("after a change: %q, %v", natives(signals), err)
			}
			r.Hasher = NewHasher() // after a restart everything in the overlap is news
			if _, signals, err = w.read(t, r); err != nil || len(signals) != 26 {
				t.Errorf("with another seed: %d, %v", len(signals), err)
			}
		})
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	until := at.Add(-time.Hour)
	for _, tt := range []struct {
		name   string
		source cordon.Source
		last   cordon.Coverage
		want   time.Time
	}{
		{"first reading", cordon.SourceRiskDetections, cordon.Coverage{}, time.Time{}},
		{"first reading of alerts", cordon.SourceAlerts, cordon.Coverage{}, time.Time{}},
		{"first reading of endpoint alerts", cordon.SourceEndpointAlerts, cordon.Coverage{}, at.Add(-48 * time.Hour)},
		{"first reading failed", cordon.SourceEndpointAlerts, cordon.Coverage{State: cordon.CoverageDenied, CheckedAt: until}, at.Add(-48 * time.Hour)},
		{"overlap", cordon.SourceAlerts, cordon.Coverage{State: cordon.CoverageWhole, ReadUntil: until}, until.Add(-15 * time.Minute)},
		{"overlap of endpoint alerts", cordon.SourceEndpointAlerts, cordon.Coverage{State: cordon.CoverageWhole, ReadUntil: until}, until.Add(-15 * time.Minute)},
		{"after a failure", cordon.SourceAlerts, cordon.Coverage{State: cordon.CoverageUnreadable, ReadUntil: until, CheckedAt: at}, until.Add(-15 * time.Minute)},
	} {
		r := request(tt.source)
		r.Last = tt.last
		if got := r.Since(); !got.Equal(tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// What goes over the wire is what Since says.
func TestReadAsksSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	filter := func(r Request) string {
		if _, _, err := w.read(t, r); err != nil {
			t.Fatal(err)
		}
		ledger := w.Ledger(true)
		q, err := url.ParseQuery(ledger[len(ledger)-1].Query)
		if err != nil {
			t.Fatal(err)
		}
		return q.Get("$filter")
	}
	last := cordon.Coverage{ReadUntil: time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)}
	r := w.request(cordon.SourceRiskDetections)
	if got := filter(r); got != "" {
		t.Errorf("first reading: %s", got)
	}
	r.Last = last
	if got := filter(r); got != "lastUpdatedDateTime ge 2026-02-03T11:45:00Z" {
		t.Errorf("risk detections: %s", got)
	}
	r.Source = cordon.SourceAlerts
	if got := filter(r); got != "lastUpdateDateTime ge 2026-02-03T11:45:00Z" {
		t.Errorf("alerts: %s", got)
	}
	r.Source = cordon.SourceEndpointAlerts
	if got := filter(r); got != "lastUpdateTime ge 2026-02-03T11:45:00Z" {
		t.Errorf("endpoint alerts: %s", got)
	}
}

func TestReadPosture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(cordon.SourceSecurityDefaults)
	want := cordon.Observation{TenantID: w.tenant.ID, Source: cordon.SourceSecurityDefaults, State: cordon.ObservedValue, Value: json.RawMessage("false"), ObservedAt: r.Now}
	batches, _, err := w.read(t, r)
	if err != nil || len(batches) != 1 || !reflect.DeepEqual(*batches[0].Observation, want) {
		t.Errorf("got %+v, %v", batches, err)
	}
	r.Source = cordon.SourceConditionalAccess
	if batches, _, err = w.read(t, r); err != nil || string(batches[0].Observation.Value) != "[]" {
		t.Errorf("no policies: got %+v, %v", batches, err)
	}
	policy := `{"id":"p1","displayName":"MFA","state":"enabled","conditions":{"users":null},"new":12345678901234567890}`
	w.inject(t, "identity/conditionalAccess/policies", policy)
	if batches, _, err = w.read(t, r); err != nil || string(batches[0].Observation.Value) != "["+policy+"]" {
		t.Errorf("a policy: got %+v, %v", batches, err)
	}
	if err := w.AddFault(sim.Fault{Path: "/v1.0/*", Malformed: "html"}); err != nil {
		t.Fatal(err)
	}
	for _, source := range []cordon.Source{cordon.SourceSecurityDefaults, cordon.SourceConditionalAccess} {
		r.Source = source
		batches, _, err := w.read(t, r)
		if !errors.Is(err, cordon.ErrMalformed) || len(batches) != 0 {
			t.Errorf("%s: a page of HTML: got %+v, %v", source, batches, err)
		}
	}
}

func TestReadNoSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if batches, _, err := w.read(t, w.request("weather")); err == nil || len(batches) != 0 {
		t.Errorf("got %+v, %v", batches, err)
	}
}

// An answer that is no answer is an error: never an empty list.
func TestReadFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault sim.Fault
		want  error
		state cordon.CoverageState
	}{
		{"403", sim.Fault{Status: 403}, cordon.ErrDenied, cordon.CoverageDenied},
		{"404", sim.Fault{Status: 404}, cordon.ErrNotFound, cordon.CoverageUnreadable},
		{"500", sim.Fault{Status: 500}, cordon.ErrUnavailable, cordon.CoverageUnreadable},
		{"429", sim.Fault{Status: 429, RetryAfter: "3600"}, cordon.ErrThrottled, cordon.CoverageUnreadable},
		{"html", sim.Fault{Malformed: "html"}, cordon.ErrMalformed, cordon.CoverageUnreadable},
		{"truncated", sim.Fault{Malformed: "truncated"}, cordon.ErrMalformed, cordon.CoverageUnreadable},
		{"deep", sim.Fault{Malformed: "deep"}, cordon.ErrMalformed, cordon.CoverageUnreadable},
		{"huge", sim.Fault{Malformed: "huge"}, cordon.ErrMalformed, cordon.CoverageUnreadable},
		{"no permission", sim.Fault{RevokeRoles: []string{"SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"}}, cordon.ErrDenied, cordon.CoverageDenied},
		{"foreign link", sim.Fault{NextLink: "https://graph.microsoft.com.evil/v1.0/security/alerts_v2"}, cordon.ErrUnsafeLink, cordon.CoveragePartial},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.inject(t, "security/alerts_v2", item("a", time.Now()))
			if tt.fault.RevokeRoles == nil {
				tt.fault.Path = "/v1.0/security/*"
			}
			if err := w.AddFault(tt.fault); err != nil {
				t.Fatal(err)
			}
			r := w.request(cordon.SourceAlerts)
			batches, signals, err := w.read(t, r)
			if !errors.Is(err, tt.want) || len(signals) > 0 && tt.state != cordon.CoveragePartial {
				t.Errorf("got %q, %v; want %v", natives(signals), err, tt.want)
			}
			if got := r.Failed(err, len(batches)); got.State != tt.state || !got.ReadUntil.IsZero() || got.Reason == "" {
				t.Errorf("got %+v, want %s", got, tt.state)
			}
		})
	}
}

// Elements that are no objects do not end the reading, but it is not whole.
func TestSkippedElements(t *testing.T) {
	t.Parallel()
	r := request(cordon.SourceAlerts)
	pages := func(yield func(microsoft.Page, error) bool) {
		_ = yield(microsoft.Page{Items: []json.RawMessage{[]byte(`{"id":"a"}`)}, Skipped: 1}, nil) &&
			yield(microsoft.Page{Items: []json.RawMessage{[]byte(`{"id":"b"}`)}, Skipped: 2}, nil)
	}
	var ids []string
	var last error
	for b, err := range r.signals(pages, alert) {
		ids, last = append(ids, natives(b.Signals)...), err
	}
	if !slices.Equal(ids, []string{"a", "b"}) || !errors.Is(last, cordon.ErrMalformed) || last.Error() != "read alerts: 3 elements are no objects: malformed answer" {
		t.Errorf("got %q, %v", ids, last)
	}
	for range r.signals(pages, alert) {
		break // a loop that ends early gets no more
	}
}
