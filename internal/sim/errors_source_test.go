package sim

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// anything stands in a refusal of the source for what only a run can tell.
const anything = "…"

// A refuser is a function that refuses: what it always says, and which of its
// arguments say the rest. -1 is no argument.
type refuser struct {
	status, code, number, text int

	always  refusalSite
	prefix  string // of the message
	suffix  string
	printed bool // the text is a format
}

// refusers are the functions that refuse, and those inside others, which have
// the name of the outer one before theirs.
func refusers() map[string]refuser {
	login := refusalSite{status: 400}
	client := refusalSite{status: 401, code: "invalid_client"}
	return map[string]refuser{
		"refuse":       {status: 0, code: 1, number: -1, text: 2, printed: true},
		"badRequest":   {status: -1, code: -1, number: -1, text: 0, always: refusalSite{status: 400, code: "BadRequest"}},
		"badDirectory": {status: -1, code: -1, number: -1, text: 0, always: refusalSite{status: 400, code: "Request_BadRequest"}},
		"notModelled":  {status: -1, code: -1, number: -1, text: 0, printed: true, always: refusalSite{status: 501, code: "SimulatorNotModelled"}, prefix: "The simulator does not model ", suffix: "."},
		"loginError":   {status: 0, code: 1, number: 2, text: 3, printed: true},
		"invalid":      {status: -1, code: 0, number: -1, text: 1, printed: true, always: refusalSite{status: 400}},
		"noSuch":       {status: -1, code: -1, number: -1, text: 0, always: refusalSite{status: 404, code: "ResourceNotFound"}, suffix: " " + anything + " was not found"},
		"badAssertion": {status: -1, code: -1, number: 0, text: 1, printed: true, always: client},

		"resourceOf bad":        {status: -1, code: -1, number: 0, text: 1, printed: true, always: refusalSite{status: 400, code: "invalid_scope"}},
		"poll bad":              {status: -1, code: 0, number: 1, text: 2, always: login},
		"identify unauthorized": {status: -1, code: -1, number: -1, text: 0, always: refusalSite{status: 401, code: anything}},
		"checkGrant missing": {status: -1, code: -1, number: -1, text: 0, always: refusalSite{status: 400, code: "invalid_request 900144"},
			prefix: "The request body must contain the following parameter: '", suffix: "'."},
		"unknownTenant": {status: -1, code: 1, number: -1, text: -1, always: refusalSite{status: 400}, prefix: "Tenant '" + anything + "' not found. " + anything},
	}
}

// A reason is an error inside the package whose text becomes part of what a
// refusal says. The functions that make such errors, by file; no function
// means all of the file.
func reasons() map[string][]string {
	return map[string][]string{
		"batch.go": nil, "filter.go": nil, "filter_lex.go": nil, "hunting_span.go": nil,
		"filter_field.go":    {"compare", "compareNull"},
		"login_assertion.go": {"readAssertion"},
		"outbox.go":          {"validate"},
		"token.go":           {"verify"},
	}
}

// unprovoked are the refusals that no call can provoke, by file and function.
func unprovoked() map[string]string {
	return map[string]string{
		"answer.go refused":     "a mistake of the simulator itself",
		"exchange.go readPlain": "the encoding is a header, which rows do not have: TestCompressedBodies",
	}
}

// A refusalSite is a place in the source that refuses something.
type refusalSite struct {
	at      string // file:line
	status  int    // 0: only a run can tell
	code    string // as in the table; … likewise
	message string
	part    bool // the message is a part of one, and status and code are told elsewhere
}

func (s refusalSite) String() string {
	if s.part {
		return fmt.Sprintf(`row(…, "…%s…", …)`, s.message)
	}
	return fmt.Sprintf(`row(…, %d, %q, %q, …)`, s.status, s.code, s.message)
}

// provokedBy reports whether one of the errors that came may have come from here.
func (s refusalSite) provokedBy(heard []failure) bool {
	if s.part {
		s.code, s.message = anything, anything+s.message+anything
	}
	return slices.ContainsFunc(heard, func(f failure) bool {
		return (s.status == 0 || s.status == f.status) && wording(s.code).MatchString(f.code) && wording(s.message).MatchString(f.message)
	})
}

// refusals reads the package's source.
func refusals(t *testing.T) []refusalSite {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var out []refusalSite
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, refusalsIn(t, f.Name(), text)...)
	}
	if len(out) < 100 {
		t.Errorf("found only %d refusals in the source", len(out))
	}
	return out
}

// refusalsIn reads one file.
func refusalsIn(t *testing.T, name string, text []byte) (out []refusalSite) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := refusers()
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if _, helper := all[funcName(d)]; !ok || helper || unprovoked()[name+" "+f.Name.Name] != "" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if assign, ok := n.(*ast.AssignStmt); ok && len(assign.Lhs) == 1 {
				if id, ok := assign.Lhs[0].(*ast.Ident); ok {
					if _, helper := all[f.Name.Name+" "+id.Name]; helper {
						return false // what it says, it says where it is called
					}
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := siteOf(name, f.Name.Name, call); ok {
				s.at = set.Position(call.Pos()).String()
				out = append(out, s)
			}
			return true
		})
	}
	return out
}

// siteOf reads a call in a function when it refuses something, or when it
// makes the reason of a refusal.
func siteOf(file, function string, call *ast.CallExpr) (refusalSite, bool) {
	switch called := call.Fun.(type) {
	case *ast.Ident:
		all := refusers()
		r, ok := all[function+" "+called.Name]
		if !ok {
			r, ok = all[called.Name]
		}
		if ok {
			return r.read(call), true
		}
	case *ast.SelectorExpr:
		functions, ok := reasons()[file]
		if ok = ok && (functions == nil || slices.Contains(functions, function)); ok && (called.Sel.Name == "Errorf" || called.Sel.Name == "New") {
			text := strings.TrimPrefix(textOf(call.Args[0]), "%w: ") // that it is not modelled, the caller says
			return refusalSite{message: verb.ReplaceAllString(text, anything), part: true}, true
		}
	}
	return refusalSite{}, false
}

// verb is what a format has filled in.
var verb = regexp.MustCompile(`%[a-z]`)

func funcName(d ast.Decl) string {
	if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
		return f.Name.Name
	}
	return ""
}

// read reads what a call of a refuser says.
func (r refuser) read(call *ast.CallExpr) refusalSite {
	s := r.always
	if r.status >= 0 {
		s.status = statusOf(call.Args[r.status])
	}
	if r.code >= 0 {
		s.code = textOf(call.Args[r.code])
	}
	switch {
	case r.number >= 0:
		s.code += " " + textOf(call.Args[r.number])
	case s.code == "invalid_request" || s.code == "invalid_tenant":
		s.code += " 90002"
	}
	if r.text >= 0 {
		s.message = textOf(call.Args[r.text])
		if r.printed {
			s.message = verb.ReplaceAllString(s.message, anything)
		}
	}
	s.message = r.prefix + s.message + r.suffix
	return s
}

// textOf is a constant text or number; … for the parts that are not constant.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value) // it has been parsed
			return text
		}
		return e.Value
	case *ast.BinaryExpr:
		return textOf(e.X) + textOf(e.Y)
	}
	return anything
}

// statusOf is a status by number or by its name in net/http.
func statusOf(e ast.Expr) int {
	if s, ok := e.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Status") && s.Sel.Name != "Status" {
		name := strings.TrimPrefix(s.Sel.Name, "Status")
		for status := 400; status < 600; status++ {
			if strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(status)) == name {
				return status
			}
		}
	}
	n, _ := strconv.Atoi(textOf(e)) // 0 is any
	return n
}

// TestRefusalsIn shows that a place without a row is found, and what of it is read.
func TestRefusalsIn(t *testing.T) {
	t.Parallel()
	const source = `package sim
func a() { refuse(http.StatusGone, "Tea"+"pot", "%s is %d", x, y) }
func b() { badRequest("The " + x + " is no tea."); notModelled("tea with '%s'", x); loginError(400, "invalid_tea", 123, "No.") }
func poll() { bad := func() { loginError(http.StatusBadRequest, kind, number, "%s", m) }; bad("slow_tea", 7, "Wait.") }
func c() { refuse(f.Status, code(f), "%s", m) }
func d() { errors.New("told to nobody") }
`
	want := []refusalSite{
		{"x.go:2:12", 410, "Teapot", "… is …", false},
		{"x.go:3:12", 400, "BadRequest", "The … is no tea.", false},
		{"x.go:3:52", 501, "SimulatorNotModelled", "The simulator does not model tea with '…'.", false},
		{"x.go:3:85", 400, "invalid_tea 123", "No.", false},
		{"x.go:4:91", 400, "slow_tea 7", "Wait.", false},
		{"x.go:5:12", 0, "…", "…", false},
	}
	got := refusalsIn(t, "x.go", []byte(source))
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	reason := refusalsIn(t, "batch.go", []byte("package sim\nfunc e() { fmt.Errorf(\"%w: the pot '%s'\", x, y) }"))
	if want := []refusalSite{{"batch.go:2:12", 0, "", "the pot '…'", true}}; !slices.Equal(reason, want) {
		t.Errorf("got  %v\nwant %v", reason, want)
	}
	heard := []failure{{status: 410, code: "Teapot", message: "This is 1"}, {status: 400, code: "BadRequest", message: "The pot is broken."}}
	for i, provoked := range []bool{true, false, false, false, false, true} {
		if got[i].provokedBy(heard) != provoked {
			t.Errorf("%s: provoked %t", got[i], !provoked)
		}
	}
	if reason[0].provokedBy(heard) || !reason[0].provokedBy([]failure{{message: "Bad tea: the pot 'x' leaks."}}) {
		t.Errorf("%s is not found where it is told, or where it is not", reason[0])
	}
}
