package sim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// huntingKept is how far back hunting sees.
const huntingKept = 30 * 24 * time.Hour

// A span is the time that a query looks at.
type span struct{ from, to time.Time }

// holds reports whether a row's time lies within the span.
func (s span) holds(at string) bool {
	t, err := parseTime(at)
	return err == nil && !t.Before(s.from) && !t.After(s.to)
}

// parseSpan reads an ISO 8601 interval: a duration until now, a start until
// now, or two of start, duration and end. It never goes back further than what is kept.
func parseSpan(text string, now time.Time) (span, error) {
	kept := now.Add(-huntingKept)
	if text == "" {
		return span{kept, now}, nil
	}
	first, second, two := strings.Cut(text, "/")
	if !two {
		second = now.Format(time.RFC3339Nano)
	}
	if strings.HasPrefix(first, "P") && strings.HasPrefix(second, "P") {
		return span{}, fmt.Errorf("'%s' has two durations", text)
	}
	start, err := parseEdge(first, -1)
	if err != nil {
		return span{}, err
	}
	end, err := parseEdge(second, 1)
	if err != nil {
		return span{}, err
	}
	out := span{from: start(end(time.Time{})), to: end(start(time.Time{}))}
	if out.from.After(out.to) {
		return span{}, fmt.Errorf("'%s' ends before it starts", text)
	}
	if out.from.Before(kept) {
		out.from = kept
	}
	return out, nil
}

// parseEdge reads a time, which stands by itself, or a duration that leads
// from the other edge in a direction.
func parseEdge(text string, direction int) (func(other time.Time) time.Time, error) {
	if !strings.HasPrefix(text, "P") {
		at, err := parseDay(text)
		return func(time.Time) time.Time { return at }, err
	}
	m := isoDuration.FindStringSubmatch(text)
	if m == nil || strings.HasSuffix(text, "T") || text == "P" {
		return nil, fmt.Errorf("'%s' is neither a time nor a duration of ISO 8601", text)
	}
	var n [6]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits, at most five
		n[i] *= direction
	}
	return func(other time.Time) time.Time {
		clock := time.Duration(n[3])*time.Hour + time.Duration(n[4])*time.Minute + time.Duration(n[5])*time.Second
		return other.AddDate(0, n[0], 7*n[1]+n[2]).Add(clock)
	}, nil
}

// isoDuration knows months, weeks, days, hours, minutes and seconds.
var isoDuration = regexp.MustCompile(`^P(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$`)

// parseDay reads a time, or a day as its beginning.
func parseDay(text string) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	at, err := parseTime(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("'%s' is neither a time nor a duration of ISO 8601", text)
	}
	return at, nil
}
