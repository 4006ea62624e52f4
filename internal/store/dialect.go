package store

import (
	"reflect"
	"strconv"
	"strings"
)

// flag is a bool as both databases store it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// limited adds a limit to a query; 0 is none.
func limited(query string, n int) string {
	if n <= 0 {
		return query
	}
	return query + " LIMIT " + strconv.Itoa(n)
}

// prefixed puts a table's name before each of its columns.
func prefixed(table, columns string) string {
	names := strings.Split(columns, ",")
	for i, n := range names {
		names[i] = table + "." + strings.TrimSpace(n)
	}
	return strings.Join(names, ", ")
}

// plain turns our string types into the strings that drivers know.
func plain(args []any) []any {
	for i, a := range args {
		if v := reflect.ValueOf(a); v.Kind() == reflect.String {
			args[i] = v.String()
		}
	}
	return args
}

// namedAny is a condition that is true of stored entities that have one of
// the names, and its arguments, the first of which is number from.
func namedAny(column string, names []string, from int) (condition string, args []any) {
	var either []string
	for i, name := range names {
		quoted := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(asJSON(strings.ToLower(name)))
		args = append(args, `%"value":`+quoted+`%`)
		either = append(either, column+` LIKE $`+strconv.Itoa(from+i)+` ESCAPE '\'`)
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}
