// Package expr compiles and evaluates the conditions of playbooks: CEL over
// the declared variables incident, signals and tenant.
//
// It knows types, limits and positions. What a condition decides, and which
// facts it is given, is the caller's matter. A condition can reach nothing
// but its facts: no clock, no file, no environment.
package expr

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
)

// maxCost bounds one evaluation, in CEL's units of about one operation each.
// Comparing each of 300 signals with each other takes about 900,000, in some
// tens of milliseconds; a condition that needs more would hold up the
// containment that it decides on.
const maxCost = 1_000_000

// checkEvery is after how many turns of a loop the context is asked.
const checkEvery = 100

// shared builds the environment once: it is costly, and never changes.
var shared = sync.OnceValues(environment)

// A Condition is a compiled condition. It is safe for concurrent use.
type Condition struct {
	source  string
	program cel.Program
}

// Compile checks and compiles a condition. What is wrong with it comes back
// as an *Error with its position.
func Compile(source string) (*Condition, error) {
	if strings.TrimSpace(source) == "" {
		return nil, &Error{Line: 1, Column: 1, Message: "the condition is empty"}
	}
	if len(source) > maxSize {
		return nil, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("the condition has %d bytes, at most %d are allowed", len(source), maxSize)}
	}
	env, err := shared()
	if err != nil {
		return nil, fmt.Errorf("build expression environment: %w", err)
	}
	return compile(env, source)
}

func compile(env *cel.Env, source string) (*Condition, error) {
	tree, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, firstError(source, issues)
	}
	if tree.OutputType() != cel.BoolType {
		return nil, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("the condition gives %s, it must give bool", tree.OutputType()), Excerpt: Excerpt(source, 1, 1)}
	}
	if err := affordable(env, tree, source); err != nil {
		return nil, err
	}
	program, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost), cel.InterruptCheckFrequency(checkEvery))
	if err != nil {
		return nil, &Error{Line: 1, Column: 1, Message: err.Error(), Excerpt: Excerpt(source, 1, 1)}
	}
	return &Condition{source: source, program: program}, nil
}

// Eval reports whether the condition holds. It stops with an error at the
// cost limit and when ctx ends.
func (c *Condition) Eval(ctx context.Context, f Facts) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("evaluate condition: %w", err)
	}
	out, _, err := c.program.ContextEval(ctx, map[string]any{
		"incident": f.Incident, "signals": f.Signals, "tenant": f.Tenant,
	})
	if err != nil {
		return false, fmt.Errorf("evaluate condition: %w", err)
	}
	holds, ok := out.Value().(bool)
	if !ok {
		return false, errors.New("evaluate condition: the result is not a bool")
	}
	return holds, nil
}

// String returns the condition as it was written.
func (c *Condition) String() string { return c.source }
