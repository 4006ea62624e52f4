package expr

import (
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
)

// The limits at compile time. A condition is written by a person, for a
// person: what goes beyond these is a mistake or an attack.
const (
	maxSize    = 4096 // bytes; the longest sensible condition is a tenth of it
	maxNodes   = 2000 // after macros: some forty comparisons in nested loops
	maxDepth   = 32   // of parentheses, lists and calls
	maxLoops   = 2    // loops in loops: "two signals that ..." needs two
	maxPattern = 200  // instructions of one regular expression
)

// environment declares what conditions may speak of.
func environment() (*cel.Env, error) {
	return cel.NewEnv(
		ext.NativeTypes(
			reflect.TypeFor[Incident](), reflect.TypeFor[Signal](), reflect.TypeFor[Tenant](),
			ext.ParseStructTags(true),
		),
		cel.Variable("incident", cel.ObjectType("expr.Incident")),
		cel.Variable("signals", cel.ListType(cel.ObjectType("expr.Signal"))),
		cel.Variable("tenant", cel.ObjectType("expr.Tenant")),
		cel.Function("rank", cel.Overload("rank_string", []*cel.Type{cel.StringType}, cel.IntType,
			cel.UnaryBinding(rank))),
		cel.ParserExpressionSizeLimit(maxSize),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(maxPattern),
		cel.ASTValidators(
			cel.ValidateComprehensionNestingLimit(maxLoops),
			cel.ValidateDurationLiterals(),
			cel.ValidateTimestampLiterals(),
			cel.ValidateRegexLiterals(),
			calls{},
		),
	)
}
