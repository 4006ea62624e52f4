package microsoft

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cordonhq/cordon"
)

// itemDepth is how deep the JSON of one item may nest. The deepest that
// Microsoft sends are evidence of alerts, with some 10 levels.
const itemDepth = 100

// lenient takes what strict readers refuse and feeds do send.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// patient skips, on top, values of another kind than the field's.
var patient = json.JoinOptions(lenient, json.WithUnmarshalers(json.UnmarshalFromFunc(skipStrange)))

// Decode reads one item of a feed, or one object. Unknown fields are left
// out, and a field of a surprising type stays empty: one strange field does
// not lose the item. What is no JSON, or nests too deep, is ErrMalformed.
func Decode[T any](raw []byte) (T, error) {
	var v T
	if tooDeep(raw, itemDepth) {
		return v, fmt.Errorf("microsoft: decode %T: nested too deep: %w", v, cordon.ErrMalformed)
	}
	err := json.Unmarshal(raw, &v, lenient)
	if strange := new(json.SemanticError); errors.As(err, &strange) {
		var again T
		v, err = again, json.Unmarshal(raw, &again, patient)
		v = again
	}
	if err != nil {
		var zero T
		return zero, fmt.Errorf("microsoft: decode %T: %s: %w", zero, clean(err.Error(), 120), cordon.ErrMalformed)
	}
	return v, nil
}

// skipStrange leaves out a value that does not fit where it should go.
func skipStrange(dec *jsontext.Decoder, v any) error {
	t := reflect.TypeOf(v).Elem()
	if dec.StackDepth() == 0 || fits(dec.PeekKind(), t) {
		return errors.ErrUnsupported // the usual way
	}
	return dec.SkipValue()
}

func fits(kind jsontext.Kind, t reflect.Type) bool {
	if kind == 'n' || reflect.PointerTo(t).Implements(reflect.TypeFor[json.UnmarshalerFrom]()) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer:
		return fits(kind, t.Elem()) // so that it stays nil, which says unknown
	case reflect.Interface:
		return true
	case reflect.String:
		return kind == '"'
	case reflect.Bool:
		return kind == 't' || kind == 'f'
	case reflect.Struct, reflect.Map:
		return kind == '{'
	case reflect.Slice:
		return kind == '[' || t.Elem().Kind() == reflect.Uint8
	default:
		return kind == '0'
	}
}

// tooDeep reports whether JSON nests deeper than max. Text with fewer openings
// cannot, and to count them costs next to nothing.
func tooDeep(raw []byte, max int) bool {
	if bytes.Count(raw, []byte{'{'})+bytes.Count(raw, []byte{'['}) <= max {
		return false
	}
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > max {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// Text is a string that some feeds write as a number or a boolean. It keeps
// all digits. Null is empty, and so is anything else.
type Text string

// UnmarshalJSONFrom reads a string, a number or a boolean.
func (t *Text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case '"', '0', 't', 'f':
		tok, err := dec.ReadToken()
		if err == nil {
			*t = Text(tok.String())
		}
		return err
	default:
		*t = ""
		return dec.SkipValue()
	}
}
