package microsoft

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cordonhq/cordon"
)

// linkCeiling bounds a next link; skip tokens of Graph reach some 4 kB.
const linkCeiling = 16 << 10

// A walker follows the next links of one collection. It allows nothing but
// another query on the address that was asked first, because the bearer token
// goes along.
type walker struct {
	hosts []string            // that a link may carry
	path  string              // escaped, of the first request
	seen  map[string]struct{} // queries of the links so far
	pages int
}

// follow returns the query of the next page, or why there is none.
func (w *walker) follow(link string) (string, *Error) {
	if len(link) > linkCeiling {
		return "", &Error{kind: cordon.ErrMalformed, Message: "the next link is too long"}
	}
	u, err := url.Parse(link)
	if err != nil || !w.safe(u) {
		return "", &Error{kind: cordon.ErrUnsafeLink, Message: "refused to follow " + clean(link, 160)}
	}
	if _, again := w.seen[u.RawQuery]; again {
		return "", &Error{kind: cordon.ErrMalformed, Message: "the next link leads back to a page that was read"}
	}
	if w.seen == nil {
		w.seen = map[string]struct{}{}
	}
	w.seen[u.RawQuery] = struct{}{}
	return u.RawQuery, w.count()
}

// count returns an error when the walk has become too long.
func (w *walker) count() *Error {
	if w.pages++; w.pages >= pageCeiling {
		return &Error{kind: cordon.ErrMalformed, Message: "the collection does not end"}
	}
	return nil
}

// safe reports whether the link is https, to our host and port, to the path
// that was asked first, and carries nothing else than a query.
func (w *walker) safe(u *url.URL) bool {
	plain := u.Scheme == "https" && u.Opaque == "" && u.User == nil && u.Fragment == "" && u.RawFragment == ""
	ours := func(host string) bool { return sameHost(u.Host, host) }
	return plain && slices.ContainsFunc(w.hosts, ours) && u.EscapedPath() == w.path
}

// sameHost reports whether two hosts of https URLs, with their ports or
// without, are the same: letters compare without case, and 443 is the port
// that is meant when none is given.
func sameHost(a, b string) bool {
	return a != "" && ascii(a) && ascii(b) && strings.EqualFold(strings.TrimSuffix(a, ":443"), strings.TrimSuffix(b, ":443"))
}

// ascii reports whether s has no other characters: some fold into letters.
func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
