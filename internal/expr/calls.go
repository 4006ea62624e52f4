package expr

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/cordonhq/cordon"
)

// severities lists the words that rank knows.
func severities() []string {
	return words([]cordon.Severity{
		cordon.SeverityUnknown, cordon.SeverityInformational, cordon.SeverityLow, cordon.SeverityMedium, cordon.SeverityHigh,
	})
}

// rank is the function rank("medium") of conditions.
func rank(v ref.Val) ref.Val {
	s, ok := v.Value().(string)
	if !ok || !slices.Contains(severities(), s) {
		return types.NewErr("%q is no severity", s)
	}
	return types.Int(cordon.Severity(s).Rank())
}

// calls demands that the argument of rank is a known severity, that a pattern
// stands in the condition (text that comes from a tenant is never run as a
// pattern), and that nothing is hidden from the type checker.
type calls struct{}

// Name implements cel.ASTValidator.
func (calls) Name() string { return "cordon.calls" }

// Validate implements cel.ASTValidator.
func (calls) Validate(_ *cel.Env, _ cel.ValidatorConfig, a *ast.AST, iss *cel.Issues) {
	for _, call := range ast.MatchDescendants(ast.NavigateAST(a), ast.KindMatcher(ast.CallKind)) {
		args := call.AsCall().Args()
		if len(args) == 0 {
			continue
		}
		last := args[len(args)-1] // of matches it is the pattern in both its forms
		if why := unfit(call.AsCall().FunctionName(), last); why != "" {
			iss.ReportErrorAtID(last.ID(), "%s", why)
		}
	}
}

// unfit returns why arg may not be given to the function, or "".
func unfit(function string, arg ast.Expr) string {
	switch function {
	case "rank", "matches":
	case "dyn":
		return "dyn would hide misspelt names"
	default:
		return ""
	}
	if arg.Kind() != ast.LiteralKind {
		return fmt.Sprintf("%s needs its text written out", function)
	}
	s, ok := arg.AsLiteral().Value().(string)
	if function == "rank" && ok && !slices.Contains(severities(), s) {
		return fmt.Sprintf("%q is no severity: use one of %q", s, severities())
	}
	return ""
}
