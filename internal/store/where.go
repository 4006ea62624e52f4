package store

import "strings"

// where collects the conditions of a query and their arguments.
type where struct {
	all  []string
	args []any
}

// and adds a condition whose one argument stands where it says ?.
func (w *where) and(condition string, arg any) {
	w.args = append(w.args, arg)
	w.all = append(w.all, strings.Replace(condition, "?", list(len(w.args), 1), 1))
}

// in adds that a column, or what condition selects by it, is one of the values;
// none do not narrow.
func (w *where) in(condition string, values []any) {
	if len(values) == 0 {
		return
	}
	in := list(len(w.args)+1, len(values))
	w.args = append(w.args, values...)
	w.all = append(w.all, strings.Replace(condition, "?", in, 1))
}

func (w *where) String() string {
	if len(w.all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.all, " AND ")
}
