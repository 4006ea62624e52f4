package store

import (
	"slices"
	"strconv"
	"strings"
)

// where collects the conditions of a query, with ? for each of their
// arguments: see numbered.
type where struct {
	all  []string
	args []any
}

// and adds a condition.
func (w *where) and(condition string, args ...any) {
	w.all, w.args = append(w.all, condition), append(w.args, args...)
}

// in adds that the column is one of the values, whose place condition shows by
// a ?; none do not narrow.
func (w *where) in(condition string, values []any) {
	if len(values) > 0 {
		w.and(strings.Replace(condition, "?", "?"+strings.Repeat(",?", len(values)-1), 1), values...)
	}
}

// with returns the conditions of both.
func (w *where) with(more where) where {
	return where{slices.Concat(w.all, more.all), slices.Concat(w.args, more.args)}
}

// String returns the clause, empty where nothing narrows.
func (w *where) String() string {
	if len(w.all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.all, " AND ")
}

// numbered gives the arguments of a query, each a ?, their numbers.
func numbered(query string) string {
	var b strings.Builder
	for i, part := range strings.Split(query, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}
