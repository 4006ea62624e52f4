package microsoft

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	gotoken "go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cordonhq/cordon"
)

var update = flag.Bool("update", false, "write what is made of the comments")

const (
	tableFile = "permissions.go"
	pageFile  = "../../docs/reference/permissions.md"
)

// The table and the page say what the comments say, and every method that
// makes a call has a comment that says it.
func TestPermissions(t *testing.T) {
	t.Parallel()
	docs := callDocs(t)
	for file, want := range map[string][]byte{tableFile: permissionTable(t, docs), pageFile: permissionPage(docs)} {
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): go test ./internal/microsoft -run TestPermissions -update", file, err)
		}
	}
	if *update {
		return // the table that was compiled is the old one
	}
	if got := Calls(); !reflect.DeepEqual(got, docs) {
		t.Errorf("the table holds other calls than the comments:\n%v\n%v", got, docs)
	}
}

// Every service of the client has calls, and each call goes to its own API.
func TestCallsAreWhole(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[Client]()
	calls := Calls()
	for i := range client.NumField() {
		if f := client.Field(i); f.IsExported() && !slices.ContainsFunc(calls, func(d CallDoc) bool { return d.Service == f.Name }) {
			t.Errorf("service %s makes no calls", f.Name)
		}
	}
	for _, d := range calls {
		for _, wire := range d.Wire {
			if strings.Contains(wire, " /api/") != (d.Resource == ResourceDefender) {
				t.Errorf("%s.%s: %s is not of %s", d.Service, d.Method, wire, d.Resource)
			}
		}
	}
}

// A change of a user needs no more than what lets it change users.
func TestCallsOfDisabling(t *testing.T) {
	t.Parallel()
	want := CallDoc{Service: "Users", Method: "SetEnabled", Wire: []string{"PATCH /users/{id}"},
		Needs: []string{"User.EnableDisableAccount.All", "User.Read.All"}, Resource: ResourceGraph,
		Role: "Privileged Authentication Administrator, for a user who is an administrator"}
	i := slices.IndexFunc(Calls(), func(d CallDoc) bool { return d.Service == "Users" && d.Method == "SetEnabled" })
	if i < 0 || !reflect.DeepEqual(Calls()[i], want) {
		t.Errorf("got %d, want %+v", i, want)
	}
}

// What the comments need can be asked for when an app is registered: each
// permission of Graph has an id, except those whose id nobody wrote down.
func TestPermissionIDs(t *testing.T) {
	t.Parallel()
	unpublished := []string{"Application.Read.All"}
	var lacking []string
	for _, d := range Calls() {
		for _, need := range d.Needs {
			id, ok := PermissionID(need)
			if d.Resource == ResourceGraph && isPermission(need) && !ok {
				lacking = append(lacking, need)
			}
			if ok && !cordon.IsGUID(id) {
				t.Errorf("%s has id %q", need, id)
			}
		}
	}
	slices.Sort(lacking)
	if lacking = slices.Compact(lacking); !slices.Equal(lacking, unpublished) {
		t.Errorf("no id for %q, want %q", lacking, unpublished)
	}
	if id, ok := PermissionID("User.Read.All"); !ok || id != "df021288-bdef-4463-88db-98f22de89214" {
		t.Errorf("User.Read.All: got %q, %v", id, ok)
	}
	if id, ok := PermissionID("user.read.all"); ok {
		t.Errorf("got %q for what is no permission", id)
	}
	var ids []string
	for _, p := range permissionIDs() {
		ids = append(ids, p.id)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(permissionIDs()) {
		t.Error("two permissions share an id")
	}
	if ResourceAppID(ResourceGraph) == ResourceAppID(ResourceDefender) || !cordon.IsGUID(ResourceAppID(ResourceDefender)) {
		t.Error("the APIs are not told apart")
	}
}

// The parser fails on what it cannot read, rather than leaving it out.
func TestPermissionsFail(t *testing.T) {
	t.Parallel()
	for name, comment := range map[string]string{
		"nothing": "Get gets.\n", "no needs": "Wire:  GET /users\n", "no wire": "Needs: User.Read.All\n",
		"no path": "Wire: GET users\nNeeds: User.Read.All\n", "no method": "Wire: LOOK /users\nNeeds: User.Read.All\n",
		"needs nonsense": "Wire: GET /users\nNeeds: User.Read.All, a lot\n", "strange API": "Wire: GET /users\nNeeds: User.Read.All (of Exchange)\n",
	} {
		if d, err := readComment("Users", "Get", comment); err == nil {
			t.Errorf("%s: got %+v", name, d)
		}
	}
	login := "Wire: POST /{tenant}/oauth2/v2.0/token\n"
	if _, err := readComment("", "TokenInfo", login); err != nil {
		t.Errorf("signing in needs no permission: %v", err)
	}
}

// callDocs reads the comments of all methods that make calls.
func callDocs(t *testing.T) []CallDoc {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var docs []CallDoc
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != tableFile {
			docs = append(docs, fileDocs(t, name)...)
		}
	}
	slices.SortFunc(docs, func(a, b CallDoc) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Method, b.Method))
	})
	return docs
}

func fileDocs(t *testing.T, name string) (docs []CallDoc) {
	t.Helper()
	file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		service, of := receiver(f)
		if !ok || !of || !f.Name.IsExported() || !takesContext(f) {
			continue
		}
		d, err := readComment(service, f.Name.Name, f.Doc.Text())
		if err != nil {
			t.Errorf("%s: %s.%s: %v", name, service, f.Name.Name, err)
			continue
		}
		docs = append(docs, d)
	}
	return docs
}

// receiver returns the service that a method belongs to, or "" for the client.
func receiver(f *ast.FuncDecl) (service string, ok bool) {
	if f == nil || f.Recv == nil {
		return "", false
	}
	star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return "", false
	}
	ident, ok := star.X.(*ast.Ident)
	if !ok {
		return "", false
	}
	service, ok = strings.CutSuffix(ident.Name, "Service")
	if ident.Name == "Client" {
		return "", true
	}
	return service, ok
}

func takesContext(f *ast.FuncDecl) bool {
	if len(f.Type.Params.List) == 0 {
		return false
	}
	sel, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Context"
}

var (
	wireLine   = regexp.MustCompile(`^(GET|POST|PATCH|PUT|DELETE) /(\{[^}]*\}|\S)*$`)
	permission = regexp.MustCompile(`^[A-Z][A-Za-z-]*(\.[A-Z][A-Za-z-]*)+$`)
)

func isPermission(s string) bool { return permission.MatchString(s) }

// readComment reads the lines Wire, Needs, Role and Licence of a comment.
func readComment(service, method, comment string) (CallDoc, error) {
	d := CallDoc{Service: service, Method: method, Resource: ResourceGraph}
	for line := range strings.Lines(comment) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Wire":
			d.Wire = append(d.Wire, value)
		case "Needs":
			if of, ok := strings.CutSuffix(value, " (of WindowsDefenderATP)"); ok {
				value, d.Resource = of, ResourceDefender
			}
			d.Needs = strings.Split(value, ", ")
		case "Role":
			d.Role = value
		case "Licence":
			d.Licence = value
		}
	}
	return d, whole(d)
}

func whole(d CallDoc) error {
	if len(d.Wire) == 0 {
		return fmt.Errorf("its comment names no call")
	}
	for _, wire := range d.Wire {
		if !wireLine.MatchString(wire) {
			return fmt.Errorf("%q is no call", wire)
		}
	}
	others := len(d.Needs) == 1 && strings.HasPrefix(d.Needs[0], "the permission") // those of what it is about
	signIn := d.Needs == nil && strings.Contains(d.Wire[0], "/oauth2/")
	if !others && !signIn && (len(d.Needs) == 0 || slices.ContainsFunc(d.Needs, func(s string) bool { return !isPermission(s) })) {
		return fmt.Errorf("%q are no permissions", d.Needs)
	}
	return nil
}

// permissionTable returns the docs as the source of Calls.
func permissionTable(t *testing.T, docs []CallDoc) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("// Code generated from the comments of the methods by TestPermissions; DO NOT EDIT.\n\npackage microsoft\n\n")
	b.WriteString("// Calls returns what every method asks of Microsoft and needs for that, by\n// service and method.\nfunc Calls() []CallDoc {\n\treturn []CallDoc{\n")
	for _, d := range docs {
		resource := "ResourceGraph"
		if d.Resource == ResourceDefender {
			resource = "ResourceDefender"
		}
		fmt.Fprintf(&b, "{Service: %q, Method: %q, Wire: %#v, Resource: %s", d.Service, d.Method, d.Wire, resource)
		if d.Needs != nil {
			fmt.Fprintf(&b, ", Needs: %#v", d.Needs)
		}
		if d.Role != "" {
			fmt.Fprintf(&b, ", Role: %q", d.Role)
		}
		if d.Licence != "" {
			fmt.Fprintf(&b, ", Licence: %q", d.Licence)
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n}\n")
	source, err := format.Source(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// permissionPage returns the docs as a page.
func permissionPage(docs []CallDoc) []byte {
	var b bytes.Buffer
	b.WriteString(`# Permissions

What each call to Microsoft needs, as application permissions. All that are named are needed; where Microsoft accepts
several, the least is named. Those of Defender for Endpoint belong to the API *WindowsDefenderATP*, all others to
*Microsoft Graph*. A directory role is one that the app itself must hold besides, and only for the targets named.

This page is made of the comments in ` + "`internal/microsoft`" + `: change those, then run
` + "`go test ./internal/microsoft -run TestPermissions -update`" + `.
`)
	service := "\x00"
	for _, d := range docs {
		if d.Service != service {
			service = d.Service
			fmt.Fprintf(&b, "\n## %s\n\n| method | calls | permissions | directory role | licence |\n| --- | --- | --- | --- | --- |\n", cmp.Or(service, "Client"))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", d.Method, code(d.Wire), needs(d), d.Role, d.Licence)
	}
	return b.Bytes()
}

func needs(d CallDoc) string {
	switch {
	case d.Needs == nil:
		return "none"
	case !isPermission(d.Needs[0]):
		return d.Needs[0]
	}
	return code(d.Needs)
}

func code(words []string) string { return "`" + strings.Join(words, "`<br>`") + "`" }
