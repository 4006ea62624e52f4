package microsoft

import (
	"net/url"
	"slices"

	"github.com/cordonhq/cordon"
)

// linkCeiling bounds a next link; skip tokens of Graph reach some 4 kB.
const linkCeiling = 16 << 10

// A walker follows the next links of one collection. It allows nothing but
// another query on the address that was asked first, because the bearer token
// goes along.
type walker struct {
	hosts []string // that a link may carry
	path  string   // escaped, of the first request
	seen  map[string]struct{}
	pages int
}

// follow returns the query of the next page, or why there is none.
func (w *walker) follow(link string) (string, *Error) {
	if len(link) > linkCeiling {
		return "", &Error{kind: cordon.ErrMalformed, Message: "the next link is too long"}
	}
	if !w.safe(link) {
		return "", &Error{kind: cordon.ErrUnsafeLink, Message: "refused to follow " + clean(link, 160)}
	}
	if _, again := w.seen[link]; again {
		return "", &Error{kind: cordon.ErrMalformed, Message: "the next link leads back to a page that was read"}
	}
	if w.seen == nil {
		w.seen = map[string]struct{}{}
	}
	w.seen[link] = struct{}{}
	u, err := url.Parse(link)
	if err != nil {
		return "", &Error{kind: cordon.ErrUnsafeLink, Message: "the next link is no URL"}
	}
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
func (w *walker) safe(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	plain := u.Scheme == "https" && u.Opaque == "" && u.User == nil && u.Fragment == "" && u.RawFragment == ""
	return plain && slices.Contains(w.hosts, u.Host) && u.EscapedPath() == w.path
}
