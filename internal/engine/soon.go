package engine

import "context"

// soonAtOnce is how many stations run right after a commit at a time. When so
// many do, the jobs take the rest.
const soonAtOnce = 16

// soon runs the next station right after the commit that asked for it,
// beside the caller. The job of the same commit is the safety net: it finds
// nothing left to do, or does what was cut short here.
func (e *Engine) soon(ctx context.Context, do func(context.Context) error) {
	select {
	case e.places <- struct{}{}:
	default:
		return
	}
	e.beside.Go(func() {
		defer func() { <-e.places }()
		if err := do(ctx); err != nil && ctx.Err() == nil {
			e.Log.DebugContext(ctx, "left to the job", "error", err)
		}
	})
}
