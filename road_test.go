package cordon_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wire finds the method of the call that a comment of internal/microsoft
// names.
var wire = regexp.MustCompile(`(?m)^Wire: +([A-Z]+) `)

// TestOneRoad: what changes a tenant is called by the verbs of
// internal/action alone, and verbs are done by the engine alone, in the one
// function that guard's word and the written intent come before.
func TestOneRoad(t *testing.T) {
	t.Parallel()
	writes := writing(t)
	if len(writes) < 20 || !slices.Contains(writes, "SetEnabled") || slices.Contains(writes, "Get") {
		t.Fatalf("writes: %q", writes)
	}
	var done []string
	for file, f := range sources(t, "internal", "cmd") {
		if dir := filepath.ToSlash(filepath.Dir(file)); dir == "internal/microsoft" || dir == "internal/sim" || dir == "internal/action" {
			continue
		}
		for _, use := range uses(f) {
			if slices.Contains(writes, use.name) {
				t.Errorf("%s: %s calls %s past guard and audit: make it a verb of internal/action", file, use.in, use.name)
			}
			if use.name == "Do" && knows(f, "/internal/action") {
				done = append(done, filepath.ToSlash(file)+" "+use.in)
			}
		}
	}
	if want := []string{"internal/engine/advance.go act"}; !slices.Equal(done, want) {
		t.Errorf("verbs are done in %q, want %q", done, want)
	}
}

// writing returns the methods of internal/microsoft that do more than read.
func writing(t *testing.T) (names []string) {
	t.Helper()
	reads := []string{"RunQuery", "CheckMemberGroups"} // they ask with a body
	for _, f := range sources(t, "internal/microsoft") {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() || slices.Contains(reads, fn.Name.Name) {
				continue
			}
			found := wire.FindAllStringSubmatch(fn.Doc.Text(), -1)
			if slices.ContainsFunc(found, func(m []string) bool { return m[1] != "GET" }) && !strings.Contains(fn.Doc.Text(), "/oauth2/") {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
}

// A use is a name picked out of something, in a function.
type use struct{ in, name string }

func uses(f *ast.File) (found []use) {
	for _, d := range f.Decls {
		in := "a declaration"
		if fn, ok := d.(*ast.FuncDecl); ok {
			in = fn.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && !ofPackage(f, s.X) {
				found = append(found, use{in, s.Sel.Name})
			}
			return true
		})
	}
	return found
}

// ofPackage reports whether what follows x is a name of another package, and
// no method.
func ofPackage(f *ast.File, x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return ok && slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return strings.HasSuffix(i.Path.Value, "/"+id.Name+`"`) })
}

// knows reports whether a file imports a package of ours.
func knows(f *ast.File, path string) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		return i.Path.Value == `"`+module+path+`"`
	})
}

// sources reads the files below some folders, save tests.
func sources(t *testing.T, roots ...string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files[path], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
