package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/riverqueue/river"
)

// A Tx is one transaction. Everything done through it is seen together or not
// at all.
type Tx struct {
	tx     *sql.Tx
	insert *river.Client[*sql.Tx]
	raw    func() (*rawCodec, error)
}

// Write runs do in a transaction that may write. It commits when do returns
// nil.
func (s *Store) Write(ctx context.Context, do func(*Tx) error) error {
	if s.write == nil {
		return errors.New("store: opened for reading only")
	}
	if err := s.Gone(); err != nil {
		return err
	}
	return transact(ctx, s.write, nil, &Tx{insert: s.insert, raw: s.raw}, do)
}

// Read runs do in a transaction that sees one moment of the database. One that
// its engine is just making has no tables yet, and is ErrNoStore.
func (s *Store) Read(ctx context.Context, do func(*Tx) error) error {
	err := transact(ctx, s.read, &sql.TxOptions{ReadOnly: true}, &Tx{raw: s.raw}, func(tx *Tx) error {
		if s.write == nil { // Open has looked
			if err := checkSchema(ctx, tx.tx); err != nil {
				return fmt.Errorf("store: %s: %w", s.path, err)
			}
		}
		return do(tx)
	})
	if err != nil && strings.Contains(err.Error(), "no such table: ") {
		return fmt.Errorf("%w at %s: it is just being made", ErrNoStore, s.path)
	}
	return err
}

func transact(ctx context.Context, db *sql.DB, opts *sql.TxOptions, t *Tx, do func(*Tx) error) (err error) {
	t.tx, err = db.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("store: begin: %w", err)
	}
	if err := do(t); err != nil {
		return errors.Join(err, ignoreDone(t.tx.Rollback()))
	}
	if err := t.tx.Commit(); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	return nil
}

// ignoreDone drops the complaint that a transaction has ended already, as it
// has when its context ended.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Enqueue adds a job that exists only if the transaction commits.
func (t *Tx) Enqueue(ctx context.Context, job river.JobArgs, at time.Time) error {
	if _, err := t.insert.InsertTx(ctx, t.tx, job, &river.InsertOpts{ScheduledAt: at}); err != nil {
		return fmt.Errorf("store: enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

func (t *Tx) exec(ctx context.Context, query string, args ...any) error {
	if _, err := t.tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("store: %s: %w", verb(query), err)
	}
	return nil
}

// must runs a statement that changes one row, and fails when it does not.
func (t *Tx) must(ctx context.Context, query string, args ...any) error {
	done, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("store: %s: %w", verb(query), err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("store: %s: %d rows were written, not one", verb(query), n), err)
	}
	return nil
}

// rowsPerInsert is how many rows one statement takes: measured as the best
// trade between statements and their preparation.
const rowsPerInsert = 20

// addRows inserts rows that are not there yet.
func (t *Tx) addRows(ctx context.Context, table, columns string, rows [][]any) error {
	for part := range slices.Chunk(rows, rowsPerInsert) {
		values, args := placeholders(part)
		if err := t.exec(ctx, `INSERT INTO `+table+` (`+columns+`) VALUES `+values+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

// placeholders returns "($1,$2),($3,$4)" for rows, and their values in a row.
func placeholders(rows [][]any) (string, []any) {
	var values []string
	var args []any
	for _, row := range rows {
		values = append(values, "("+list(len(args)+1, len(row))+")")
		args = append(args, row...)
	}
	return strings.Join(values, ","), args
}

// all runs a query and reads every row with scan.
func all[T any](ctx context.Context, t *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", verb(query), err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("store: %s: %w", verb(query), err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("store: %s: %w", verb(query), err)
	}
	return out, nil
}

// one returns the only row, or cordon.ErrNotFound.
func one[T any](ctx context.Context, t *Tx, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	rows, err := all(ctx, t, scan, query, args...)
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("store: %s: %w", verb(query), cordon.ErrNotFound)
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return rows[0], nil
}

// scanner is a row that can be read.
type scanner interface{ Scan(dest ...any) error }

// verb names a statement in an error: its first line, cut.
func verb(query string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(query), "\n")
	return line[:min(len(line), 48)]
}

// us is a time as it is stored: microseconds since 1970, 0 for the zero time.
func us(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromUS(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// asJSON is v as it is stored. The nouns are plain data and always marshal.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: marshal %T: %v", v, err))
	}
	return string(b)
}

// list builds "$from,$from+1,…" for an IN list of n values.
func list(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// anys turns a slice of strings into query arguments.
func anys[S ~string](values []S) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
