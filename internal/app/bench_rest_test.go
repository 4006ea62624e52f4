//go:build unix

package app_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/engine"
)

// BenchmarkAtRest reads all sources of a hundred tenants, and then of ten
// thousand, and looks at the engine when nothing is due: how many goroutines
// there are, what a tenant keeps on the heap, and what waiting costs.
func BenchmarkAtRest(b *testing.B) {
	cloud := startBenchCloud(b, benchTenants)
	for b.Loop() {
		few, many := measureRest(b, cloud, 100), measureRest(b, cloud, benchTenants)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(few.goroutines), "goroutines-100")
		b.ReportMetric(float64(many.goroutines), "goroutines-10000")
		b.ReportMetric(many.heap, "heap-B/tenant")
		b.ReportMetric(many.idle, "idle-cpu-%")
		if many.goroutines > few.goroutines+benchWorkers {
			b.Errorf("%d goroutines with %d tenants, %d with 100: they grow with the tenants", many.goroutines, benchTenants, few.goroutines)
		}
	}
}

// A rest is what an engine costs that waits.
type rest struct {
	goroutines int     // of the engine
	heap       float64 // bytes for each tenant
	idle       float64 // percent of one processor
}

func measureRest(b *testing.B, cloud *benchCloud, n int) (r rest) {
	b.Helper()
	clock := newBenchClock()
	clock.runs = true // two of the sources share a budget of one request in two seconds
	before, others := benchHeap(), runtime.NumGoroutine()
	w := newBenchWatcher(b, cloud, clock, n, engine.Poll{Threats: time.Hour, Posture: time.Hour}, cordon.Sources()...)
	defer w.stop()
	w.hub.Close() // its connections have goroutines of their own
	time.Sleep(time.Second)
	r.goroutines = runtime.NumGoroutine() - others
	r.heap = (float64(benchHeap()) - float64(before)) / float64(n)
	stop := benchMeter()
	time.Sleep(3 * time.Second)
	c := stop()
	r.idle = 100 * c.CPU.Seconds() / c.Wall.Seconds()
	return r
}
