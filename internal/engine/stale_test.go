package engine

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cordonhq/cordon"
	"github.com/cordonhq/cordon/internal/correlate"
	"github.com/cordonhq/cordon/internal/store"
)

const kimID = "10000000-0000-4000-8000-000000000005" // who gets an address that was Inga's

// newAddress is a world in which an address was Inga's when it was looked up,
// seven hours ago, and is Kim's now.
func newAddress(t *testing.T) *world {
	t.Helper()
	w := newNames(t)
	w.alert("a0", userEvidence(`"userPrincipalName":"inga@old.example"`))
	w.sync()
	w.inject("users", `{"id":"`+ingaID+`","proxyAddresses":["SMTP:inga.moe@contoso.com"]}`)
	w.inject("users", `{"id":"`+kimID+`","userPrincipalName":"kim@contoso.com","proxyAddresses":["smtp:inga@old.example"],"accountEnabled":true}`)
	w.ahead.Store(int64(7 * time.Hour))
	return w
}

// join reads every source and correlates, and looks nothing up.
func (w *world) join() {
	w.T.Helper()
	feeds, err := w.engine.newFeeds(w.T.Context(), w.engine.roster.all())
	if err == nil {
		err = w.engine.readOnce(w.T.Context(), feeds, nil)
	}
	w.engine.beside.Wait()
	if err = errors.Join(err, w.engine.correlate(w.T.Context(), w.tenant)); err != nil {
		w.T.Fatal(err)
	}
}

// accused are the ids of those whom the newest version of an alert accuses.
func (w *world) accused(nativeID string) (ids []string) {
	w.T.Helper()
	var all []cordon.Signal
	err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Signals(w.T.Context(), store.SignalFilter{})
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	for _, s := range correlate.Latest(all) {
		if s.NativeID == nativeID {
			for _, e := range s.Entities {
				ids = append(ids, e.ID())
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// TestStaleAnswerNamesNobody lets alerts name a user by an address that has
// gone to somebody else since the directory was asked: no version of them is
// about the user of before.
func TestStaleAnswerNamesNobody(t *testing.T) {
	t.Parallel()
	t.Run("a new version before the directory was asked again", func(t *testing.T) {
		t.Parallel()
		w := newAddress(t)
		w.alert("a1", userEvidence(`"userPrincipalName":"inga@old.example"`))
		w.join()
		w.ahead.Add(int64(10 * time.Second))
		w.alert("a1", userEvidence(`"userPrincipalName":"inga@old.example"`))
		w.join()
		if got := w.accused("a1"); !slices.Equal(got, []string{"inga@old.example"}) {
			t.Errorf("before the lookup the alert is about %v", got)
		}
		w.sync()
		if got := w.accused("a1"); !slices.Equal(got, []string{kimID}) {
			t.Errorf("after the lookup the alert is about %v", got)
		}
	})
	t.Run("another user of the same alert was found", func(t *testing.T) {
		t.Parallel()
		w := newAddress(t)
		w.inject("users", `{"id":"`+twinAID+`","proxyAddresses":["smtp:abe@contoso.com"]}`)
		w.alert("a1", userEvidence(`"userPrincipalName":"abe@contoso.com"`)+","+userEvidence(`"userPrincipalName":"inga@old.example"`))
		w.join()
		w.lookUpFirst()
		if got := w.accused("a1"); !slices.Equal(got, []string{twinAID, "inga@old.example"}) {
			t.Errorf("after the first lookup the alert is about %v", got)
		}
		w.sync()
		if got := w.accused("a1"); !slices.Equal(got, []string{twinAID, kimID}) {
			t.Errorf("after both lookups the alert is about %v", got)
		}
	})
}

// lookUpFirst looks up the name that is due first.
func (w *world) lookUpFirst() {
	w.T.Helper()
	var due []cordon.Resolution
	err := w.engine.Store.Read(w.T.Context(), func(tx *store.Tx) (err error) {
		due, err = tx.DueResolutions(w.T.Context(), w.tenant, w.now(), 1)
		return err
	})
	if err != nil || len(due) != 1 {
		w.T.Fatalf("due: %+v, %v", due, err)
	}
	if err := w.engine.lookUp(w.T.Context(), w.engine.Tenants[0], due[0]); err != nil {
		w.T.Fatal(err)
	}
	w.engine.beside.Wait()
}

// TestSignalKeepsItsUser updates an alert after the address in it went to
// somebody else: it was and is about the user of before.
func TestSignalKeepsItsUser(t *testing.T) {
	t.Parallel()
	w := newAddress(t)
	w.alert("a1", userEvidence(`"userPrincipalName":"inga@old.example"`))
	w.sync() // Kim's, by now
	w.alert("a0", userEvidence(`"userPrincipalName":"inga@old.example"`))
	w.sync()
	if got := w.accused("a0"); !slices.Equal(got, []string{ingaID}) {
		t.Errorf("the alert about Inga is now about %v", got)
	}
	if got := w.accused("a1"); !slices.Equal(got, []string{kimID}) {
		t.Errorf("the alert about Kim is about %v", got)
	}
}
