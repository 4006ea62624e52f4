package cli

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A bar shows progress on a terminal, once the work takes over a second.
// Elsewhere it shows nothing.
type bar struct{ p *progressbar.ProgressBar }

func newBar(d *Deps, total int, what string) bar {
	file, ok := d.Err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return bar{progressbar.DefaultSilent(int64(total))}
	}
	return bar{progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(time.Second))}
}

func (b bar) step() { _ = b.p.Add(1) } // a bar that cannot be drawn is no error

func (b bar) set(done, _ int) { _ = b.p.Set(done) }

func (b bar) end() { _ = b.p.Finish() }
