package sim

import (
	"regexp"
	"strconv"
	"strings"
)

// A huntStep is one operator of a query, after the table.
type huntStep func(*huntResult) error

// The few shapes of a query that are understood. There is no engine for the
// query language here: what has another shape is refused by name.
var (
	huntName    = regexp.MustCompile(`^[A-Za-z_]\w*$`)
	huntWhere   = regexp.MustCompile(`^where\s+([A-Za-z_]\w*)\s*==\s*(?:"([^"\\]*)"|'([^'\\]*)')$`)
	huntTake    = regexp.MustCompile(`^(?:take|limit)\s+(\d{1,9})$`)
	huntProject = regexp.MustCompile(`^project\s+([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)$`)
)

// parseHunt reads a table and the steps after it.
func parseHunt(text string) (table string, steps []huntStep, err error) {
	parts := splitPipes(text)
	if !huntName.MatchString(parts[0]) {
		return "", nil, notModelled("'%s' in the place of a hunting table", short(parts[0]))
	}
	for _, part := range parts[1:] {
		step, err := parseStep(part)
		if err != nil {
			return "", nil, err
		}
		steps = append(steps, step)
	}
	return parts[0], steps, nil
}

func parseStep(text string) (huntStep, error) {
	if m := huntWhere.FindStringSubmatch(text); m != nil {
		return whereStep(m[1], m[2]+m[3]), nil
	}
	if m := huntTake.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1]) // nine digits at most
		return func(h *huntResult) error {
			h.rows = h.rows[:min(n, len(h.rows))]
			return nil
		}, nil
	}
	if m := huntProject.FindStringSubmatch(text); m != nil {
		return projectStep(strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })), nil
	}
	return nil, notModelled("the hunting operator '%s'", short(text))
}

// whereStep keeps the rows in which a column of text has a value.
func whereStep(name, value string) huntStep {
	return func(h *huntResult) error {
		column, err := h.column(name)
		if err != nil {
			return err
		}
		if column.kind != "String" {
			return notModelled("a comparison of the column '%s', which holds %s, with text", name, column.kind)
		}
		var kept []*object
		for _, row := range h.rows {
			if row.text(name) == value {
				kept = append(kept, row)
			}
		}
		h.rows = kept
		return nil
	}
}

// projectStep keeps the named columns, in the order in which they are named.
func projectStep(names []string) huntStep {
	return func(h *huntResult) error {
		out := &huntResult{rows: h.rows}
		for _, name := range names {
			column, err := h.column(name)
			if err != nil {
				return err
			}
			if _, err := out.column(name); err == nil {
				return notModelled("the hunting column '%s' twice in 'project'", name)
			}
			out.columns = append(out.columns, column)
		}
		*h = *out
		return nil
	}
}

// splitPipes cuts a query at the pipes that are not within quotes.
func splitPipes(text string) []string {
	var out []string
	var quote rune
	from := 0
	for i, r := range text {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '|':
			out, from = append(out, strings.TrimSpace(text[from:i])), i+1
		}
	}
	return append(out, strings.TrimSpace(text[from:]))
}

// short is the beginning of what a refusal names.
func short(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
