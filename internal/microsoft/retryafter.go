package microsoft

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// hostTime is what the clock of the host says that answered, or else ours: one
// of the two may be wrong, and its dates are of its own.
func hostTime(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

// retryAfter reads a Retry-After header: seconds, also with a fraction, or an
// HTTP date. Zero means that it names no time worth waiting for; a wait beyond
// the ceiling is cut to it.
//
// Source: microsoft-graph-docs concepts/throttling ("Retry-After: 2.128").
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseFloat(header, 64); err == nil {
		if math.IsNaN(seconds) || seconds <= 0 {
			return 0
		}
		return time.Duration(min(seconds, closeCeiling.Seconds()) * float64(time.Second))
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(0, date.Sub(now)), closeCeiling)
	}
	return 0
}
