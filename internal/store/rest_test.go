package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/audit"
	"github.com/cordonhq/cordon/internal/store"
)

func TestCoverageAndObservations(t *testing.T) {
	t.Parallel()
	onBoth(t, testCoverageAndObservations)
}

func testCoverageAndObservations(t *testing.T, s *store.Store) {
	t.Helper()
	c := cordon.Coverage{TenantID: "t1", Source: cordon.SourceAlerts, State: cordon.CoverageWhole, ReadUntil: epoch, CheckedAt: epoch}
	later, earlier := c, c
	later.ReadUntil, later.CheckedAt = epoch.Add(time.Minute), epoch.Add(time.Minute)
	earlier.ReadUntil, earlier.CheckedAt = epoch.Add(-time.Minute), epoch.Add(-time.Minute)
	value := cordon.Observation{TenantID: "t1", Source: cordon.SourceSecurityDefaults, State: cordon.ObservedValue, Value: []byte(`true`), ObservedAt: epoch}
	write(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.PutCoverage(t.Context(), c), tx.MoveCoverage(t.Context(), []cordon.Coverage{later, earlier}),
			tx.PutObservation(t.Context(), value))
	})
	if got := read(t, s, func(tx *store.Tx) ([]cordon.Coverage, error) { return tx.Coverage(t.Context(), "t1") }); !reflect.DeepEqual(got, []cordon.Coverage{later}) {
		t.Errorf("coverage %+v, want %+v: an older reading does not undo a newer one", got, later)
	}
	for _, state := range []cordon.ObservationState{cordon.ObservedUnreadable, cordon.ObservedAbsent} {
		want := cordon.Observation{TenantID: "t1", Source: cordon.SourceSecurityDefaults, State: state, Reason: "why", ObservedAt: epoch.Add(time.Minute)}
		write(t, s, func(tx *store.Tx) error { return tx.PutObservation(t.Context(), want) })
		want.Value = value.Value // what was known stays known
		got := read(t, s, func(tx *store.Tx) (cordon.Observation, error) {
			return tx.Observation(t.Context(), "t1", cordon.SourceSecurityDefaults)
		})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("observation %+v, want %+v", got, want)
		}
	}
}

func TestEntriesAndNotices(t *testing.T) {
	t.Parallel()
	onBoth(t, testEntriesAndNotices)
}

func testEntriesAndNotices(t *testing.T, s *store.Store) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		for range 3 {
			last, err := tx.Head(t.Context(), "t1")
			if err != nil {
				return err
			}
			e, err := audit.Seal(last, cordon.Entry{Chain: "t1", At: epoch, Kind: cordon.EntryIntent, TenantID: "t1", RunID: "r1", Actor: "person:x", Data: []byte(`{"a":1}`)})
			if err := errors.Join(err, tx.AddEntry(t.Context(), e)); err != nil {
				return err
			}
		}
		return nil
	})
	head := read(t, s, func(tx *store.Tx) (cordon.Head, error) { return tx.Head(t.Context(), "t1") })
	report := read(t, s, func(tx *store.Tx) (audit.Report, error) {
		return audit.Verify("t1", tx.Chain(t.Context(), "t1"), audit.Known{Head: head})
	})
	if !report.OK || report.Entries != 3 {
		t.Errorf("the chain came back as %+v", report)
	}
	n := cordon.Notice{ID: "n1", TenantID: "t1", Kind: cordon.NoticeHeld, Title: "x", At: epoch}
	due := func(channel string, at time.Time) []store.Delivery {
		return read(t, s, func(tx *store.Tx) ([]store.Delivery, error) { return tx.DueDeliveries(t.Context(), channel, at, 10) })
	}
	write(t, s, func(tx *store.Tx) error { return tx.AddNotice(t.Context(), n, []string{"a", "b"}) })
	write(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.Delivered(t.Context(), store.Delivery{Notice: n, Channel: "a"}),
			tx.Undelivered(t.Context(), store.Delivery{Notice: n, Channel: "b"}, "500", epoch.Add(time.Minute)))
	})
	if got := append(due("a", epoch.Add(time.Hour)), due("b", epoch)...); len(got) != 0 {
		t.Errorf("due too early or twice: %+v", got)
	}
	if got, want := due("b", epoch.Add(time.Minute)), []store.Delivery{{Notice: n, Channel: "b", Attempts: 1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("due %+v, want %+v", got, want)
	}
}

func TestIncidentMoves(t *testing.T) {
	t.Parallel()
	onBoth(t, testIncidentMoves)
}

func testIncidentMoves(t *testing.T, s *store.Store) {
	t.Helper()
	sig := signal(1)
	in := cordon.Incident{
		ID: "i1", TenantID: "t1", Entity: cordon.NewUser("", "ada@contoso.com", ""), Signals: []string{sig.ID}, State: cordon.IncidentOpen,
		Score: cordon.Score{Unread: []cordon.Source{cordon.SourceAlerts}}, FirstAt: epoch, LastAt: epoch, OpenedAt: epoch, UpdatedAt: epoch,
	}
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.PutSignals(t.Context(), []cordon.Signal{sig})
		return errors.Join(err, tx.PutIncident(t.Context(), in, []cordon.Signal{sig}, nil))
	})
	if got := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.TenantsWithFloors(t.Context(), []string{"t1", "t2"}) }); !reflect.DeepEqual(got, []string{"t1"}) {
		t.Errorf("tenants with a floor: %q", got)
	}
	newer := sig
	newer.Version = "2"
	if got := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.IncidentsHolding(t.Context(), newer) }); !reflect.DeepEqual(got, []string{"i1"}) {
		t.Errorf("incidents holding an older version: %q", got)
	}
	if got := read(t, s, func(tx *store.Tx) ([]cordon.Signal, error) { return tx.HeldVersions(t.Context(), newer) }); len(got) != 1 || got[0].ID != sig.ID {
		t.Errorf("versions that incidents hold: %+v", got)
	}
	in.Revision = 1
	write(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.SetScore(t.Context(), in, cordon.Score{Value: 7}),
			tx.MoveIncident(t.Context(), "i1", cordon.IncidentContained, cordon.IncidentOpen, epoch.Add(time.Hour)),
			tx.MoveIncident(t.Context(), "i1", cordon.IncidentOpen, cordon.IncidentContained, epoch.Add(time.Minute)))
	})
	want := in
	want.State, want.UpdatedAt, want.Score, want.Revision = cordon.IncidentContained, epoch.Add(time.Minute), cordon.Score{Value: 7}, 3
	got := read(t, s, func(tx *store.Tx) ([]cordon.Incident, error) {
		return tx.Incidents(t.Context(), store.IncidentFilter{Names: []string{"ada@contoso.com"}, States: []cordon.IncidentState{cordon.IncidentContained}, Signals: true})
	})
	if !reflect.DeepEqual(got, []cordon.Incident{want}) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	// Who read it before it was changed changes nothing.
	for name, change := range map[string]func(*store.Tx) error{
		"incident":  func(tx *store.Tx) error { return tx.PutIncident(t.Context(), in, nil, []string{sig.ID}) },
		"new again": func(tx *store.Tx) error { i := in; i.Revision = 0; return tx.PutIncident(t.Context(), i, nil, nil) },
		"score":     func(tx *store.Tx) error { return tx.SetScore(t.Context(), in, cordon.Score{Value: 9}) },
		"nothing":   func(tx *store.Tx) error { return tx.Unchanged(t.Context(), in) },
	} {
		if err := s.Write(t.Context(), change); !errors.Is(err, cordon.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, s, func(tx *store.Tx) error { return tx.PutIncident(t.Context(), want, nil, []string{sig.ID}) })
	if left := read(t, s, func(tx *store.Tx) (cordon.Incident, error) { return tx.Incident(t.Context(), "i1") }); len(left.Signals) != 0 || left.Revision != 4 {
		t.Errorf("left %+v", left)
	}
}
