package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// A secret that cannot be had is asked for again, but not for each notice;
// one that was had is kept.
func TestSecret(t *testing.T) {
	t.Parallel()
	missing := errors.New("no such file")
	answers := []struct {
		text string
		err  error
	}{{"", missing}, {"", nil}, {"key", nil}, {"another", nil}}
	asked := 0
	s := secret{reveal: func(context.Context) (string, error) { asked++; return answers[asked-1].text, answers[asked-1].err }}
	var got []string
	for _, later := range []time.Duration{0, 59 * time.Second, time.Minute, 2 * time.Minute, time.Hour} {
		key, err := s.get(t.Context(), at.Add(later))
		got = append(got, fmt.Sprintf("%d %s %v", asked, key, err))
	}
	want := []string{"1  no such file", "1  no such file", "2  the secret is empty", "3 key <nil>", "3 key <nil>"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
