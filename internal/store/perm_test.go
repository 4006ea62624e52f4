package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cordonhq/cordon/internal/store"
)

// Nobody else on the machine reads the database, nor what SQLite keeps beside
// it, from the first moment on.
func TestFilesAreOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(dir, "cordon.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, name := range []string{"cordon.db", "cordon.db-wal", "cordon.db-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s is %o", name, got)
		}
	}
}
