package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cordonhq/cordon"
)

// formats are those that -o takes.
func formats() []string { return []string{"table", "json", "ndjson", "csv"} }

func checkFormat(format string) error {
	if !slices.Contains(formats(), format) {
		return usagef("-o %s: the formats are table, json, ndjson and csv", format)
	}
	return nil
}

// A column is one column of a table.
type column[T any] struct {
	head string
	cell func(T) string
}

// print writes rows in the format that -o names. Tables show the columns;
// the other formats show every field.
func print[T any](d *Deps, rows []T, columns []column[T]) error {
	if rows == nil {
		rows = []T{} // an empty list is [], not null
	}
	switch d.format {
	case "json":
		return printJSON(d.Out, rows)
	case "ndjson":
		for _, r := range rows {
			if err := encode(d.Out, r, ""); err != nil {
				return err
			}
		}
		return nil
	case "csv":
		return printCSV(d.Out, rows)
	}
	return printTable(d.Out, rows, columns, d.width())
}

// printOne writes one object: JSON as an object, the rest as a list of one.
func printOne[T any](d *Deps, row T, columns []column[T]) error {
	if d.format == "json" {
		return printJSON(d.Out, row)
	}
	return print(d, []T{row}, columns)
}

func printJSON(out io.Writer, v any) error {
	return encode(out, v, "  ")
}

// encode writes a value as JSON without characters that a terminal would act
// on: what tenants wrote may be in it.
func encode(out io.Writer, v any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := out.Write(cordon.EscapeJSON(b.Bytes()))
	return err
}

// many is a number of things in words.
func many(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// printCSV writes every JSON field of rows as a column, in the order of the
// struct.
func printCSV[T any](out io.Writer, rows []T) error {
	w := csv.NewWriter(out)
	var fields []reflect.StructField
	var heads []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			fields, heads = append(fields, f), append(heads, name)
		}
	}
	if err := w.Write(heads); err != nil {
		return err
	}
	for _, r := range rows {
		v := reflect.ValueOf(r)
		var cells []string
		for _, f := range fields {
			cells = append(cells, harmless(cordon.Escape(csvCell(v.FieldByIndex(f.Index).Interface()))))
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// csvCell is a value as one cell: text as it is, lists of text joined by
// semicolons, the rest as JSON.
func csvCell(v any) string {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.Type().Elem().Kind() == reflect.String {
		var parts []string
		for i := range list.Len() {
			parts = append(parts, harmless(cordon.Escape(list.Index(i).String()))) // where ; divides cells, each part is one
		}
		return strings.Join(parts, ";")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		return s
	}
	return string(b)
}

// harmless keeps a spreadsheet from taking a tenant's text for a formula. In
// East Asian settings the wide signs begin one, too.
func harmless(cell string) string {
	if strings.IndexAny(cell, "=+-@\t\r\n\x00＝＋－＠") == 0 {
		return "'" + cell
	}
	return cell
}

// stamp is a time as JSON shows it: RFC 3339 in UTC, or null.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// clock is a time as tables show it.
func clock(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// texts turns a list of our words into strings, [] when it is empty.
func texts[S ~string](words []S) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}
