package store

import (
	"context"
	"database/sql"
	"io/fs"
	"sync"
)

// NewOver returns a store over any database/sql database, for the test that
// the one SQL text runs on PostgreSQL too. It has no job queue.
func NewOver(db *sql.DB) *Store {
	return &Store{write: db, read: db, raw: sync.OnceValues(newRawCodec)}
}

// Schema creates our tables in a PostgreSQL database.
func Schema(ctx context.Context, db *sql.DB) error {
	b, err := fs.ReadFile(migrations, "migrations/0001_init.sql")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, postgresSchema(string(b)))
	return err
}
