package engine

import (
	"fmt"
	"sync"
	"testing"
)

// A key is held by one at a time, and forgotten when nobody wants it any more.
func TestKeyed(t *testing.T) {
	t.Parallel()
	var k keyed
	var all sync.WaitGroup
	counts := make([]int, 5)
	for n := range 500 {
		all.Go(func() {
			defer k.lock(fmt.Sprint(n % 5))()
			counts[n%5]++
		})
	}
	all.Wait()
	for key, n := range counts {
		if n != 100 {
			t.Errorf("key %d: %d of 100", key, n)
		}
	}
	if len(k.held) != 0 {
		t.Errorf("%d keys are still known", len(k.held))
	}
}
