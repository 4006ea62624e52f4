package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openRead opens the file for reading. Beside a writer that takes a file in
// the same folder, which cannot be made where nothing can be written, such as
// on a copy that is mounted read-only: there nothing changes either, so the
// file is read as one that is complete by itself.
func openRead(ctx context.Context, path string) (*sql.DB, error) {
	db, err := tryRead(ctx, path, "mode=ro")
	if err == nil || !unwritable(err) {
		return db, err
	}
	if left, wal := os.Stat(path + "-wal"); wal == nil && left.Size() > 0 {
		return nil, fmt.Errorf("the folder cannot be written, and part of the data is still in %s-wal: copy all files of the store to a folder that can be written, and name that one: %w", path, err)
	} else if wal != nil && !errors.Is(wal, fs.ErrNotExist) {
		return nil, errors.Join(wal, err)
	}
	return tryRead(ctx, path, "mode=ro", "immutable=1")
}

// tryRead opens the file and reads from it, for opening alone finds no fault.
func tryRead(ctx context.Context, path string, options ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, options...))
	if err != nil {
		return nil, err
	}
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// unwritable reports whether SQLite could not make the files that it needs
// beside a database.
func unwritable(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	primary := e.Code() & 0xff
	return primary == sqlite3.SQLITE_CANTOPEN || primary == sqlite3.SQLITE_READONLY
}
