//go:build unix

package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/collect"
	"github.com/cordonhq/cordon/internal/engine"
	"github.com/cordonhq/cordon/internal/microsoft"
	"github.com/cordonhq/cordon/internal/store"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// benchPages is how many pages one round reads: one of each tenant.
const (
	benchPages = 100
	benchItems = 50
)

// BenchmarkPage reads pages of fifty risk detections that nobody has seen,
// and stores them, one transaction each. The floor is the sum of the parts:
// the bare loop that reads the pages, the bare decoder, the bare statement.
// What the bare loop took is then taken off both.
func BenchmarkPage(b *testing.B) {
	const rounds = 9
	cloud := startBenchCloud(b, benchPages)
	cloud.fillPages()
	p := newPageBench(b, cloud)
	for b.Loop() {
		var ours, parts, known, bare []benchCost
		for round := range rounds + 1 {
			o, k, rows := p.store()
			g, d := p.get()
			i := rows.insert(b)
			if round > 0 { // the first warms all up
				ours, parts = append(ours, o.minus(g)), append(parts, d.plus(i))
				known, bare = append(known, k), append(bare, g)
			}
		}
		benchReport(b, "page of 50 new items, fetching it not counted", benchPages, ours, parts)
		cpu, _ := benchRatios(known, bare)
		b.ReportMetric(benchMedian(cpu), "known-page-cpu-ratio")
	}
}

// fillPages puts fifty risk detections into every tenant.
func (c *benchCloud) fillPages() {
	c.b.Helper()
	now := time.Now().UTC()
	for _, t := range c.Tenants {
		for i := range benchItems {
			user, name := uuid.NewString(), "user"+strconv.Itoa(i)
			at := now.Add(-time.Duration(i) * time.Minute).Format("2006-01-02T15:04:05.1234567Z")
			c.post("/inject", map[string]any{"tenant": t.ID, "resource": "identityProtection/riskDetections", "object": map[string]any{
				"id": strings.ReplaceAll(uuid.NewString()+uuid.NewString(), "-", ""), "requestId": uuid.NewString(), "correlationId": uuid.NewString(),
				"riskEventType": "anomalousToken", "riskState": "atRisk", "riskLevel": "high", "riskDetail": "none", "source": "IdentityProtection",
				"detectionTimingType": "offline", "activity": "signin", "tokenIssuerType": "AzureAD", "ipAddress": "203.0.113.77",
				"location": map[string]any{"city": "Dresden", "state": "Sachsen", "countryOrRegion": "DE",
					"geoCoordinates": map[string]any{"altitude": 0, "latitude": 51.0714, "longitude": 13.7399}},
				"activityDateTime": at, "detectedDateTime": at, "lastUpdatedDateTime": at,
				"userId": user, "userDisplayName": name, "userPrincipalName": name + "@" + t.Domain,
				"additionalInfo": `[{"Key":"userAgent","Value":"Mozilla/5.0 (Windows NT 10.0; rv:91.0) Gecko/20100101 Firefox/91.0"}]`,
			}})
		}
	}
}

// A pageBench reads the same pages in both ways, one after the other.
type pageBench struct {
	b       *testing.B
	cloud   *benchCloud
	clock   *benchClock
	tenants []engine.Tenant
	bare    *bareLoop
	hasher  collect.Hasher
}

func newPageBench(b *testing.B, cloud *benchCloud) *pageBench {
	b.Helper()
	p := &pageBench{b: b, cloud: cloud, clock: newBenchClock(), hasher: collect.NewHasher()}
	p.tenants, _ = cloud.enter(benchPages, p.clock.now, nil)
	var err error
	if p.bare, err = newBareLoop(b.Context(), benchJSON(b, cloud.Info)); err != nil {
		b.Fatal(err)
	}
	return p
}

// pause lets budgets and throttles forget the last request.
func (p *pageBench) pause() {
	p.b.Helper()
	p.clock.lead.Add(int64(benchPause))
	p.cloud.advance(benchPause)
}

// store reads and stores every page, and then reads them again when they are
// known.
func (p *pageBench) store() (fresh, known benchCost, rows *rawRows) {
	p.b.Helper()
	file := filepath.Join(p.b.TempDir(), "cordon.db")
	s, err := store.Open(p.b.Context(), "sqlite://"+file)
	if err != nil {
		p.b.Fatal(err)
	}
	p.pause()
	seen := make([]collect.Known, len(p.tenants))
	stop := benchMeter()
	for i, t := range p.tenants {
		seen[i] = p.readPage(t, nil, benchItems, s)
	}
	fresh = stop()
	p.pause()
	stop = benchMeter()
	for i, t := range p.tenants {
		p.readPage(t, seen[i], 0, s)
	}
	known = stop()
	if err := s.Close(); err != nil {
		p.b.Fatal(err)
	}
	return fresh, known, readRawRows(p.b, file)
}

// readPage reads the page of a tenant and stores what is new, as the engine
// does it but for the jobs that follow.
func (p *pageBench) readPage(t engine.Tenant, known collect.Known, fresh int, s *store.Store) collect.Known {
	ctx := p.b.Context()
	req := collect.Request{TenantID: t.ID, Source: cordon.SourceRiskDetections, Known: known, Hasher: p.hasher, Now: p.clock.now()}
	now := collect.Known{}
	for batch, err := range collect.Read(ctx, t.Client, &req) {
		if err != nil || len(batch.Signals) != fresh || len(batch.Hashes) != benchItems {
			p.b.Fatalf("%d of %d items are new, error %v", len(batch.Signals), len(batch.Hashes), err)
		}
		for _, h := range batch.Hashes {
			now[h] = struct{}{}
		}
		if fresh == 0 {
			continue
		}
		err = s.Write(ctx, func(tx *store.Tx) error {
			if n, err := tx.PutSignals(ctx, batch.Signals); err != nil || n != fresh {
				return fmt.Errorf("%d signals were new: %w", n, err)
			}
			return tx.PutCoverage(ctx, req.Whole())
		})
		if err != nil {
			p.b.Fatal(err)
		}
	}
	return now
}

// get reads every page in the bare way, and then decodes them all.
func (p *pageBench) get() (get, decode benchCost) {
	p.b.Helper()
	p.pause()
	address := p.bare.base + "/v1.0/identityProtection/riskDetections?$top=500"
	bodies := make([]bytes.Buffer, len(p.tenants))
	for i := range bodies {
		bodies[i].Grow(256 << 10) // so that growing is not counted
	}
	stop := benchMeter()
	for i := range bodies {
		if err := p.bare.get(p.b.Context(), address, p.bare.header[i], &bodies[i]); err != nil {
			p.b.Fatal(err)
		}
	}
	get = stop()
	stop = benchMeter()
	for i := range bodies {
		var page struct {
			Value []microsoft.RiskDetection `json:"value"`
		}
		if err := json.Unmarshal(bodies[i].Bytes(), &page); err != nil || len(page.Value) != benchItems {
			p.b.Fatalf("%d items, error %v", len(page.Value), err)
		}
	}
	return get, stop()
}

// rawRows are stored rows by table, in the order in which they go in again.
type rawRows struct {
	file string
	page [][]rawInsert // by page
}

// A rawInsert is one statement with its arguments.
type rawInsert struct {
	query string
	args  []any
}

// readRawRows takes what was stored out of the file, and empties it.
func readRawRows(b *testing.B, file string) *rawRows {
	b.Helper()
	db := openRaw(b, file)
	defer db.Close()
	r := &rawRows{file: file}
	for _, tenant := range rawTenants(b, db) {
		var page []rawInsert
		for _, table := range []string{"signals", "pending_signals", "coverage"} {
			columns, rows := rawSelect(b, db, table, tenant)
			for len(rows) > 0 {
				n := min(len(rows), 20) // rows of a statement, as in the store
				page, rows = append(page, newRawInsert(table, columns, rows[:n])), rows[n:]
			}
		}
		r.page = append(r.page, page)
	}
	for _, table := range []string{"signals", "pending_signals", "coverage"} {
		if _, err := db.ExecContext(b.Context(), "DELETE FROM "+table); err != nil {
			b.Fatal(err)
		}
	}
	return r
}

// insert stores the rows again, one transaction for each page.
func (r *rawRows) insert(b *testing.B) benchCost {
	b.Helper()
	db := openRaw(b, r.file)
	defer db.Close()
	stop := benchMeter()
	for _, page := range r.page {
		if err := rawTransaction(b.Context(), db, page); err != nil {
			b.Fatal(err)
		}
	}
	return stop()
}

func rawTransaction(ctx context.Context, db *sql.DB, page []rawInsert) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, i := range page {
		if err := rawStatement(ctx, tx, i); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func rawStatement(ctx context.Context, tx *sql.Tx, i rawInsert) error {
	rows, err := tx.QueryContext(ctx, i.query, i.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() { // as the store does, to learn what was new
	}
	return rows.Err()
}

// openRaw opens the file with the settings of the store.
func openRaw(b *testing.B, file string) *sql.DB {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func rawTenants(b *testing.B, db *sql.DB) (ids []string) {
	b.Helper()
	_, rows := rawQuery(b, db, `SELECT tenant_id FROM coverage ORDER BY tenant_id`)
	for _, r := range rows {
		ids = append(ids, r[0].(string))
	}
	return ids
}

func rawSelect(b *testing.B, db *sql.DB, table, tenant string) (columns []string, all [][]any) {
	b.Helper()
	return rawQuery(b, db, `SELECT * FROM `+table+` WHERE tenant_id = $1`, tenant)
}

func rawQuery(b *testing.B, db *sql.DB, query string, args ...any) (columns []string, all [][]any) {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), query, args...)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		b.Fatal(err)
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return columns, all
}

func newRawInsert(table string, columns []string, rows [][]any) rawInsert {
	var values []string
	var args []any
	for _, row := range rows {
		var marks []string
		for _, v := range row {
			args = append(args, v)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		values = append(values, "("+strings.Join(marks, ",")+")")
	}
	query := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + strings.Join(values, ",") + " ON CONFLICT DO NOTHING"
	if table == "signals" {
		query += " RETURNING tenant_id, updated_us, key8"
	}
	return rawInsert{query, args}
}
