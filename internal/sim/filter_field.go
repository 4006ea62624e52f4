package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// fields says which properties of a resource may be filtered on.
type fields map[string]field

// A field is a filterable property.
type field struct {
	kind fieldKind
	name string // member that holds it
}

type fieldKind int

const (
	fieldText   fieldKind = iota
	fieldFolded           // text compared without case, as the directory compares names and ids
	fieldEnum             // text that also takes the old literal form, type name before the quote
	fieldTime
	fieldNumber
	fieldBool
	fieldList    // of texts compared without case; any() asks for them
	fieldRefused // a property that the service has and does not filter by
)

// fieldsOf builds a field table from names of one kind after the other:
// "time:a b" "enum:c".
func fieldsOf(groups ...string) fields {
	kinds := map[string]fieldKind{"text": fieldText, "folded": fieldFolded, "enum": fieldEnum, "time": fieldTime, "number": fieldNumber, "bool": fieldBool,
		"list": fieldList, "refused": fieldRefused}
	out := fields{}
	for _, group := range groups {
		kind, names, _ := strings.Cut(group, ":")
		for _, name := range strings.Fields(names) {
			out[name] = field{kinds[kind], name}
		}
	}
	return out
}

// compare builds the condition of one comparison, refusing a literal that is
// not of the property's type.
func (f field) compare(op string, literal filterToken) (condition, error) {
	if literal.kind == tokenWord && literal.word == "null" {
		return f.compareNull(op)
	}
	mismatch := fmt.Errorf("a literal of the wrong type for '%s' with operator '%s' at position %d", f.name, op, literal.at)
	switch f.kind {
	case fieldTime:
		want, err := parseTime(literal.word)
		if literal.kind != tokenWord || err != nil {
			return nil, mismatch
		}
		return ordered(op, f.time, want, time.Time.Compare), nil
	case fieldNumber:
		want, err := strconv.ParseFloat(literal.word, 64)
		if literal.kind != tokenWord || err != nil {
			return nil, mismatch
		}
		return ordered(op, f.number, want, cmp.Compare[float64]), nil
	case fieldBool:
		if literal.kind != tokenWord || literal.word != "true" && literal.word != "false" || op != "eq" && op != "ne" {
			return nil, mismatch
		}
		return ordered(op, f.raw, literal.word, strings.Compare), nil
	default: // the kinds of text
		if literal.kind != tokenText || literal.word != "" && f.kind != fieldEnum {
			return nil, mismatch
		}
		return ordered(op, f.text, f.fold(literal.text), strings.Compare), nil
	}
}

func (f field) compareNull(op string) (condition, error) {
	if op != "eq" && op != "ne" {
		return nil, fmt.Errorf("null cannot be compared with operator '%s'", op)
	}
	return func(o *object) bool {
		raw := f.value(o)
		return (len(raw) == 0 || string(raw) == "null") == (op == "eq")
	}, nil
}

// ordered compares what get finds with want. A value that is absent or of
// another type equals nothing and is neither before nor after anything.
func ordered[T any](op string, get func(*object) (T, bool), want T, compare func(T, T) int) condition {
	return func(o *object) bool {
		got, ok := get(o)
		if !ok {
			return op == "ne"
		}
		switch c := compare(got, want); op {
		case "eq":
			return c == 0
		case "ne":
			return c != 0
		case "gt":
			return c > 0
		case "ge":
			return c >= 0
		case "lt":
			return c < 0
		default:
			return c <= 0
		}
	}
}

func (f field) fold(s string) string {
	if f.kind == fieldFolded {
		return strings.ToLower(s)
	}
	return s
}

// value finds the member, which a path like status/errorCode may name.
func (f field) value(o *object) json.RawMessage {
	name, rest, nested := strings.Cut(f.name, "/")
	if !nested {
		return o.raw(name)
	}
	inner, err := parseObject(o.raw(name))
	if err != nil {
		return nil // null, or not there
	}
	return field{name: rest}.value(inner)
}

func (f field) text(o *object) (string, bool) {
	var s *string
	if json.Unmarshal(f.value(o), &s) != nil || s == nil {
		return "", false
	}
	return f.fold(*s), true
}

func (f field) raw(o *object) (string, bool) {
	raw := f.value(o)
	return string(raw), len(raw) > 0
}

// number takes the value as a number or, as some feeds write ids, as a string of digits.
func (f field) number(o *object) (float64, bool) {
	n, err := strconv.ParseFloat(strings.Trim(string(f.value(o)), `"`), 64)
	return n, err == nil
}

func (f field) time(o *object) (time.Time, bool) {
	t, err := parseTime(o.text(f.name))
	return t, err == nil
}

// parseTime reads a time as real feeds write it: any number of fraction
// digits, and an hour that may lack its leading zero.
func parseTime(s string) (time.Time, error) {
	if len(s) > 12 && s[10] == 'T' && s[12] == ':' {
		s = s[:11] + "0" + s[11:]
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("read time %q: %w", s, err)
	}
	return t, nil
}

// writeTime writes a time with the seven fraction digits of the real feeds.
func writeTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// writeSeconds writes a time as the directory does, in whole seconds.
func writeSeconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
