package app

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much the heap of a daemon grows before garbage is
// collected. What a sweep allocates is little beside what is held for the
// tenants, so collecting at every doubling would mark the whole fleet once a
// sweep; at four times, the memory of ten thousand tenants stays under 300 MB.
const gcPercent = 300

// Tune trades memory for time, for commands that run for long. A GOGC set by
// the user is kept. It returns the function that sets things back.
func Tune() (back func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(gcPercent)
	return func() { debug.SetGCPercent(before) }
}
