package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

const (
	fewNames  = 5   // that a sentence lists
	shortName = 100 // characters of one

	longReason = 500 // characters of why something could not be read
)

// listed names things for people. They may come from the tenant: each is cut
// and quoted.
func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	var out []string
	for _, n := range names[:min(fewNames, len(names))] {
		if strings.TrimSpace(n) == "" {
			n = "without a name"
		}
		out = append(out, quoted(n))
	}
	s := strings.Join(out, ", ")
	if more := len(names) - fewNames; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// whole gives reasons of our own in full: they say what to do and carry the
// request id.
func whole(reasons []string) string {
	var out []string
	for _, r := range byCause(reasons) {
		out = append(out, cordon.Plain(r, longReason))
	}
	return strings.Join(out, "; ")
}

func quoted(s string) string {
	if r := []rune(s); len(r) > shortName {
		s = string(r[:shortName]) + "..."
	}
	return strconv.Quote(s)
}

// folded writes ids in the one way in which they are compared.
func folded(id string) string { return strings.ToLower(id) }

// distinct returns the different names, without the empty one, in order.
func distinct(names []string) []string {
	var out []string
	for _, n := range names {
		if n != "" {
			out = append(out, folded(n))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ago says when something was, if that is known.
func ago(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return " at " + clock(at)
}

// until says when a window ends that began at a time; one that began at an
// unknown time is taken to begin now.
func until(at time.Time, window time.Duration, now time.Time) string {
	if at.IsZero() {
		at = now
	}
	return clock(at.Add(window))
}

// span writes a duration without its zero minutes and seconds.
func span(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
