package sim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A reading compares answers with metadata and notes what differs.
type reading struct {
	schema *schema
	values int             // how many values were compared
	wrong  map[string]bool // one sentence for each kind of difference
}

func (r *reading) complain(format string, args ...any) { r.wrong[fmt.Sprintf(format, args...)] = true }

// answer reads a whole answer: an object, a list, or a value in an envelope.
func (r *reading) answer(where, kind string, body []byte) {
	o, err := parseObject(body)
	if err != nil {
		r.complain("%s: %v", where, err)
		return
	}
	list := strings.HasPrefix(kind, "Collection(")
	if value := o.raw("value"); list || strings.HasPrefix(kind, "Edm.") || o.raw("@odata.context") != nil && value != nil && r.noValue(kind) {
		r.value(where, csdlProperty{Type: kind, Nullable: "false"}, value)
		return
	}
	r.object(where, kind, o)
}

// noValue reports whether a type has no property that is called value.
func (r *reading) noValue(kind string) bool {
	_, ok := r.schema.property(kind, "value")
	return !ok
}

// value compares one value with its declaration.
func (r *reading) value(where string, p csdlProperty, raw json.RawMessage) {
	r.values++
	element, many := strings.CutPrefix(p.Type, "Collection(")
	if !many {
		r.single(where, p, raw)
		return
	}
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil || all == nil {
		r.complain("%s is %s and not a list of %s", where, excerpt(raw), element)
		return
	}
	for _, one := range all {
		r.single(where+"[]", csdlProperty{Type: strings.TrimSuffix(element, ")"), Nullable: "false"}, one)
	}
}

func (r *reading) single(where string, p csdlProperty, raw json.RawMessage) {
	if string(raw) == "null" {
		if p.Nullable == "false" {
			r.complain("%s is null and is not nullable", where)
		}
		return
	}
	if e := r.schema.enums[p.Type]; e != nil {
		r.enum(where, e, raw)
		return
	}
	if r.schema.types[p.Type] == nil {
		if !primitive(p.Type, raw) {
			r.complain("%s is %s and not %s", where, excerpt(raw), p.Type)
		}
		return
	}
	o, err := parseObject(raw)
	if err != nil {
		r.complain("%s is %s and not %s", where, excerpt(raw), p.Type)
		return
	}
	r.object(where, p.Type, o)
}

// object compares every member. What kind of object it is, it may say itself.
func (r *reading) object(where, kind string, o *object) {
	if own := strings.TrimPrefix(o.text("@odata.type"), "#"); own != "" {
		if !r.schema.derives(own, kind) {
			r.complain("%s is of the type %s, which is no %s", where, own, kind)
			return
		}
		kind = own
	}
	for _, m := range o.members {
		if strings.Contains(m.name, "@") {
			continue
		}
		p, ok := r.schema.property(kind, m.name)
		switch at := kind[strings.LastIndexByte(kind, '.')+1:] + "." + m.name; {
		case ok:
			r.value(at, p, m.value)
		case !r.schema.open(kind):
			r.complain("%s: %s is unknown", where, at)
		}
	}
}

func (r *reading) enum(where string, e *csdlEnum, raw json.RawMessage) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		r.complain("%s is %s and not a member of %s", where, excerpt(raw), e.Name)
		return
	}
	words := []string{text}
	if e.IsFlags {
		words = strings.Split(text, ",")
	}
	for _, w := range words {
		if !slices.ContainsFunc(e.Members, func(m csdlProperty) bool { return m.Name == w }) {
			r.complain("%s: %q is no member of %s", where, w, e.Name)
		}
	}
}

var guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// primitive reports whether a value is of one of the types that OData brings along.
func primitive(kind string, raw json.RawMessage) bool {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	switch kind {
	case "Edm.String":
		return isText
	case "Edm.Boolean":
		return string(raw) == "true" || string(raw) == "false"
	case "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte":
		_, err := strconv.ParseInt(string(raw), 10, 64)
		return err == nil
	case "Edm.Double", "Edm.Single", "Edm.Decimal":
		_, err := strconv.ParseFloat(string(raw), 64)
		return err == nil
	case "Edm.DateTimeOffset":
		_, err := time.Parse(time.RFC3339Nano, text)
		return isText && err == nil
	case "Edm.Date":
		_, err := time.Parse(time.DateOnly, text)
		return isText && err == nil
	case "Edm.Guid":
		return isText && guidForm.MatchString(text)
	case "Edm.Duration":
		return isText && strings.HasPrefix(text, "P")
	case "Edm.Binary", "Edm.Stream":
		_, err := base64.StdEncoding.DecodeString(text)
		return isText && err == nil
	}
	return false
}

// excerpt is a value that fits into a sentence.
func excerpt(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "absent"
	}
	return string(raw[:min(len(raw), 60)])
}
