package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// BenchmarkOneMoreSignal joins one more signal to an incident of 20,000, and
// reports how long others wait for the one writer meanwhile, and how long it
// takes in all.
func BenchmarkOneMoreSignal(b *testing.B) {
	w := newWorld(b, action.Documented, sim.Options{}, "entraID")
	const many = 20_000
	at := time.Now().UTC().Truncate(time.Microsecond).Add(-time.Hour)
	user := cordon.NewUser(adaID, "ada@contoso.com", "")
	alert := func(n int) cordon.Signal {
		return cordon.Signal{
			ID: fmt.Sprintf("%016x", uint64(n+1)*0x9e3779b97f4a7c15), TenantID: w.tenant, Source: cordon.SourceAlerts, Detector: cordon.DetectorEndpoint, NativeID: fmt.Sprint(n), Version: "1",
			Kind: "Execution", Title: "Suspicious process", Severity: cordon.SeverityMedium, State: cordon.SignalOpen, OccurredAt: at, DetectedAt: at,
			UpdatedAt: at.Add(time.Duration(n) * time.Microsecond), Entities: []cordon.Entity{user}, Raw: []byte(`{"id":"alert"}`),
		}
	}
	signals := make([]cordon.Signal, many)
	for n := range signals {
		signals[n] = alert(n)
	}
	in := cordon.Incident{ID: "i1", TenantID: w.tenant, Entity: user, State: cordon.IncidentOpen, FirstAt: at, LastAt: at, OpenedAt: at, UpdatedAt: at}
	put := func(do func(tx *store.Tx) error) {
		if err := w.engine.Store.Write(b.Context(), do); err != nil {
			b.Fatal(err)
		}
	}
	put(func(tx *store.Tx) error {
		if _, err := tx.PutSignals(b.Context(), signals); err != nil {
			return err
		}
		if err := tx.TakePending(b.Context(), signals); err != nil {
			return err
		}
		return tx.PutIncident(b.Context(), in, signals, nil)
	})
	tenant := *w.engine.roster.all()[0]
	var inside, whole time.Duration
	for n := range b.N {
		put(func(tx *store.Tx) error {
			_, err := tx.PutSignals(b.Context(), []cordon.Signal{alert(many + n)})
			return err
		})
		start := time.Now()
		var j joined
		if err := w.engine.Store.Read(b.Context(), func(tx *store.Tx) (err error) { j, err = w.engine.join(b.Context(), tx, tenant); return err }); err != nil {
			b.Fatal(err)
		}
		if len(j.changed) != 1 || len(j.changed[0].gained) != 1 || j.changed[0].in.ID != "i1" {
			b.Fatalf("%d changed", len(j.changed))
		}
		put(func(tx *store.Tx) error {
			begun := time.Now()
			_, err := w.engine.putJoined(b.Context(), tx, tenant, j)
			inside += time.Since(begun)
			return err
		})
		whole += time.Since(start)
	}
	b.ReportMetric(float64(inside.Microseconds())/float64(b.N)/1000, "ms-writing")
	b.ReportMetric(float64(whole.Microseconds())/float64(b.N)/1000, "ms-all")
}
