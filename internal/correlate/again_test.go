package correlate

import (
	"testing"
	"time"

	"github.com/cordonhq/cordon"
)

func TestSpeaksAgain(t *testing.T) {
	t.Parallel()
	contained := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	before := cordon.Incident{Signals: []string{"a"}, UpdatedAt: contained}
	signals := map[string]cordon.Signal{
		"a":    {ID: "a", DetectedAt: contained.Add(time.Hour)},
		"late": {ID: "late", DetectedAt: contained.Add(-time.Minute)},
		"new":  {ID: "new", DetectedAt: contained.Add(time.Minute)},
	}
	tests := []struct {
		name string
		now  []string
		want bool
	}{
		{"nothing joined", []string{"a"}, false},
		{"an old word that comes late", []string{"a", "late"}, false},
		{"a new word", []string{"a", "late", "new"}, true},
	}
	for _, tt := range tests {
		if got := SpeaksAgain(before, cordon.Incident{Signals: tt.now}, signals); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
