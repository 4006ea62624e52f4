package engine

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/store"
)

// Usage is stored once a minute and at the end: what was used since, and
// nothing of an engine before.
func TestUsageIsStored(t *testing.T) {
	t.Parallel()
	url := "sqlite://" + filepath.Join(t.TempDir(), "cordon.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		rows := func() []string { return usageRows(t, s) }
		begin := time.Now()
		var mu sync.Mutex
		usedAt := map[string]time.Time{"old": begin}
		use := func(id string, at time.Time) {
			mu.Lock()
			defer mu.Unlock()
			usedAt[id] = at
		}
		usage := func(now time.Time) (all []cordon.Usage) {
			mu.Lock()
			defer mu.Unlock()
			for id, at := range usedAt {
				all = append(all, cordon.Usage{TenantID: id, Family: "security", Limit: "150/min", UsedAt: at, At: now})
			}
			return all
		}
		before := newUsageEngine(t, s, usage)
		before.lastUsage(t.Context())
		if got := rows(); !slices.Equal(got, []string{"old 00:00"}) {
			t.Errorf("after an engine before: %q", got)
		}
		delete(usedAt, "old")
		use("quiet", begin)
		use("busy", begin)
		e := newUsageEngine(t, s, usage)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = e.commitUsage(ctx); e.lastUsage(ctx) }()
		at := func(moment time.Duration, want ...string) {
			time.Sleep(moment - time.Since(begin))
			if got := rows(); !slices.Equal(got, want) {
				t.Errorf("after %s: %q, want %q", moment, got, want)
			}
		}
		at(59*time.Second, "old 00:00")
		at(61*time.Second, "busy 01:00", "quiet 01:00")
		use("busy", time.Now())
		at(121*time.Second, "busy 02:00", "quiet 01:00")
		use("busy", time.Now())
		stop()
		<-done
		at(121*time.Second, "busy 02:01", "quiet 01:00")
	})
}

// usageRows returns whose usage is stored, and as of which minute and second.
func usageRows(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Usage(t.Context())
		for _, u := range all {
			names = append(names, u.TenantID+" "+u.At.Format("04:05"))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

func newUsageEngine(t *testing.T, s *store.Store, usage func(time.Time) []cordon.Usage) *Engine {
	t.Helper()
	e, err := New(Options{Store: s, NewID: func() string { return "" }, Usage: usage})
	if err != nil {
		t.Fatal(err)
	}
	return e
}
