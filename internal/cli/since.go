package cli

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// A since is the time from which on a list shows what happened: so long ago,
// or at a time. The zero value is the beginning.
type since struct {
	text string
	ago  time.Duration
	at   time.Time
}

var errSince = errors.New("must be how long ago, such as 90m, 48h, 7d or 2w, or since when in UTC, such as 2026-11-01 or 2026-11-01T08:00:00Z")

// String returns what was written.
func (s *since) String() string { return s.text }

// Type names the value in help texts.
func (s *since) Type() string { return "time" }

// Set reads a duration, in which d and w stand for days and weeks, a day, or a
// time.
func (s *since) Set(text string) error {
	*s = since{text: text}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04", time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			s.at = at.UTC()
			return nil
		}
	}
	ago, err := parseAgo(text)
	if err != nil || ago <= 0 {
		return errSince
	}
	s.ago = ago
	return nil
}

// parseAgo reads a duration that may be in days or weeks.
func parseAgo(text string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		digits, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n > 36500 { // a hundred years
			return 0, errSince
		}
		return time.Duration(n) * length, nil
	}
	return time.ParseDuration(text)
}

// from returns the time that is meant.
func (s *since) from(now time.Time) (time.Time, error) {
	switch {
	case s.ago > 0:
		return now.Add(-s.ago), nil
	case s.at.After(now):
		return time.Time{}, usagef("--since %s lies in the future", s.text)
	}
	return s.at, nil
}
