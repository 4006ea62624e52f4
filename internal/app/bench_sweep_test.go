//go:build unix

package app_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/app"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/guard"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/playbook"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/google/uuid"
)

const benchTenants = 10_000

// BenchmarkQuietSweep reads the risk detections of ten thousand tenants that
// have no news, through heap, budget, client, cursor and store, and compares
// that with a bare loop that makes the same requests.
func BenchmarkQuietSweep(b *testing.B) {
	const rounds = 11
	cloud := startBenchCloud(b, benchTenants)
	floor := startFloor(b, cloud.Info)
	w := newBenchWatcher(b, cloud, newBenchClock(), benchTenants, engine.Poll{Threats: 30 * time.Second}, cordon.SourceRiskDetections)
	for b.Loop() {
		var ours, bare []benchCost
		for round := range rounds + 1 {
			query := w.query()
			var o, f benchCost
			for i := range 2 { // who goes first changes from round to round
				cloud.advance(benchPause)
				if (round+i)%2 == 0 {
					o = w.sweep()
				} else {
					f = floor.sweep(query)
				}
			}
			if round > 0 { // the first warms both up
				ours, bare = append(ours, o), append(bare, f)
			}
		}
		w.checkStored()
		checkSameRequests(b, cloud)
		benchReport(b, "reading", benchTenants, ours, bare)
	}
}

// benchPause is how much later each sweep is than the one before: the rhythm
// in which threats are polled, and its jitter.
const benchPause = 35 * time.Second

// A benchClock stands still but for what it is advanced, so that a feed is
// read exactly once after each advance; or it runs.
type benchClock struct {
	start time.Time
	runs  bool
	lead  atomic.Int64
}

func (c *benchClock) now() time.Time {
	if c.runs {
		return time.Now()
	}
	return c.start.Add(time.Duration(c.lead.Load()))
}

func newBenchClock() *benchClock {
	return &benchClock{start: time.Now().UTC().Truncate(time.Microsecond)}
}

// A benchWatcher is the engine at work on a store of its own.
type benchWatcher struct {
	b       *testing.B
	clock   *benchClock
	store   *store.Store
	hub     *microsoft.Hub
	tenants []engine.Tenant
	sources []cordon.Source
	answers answers
	stop    func()
}

// newBenchWatcher starts an engine over the first n tenants and returns when
// it has read every source once. All were read before, as the store says, so
// that this is not the first reading of anything.
func newBenchWatcher(b *testing.B, cloud *benchCloud, clock *benchClock, n int, poll engine.Poll, sources ...cordon.Source) *benchWatcher {
	b.Helper()
	b.Cleanup(app.Tune()) // as serve does
	w := &benchWatcher{b: b, clock: clock, sources: sources}
	var err error
	if w.store, err = store.Open(b.Context(), "sqlite://"+filepath.Join(b.TempDir(), "cordon.db")); err != nil {
		b.Fatal(err)
	}
	w.tenants, w.hub = cloud.enter(n, w.clock.now, w.answers.note)
	w.seed()
	playbooks, err := playbook.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(engine.Options{
		Store: w.store, Tenants: w.tenants, Playbooks: playbooks, Guard: guard.Defaults(), Poll: poll,
		Sources: sources, InFlight: benchWorkers, NewID: uuid.NewString, Now: w.clock.now,
	})
	if err != nil {
		b.Fatal(err)
	}
	w.run(e)
	return w
}

// seed stores that every source was read whole an hour ago.
func (w *benchWatcher) seed() {
	w.b.Helper()
	before := w.clock.now().Add(-time.Hour)
	err := w.store.Write(w.b.Context(), func(tx *store.Tx) error {
		for _, source := range w.sources {
			for _, t := range w.tenants {
				c := cordon.Coverage{TenantID: t.ID, Source: source, State: cordon.CoverageWhole, ReadUntil: before, CheckedAt: before}
				if err := tx.PutCoverage(w.b.Context(), c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		w.b.Fatal(err)
	}
}

// run starts the engine and waits for its first sweep, which fetches tokens
// and opens connections.
func (w *benchWatcher) run(e *engine.Engine) {
	w.b.Helper()
	swept := w.answers.expect(w.asked())
	w.start(e)
	w.await(swept)
	w.awaitStored()
}

// start starts the engine, until stop or the end of the benchmark.
func (w *benchWatcher) start(e *engine.Engine) {
	ctx, cancel := context.WithCancel(w.b.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, w.store.Close()); err != nil {
			w.b.Error(err)
		}
	})
	w.b.Cleanup(w.stop)
}

// asked is how many answers a sweep takes: the credential is judged by the
// token that the others ask with.
func (w *benchWatcher) asked() int {
	own := func(s cordon.Source) bool { return s == cordon.SourceCredential }
	return len(w.tenants) * len(slices.DeleteFunc(slices.Clone(w.sources), own))
}

// sweep lets every feed fall due and returns what it cost to read them all.
// Wall is the time until the last answer; CPU is counted until the last
// reading is committed, with all that the engine does beside it.
func (w *benchWatcher) sweep() benchCost {
	w.b.Helper()
	swept := w.answers.expect(w.asked())
	stop := benchMeter()
	w.clock.lead.Add(int64(benchPause))
	w.await(swept)
	wall := stop().Wall
	w.awaitStored()
	return benchCost{CPU: stop().CPU, Wall: wall}
}

func (w *benchWatcher) await(swept <-chan struct{}) {
	w.b.Helper()
	select {
	case <-swept:
	case <-time.After(2 * time.Minute):
		w.b.Fatalf("after two minutes %d answers had come", w.answers.count())
	}
	if bad := w.answers.bad(); len(bad) > 0 {
		w.b.Fatalf("%d answers were no success, such as %+v", len(bad), bad[0])
	}
}

// awaitStored waits until the group of the readings that were answered last
// is committed.
func (w *benchWatcher) awaitStored() { time.Sleep(600 * time.Millisecond) }

// checkStored makes sure that the store knows of every reading, at most the
// four minutes late that a quiet one may be.
func (w *benchWatcher) checkStored() {
	w.b.Helper()
	var rows []cordon.Coverage
	err := w.store.Read(w.b.Context(), func(tx *store.Tx) (err error) {
		rows, err = tx.Coverage(w.b.Context())
		return err
	})
	if err != nil || len(rows) != len(w.tenants)*len(w.sources) {
		w.b.Fatalf("the store knows %d readings, error %v", len(rows), err)
	}
	for _, c := range rows {
		if c.State != cordon.CoverageWhole || w.clock.now().Sub(c.ReadUntil) > 4*time.Minute {
			w.b.Fatalf("the store says %+v", c)
		}
	}
}

// query is what the engine asks the next time: the news since the reading
// before, and a little more.
func (w *benchWatcher) query() string {
	since := w.clock.now().Add(-15 * time.Minute)
	return "/v1.0/identityProtection/riskDetections?$filter=lastUpdatedDateTime%20ge%20" +
		since.Format("2006-01-02T15:04:05.999999Z") + "&$top=500"
}

// checkSameRequests makes sure that the ledger of the cloud shows the same
// requests from the bare loop as from the engine.
func checkSameRequests(b *testing.B, cloud *benchCloud) {
	b.Helper()
	asked := map[string]int{}
	for _, e := range cloud.ledger() {
		if e.Service == "graph" {
			asked[strings.Join([]string{e.Tenant, e.Method, e.Path, e.Query}, " ")]++
			if e.Status != http.StatusOK {
				b.Fatalf("the cloud answered %d to %s %s", e.Status, e.Path, e.Query)
			}
		}
	}
	twice := 0
	for _, n := range asked {
		if n == 2 {
			twice++
		}
	}
	// The ledger forgets old reads, so the oldest sweep that it knows may
	// have lost its other half.
	if len(asked)-twice > 2*benchTenants || twice < 2*benchTenants {
		b.Fatalf("of %d requests only %d were made by both", len(asked), twice)
	}
}

// answers counts what the services said, as cheaply as can be: it runs beside
// every reading.
type answers struct {
	n, want atomic.Int64
	done    chan struct{}
	mu      sync.Mutex
	failed  []microsoft.Call
}

func (a *answers) note(c microsoft.Call) {
	if c.Service == "login" && c.Status == http.StatusOK {
		return
	}
	if c.Status != http.StatusOK {
		a.mu.Lock()
		a.failed = append(a.failed, c)
		a.mu.Unlock()
	}
	if a.n.Add(1) == a.want.Load() {
		close(a.done)
	}
}

// expect starts to count anew and returns a channel that is closed when n
// answers have come. It is called while nothing is read.
func (a *answers) expect(n int) <-chan struct{} {
	a.done = make(chan struct{})
	a.n.Store(0)
	a.want.Store(int64(n))
	return a.done
}

func (a *answers) count() int64 { return a.n.Load() }

func (a *answers) bad() []microsoft.Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.failed)
}

// benchHeap is what lives on the heap.
func benchHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
