package clients

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The founding documents' calls, made by a client that shares not even the
// language with the simulator.
func TestFounding(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not here: the calls of the founding documents are not made")
	}
	s := start(t, "--scenario", "token-theft", "--tenants", "2")
	info := filepath.Join(t.TempDir(), "sim.json")
	if err := os.WriteFile(info, s.line, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "founding.py", info).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		t.Log(line)
		if strings.HasPrefix(line, "skipped:") {
			fmt.Fprintln(os.Stderr, line) // a passing test's log is not shown, and this should be
		}
	}
	if err != nil {
		t.Errorf("founding.py: %v", err)
	}
}
