package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/audit"
	"github.com/cordonhq/cordon/internal/store"
)

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// fill stores a few hundred of everything that lists hold.
func fill(t *testing.T, s *store.Store, r *rand.Rand) {
	t.Helper()
	var signals []cordon.Signal
	for n := range 300 {
		one := signal(n)
		one.TenantID, one.Source, one.Discounted = pick(r, "t1", "t2", "t3"), pick(r, cordon.SourceAlerts, cordon.SourceRiskDetections), pick(r, "", "", "repeats")
		one.UpdatedAt = epoch.Add(time.Duration(r.IntN(200)) * time.Second)
		one.Entities = []cordon.Entity{cordon.NewUser("", fmt.Sprintf("user_%d@contoso.com", r.IntN(5)), "")}
		one.Named = []cordon.Entity{cordon.NewUser("", fmt.Sprintf("user_%d@contoso.com", r.IntN(5)), "")}
		signals = append(signals, one)
	}
	write(t, s, func(tx *store.Tx) error {
		if _, err := tx.PutSignals(t.Context(), signals); err != nil {
			return err
		}
		for n := range 150 {
			at := epoch.Add(time.Duration(r.IntN(100)) * time.Second)
			in := cordon.Incident{ID: fmt.Sprintf("%08x", n), TenantID: pick(r, "t1", "t2", "t3"), State: pick(r, cordon.IncidentOpen, cordon.IncidentContained, cordon.IncidentMerged),
				Entity: cordon.NewUser("", fmt.Sprintf("user_%d@contoso.com", r.IntN(5)), ""), FirstAt: at, LastAt: at, OpenedAt: at, UpdatedAt: at}
			if err := tx.PutIncident(t.Context(), in, nil, nil); err != nil {
				return err
			}
			run := cordon.Run{ID: fmt.Sprintf("%08x", n), TenantID: in.TenantID, IncidentID: fmt.Sprintf("%08x", r.IntN(9)), State: cordon.RunRunning, StartedAt: at,
				Requester: cordon.Requester{Playbook: pick(r, "a", "b")}, Steps: []cordon.Step{{Action: cordon.ActionDisableUser, Target: in.Entity, Outcome: cordon.OutcomePlanned}}}
			if err := tx.AddRun(t.Context(), run); err != nil {
				return err
			}
			head, err := tx.Head(t.Context(), in.TenantID)
			if err != nil {
				return err
			}
			entry, err := audit.Seal(head, cordon.Entry{Chain: in.TenantID, At: at, Kind: cordon.EntryIntent, TenantID: in.TenantID, RunID: run.ID})
			if err := errors.Join(err, tx.AddEntry(t.Context(), entry)); err != nil {
				return err
			}
		}
		return nil
	})
}

// beginning checks that a list of limited length is the beginning of the whole
// one, and knows whether it goes on.
func beginning[T any](t *testing.T, tx *store.Tx, name string, list func(limit int) ([]T, store.More, error)) {
	t.Helper()
	whole, _, err := list(0)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, limit := range []int{1, 7, max(1, len(whole)), len(whole) + 1} {
		got, more, err := list(limit)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := whole[:min(limit, len(whole))]; !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
			t.Fatalf("%s, limit %d: %d rows that are not the first %d of %d", name, limit, len(got), len(want), len(whole))
		}
		if (more == store.MoreRows) != (limit < len(whole)) {
			t.Fatalf("%s, limit %d of %d: more %q", name, limit, len(whole), more)
		}
	}
}

func TestListIsTheBeginning(t *testing.T) {
	t.Parallel()
	onBoth(t, testListIsTheBeginning)
}

func testListIsTheBeginning(t *testing.T, s *store.Store) {
	t.Helper()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	fill(t, s, r)
	many := []string{"t1"}
	for n := range 60 {
		many = append(many, fmt.Sprint("other", n))
	}
	for range 60 {
		since := pick(r, time.Time{}, epoch.Add(40*time.Second))
		tenants := pick(r, nil, []string{"t1"}, []string{"t2", "t3"}, many)
		names := pick(r, nil, []string{"USER_1@contoso.com"}, []string{"user_1@contoso.com", "user_2@contoso.com"}, []string{"nobody"})
		signals := store.SignalFilter{Since: since, Tenants: tenants, Names: names, Source: pick(r, "", cordon.SourceAlerts), Discounted: r.IntN(2) == 0}
		incidents := store.IncidentFilter{Since: since, Tenants: tenants, Names: names, States: pick(r, nil, []cordon.IncidentState{cordon.IncidentOpen, cordon.IncidentContained})}
		runs := store.RunFilter{Tenants: tenants, Names: names, Playbook: pick(r, "", "a"), Incident: pick(r, "", "00000003"), States: pick(r, nil, []cordon.RunState{cordon.RunRunning})}
		entries := store.EntryFilter{Tenants: tenants, Names: names, RunID: pick(r, "", "00000003")}
		read(t, s, func(tx *store.Tx) (bool, error) {
			beginning(t, tx, fmt.Sprintf("%+v", signals), func(n int) ([]cordon.Signal, store.More, error) {
				signals.Limit = n
				return tx.ListSignals(t.Context(), signals)
			})
			beginning(t, tx, fmt.Sprintf("%+v", incidents), func(n int) ([]cordon.Incident, store.More, error) {
				incidents.Limit = n
				return tx.ListIncidents(t.Context(), incidents)
			})
			beginning(t, tx, fmt.Sprintf("%+v", runs), func(n int) ([]cordon.Run, store.More, error) {
				runs.Limit = n
				return tx.ListRuns(t.Context(), runs)
			})
			beginning(t, tx, fmt.Sprintf("%+v", entries), func(n int) ([]cordon.Entry, store.More, error) {
				entries.Limit = n
				return tx.ListEntries(t.Context(), entries)
			})
			return true, nil
		})
	}
}

// What lies behind the rows that a list looks at is not passed off as absent.
func TestListSaysThatItWasSearchedInPart(t *testing.T) {
	t.Parallel()
	onBoth(t, testListSaysThatItWasSearchedInPart)
}

func testListSaysThatItWasSearchedInPart(t *testing.T, s *store.Store) {
	t.Helper()
	var signals []cordon.Signal
	for n := range store.Searched + 1 {
		one := signal(n)
		one.Entities = nil
		signals = append(signals, one)
	}
	signals[0].Source = cordon.SourceRiskDetections // the oldest
	add := func(signals []cordon.Signal) {
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.PutSignals(t.Context(), signals)
			return err
		})
	}
	check := func(want store.More, found int) {
		t.Helper()
		for _, tenants := range [][]string{nil, {"t1"}} {
			read(t, s, func(tx *store.Tx) (bool, error) {
				got, more, err := tx.ListSignals(t.Context(), store.SignalFilter{Tenants: tenants, Source: cordon.SourceRiskDetections, Limit: 5})
				if more != want || len(got) != found {
					t.Errorf("tenants %v: %d found, more %q; want %d, %q", tenants, len(got), more, found, want)
				}
				return true, err
			})
		}
	}
	add(signals[:store.Searched])
	check(store.NoMore, 1)
	add(signals[store.Searched:])
	check(store.MoreSearch, 0)
}
