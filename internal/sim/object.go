package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// An object is a stored resource. It keeps the order of its members and the
// bytes of every value, so that what was injected comes back as it was.
type object struct{ members []member }

type member struct {
	name  string
	value json.RawMessage // compact, nothing else changed
}

// parseObject reads one JSON object and nothing after it.
func parseObject(text []byte) (*object, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	d := json.NewDecoder(&compact)
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	o := &object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read a member name: %w", err)
		}
		m := member{name: fmt.Sprint(name)}
		if err := d.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("read %s: %w", m.name, err)
		}
		o.members = append(o.members, m)
	}
	return o, nil
}

// newObject makes an object from names and Go values in turn. It is for the
// cloud's own objects, whose values always marshal.
func newObject(pairs ...any) *object {
	o := &object{members: make([]member, 0, len(pairs)/2)}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// raw returns the value of a member, or nil when there is none.
func (o *object) raw(name string) json.RawMessage {
	for _, m := range o.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// text returns a string member, or "" when it is absent, null or not a string.
func (o *object) text(name string) string {
	var s string
	if json.Unmarshal(o.raw(name), &s) != nil {
		return ""
	}
	return s
}

// isTrue reports whether a member is the boolean true.
func (o *object) isTrue(name string) bool { return string(o.raw(name)) == "true" }

// set changes a member in place, or appends it.
func (o *object) set(name string, value any) {
	raw, ok := value.(json.RawMessage)
	if !ok {
		raw = encode(value)
	}
	for i := range o.members {
		if o.members[i].name == name {
			o.members[i].value = raw
			return
		}
	}
	o.members = append(o.members, member{name, raw})
}

// clone returns a copy that may be changed without touching the original.
func (o *object) clone() *object {
	return &object{members: append([]member(nil), o.members...)}
}

// pick returns the named members that the object has, in its own order. What
// kind of object it is stays with it.
func (o *object) pick(names []string) *object {
	out := &object{}
	for _, m := range o.members {
		if m.name == "@odata.type" || slices.Contains(names, m.name) {
			out.members = append(out.members, m)
		}
	}
	return out
}

// appendTo writes the object as JSON at the end of b.
func (o *object) appendTo(b []byte) []byte {
	b = append(b, '{')
	for i, m := range o.members {
		if i > 0 {
			b = append(b, ',')
		}
		if plain(m.name) {
			b = append(append(append(b, '"'), m.name...), '"')
		} else {
			b = append(b, encode(m.name)...)
		}
		b = append(append(b, ':'), m.value...)
	}
	return append(b, '}')
}

// MarshalJSON lets objects stand inside other values.
func (o *object) MarshalJSON() ([]byte, error) { return o.appendTo(nil), nil }

// encode marshals one of the cloud's own values without escaping HTML. Such
// values always marshal; a failure is a bug in this package.
func encode(v any) json.RawMessage {
	if s, ok := v.(string); ok && plain(s) {
		return json.RawMessage(`"` + s + `"`)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("sim: encode %T: %v", v, err))
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// plain reports whether a string needs no escape in JSON.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
