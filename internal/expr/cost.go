package expr

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
)

// maxEstimate bounds what a condition may cost at most, with lists and texts
// of the sizes below. It refuses bombs where they are written; maxCost stops
// what real facts make dear.
const maxEstimate = 10_000_000

// The sizes that the estimate reckons with.
const (
	manySignals = 200
	longText    = 200 // characters of a title, a kind, a tag
)

// sizes tells the estimator how large the facts are.
type sizes struct{}

// EstimateSize implements cost.Estimator.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if n.Path() == nil {
		return nil
	}
	if len(n.Path()) == 1 && n.Path()[0] == "signals" {
		return &cost.SizeEstimate{Max: manySignals}
	}
	return &cost.SizeEstimate{Max: longText}
}

// EstimateCallCost implements cost.Estimator.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// affordable returns an error when the condition may cost too much.
func affordable(env *cel.Env, tree *cel.Ast, source string) error {
	estimate, err := env.EstimateCost(tree, sizes{})
	if err != nil {
		return fmt.Errorf("estimate cost of condition: %w", err)
	}
	if estimate.Max > maxEstimate {
		return &Error{
			Line: 1, Column: 1, Excerpt: Excerpt(source, 1, 1),
			Message: fmt.Sprintf("the condition may take %d operations, at most %d are allowed", estimate.Max, maxEstimate),
		}
	}
	return nil
}
