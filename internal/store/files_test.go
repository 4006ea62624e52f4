package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
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

// Nothing of a secret stays in the file once its tenant is forgotten, or once
// another takes its place.
func TestDeletedSecretsAreGone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cordon.db")
	s, err := store.Open(t.Context(), "sqlite://"+file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(do func(context.Context, *store.Tx) error) {
		t.Helper()
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return do(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, secret := range []string{"canary-a", "canary-b"} {
		write(func(ctx context.Context, tx *store.Tx) error {
			return tx.PutTenant(ctx, store.Onboarded{
				Tenant:     cordon.Tenant{ID: "t", Name: "contoso", Mode: cordon.ModeObserve},
				Credential: store.CredentialCertificate, Sealed: strings.Repeat(secret, 1000), // more than a page
			})
		})
	}
	write(func(ctx context.Context, tx *store.Tx) error { return tx.ForgetTenant(ctx, "t") })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil || bytes.Contains(b, []byte("canary")) {
		t.Errorf("what was deleted is still there: %d times, %v", bytes.Count(b, []byte("canary")), err)
	}
}

// A store of a build with other tables is refused with one sentence, by who
// writes and by who reads.
func TestStoreOfAnotherBuild(t *testing.T) {
	t.Parallel()
	url := "sqlite://" + filepath.Join(t.TempDir(), "cordon.db")
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), url); !errors.Is(err, store.ErrOtherBuild) {
		t.Errorf("open: %v", err)
	}
	r, err := store.OpenReader(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Read(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrOtherBuild) {
		t.Errorf("read: %v", err)
	}
}
