package app

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/cordonhq/cordon"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// unknownKey says which key is not known, and which one was probably meant.
func unknownKey(file *ast.File, err yaml.Error) (string, bool) {
	var unknown *yaml.UnknownFieldError
	if !errors.As(err, &unknown) || err.GetToken() == nil {
		return "", false
	}
	written := err.GetToken().Value
	if !keyLike.MatchString(written) {
		return "unknown key […]", true
	}
	text := fmt.Sprintf("unknown key %q", written)
	keys := keysOf(typeAt(reflect.TypeFor[Config](), pathOf(file, err.GetToken())))
	near := cordon.Near(written, keys)
	switch {
	case len(keys) == 0:
		return text, true
	case near != "":
		text += ": did you mean " + near + "? The keys here are "
	default:
		text += ": the keys here are "
	}
	return text + strings.Join(keys, ", "), true
}

// pathOf returns the keys that lead to the mapping in which a token is a key.
func pathOf(file *ast.File, at *token.Token) []string {
	if file == nil {
		return nil
	}
	f := &keyFinder{at: at}
	for _, doc := range file.Docs {
		ast.Walk(f, doc.Body)
	}
	return f.path
}

// A keyFinder finds the path of the mapping that has a key.
type keyFinder struct {
	at   *token.Token
	path []string
}

// steps are the keys of a path such as $.tenants[0].mode.
var steps = regexp.MustCompile(`[A-Za-z_]+`)

// Visit implements ast.Visitor.
func (f *keyFinder) Visit(n ast.Node) ast.Visitor {
	if pair, ok := n.(*ast.MappingValueNode); ok && pair.Key.GetToken() == f.at {
		if keys := steps.FindAllString(pair.Value.GetPath(), -1); len(keys) > 0 {
			f.path = keys[:len(keys)-1]
		}
	}
	return f
}

// typeAt returns the type that keys lead to, nil when they lead nowhere.
func typeAt(t reflect.Type, path []string) reflect.Type {
	for _, key := range path {
		var next reflect.Type
		for _, f := range fieldsOf(t) {
			if yamlKey(f) == key {
				next = f.Type
			}
		}
		for next != nil && (next.Kind() == reflect.Slice || next.Kind() == reflect.Pointer) {
			next = next.Elem()
		}
		if next == nil {
			return nil
		}
		t = next
	}
	return t
}

// keysOf are the keys that a mapping of this type may have.
func keysOf(t reflect.Type) (keys []string) {
	for _, f := range fieldsOf(t) {
		keys = append(keys, yamlKey(f))
	}
	return keys
}

// fieldsOf are the fields that have a key, those of inlined structs too.
func fieldsOf(t reflect.Type) (fields []reflect.StructField) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if yamlKey(f) != "" {
			fields = append(fields, f)
		}
	}
	return slices.Clip(fields)
}

func yamlKey(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}
