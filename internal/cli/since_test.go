package cli

import (
	"testing"
	"time"
)

func TestSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"48h": now.Add(-48 * time.Hour), "90m": now.Add(-90 * time.Minute), "7d": now.AddDate(0, 0, -7), "2w": now.AddDate(0, 0, -14),
		"2026-11-01": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "2026-11-01T08:00:00Z": time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC),
		"2026-11-01T08:00:00+02:00": time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC), "2026-11-01 08:00:00": time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC),
	} {
		var s since
		if err := s.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got, err := s.from(now); err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "-7d", "0", "-1h", "7", "yesterday", "1.5d", "99999999999d", "2026-13-01"} {
		var s since
		if err := s.Set(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	var future since
	if err := future.Set("2026-11-21"); err != nil {
		t.Error(err)
	}
	if _, err := future.from(now); exitCode(err) != exitUsage {
		t.Errorf("the future: %v", err)
	}
}
