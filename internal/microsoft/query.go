package microsoft

import (
	"net/url"
	"strings"
	"time"
)

// changedSince returns the $filter for what changed at that time or later, or
// "" for all. Times in a filter are not quoted.
//
// Source: microsoft-graph-docs riskdetection-list, security-list-alerts_v2; defender-docs get-alerts.
func changedSince(field string, since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return "$filter=" + field + "%20ge%20" + since.UTC().Format("2006-01-02T15:04:05.999999Z")
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

// segment escapes a value that stands as one segment of a path.
func segment(s string) string { return url.PathEscape(s) }
