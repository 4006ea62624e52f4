package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strconv"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings our tables and those of the job queue up to date.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if err := checkSchema(ctx, db); err != nil {
		return err
	}
	// Before the tables: a reader that finds some must not take them for others.
	if _, err := db.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(schema)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	ours, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := ours.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	jobs, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return err
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}

// schema numbers the shape of our tables. Until the first release a change
// raises it, and stores of another shape are refused.
const schema = 7

// ErrOtherBuild says that the store was made by a build with other tables.
var ErrOtherBuild = errors.New("the store was made by another build of Cordon, whose tables differ; nothing is converted before the first release: move the file away, and a new one is made")

// checkSchema refuses a store of another shape.
func checkSchema(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) error {
	var tables, version int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE name = 'signals'").Scan(&tables); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if tables > 0 && version != schema {
		return ErrOtherBuild
	}
	return nil
}

// quiet is the logger of parts whose chatter nobody needs; their errors come
// back as errors.
func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
