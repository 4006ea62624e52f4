package microsoft

import (
	"net/url"
	"regexp"
	"strings"
	"time"
)

// changedSince returns the $filter for what changed at that time or later, or
// "" for all. Times in a filter are not quoted.
//
// Source: microsoft-graph-docs riskdetection-list, security-list-alerts_v2; defender-docs get-alerts.
func changedSince(field string, since time.Time) string {
	return filter(notBefore(field, since))
}

// notBefore is the condition that a time is that or later, or "" for any.
func notBefore(field string, since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return field + "%20ge%20" + since.UTC().Format("2006-01-02T15:04:05.999999Z")
}

// equals is the condition that a field has that text.
func equals(field, value string) string {
	return field + "%20eq%20" + quoted(value)
}

// quoted is text as it stands in a filter or in brackets of a path: in quotes,
// which are doubled inside.
func quoted(s string) string { return "'" + url.PathEscape(strings.ReplaceAll(s, "'", "''")) + "'" }

// filter returns the $filter of all conditions that are not empty, or "".
func filter(conditions ...string) string {
	kept := conditions[:0:0]
	for _, c := range conditions {
		if c != "" {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return "$filter=" + strings.Join(kept, "%20and%20")
}

// join makes one query of those parts that are not empty.
func join(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "&")
}

var opaque = regexp.MustCompile(`^[0-9A-Za-z._~!:=-]{1,256}$`)

// isOpaque reports whether s can be the id of something whose ids have no
// published form: short, and unable to name another path.
func isOpaque(s string) bool { return opaque.MatchString(s) && strings.Trim(s, ".") != "" }

// segment escapes a value that stands as one segment of a path.
func segment(s string) string { return url.PathEscape(s) }
