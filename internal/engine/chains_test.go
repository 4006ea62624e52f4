package engine

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/action"
	"github.com/cordonhq/cordon/internal/audit"
	"github.com/cordonhq/cordon/internal/sim"
	"github.com/cordonhq/cordon/internal/store"
)

// behind changes the store behind Cordon's back.
func (w *world) behind(statements ...string) {
	w.T.Helper()
	db, err := sql.Open("sqlite", w.file)
	if err != nil {
		w.T.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(w.T.Context(), s); err != nil {
			w.T.Fatalf("%s: %v", s, err)
		}
	}
}

// broken verifies the audit and says which chain is broken, and why.
func (w *world) broken(noted ...cordon.Head) string {
	w.T.Helper()
	var reports []audit.Report
	err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		reports, err = VerifyAudit(w.T.Context(), tx, nil, noted, nil)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	var found []string
	for _, r := range reports {
		if !r.OK {
			found = append(found, strings.ReplaceAll(r.Chain, w.tenant, "tenant")+": "+r.Why)
		}
	}
	return strings.Join(found, "; ")
}

// No row written, no action: whatever keeps the audit's entry, its chain's head
// or the step from being written keeps the action from leaving.
func TestNoRowNoAction(t *testing.T) {
	t.Parallel()
	for name, trigger := range map[string]string{
		"entry swallowed": "BEFORE INSERT ON entries WHEN NEW.kind = 'intent' BEGIN SELECT RAISE(IGNORE); END",
		"entry deleted":   "AFTER INSERT ON entries WHEN NEW.kind = 'intent' BEGIN DELETE FROM entries WHERE id = NEW.id; END",
		"entry changed":   "AFTER INSERT ON entries WHEN NEW.kind = 'intent' BEGIN UPDATE entries SET target = 'eve' WHERE id = NEW.id; END",
		"head swallowed":  "BEFORE UPDATE ON heads WHEN NEW.seq > 0 BEGIN SELECT RAISE(IGNORE); END",
		"step swallowed":  "BEFORE UPDATE ON steps WHEN NEW.outcome = 'intent' BEGIN SELECT RAISE(IGNORE); END",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, action.Documented, sim.Options{}, "entraID")
			w.behind("CREATE TRIGGER hidden " + trigger)
			run := w.stored(cordon.ActionDisableUser)
			err := w.engine.advance(t.Context(), run.ID)
			if err == nil || w.writes() != 0 || !w.enabled() {
				t.Errorf("error %v, %d writes, enabled %v", err, w.writes(), w.enabled())
			}
		})
	}
}

// chained is a world in which one account was disabled, and which was anchored.
func chained(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, action.Documented, sim.Options{}, "entraID")
	if _, err := w.do(cordon.NewUser(adaID, "ada@contoso.com", ""), cordon.ActionDisableUser); err != nil {
		t.Fatal(err)
	}
	return w
}

// An audit that was cut or written anew is found, however much of it was
// changed along with it.
func TestCutAuditIsFound(t *testing.T) {
	t.Parallel()
	w := chained(t)
	entries := w.entries()
	tenant := slices.DeleteFunc(slices.Clone(entries), func(e cordon.Entry) bool { return e.Chain != w.tenant })
	fleet := slices.DeleteFunc(entries, func(e cordon.Entry) bool { return e.Chain != cordon.FleetChain })
	last, anchor := tenant[len(tenant)-1], fleet[len(fleet)-1]
	if last.Kind != cordon.EntryOutcome || anchor.Kind != cordon.EntryAnchor || w.broken() != "" {
		t.Fatalf("tenant %+v, fleet %+v, %s", last, anchor, w.broken())
	}
	head := cordon.Head{Chain: cordon.FleetChain, Seq: anchor.Seq, Hash: anchor.Hash}
	was := fmt.Sprintf("entry %d is missing, and what came after it: there was an entry %[1]d", last.Seq)
	cut := fmt.Sprintf("DELETE FROM entries WHERE chain = '%s' AND seq = %d", w.tenant, last.Seq)
	for _, step := range []struct{ change, want string }{
		{cut, "tenant: " + was},
		{fmt.Sprintf("UPDATE heads SET seq = %d, hash = '%s', anchored = 0 WHERE chain = '%s'", last.Seq-1, last.Prev, w.tenant), "tenant: " + was},
		{"DELETE FROM entries WHERE chain = 'fleet'; DELETE FROM heads WHERE chain = 'fleet'", fmt.Sprintf("tenant: step 1 of run %s is done, and the last entry about it says intent", last.RunID)},
		{"DELETE FROM entries WHERE kind = 'intent'; DELETE FROM heads", fmt.Sprintf("tenant: step 1 of run %s acted, and no entry says so", last.RunID)},
		{"DELETE FROM steps; DELETE FROM runs", ""},
	} {
		w.behind("PRAGMA foreign_keys = off; " + step.change)
		if got := w.broken(); got != step.want {
			t.Errorf("after %s: %q, want %q", step.change, got, step.want)
		}
	}
	if got := w.broken(head); got != fmt.Sprintf("fleet: entry 1 is missing, and what came after it: there was an entry %d", head.Seq) {
		t.Errorf("against a head that was noted: %q", got)
	}
}

// What is written after the last anchor is anchored by the next.
func TestAnchors(t *testing.T) {
	t.Parallel()
	w := chained(t)
	moved := func() (n int) {
		t.Helper()
		if err := w.engine.Store.Read(t.Context(), func(tx *store.Tx) error {
			heads, err := tx.Unanchored(t.Context(), 10)
			n = len(heads)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	record := func() {
		t.Helper()
		if err := w.engine.Store.Write(t.Context(), func(tx *store.Tx) error {
			return Record(t.Context(), tx, cordon.Entry{At: time.Now(), Kind: cordon.EntryTenant, TenantID: w.tenant, Actor: "sam@desk"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	before := moved()
	record()
	after := moved()
	head, err := Anchor(t.Context(), w.engine.Store, time.Now())
	if again, _ := Anchor(t.Context(), w.engine.Store, time.Now()); before != 0 || after != 1 || err != nil || head.Seq == 0 || again.Seq != 0 || moved() != 0 {
		t.Errorf("chains to anchor: %d, %d and %d; head %+v, then %+v; error %v", before, after, moved(), head, again, err)
	}
	if got := w.broken(head); got != "" {
		t.Error(got)
	}
}
