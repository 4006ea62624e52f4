package store_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// asReader runs do as somebody who may read every file here and write none. As
// root this is another user for file access; else the folder's mode suffices.
func asReader(t *testing.T, folder string, do func() error) error {
	t.Helper()
	for dir := folder; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o555); err != nil { //nolint:gosec // that others may look into it is the point
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) //nolint:gosec // a folder
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if os.Getuid() == 0 {
			const stranger = 65534
			if err := syscall.Setfsuid(stranger); err != nil {
				done <- err
				return
			}
		}
		done <- do()
	}()
	return <-done
}

// copyOf copies files of a store into a folder of their own.
func copyOf(t *testing.T, from string, names ...string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o444) //nolint:gosec // the copy is for others
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// A copy of a store can be read where nothing can be written, unless part of
// it is still in the write-ahead log: that would be left out without a word.
func TestCopyOnAReadOnlyMount(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(folder, "cordon.db"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, func(tx *store.Tx) error {
		return tx.PutCoverage(t.Context(), cordon.Coverage{TenantID: "t", Source: cordon.SourceAlerts, State: cordon.CoverageWhole})
	})
	running := copyOf(t, folder, "cordon.db", "cordon.db-wal")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	stopped := copyOf(t, folder, "cordon.db")
	for _, tt := range []struct{ name, folder, err string }{
		{"of a store that was stopped", stopped, ""},
		{"of one that ran", running, "part of the data is still in"},
	} {
		var found []cordon.Coverage
		err := asReader(t, tt.folder, func() error {
			if f, err := os.Create(filepath.Join(tt.folder, "new")); err == nil {
				return errors.Join(errors.New("the folder can be written"), f.Close())
			}
			r, err := store.OpenReader(t.Context(), "sqlite://"+filepath.Join(tt.folder, "cordon.db"))
			if err != nil {
				return err
			}
			defer func(c io.Closer) { _ = c.Close() }(r)
			return r.Read(t.Context(), func(tx *store.Tx) (err error) {
				found, err = tx.Coverage(t.Context())
				return err
			})
		})
		if tt.err == "" && (err != nil || len(found) != 1) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("a copy %s: %d rows, error %v; want %q", tt.name, len(found), err, tt.err)
		}
	}
}
