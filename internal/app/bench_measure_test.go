//go:build unix

package app_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// A benchCost is what a piece of work took: processor time of the process
// that did it, user and system, and time on the wall.
type benchCost struct {
	CPU  time.Duration `json:"cpu"`
	Wall time.Duration `json:"wall"`
}

// benchMeter starts to measure this process and returns what stops it.
func benchMeter() func() benchCost {
	cpu, wall := benchCPU(), time.Now()
	return func() benchCost { return benchCost{benchCPU() - cpu, time.Since(wall)} }
}

// benchCPU is the processor time that this process has used.
func benchCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (c benchCost) plus(o benchCost) benchCost  { return benchCost{c.CPU + o.CPU, c.Wall + o.Wall} }
func (c benchCost) minus(o benchCost) benchCost { return benchCost{c.CPU - o.CPU, c.Wall - o.Wall} }

// benchMedian is the value in the middle.
func benchMedian[T float64 | time.Duration](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// benchPick reads one number out of each cost.
func benchPick[T any](costs []benchCost, pick func(benchCost) T) (out []T) {
	for _, c := range costs {
		out = append(out, pick(c))
	}
	return out
}

// benchTimes is the median cost, its parts taken apart.
func benchTimes(costs []benchCost) benchCost {
	return benchCost{
		CPU:  benchMedian(benchPick(costs, func(c benchCost) time.Duration { return c.CPU })),
		Wall: benchMedian(benchPick(costs, func(c benchCost) time.Duration { return c.Wall })),
	}
}

// benchRatios are the ratios of ours to the floor that was measured in the
// same round, smallest first.
func benchRatios(ours, floor []benchCost) (cpu, wall []float64) {
	for i := range ours {
		cpu = append(cpu, float64(ours[i].CPU)/float64(floor[i].CPU))
		wall = append(wall, float64(ours[i].Wall)/float64(floor[i].Wall))
	}
	slices.Sort(cpu)
	slices.Sort(wall)
	return cpu, wall
}

// benchReport reports the medians of the ratios and lists what they are made
// of. each is how many pieces of work one cost covers.
func benchReport(b *testing.B, of string, each int, ours, floor []benchCost) {
	b.Helper()
	cpu, wall := benchRatios(ours, floor)
	b.ReportMetric(0, "ns/op") // one round of everything means nothing
	b.ReportMetric(benchMedian(cpu), "cpu-ratio")
	b.ReportMetric(benchMedian(wall), "wall-ratio")
	o, f := benchTimes(ours), benchTimes(floor)
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(each) }
	b.Logf("%d rounds on %d processors, times for each %s\n"+
		"          ours        floor       ratio: median (range)\n"+
		"    cpu   %7.1f µs  %7.1f µs  %.3f (%.3f to %.3f)\n"+
		"    wall  %7.1f µs  %7.1f µs  %.3f (%.3f to %.3f)",
		len(ours), runtime.GOMAXPROCS(0), of,
		per(o.CPU), per(f.CPU), benchMedian(cpu), cpu[0], cpu[len(cpu)-1],
		per(o.Wall), per(f.Wall), benchMedian(wall), wall[0], wall[len(wall)-1])
}

// benchBuild builds a program as releases are built and returns its file.
func benchBuild(b *testing.B, name, what string) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), name)
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, what)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", what, err, out)
	}
	return file
}

// benchCordon builds the program itself.
func benchCordon(b *testing.B) string {
	b.Helper()
	return benchBuild(b, "cordon", "github.com/cordonhq/cordon/cmd/cordon")
}

func benchJSON(b *testing.B, v any) []byte {
	b.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	return append(text, '\n')
}
