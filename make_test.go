package cordon_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The first build takes minutes. Make says so before it begins, and how long
// it takes; a later one, which takes seconds, says nothing.
func TestFirstBuildIsAnnounced(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not here")
	}
	for bin, want := range map[string]bool{filepath.Join(t.TempDir(), "cordon"): true, "Makefile": false} {
		out, err := exec.CommandContext(t.Context(), "make", "demo", "GO=true", "BIN="+bin, "VERSION=x").CombinedOutput()
		said := strings.Contains(string(out), "The first time takes 3 to 5 minutes")
		if said != want {
			t.Errorf("with BIN=%s make says: %s (%v)", bin, out, err)
		}
	}
}
