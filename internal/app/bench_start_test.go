//go:build unix

package app_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// BenchmarkStart is the time from the start of the process to its end, for
// commands that people wait for. The floor is a program that prints one line.
func BenchmarkStart(b *testing.B) {
	const rounds = 31
	cordon, hello := benchCordon(b), benchHello(b)
	config := benchSmallStore(b)
	for b.Loop() {
		var version, list, floor []benchCost
		for range rounds {
			floor = append(floor, benchRun(b, hello))
			version = append(version, benchRun(b, cordon, "version"))
			list = append(list, benchRun(b, cordon, "signal", "list", "--config", config))
		}
		b.ReportMetric(0, "ns/op")
		for _, c := range []struct {
			name  string
			costs []benchCost
		}{{"version", version}, {"signal-list", list}} {
			_, wall := benchRatios(c.costs, floor)
			b.ReportMetric(benchMedian(wall), c.name+"-wall-ratio")
			b.ReportMetric(float64(benchTimes(c.costs).Wall.Microseconds())/1e3, c.name+"-ms")
		}
		b.ReportMetric(float64(benchTimes(floor).Wall.Microseconds())/1e3, "hello-ms")
	}
}

// BenchmarkSize is the size of the one binary, without its symbols.
func BenchmarkSize(b *testing.B) {
	for b.Loop() {
		info, err := os.Stat(benchCordon(b))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
}

// benchRun runs a program to its end.
func benchRun(b *testing.B, program string, args ...string) benchCost {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, args...)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	cost := benchCost{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Wall: time.Since(start)}
	if err != nil || len(out) == 0 {
		b.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return cost
}

// benchHello builds a program that prints one line.
func benchHello(b *testing.B) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "hello.go")
	if err := os.WriteFile(file, []byte("package main\n\nfunc main() { println(\"hello\") }\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	return benchBuild(b, "hello", file)
}

// benchSmallStore writes a configuration and a store with a hundred signals,
// and returns the configuration's file.
func benchSmallStore(b *testing.B) string {
	b.Helper()
	const tenant = "11111111-2222-4333-8444-555555555555"
	dir := b.TempDir()
	config := filepath.Join(dir, "cordon.yaml")
	text := fmt.Sprintf("storage: {url: %q}\ntenants:\n  - {id: %s, name: contoso, credential: {client_id: %s, secret: \"env:CONTOSO\"}}\n",
		"sqlite://"+filepath.Join(dir, "cordon.db"), tenant, tenant)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), "sqlite://"+filepath.Join(dir, "cordon.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Write(b.Context(), func(tx *store.Tx) error { return putBenchSignals(b.Context(), tx, tenant) }); err != nil {
		b.Fatal(err)
	}
	return config
}

func putBenchSignals(ctx context.Context, tx *store.Tx, tenant string) error {
	var all []cordon.Signal
	at := time.Now().UTC()
	for i := range 100 {
		id := fmt.Sprintf("%016x", i+1)
		all = append(all, cordon.Signal{
			ID: id, TenantID: tenant, Source: cordon.SourceRiskDetections, Detector: cordon.DetectorIdentityProtection, NativeID: id, Version: "1",
			Kind: "anomalousToken", Title: "anomalousToken: ada", Severity: cordon.SeverityHigh, State: cordon.SignalOpen,
			Entities:   []cordon.Entity{cordon.NewUser(tenant, "ada@contoso.com", "")},
			OccurredAt: at, DetectedAt: at, UpdatedAt: at.Add(-time.Duration(i) * time.Minute), Raw: []byte("{}"),
		})
	}
	if _, err := tx.PutSignals(ctx, all); err != nil {
		return err
	}
	for _, source := range cordon.Sources() { // or the list would say that it is not whole
		c := cordon.Coverage{TenantID: tenant, Source: source, State: cordon.CoverageWhole, ReadUntil: at, CheckedAt: at}
		if err := tx.PutCoverage(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
