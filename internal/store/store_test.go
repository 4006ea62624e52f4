package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "cordon.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// onBoth runs a test on SQLite and, where it can be had, on PostgreSQL.
func onBoth(t *testing.T, test func(*testing.T, *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, openPostgres(t))
	})
}

func write(t *testing.T, s *store.Store, do func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

// read returns what ask finds in a transaction of its own.
func read[T any](t *testing.T, s *store.Store, ask func(*store.Tx) (T, error)) T {
	t.Helper()
	var got T
	err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
		got, err = ask(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func signal(n int) cordon.Signal {
	at := epoch.Add(time.Duration(n) * time.Second)
	return cordon.Signal{
		ID: fmt.Sprintf("%016x", uint64(n)*0x9e3779b97f4a7c15), TenantID: "t1", Source: cordon.SourceAlerts, Detector: cordon.DetectorEndpoint,
		NativeID: fmt.Sprint(n), Version: "1", Kind: "Execution", Title: "100 % _odd\\ title", Severity: cordon.SeverityHigh,
		State: cordon.SignalOpen, Confirmed: n%2 == 0, OccurredAt: at, DetectedAt: at, UpdatedAt: at,
		Entities: []cordon.Entity{cordon.NewUser("", fmt.Sprintf("user_%d@contoso.com", n), "")}, Raw: []byte(`{"n":1e400}`),
	}
}

func TestSignalsAreStoredOnceAndWhole(t *testing.T) {
	t.Parallel()
	onBoth(t, testSignalsAreStoredOnceAndWhole)
}

func testSignalsAreStoredOnceAndWhole(t *testing.T, s *store.Store) {
	t.Helper()
	var all []cordon.Signal
	for n := range 53 { // more than two statements
		all = append(all, signal(n))
	}
	for _, want := range []int{53, 0} { // the second time nothing is new
		write(t, s, func(tx *store.Tx) error {
			added, err := tx.PutSignals(t.Context(), all)
			if added != want {
				t.Errorf("added %d signals, want %d", added, want)
			}
			return err
		})
	}
	got := read(t, s, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.PendingSignals(t.Context(), "t1", 1000) })
	if !reflect.DeepEqual(got, all) {
		t.Errorf("signals came back changed:\n got %+v\nwant %+v", got, all)
	}
	write(t, s, func(tx *store.Tx) error { return tx.TakePending(t.Context(), got[:50]) })
	rest := read(t, s, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.PendingSignals(t.Context(), "t1", 1000) })
	if !reflect.DeepEqual(rest, all[50:]) {
		t.Errorf("%d signals wait, want 3", len(rest))
	}
}

func TestSignalFilter(t *testing.T) {
	t.Parallel()
	onBoth(t, testSignalFilter)
}

func testSignalFilter(t *testing.T, s *store.Store) {
	t.Helper()
	one, two, other := signal(1), signal(11), signal(2)
	other.TenantID, other.Source = "t2", cordon.SourceRiskDetections
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.PutSignals(t.Context(), []cordon.Signal{one, two, other})
		return err
	})
	tests := []struct {
		name string
		f    store.SignalFilter
		want []cordon.Signal
	}{
		{"all, newest first", store.SignalFilter{}, []cordon.Signal{two, other, one}},
		{"by tenant", store.SignalFilter{Tenants: []string{"t1"}}, []cordon.Signal{two, one}},
		{"by source", store.SignalFilter{Source: cordon.SourceRiskDetections}, []cordon.Signal{other}},
		{"since", store.SignalFilter{Since: two.UpdatedAt}, []cordon.Signal{two}},
		{"limit", store.SignalFilter{Limit: 1}, []cordon.Signal{two}},
		{"by UPN, whole and in any case", store.SignalFilter{Names: []string{"USER_1@contoso.com"}}, []cordon.Signal{one}},
		{"a pattern is no name", store.SignalFilter{Names: []string{"user%"}}, nil},
	}
	for _, tt := range tests {
		got := read(t, s, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.Signals(t.Context(), tt.f) })
		for i := range tt.want {
			tt.want[i].Raw = nil // lists leave it out
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %d signals, want %d", tt.name, len(got), len(tt.want))
		}
	}
}

func TestIncidentComesBackWhole(t *testing.T) {
	t.Parallel()
	onBoth(t, testIncidentComesBackWhole)
}

func testIncidentComesBackWhole(t *testing.T, s *store.Store) {
	t.Helper()
	a, b := signal(1), signal(2)
	in := cordon.Incident{
		ID: "i1", TenantID: "t1", Entity: cordon.NewUser("588d7c15-8565-448e-bc2d-57f2b7c4c58a", "ada@contoso.com", ""),
		Signals: []string{a.ID, b.ID}, Sources: []cordon.Source{cordon.SourceAlerts}, Detectors: []cordon.Detector{cordon.DetectorEndpoint},
		Score: cordon.Score{Value: 60, Spoke: []cordon.Source{cordon.SourceAlerts}, Unread: []cordon.Source{cordon.SourceRiskDetections}},
		State: cordon.IncidentOpen, FirstAt: a.OccurredAt, LastAt: b.DetectedAt, OpenedAt: epoch, UpdatedAt: epoch,
	}
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.PutSignals(t.Context(), []cordon.Signal{a, b})
		return errors.Join(err, tx.PutIncident(t.Context(), in, []cordon.Signal{a, b}, nil))
	})
	got := read(t, s, func(tx *store.Tx) (cordon.Incident, error) { return tx.Incident(t.Context(), "i1") })
	in.Revision = 1
	if !reflect.DeepEqual(got, in) {
		t.Errorf("got  %+v\nwant %+v", got, in)
	}
	signals := read(t, s, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.SignalsOf(t.Context(), "i1") })
	whole := read(t, s, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.WholeSignalsOf(t.Context(), "i1") })
	if !reflect.DeepEqual(whole, []cordon.Signal{a, b}) {
		t.Errorf("signals of the incident: %+v", whole)
	}
	a.Raw, b.Raw = nil, nil
	if !reflect.DeepEqual(signals, []cordon.Signal{a, b}) {
		t.Errorf("signals of the incident, without the items: %+v", signals)
	}
}

func TestRunComesBackWhole(t *testing.T) {
	t.Parallel()
	onBoth(t, testRunComesBackWhole)
}

func testRunComesBackWhole(t *testing.T, s *store.Store) {
	t.Helper()
	run := cordon.Run{
		ID: "r1", TenantID: "t1", IncidentID: "i1", Requester: cordon.Requester{Playbook: "p"}, State: cordon.RunRunning, StartedAt: epoch,
		Plan: cordon.Plan{Schema: 1, TenantID: "t1", Playbook: "p", Steps: []cordon.PlannedStep{{Action: cordon.ActionDisableUser, Target: cordon.NewUser("", "a@b", "")}}},
		Steps: []cordon.Step{{
			Action: cordon.ActionDisableUser, Target: cordon.NewUser("", "a@b", ""), Outcome: cordon.OutcomeIntent, RequestID: "q", Attempts: 1,
			Verdict: cordon.Verdict{Decision: cordon.Allow, Reason: cordon.ReasonWithin}, Prior: []byte(`{"account_enabled":true}`), ActedAt: epoch,
		}},
	}
	run.PlanHash = run.Plan.Hash()
	write(t, s, func(tx *store.Tx) error { return tx.AddRun(t.Context(), run) })
	got := read(t, s, func(tx *store.Tx) ([]cordon.Run, error) {
		return tx.Runs(t.Context(), store.RunFilter{Names: []string{"x@y", "A@B"}})
	})
	if !reflect.DeepEqual(got, []cordon.Run{run}) {
		t.Errorf("got  %+v\nwant %+v", got, run)
	}
	attempts := read(t, s, func(tx *store.Tx) ([]store.Attempt, error) { return tx.Attempts(t.Context(), "t1", time.Time{}) })
	want := []store.Attempt{{At: epoch, Action: cordon.ActionDisableUser, TargetID: "a@b", RunID: "r1"}}
	if !reflect.DeepEqual(attempts, want) {
		t.Errorf("attempts %+v, want %+v", attempts, want)
	}
}

func TestOneEnginePerStore(t *testing.T) {
	t.Parallel()
	url := "sqlite://" + filepath.Join(t.TempDir(), "cordon.db")
	release, err := store.Hold(url, store.Holder{Command: "serve", PID: 42, Host: "box", Since: epoch})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Hold(url, store.Holder{Command: "sync"})
	if !errors.Is(err, cordon.ErrHeldElsewhere) {
		t.Fatalf("the second engine got %v", err)
	}
	if want := "store is held elsewhere: cordon serve (process 42 on box) since 2026-03-01T12:00:00Z: wait for it to end, or stop it"; err.Error() != want {
		t.Errorf("it was told %q, want %q", err, want)
	}
	if !store.Held(url) {
		t.Error("what another machine holds is not held")
	}
	if err := release(); err != nil || store.Held(url) {
		t.Fatalf("after release: held %v, %v", store.Held(url), err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for _, h := range []struct {
		pid  int
		held bool
	}{{os.Getpid(), true}, {gone.Process.Pid, false}} {
		release, err := store.Hold(url, store.Holder{Command: "serve", PID: h.pid, Host: host, Since: epoch})
		if err != nil || store.Held(url) != h.held {
			t.Errorf("process %d: held %v, %v; want %v", h.pid, store.Held(url), err, h.held)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	if release, err = store.Hold(url, store.Holder{}); err != nil {
		t.Errorf("after release: %v", err)
	} else if err := release(); err != nil {
		t.Error(err)
	}
}

func TestReaderReadsBesideAWriter(t *testing.T) {
	t.Parallel()
	url := "sqlite://" + filepath.Join(t.TempDir(), "cordon.db")
	if _, err := store.OpenReader(t.Context(), url); !errors.Is(err, store.ErrNoStore) {
		t.Fatalf("a reader without a store got %v", err)
	}
	w, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r, err := store.OpenReader(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	write(t, w, func(tx *store.Tx) error {
		_, err := tx.PutSignals(t.Context(), []cordon.Signal{signal(1)})
		if seen := read(t, r, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.Signals(t.Context(), store.SignalFilter{}) }); len(seen) != 0 {
			t.Errorf("an open transaction was seen: %d signals", len(seen))
		}
		return err
	})
	if seen := read(t, r, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.Signals(t.Context(), store.SignalFilter{}) }); len(seen) != 1 {
		t.Errorf("the reader sees %d signals, want 1", len(seen))
	}
	if err := r.Write(t.Context(), func(*store.Tx) error { return nil }); err == nil {
		t.Error("a reader could write")
	}
}
