// Package store keeps everything that Cordon knows in one database.
//
// It holds all SQL, migrations and transactions, and hands the engine the job
// queue of the same database, so that data and the jobs that follow from it
// commit together. It decides nothing.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// ErrNoStore says that nothing has been stored at the address yet.
var ErrNoStore = errors.New("no store yet")

// A Store is an open database. Reads run beside each other and beside the one
// writer.
type Store struct {
	path   string
	write  *sql.DB // one connection
	read   *sql.DB
	insert *river.Client[*sql.Tx] // enqueues; works nothing
	raw    func() (*rawCodec, error)
	opened []openedFile // that must stay what they were
}

// Open opens the database at rawURL, such as sqlite:///var/lib/cordon.db,
// creates it when it is not there, and brings its schema up to date.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	path, err := sqlitePath(rawURL)
	if err != nil {
		return nil, err
	}
	if err := checkFolder(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, raw: sync.OnceValues(newRawCodec)}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("store: open %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	if err := private(s.path); err != nil {
		return err
	}
	if s.write, err = sql.Open("sqlite", dsn(s.path, "_txlock=immediate")); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	if s.insert, err = river.NewClient(riversqlite.New(s.write), &river.Config{Logger: quiet()}); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", dsn(s.path, "mode=ro")); err != nil {
		return err
	}
	s.opened, err = openedFiles(s.path, s.path+".lock")
	return err
}

// private makes the file, when there is none, for our eyes only: it holds what
// tenants tell us. It must be so before the database opens it, for the files
// that stand beside it are made like it.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// OpenReader opens the database at rawURL for reading only, beside whoever
// writes to it. It returns ErrNoStore when there is none.
func OpenReader(ctx context.Context, rawURL string) (*Store, error) {
	path, err := sqlitePath(rawURL)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s: run cordon sync or cordon serve first", ErrNoStore, path)
	}
	db, err := openRead(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", path, err)
	}
	return &Store{path: path, read: db, raw: sync.OnceValues(newRawCodec)}, nil
}

// CheckFolder says what is wrong with the folder that the database at rawURL
// is in. It is not made: a misspelt path would pass for a store in which
// nothing has happened yet.
func CheckFolder(rawURL string) error {
	path, err := sqlitePath(rawURL)
	if err != nil {
		return err
	}
	return checkFolder(path)
}

func checkFolder(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("storage.url: the folder %s does not exist: make it (mkdir -p %s), or mend the path", folder, folder)
	case err != nil:
		return fmt.Errorf("storage.url: %w", err)
	case !info.IsDir():
		return fmt.Errorf("storage.url: %s is not a folder: mend the path", folder)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// dsn is the driver's address of the file. Full synchronisation makes a
// commit survive a power cut: the audit promises that an intent is on disk
// before its action leaves. What is deleted is overwritten: of a tenant that
// was removed, no sealed secret stays in the file.
func dsn(path string, extra ...string) string {
	options := append([]string{
		"_pragma=busy_timeout(10000)", "_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)", "_pragma=secure_delete(1)",
	}, extra...)
	if slices.Contains(extra, "mode=ro") {
		options = append([]string{"_pragma=busy_timeout(10000)"}, extra...)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() + "?" + strings.Join(options, "&")
}
