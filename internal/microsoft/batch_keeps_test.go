package microsoft

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/cordonhq/cordon"
)

// A batch never has more calls to secure score under way than are allowed at
// once, its last place is kept for containment, and every place is given back.
func TestBatchKeepsToTheGate(t *testing.T) {
	t.Parallel()
	b := &batcher{item: func(n int, e batchEntry) string {
		if n == 1 {
			return ""
		}
		return `"status":200`
	}}
	c := newFake(t, b.ServeHTTP).client(t, Options{})
	var items []BatchItem
	for i := range 7 {
		items = append(items, BatchItem{URL: fmt.Sprintf("/security/secureScores/%d", i)})
	}
	items = append(items, BatchItem{URL: "/users/a"})
	if got, err := c.Batch(t.Context(), items); err != nil || slices.ContainsFunc(got, func(r BatchResult) bool { return r.Err != nil }) {
		t.Fatalf("got %v, %v", got, err)
	}
	var sizes []int
	for _, asked := range b.asked {
		sizes = append(sizes, len(asked))
	}
	if want := []int{4, 3, 3, 1}; !slices.Equal(sizes, want) { // three at a time; those of the second are asked again
		t.Errorf("requests with %v calls, want %v", sizes, want)
	}
	if g := c.account.bucket(FamilySecureScore).gate; g.free != g.places {
		t.Errorf("%d of %d places are free", g.free, g.places)
	}
	if _, err := c.Batch(WithPriority(t.Context(), PriorityContain), items[:7]); err != nil || len(b.asked[len(sizes)]) != 4 {
		t.Errorf("containment: %v, %v", b.asked[len(sizes):], err)
	}
}

// What the tenant's cloud lacks is said of the call, and the others leave.
func TestBatchInACloudThatLacksIt(t *testing.T) {
	t.Parallel()
	b := &batcher{item: func(int, batchEntry) string { return `"status":200` }}
	china, err := newFake(t, b.ServeHTTP).cloud(t, Options{}).Client(cordon.Tenant{ID: tenantID, ClientID: clientID, Cloud: cordon.CloudChina}, NewSecretCredential(canary))
	if err != nil {
		t.Fatal(err)
	}
	got, err := china.Batch(t.Context(), []BatchItem{{URL: "/identityProtection/riskyUsers"}, {URL: "/users"}})
	if err != nil || !errors.Is(got[0].Err, cordon.ErrNotInCloud) || got[1].Err != nil || !reflect.DeepEqual(b.asked, [][]string{{"GET /users"}}) {
		t.Errorf("got %v, %v after %v", got, err, b.asked)
	}
}
