package store

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

// listings are the lists with every combination of what narrows them.
func listings() map[string]listing {
	all := map[string]listing{}
	for bits := range 32 {
		has := func(n int) bool { return bits&(1<<n) != 0 }
		some := func(n int, words ...string) []string { return map[bool][]string{true: words}[has(n)] }
		since := map[bool]time.Time{true: time.Unix(1e9, 0)}[has(0)]
		tenants, names := some(1, "t1", "t2"), some(2, "ada@contoso.com", "ada")
		name := fmt.Sprintf("%05b", bits)
		source := cordon.Source(strings.Join(some(3, "alerts"), ""))
		all["signals "+name] = SignalFilter{Since: since, Tenants: tenants, Names: names, Source: source, Discounted: has(4)}.listing()
		states := map[bool][]cordon.IncidentState{true: {cordon.IncidentOpen, cordon.IncidentContained}}[has(3)]
		all["incidents "+name] = IncidentFilter{Since: since, Tenants: tenants, Names: names, States: states}.listing()
		runStates := map[bool][]cordon.RunState{true: {cordon.RunHeld}}[has(3)]
		all["runs "+name] = RunFilter{Playbook: strings.Join(some(0, "p"), ""), Tenants: tenants, Names: names, States: runStates, Incident: strings.Join(some(4, "i"), "")}.listing()
		all["entries "+name] = EntryFilter{Tenants: tenants, Names: names, RunID: strings.Join(some(3, "r"), "")}.listing()
	}
	all["runs that undo"] = RunFilter{UndoOf: "r"}.listing()
	return all
}

// A list of limited length reads the index of its order, or the rows that an
// index finds by a value; it never sorts or scans a table that grows.
func TestPlans(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "cordon.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ordered := regexp.MustCompile(`^(SCAN|SEARCH) \w+ USING COVERING INDEX \w+_by_time( \(\w+>\?\))?$`)
	looked := regexp.MustCompile(`^(SCAN (k|v|\(.*)$|[^S])`) // at the keys found, in memory
	found := regexp.MustCompile(`^SEARCH \w+ USING .*\((<?\w+=\?.*)\)$`)
	for name, l := range listings() {
		query, args := l.beginning(30)
		err := s.Read(t.Context(), func(tx *Tx) error {
			for _, line := range plan(t, tx, query, args) {
				if looked.MatchString(line) {
					continue
				}
				if !found.MatchString(line) && (len(l.lookups) > 0 || !ordered.MatchString(line)) {
					t.Errorf("%s: %s\n%s", name, line, query)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, query)
		}
	}
}

// plan is how SQLite carries a query out.
func plan(t *testing.T, tx *Tx, query string, args []any) []string {
	t.Helper()
	lines, err := all(t.Context(), tx, func(r scanner) (line string, err error) {
		var id, parent, unused int
		return line, r.Scan(&id, &parent, &unused, &line)
	}, `EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return lines
}
