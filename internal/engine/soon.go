package engine

import (
	"context"
)

// soonAtOnce is how many stations run right after a commit at a time. When so
// many do, the jobs take the rest.
const soonAtOnce = 16

// soon runs the next station right after the commit that asked for it,
// beside the caller and longer than the caller if need be, but not longer
// than the engine. The job of the same commit is the safety net: it finds
// nothing left to do, or does what was cut short here.
func (e *Engine) soon(ctx context.Context, do func(context.Context) error) {
	select {
	case e.places <- struct{}{}:
	default:
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ending := e.ending // now: the engine may have begun anew when the goroutine below runs
	e.beside.Go(func() {
		defer func() { <-e.places }()
		defer cancel()
		if err := do(ctx); err != nil {
			e.Log.DebugContext(ctx, "left to the job", "error", err)
		}
	})
	go func() {
		select {
		case <-ending:
			cancel()
		case <-ctx.Done():
		}
	}()
}

// begun says that the engine runs; the function it returns ends what runs
// beside, and waits for it.
func (e *Engine) begun() (end func()) {
	e.ending = make(chan struct{})
	return func() {
		close(e.ending)
		e.beside.Wait()
	}
}
