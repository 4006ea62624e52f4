package correlate

import (
	"fmt"
	"testing"

	"github.com/cordonhq/cordon"
)

// BenchmarkJoin joins a wave: 10,000 signals about 2,500 users.
func BenchmarkJoin(b *testing.B) {
	var news []cordon.Signal
	for i := range 10_000 {
		news = append(news, sig(fmt.Sprint(i), float64(i%20), user(fmt.Sprintf("%08d-0000-0000-0000-000000000000", i%2500+1), "", "")))
	}
	for b.Loop() {
		if got := Join(nil, nil, news, nil, counted()); len(got) != 2500 {
			b.Fatalf("got %d incidents", len(got))
		}
	}
}
