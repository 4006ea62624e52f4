package notify

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cordonhq/cordon"
)

// Terminal writes each notice as one line for a person.
type Terminal struct {
	mu  sync.Mutex
	out io.Writer
}

// NewTerminal returns a channel that writes to out.
func NewTerminal(out io.Writer) *Terminal { return &Terminal{out: out} }

// Name returns "terminal".
func (t *Terminal) Name() string { return "terminal" }

// Send writes the notice.
func (t *Terminal) Send(_ context.Context, n cordon.Notice) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := fmt.Fprintln(t.out, Line(n))
	return err
}

// Line is a notice as one line of text. What tenants wrote is made harmless.
func Line(n cordon.Notice) string {
	line := fmt.Sprintf("%s  %-9s  %s  %s", n.At.UTC().Format(time.TimeOnly), n.Kind, cordon.Plain(n.Tenant, 40), cordon.Plain(n.Title, 400))
	if n.Reason != "" {
		line += " (" + cordon.Plain(n.Reason, 100) + ")"
	}
	return line
}
