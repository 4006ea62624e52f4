package sim

import (
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A schema is one cloud's metadata: its types, and where they are.
type schema struct {
	types map[string]*csdlType // entity and complex types by full name
	enums map[string]*csdlEnum
	roots map[string]string // entity sets, as Collection(…), and singletons
	calls map[string]string // actions and functions: what they return, by binding type and name

	props map[string]map[string]csdlProperty // of the types that were asked for, inherited ones too
}

type csdlType struct {
	Name       string         `xml:"Name,attr"`
	BaseType   string         `xml:"BaseType,attr"`
	OpenType   bool           `xml:"OpenType,attr"`
	Properties []csdlProperty `xml:"Property"`
	Navigation []csdlProperty `xml:"NavigationProperty"`
}

type csdlProperty struct {
	Name     string `xml:"Name,attr"`
	Type     string `xml:"Type,attr"`
	Nullable string `xml:"Nullable,attr"` // "false", or absent
}

type csdlEnum struct {
	Name    string         `xml:"Name,attr"`
	IsFlags bool           `xml:"IsFlags,attr"`
	Members []csdlProperty `xml:"Member"`
}

type csdlCall struct {
	Name       string         `xml:"Name,attr"`
	Parameters []csdlProperty `xml:"Parameter"`
	ReturnType csdlProperty   `xml:"ReturnType"`
}

type csdlSchema struct {
	Namespace string     `xml:"Namespace,attr"`
	Alias     string     `xml:"Alias,attr"`
	Enums     []csdlEnum `xml:"EnumType"`
	Complex   []csdlType `xml:"ComplexType"`
	Entities  []csdlType `xml:"EntityType"`
	Actions   []csdlCall `xml:"Action"`
	Functions []csdlCall `xml:"Function"`
	Container struct {
		Sets []struct {
			Name string `xml:"Name,attr"`
			Type string `xml:"EntityType,attr"`
		} `xml:"EntitySet"`
		Singletons []csdlProperty `xml:"Singleton"`
	} `xml:"EntityContainer"`
}

// readSchema reads the metadata of a cloud. It lies beside the project and is
// no part of it: where it is absent, the test is skipped and says so.
func readSchema(t *testing.T, name string) *schema {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "reference", "csdl", name+".csdl")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("Microsoft's metadata is not at %s: nothing was checked against it", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Schemas []csdlSchema `xml:"DataServices>Schema"`
	}
	if err := xml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	out := &schema{types: map[string]*csdlType{}, enums: map[string]*csdlEnum{}, roots: map[string]string{}, calls: map[string]string{},
		props: map[string]map[string]csdlProperty{}}
	for i := range file.Schemas {
		out.add(&file.Schemas[i], aliases(file.Schemas))
	}
	return out
}

// aliases are the short names of namespaces, each with a dot.
func aliases(all []csdlSchema) *strings.Replacer {
	var pairs []string
	for _, s := range all {
		if s.Alias != "" && s.Alias != s.Namespace {
			pairs = append(pairs, "("+s.Alias+".", "("+s.Namespace+".")
		}
	}
	return strings.NewReplacer(pairs...)
}

func (s *schema) add(from *csdlSchema, short *strings.Replacer) {
	full := func(name string) string {
		name = short.Replace("(" + strings.TrimSuffix(strings.TrimPrefix(name, "Collection("), ")") + ")")
		return strings.TrimSuffix(strings.TrimPrefix(name, "("), ")")
	}
	typed := func(name string) string {
		if strings.HasPrefix(name, "Collection(") {
			return "Collection(" + full(name) + ")"
		}
		return full(name)
	}
	for i := range from.Enums {
		s.enums[from.Namespace+"."+from.Enums[i].Name] = &from.Enums[i]
	}
	for _, list := range [][]csdlType{from.Complex, from.Entities} {
		for i := range list {
			ct := &list[i]
			ct.BaseType = full(ct.BaseType)
			for _, props := range [][]csdlProperty{ct.Properties, ct.Navigation} {
				for j := range props {
					props[j].Type = typed(props[j].Type)
				}
			}
			s.types[from.Namespace+"."+ct.Name] = ct
		}
	}
	for _, c := range slices.Concat(from.Actions, from.Functions) {
		if len(c.Parameters) > 0 {
			s.calls[typed(c.Parameters[0].Type)+" "+c.Name] = typed(c.ReturnType.Type)
		}
	}
	for _, set := range from.Container.Sets {
		s.roots[set.Name] = "Collection(" + full(set.Type) + ")"
	}
	for _, one := range from.Container.Singletons {
		s.roots[one.Name] = full(one.Type)
	}
}

// property finds a property or a navigation property of a type, or of those it
// is derived from.
func (s *schema) property(of, name string) (csdlProperty, bool) {
	all := s.props[of]
	if all == nil {
		all = map[string]csdlProperty{}
		for ct := s.types[of]; ct != nil; ct = s.types[ct.BaseType] {
			for _, p := range slices.Concat(ct.Properties, ct.Navigation) {
				all[p.Name] = p
			}
		}
		s.props[of] = all
	}
	p, ok := all[name]
	return p, ok
}

// open reports whether objects of a type may have what metadata does not name.
func (s *schema) open(name string) bool {
	for ct := s.types[name]; ct != nil; ct = s.types[ct.BaseType] {
		if ct.OpenType {
			return true
		}
	}
	return false
}

// derives reports whether a type is another one or derived from it.
func (s *schema) derives(name, from string) bool {
	for ; name != ""; name = s.types[name].BaseType {
		if name == from {
			return true
		}
		if s.types[name] == nil {
			return false
		}
	}
	return false
}

// at is the type of what a path of routes leads to, or "" when the cloud does
// not have it.
func (s *schema) at(path string) string {
	var here string
	for i, segment := range strings.Split(path, "/") {
		segment, _, _ = strings.Cut(segment, "(")
		element, many := strings.CutPrefix(here, "Collection(")
		element = strings.TrimSuffix(element, ")")
		switch {
		case i == 0:
			here = s.roots[segment]
		case segment == "{id}" && many:
			here = element
		case segment == "$count":
			here = "Edm.Int32"
		case s.types[segment] != nil:
			here = strings.Replace(here, element, segment, 1)
		default:
			here = s.below(here, element, segment)
		}
		if here == "" {
			return ""
		}
	}
	return here
}

// below is what a segment means after a type: a property, an action or a function.
func (s *schema) below(here, element, segment string) string {
	if p, ok := s.property(here, segment); ok {
		return p.Type
	}
	name := segment[strings.LastIndexByte(segment, '.')+1:]
	for ct := element; ct != ""; ct = s.types[ct].BaseType {
		if returned, ok := s.calls[strings.Replace(here, element, ct, 1)+" "+name]; ok {
			if returned == "" {
				return "nothing"
			}
			return returned
		}
		if s.types[ct] == nil {
			break
		}
	}
	return ""
}
