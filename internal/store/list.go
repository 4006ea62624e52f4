package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// Searched is how many rows a list of limited length looks at, at most.
const Searched = 10_000

// valuesAtMost is how many values of a column are looked up one by one; a list
// of more looks through all rows in their order.
const valuesAtMost = 50

// More says whether a list of limited length goes on.
type More string

// The ways in which a list ends.
const (
	NoMore     More = ""       // these are all
	MoreRows   More = "rows"   // more match than were asked for
	MoreSearch More = "search" // Searched rows were looked at, and there are older ones
)

// A listing is a list over one table: what it selects, in which order, and by
// what it is narrowed. An index serves the order, alone or after the column of
// one of lookups.
type listing struct {
	table, columns string
	key            string   // the column that identifies a row
	order          []string // the columns of the order, with DESC
	since          where    // on the first column of the order
	lookups        []lookup // the narrowest first
	rest           where    // what no index knows
}

// A lookup finds rows by the values of one column. keys selects the keys of
// one value, the newest first; where it is empty the table itself has the
// column, and an index of it and the order.
type lookup struct {
	column string // or a condition with IN (?)
	values []any
	keys   string
}

// by adds a lookup, unless it has no values and so does not narrow.
func (l *listing) by(column string, values []any, keys string) {
	if len(values) > 0 {
		l.lookups = append(l.lookups, lookup{column, values, keys})
	}
}

// listed returns the rows of a list, at most limit where that is not 0, and
// whether there are more.
func listed[T any](ctx context.Context, t *Tx, l listing, scan func(scanner) (T, error), limit int) ([]T, More, error) {
	if limit <= 0 {
		query, args := l.whole()
		found, err := all(ctx, t, scan, query, args...)
		return found, NoMore, err
	}
	query, args := l.beginning(limit)
	found, err := all(ctx, t, scan, query, args...)
	if len(found) > limit {
		return found[:limit], MoreRows, err
	}
	if err != nil || !l.searches() {
		return found, NoMore, err
	}
	query, args = l.looked()
	n, err := one(ctx, t, scanNumber, query, args...)
	if n > Searched {
		return found, MoreSearch, err
	}
	return found, NoMore, err
}

// conditions are all that a row has to meet, but for the first skip lookups.
func (l listing) conditions(skip int) where {
	w := l.since.with(l.rest)
	for _, by := range l.lookups[skip:] {
		w.in(by.condition(), by.values)
	}
	return w
}

// condition is what the table's rows have to meet.
func (b lookup) condition() string {
	if b.keys == "" {
		return b.column + " IN (?)"
	}
	return b.column
}

// whole selects every row.
func (l listing) whole() (string, []any) {
	w := l.conditions(0)
	return numbered(`SELECT ` + l.columns + ` FROM ` + l.table + ` t` + w.String() + ` ORDER BY ` + strings.Join(l.order, ", ")), w.args
}

// beginning selects one row more than limit. The keys of the rows to look at
// come from an index that has the order, so that it reads no more of them than
// it looks at; CROSS JOIN has SQLite begin with them.
func (l listing) beginning(limit int) (string, []any) {
	look := limit + 1
	if l.searches() {
		look = Searched
	}
	keys, args := l.keys(look)
	w := l.conditions(min(l.indexed(), len(l.lookups)))
	w.all = append(w.all, "t."+l.key+" = k."+l.key)
	query := `SELECT ` + prefixed("t", l.columns) + ` FROM (` + keys + `) k CROSS JOIN ` + l.table + ` t` + w.String() +
		` ORDER BY ` + prefixed("t", strings.Join(l.order, ", ")) + ` LIMIT ` + strconv.Itoa(limit+1)
	return numbered(query), append(args, w.args...)
}

// looked counts the rows that a list looks at, and one more.
func (l listing) looked() (string, []any) {
	keys, args := l.keys(Searched + 1)
	return numbered(`SELECT count(*) FROM (` + keys + `) k`), args
}

// indexed is how many lookups its keys are found by: the first one, if its
// values are few enough to be looked up one by one.
func (l listing) indexed() int {
	if len(l.lookups) > 0 && len(l.lookups[0].values) <= valuesAtMost {
		return 1
	}
	return 0
}

// searches reports whether rows that it looks at may not match.
func (l listing) searches() bool {
	return len(l.lookups) > l.indexed() || len(l.rest.all) > 0 || (l.indexed() > 0 && l.lookups[0].keys != "")
}

// keys selects the keys of the rows to look at, at most n of each value.
func (l listing) keys(n int) (string, []any) {
	if l.indexed() == 0 {
		return l.ordered(l.since, n)
	}
	var queries []string
	var args []any
	by := l.lookups[0]
	for _, v := range by.values {
		query, a := by.keys+` LIMIT `+strconv.Itoa(n), []any{v}
		if by.keys == "" {
			var w where
			w.and(by.column+" = ?", v)
			query, a = l.ordered(w.with(l.since), n)
		}
		queries, args = append(queries, `SELECT * FROM (`+query+`) v`), append(args, a...)
	}
	return strings.Join(queries, ` UNION `), args
}

// ordered selects the first n keys in the list's order.
func (l listing) ordered(w where, n int) (string, []any) {
	return `SELECT ` + l.key + ` FROM ` + l.table + w.String() + ` ORDER BY ` + strings.Join(l.order, ", ") + ` LIMIT ` + strconv.Itoa(n), slices.Clone(w.args)
}
