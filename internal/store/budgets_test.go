package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	onBoth(t, testUsage)
}

func testUsage(t *testing.T, s *store.Store) {
	t.Helper()
	closed := cordon.Usage{TenantID: "t1", Family: "directory", Limit: "3500 units/10 s", Window: time.Minute, Used: 1.5, Left: 20998.5, Refused: 3,
		ClosedUntil: epoch.Add(time.Minute), Why: "x", UsedAt: epoch, At: epoch}
	open := cordon.Usage{TenantID: "t2", Family: "endpoint", Limit: "100/min", Window: time.Minute, Left: 50, UsedAt: epoch, At: epoch}
	app := cordon.Usage{AppID: "a1", Family: "graph", Limit: "130000/10 s", Window: time.Minute, Used: 2, Left: 780000, UsedAt: epoch, At: epoch}
	all := func(tenants ...string) []cordon.Usage {
		return read(t, s, func(tx *store.Tx) ([]cordon.Usage, error) { return tx.Usage(t.Context(), tenants...) })
	}
	put := func(rows ...cordon.Usage) {
		write(t, s, func(tx *store.Tx) error { return tx.PutUsage(t.Context(), rows) })
	}
	put(app, closed, open)
	if got, want := all(), []cordon.Usage{closed, open, app}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	open.Used, open.Left, open.At = 7, 43, epoch.Add(time.Minute)
	put(open)
	if got, want := all("t2"), []cordon.Usage{open}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v: the newer figures stand", got, want)
	}
	var many []cordon.Usage
	for n := range 53 { // more than two statements
		many = append(many, cordon.Usage{TenantID: fmt.Sprintf("m%02d", n), Family: "endpoint", Limit: "100/min", Window: time.Minute, UsedAt: epoch, At: epoch})
	}
	write(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.ForgetUsage(t.Context()), tx.PutUsage(t.Context(), many))
	})
	if got := all(); !reflect.DeepEqual(got, many) {
		t.Errorf("got %d rows, want only the %d new ones", len(got), len(many))
	}
}
