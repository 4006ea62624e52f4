package store

import (
	"context"
	"database/sql"
	"io/fs"
	"strings"
)

// NewOver returns a store over any database/sql database, for the test that
// the one SQL text runs on PostgreSQL too. It has no job queue.
func NewOver(db *sql.DB) *Store { return &Store{write: db, read: db} }

// Schema creates our tables in a PostgreSQL database: the migration as it is,
// but for how rows are laid out, which that database decides itself.
func Schema(ctx context.Context, db *sql.DB) error {
	b, err := fs.ReadFile(migrations, "migrations/0001_init.sql")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, strings.ReplaceAll(string(b), " WITHOUT ROWID", ""))
	return err
}
