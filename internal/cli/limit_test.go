package cli

import (
	"bytes"
	"testing"

	"github.com/cordonhq/cordon/internal/store"
)

// A table has an end without being asked for one; what programs read is whole.
func TestLimit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		flag, format string
		want         int
	}{
		{"", "table", 100}, {"", "json", 0}, {"", "ndjson", 0}, {"", "csv", 0},
		{"0", "table", 0}, {"7", "table", 7}, {"7", "json", 7},
	}
	for _, tt := range tests {
		var l limit
		if tt.flag != "" {
			if err := l.Set(tt.flag); err != nil {
				t.Fatal(err)
			}
		}
		if got := l.in(tt.format); got != tt.want || l.String() != tt.flag {
			t.Errorf("--limit %q -o %s: %d rows, %q; want %d", tt.flag, tt.format, got, l.String(), tt.want)
		}
	}
	for _, wrong := range []string{"-1", "many", ""} {
		if err := new(limit).Set(wrong); err == nil || err.Error() != "must be 0 (all) or more" {
			t.Errorf("--limit %q: %v", wrong, err)
		}
	}
}

func TestTellMore(t *testing.T) {
	t.Parallel()
	for more, want := range map[store.More]string{
		store.NoMore:     "",
		store.MoreRows:   "cordon: the newest 3 rows, and there are more: narrow the list, or --limit 0 shows all\n",
		store.MoreSearch: "cordon: 3 rows found in the newest 10000 that were looked through, and there are older ones: narrow the list, or --limit 0 looks through all\n",
	} {
		var told bytes.Buffer
		if (&Deps{Err: &told}).tellMore(more, 3); told.String() != want {
			t.Errorf("%q: %q, want %q", more, told.String(), want)
		}
	}
}
