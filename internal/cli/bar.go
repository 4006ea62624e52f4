package cli

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	barAfter = time.Second            // work that takes less is not worth a line
	barEvery = 100 * time.Millisecond // how often it is drawn at most
)

// A bar shows progress on a terminal, once the work takes over a second.
// Elsewhere it shows nothing. Its methods may be called from any goroutine.
type bar struct {
	out   io.Writer
	what  string
	timer *time.Timer // shows it; nil: nobody watches

	mu        sync.Mutex
	done, all int
	shown     *progressbar.ProgressBar // nil until it is shown
	drawn     time.Time
	over      bool
}

func newBar(d *Deps, all int, what string) *bar {
	file, ok := d.Err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return &bar{}
	}
	return startBar(file, all, what)
}

func startBar(out io.Writer, all int, what string) *bar {
	b := &bar{out: out, what: what, all: all}
	b.timer = time.AfterFunc(barAfter, b.show)
	return b
}

// show draws the bar, unless the work ended just now.
func (b *bar) show() {
	b.set(func() {
		if !b.over {
			b.shown = b.draw()
		}
	})
}

func (b *bar) draw() *progressbar.ProgressBar {
	return progressbar.NewOptions(max(b.all, 1), progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription(b.what),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
}

// set changes what is known and shows it, if it is time. What cannot be drawn
// is no error.
func (b *bar) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	if b.shown == nil || time.Since(b.drawn) < barEvery {
		return
	}
	b.drawn = time.Now()
	b.shown.ChangeMax(max(b.all, 1))
	_ = b.shown.Set(b.done)
}

// step says that one more is done.
func (b *bar) step() { b.set(func() { b.done++ }) }

// grow says how many there are, when that is known late.
func (b *bar) grow(all int) { b.set(func() { b.all = all }) }

// reach says how many are done, of how many.
func (b *bar) reach(done, all int) { b.set(func() { b.done, b.all = done, all }) }

// end takes the bar away.
func (b *bar) end() {
	if b.timer != nil {
		b.timer.Stop()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.shown != nil {
		_ = b.shown.Finish()
		b.shown = nil
	}
}
