package cli

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A bar shows nothing in the first second, then how far the work is, also when
// nothing moves, and goes at the end.
func TestBar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var quick, slow bytes.Buffer
		b := startBar(&quick, 3, "reading")
		for range 3 {
			time.Sleep(300 * time.Millisecond)
			b.step()
		}
		b.end()
		time.Sleep(time.Minute)
		synctest.Wait()
		if quick.Len() != 0 {
			t.Errorf("0.9 s of work shows %q", quick.String())
		}
		b = startBar(&slow, 0, "reading")
		b.grow(4)
		b.step()
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if got := slow.String(); !strings.Contains(got, "reading") || !strings.Contains(got, "(1/4)") {
			t.Errorf("after a second: %q", got)
		}
		time.Sleep(time.Second)
		b.reach(3, 4)
		if got := slow.String(); !strings.Contains(got, "(3/4)") {
			t.Errorf("after two: %q", got)
		}
		b.end()
		if got := slow.String(); !strings.HasSuffix(got, " \r") {
			t.Errorf("what is left on the line: %q", got)
		}
	})
}

// Without a terminal there is none.
func TestBarNeedsTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := newBar(&Deps{Err: &out}, 2, "reading")
		time.Sleep(time.Minute)
		b.step()
		b.end()
		if out.Len() != 0 {
			t.Errorf("shown %q", out.String())
		}
	})
}

// A bar whose second is over while the work ends is not left standing.
func TestBarAfterItsEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := startBar(&out, 3, "tenants")
	b.end()
	b.show()
	if out.Len() > 0 {
		t.Errorf("drawn: %q", out.String())
	}
}
