package microsoft

import "context"

// A Priority says who goes first when a budget is short.
type Priority uint8

const (
	// PriorityCommand is the default: a person waits for the answer. It leaves
	// the reserve alone, and waits when it is throttled.
	PriorityCommand Priority = iota
	// PriorityPoll leaves the reserve alone. When the service throttles it, it
	// gives up at once: its scheduler asks Ready, and no worker is blocked.
	PriorityPoll
	// PriorityContain overtakes polling: it may use the reserve and overdraw,
	// and does not heed waits that we only guessed.
	PriorityContain
	priorities
)

type priorityKey struct{}

// WithPriority returns a context whose calls have that priority.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

func priorityOf(ctx context.Context) Priority {
	p, _ := ctx.Value(priorityKey{}).(Priority)
	return p
}
